"""The event loop's lag: the greatest of a window, and a task that ends."""

import pytest

from callcenter.metrics import LoopLag
from tests.desktop.serving import until
from tests.helpers import run_async
from tests.metrics.scraping import Scrape, metrics_of


def test_loop_lag_keeps_the_greatest_of_its_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LoopLag, "WINDOW", 3)
    metrics = metrics_of()
    lag = LoopLag(metrics)
    for sample_s in (0.001, 0.5, -0.1, 0.002):
        lag.sample(sample_s)
    scrape = Scrape(metrics)
    assert scrape("event_loop_lag_max_seconds") == 0.5
    assert scrape("event_loop_lag_seconds_count") == 4
    lag.sample(0.003)
    assert Scrape(metrics)("event_loop_lag_max_seconds") == 0.003
    assert metrics.loop_lag_s == 0.003


@run_async
async def test_loop_lag_is_sampled_until_it_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LoopLag, "INTERVAL_S", 0.001)
    metrics = metrics_of()
    lag = LoopLag(metrics)
    lag.start()
    await until(lambda: Scrape(metrics)("event_loop_lag_seconds_count") >= 3)
    await lag.stop()
    await lag.stop()
    assert lag._task is None
