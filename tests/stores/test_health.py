import logging

import pytest

from callcenter.stores.health import RareLog


def test_rare_log_writes_the_first_line_and_counts_the_others(caplog: pytest.LogCaptureFixture) -> None:
    rare = RareLog(logging.getLogger("test"), interval_s=3600)
    for n in range(5):
        rare.warning("number %d", n)
    assert caplog.messages == ["number 0"]


def test_rare_log_says_how_many_it_left_out(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 0.0
    monkeypatch.setattr("callcenter.stores.health.time.monotonic", lambda: now_s)
    rare = RareLog(logging.getLogger("test"), interval_s=10)
    for now_s in (0.0, 1.0, 9.9, 10.0, 11.0, 20.0):
        rare.warning("at %g", now_s)
    assert caplog.messages == [
        "at 0",
        "at 10 (and 2 more like it before)",
        "at 20 (and 1 more like it before)",
    ]
