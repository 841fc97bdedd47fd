"""The schema in docs is the one that the application serves."""

import json
from pathlib import Path

import pytest

from scripts.draw_openapi import drawing, main
from tests.desktop.fake_desk import FakeDesk
from tests.desktop.serving import calling
from tests.helpers import run_async


def test_the_schema_in_docs_is_up_to_date() -> None:
    assert main(["--check"]) == 0


def test_a_schema_that_differs_or_is_missing_fails_with_the_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "docs" / "api" / "openapi.json"
    assert main(["--check"], target) == 1
    assert "run `python -m scripts.draw_openapi`" in capsys.readouterr().out
    assert main([], target) == 0
    assert main(["--check"], target) == 0
    target.write_text(target.read_text(encoding="utf-8").replace("wrap_up", "wrap"), encoding="utf-8")
    assert main(["--check"], target) == 1


@run_async
async def test_what_is_drawn_is_what_is_served() -> None:
    async with calling(FakeDesk()) as client:
        assert (await client.get("/api/v1/openapi.json")).json() == json.loads(drawing())
