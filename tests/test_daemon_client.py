"""What the commands' HTTP client makes of a daemon's answers, and of one that gives none."""

from pathlib import Path

import click
import pytest

from callcenter.daemon_client import DaemonClient, RefusedError
from callcenter.http_settings import HttpSettings
from callcenter.settings import Settings

CONFIG = Path("callcenter.yaml")


def test_a_refusal_is_told_by_what_is_wrong_and_the_remedy() -> None:
    refused = RefusedError(409, b'{"error": "It is late.", "remedy": "Come tomorrow.", "newer": []}')
    assert refused.lines == ["It is late.", "Come tomorrow."]
    assert refused.told is not None
    assert refused.told["newer"] == []


@pytest.mark.parametrize("raw", [b"<html>", b"[]", b'{"detail": "no"}', b"\xff"])
def test_what_is_no_answer_of_ours_is_told_as_it_is(raw: bytes) -> None:
    refused = RefusedError(502, raw)
    assert refused.told is None
    assert refused.lines == [str(refused)]
    assert str(refused).startswith("the daemon answers with 502 ")


@pytest.mark.parametrize(
    ("port", "words"), [(0, "http.port in callcenter.yaml is 0"), (1, "no daemon answers at 127.0.0.1:1 ")]
)
def test_a_daemon_that_cannot_be_reached_is_told_with_the_keys_to_look_at(
    port: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLCENTER_PASSWORD", "any")
    settings = Settings(http=HttpSettings(host="0.0.0.0", port=port))
    with pytest.raises(click.ClickException, match=words):
        DaemonClient(settings, CONFIG, "anna")
