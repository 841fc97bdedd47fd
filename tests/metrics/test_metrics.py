"""Metrics as a whole: taken at one moment, when the journal has it, and made into text beside the loop."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from callcenter.metrics import Metrics
from callcenter.metrics.exposition import Exposition, Seen
from callcenter.queues.totals import Totals, configure, note
from tests.helpers import run_async
from tests.metrics.scraping import ANSWERED, CONFIGURATION, NOW, Scrape, metrics_of

ANSWERED_SALES = 'callcenter_contacts_total{outcome="answered",queue="sales",tier="gold"}'


def test_two_daemons_in_one_process_do_not_share_metrics() -> None:
    metrics_of(ANSWERED).observe_cache("hit")
    other = Scrape(metrics_of())
    assert other("contacts_total", queue="sales", tier="gold", outcome="answered") == 0
    assert other("customer_cache_total", result="hit") == 0


@run_async
async def test_a_scrape_shows_the_moment_at_which_all_is_journalled_and_nothing_later() -> None:
    totals = Totals()
    configure(totals, CONFIGURATION)
    metrics = Metrics(lambda: NOW, lambda: totals)
    journalled: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def at_rest(look: Callable[[], Seen]) -> Seen:
        await journalled
        return look()

    metrics.at_rest = at_rest
    scrape = asyncio.ensure_future(metrics.scrape(""))
    await asyncio.sleep(0)
    assert not scrape.done()
    note(totals, ANSWERED)
    journalled.set_result(None)
    text, content_type = await scrape
    assert f"{ANSWERED_SALES} 1.0" in text.decode()
    assert content_type.startswith("text/plain")


@run_async
async def test_the_text_is_made_in_another_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = []
    text = Exposition.text

    def noted(self: Exposition, accept: str) -> tuple[bytes, str]:
        threads.append(threading.current_thread())
        return text(self, accept)

    monkeypatch.setattr(Exposition, "text", noted)
    await metrics_of().scrape("")
    assert threads
    assert threads[0] is not threading.main_thread()
