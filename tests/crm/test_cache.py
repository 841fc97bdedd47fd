import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from callcenter.crm.cache import Cached, CacheResult, RecordCache, Records
from callcenter.crm.records import Record, SourceError
from callcenter.crm_settings import CacheSettings
from tests.helpers import run_async
from tests.stores.records import until

ANN, BEN = Record("1", "1", "Ann", "gold"), Record("2", "2", "Ben", "gold")
HIT, MISS, SHARED, STALE = CacheResult.HIT, CacheResult.MISS, CacheResult.SHARED, CacheResult.STALE
QUESTION = ("number", "+12025550101")


@dataclass
class Crm:
    """Answers with what the test says, when the test says so."""

    answer: Records = (ANN,)
    error: Exception | None = None
    asked: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    async def __call__(self) -> Records:
        self.asked += 1
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return self.answer


class World:
    def __init__(
        self, *, patience_s: float = 0.02, limit_s: float = 20.0, max_flights: int = 1_000, **settings: Any
    ) -> None:
        self.now_s = 1_000.0
        self.seen: list[CacheResult] = []
        self.crm = Crm()
        self.cache = RecordCache(
            CacheSettings(**settings),
            patience_s=patience_s,
            limit_s=limit_s,
            max_flights=max_flights,
            now_s=lambda: self.now_s,
            observe=self.seen.append,
        )

    async def get(self, question: tuple[str, str] = QUESTION) -> Cached:
        return await self.cache.get(question, self.crm)


@run_async
async def test_an_answer_is_given_again_until_its_time_is_over() -> None:
    w = World(ttl_s=60)
    assert await w.get() == Cached((ANN,))
    w.crm.answer = (BEN,)
    w.now_s += 59
    assert await w.get() == Cached((ANN,))
    w.now_s += 1
    assert await w.get() == Cached((BEN,))
    assert (w.seen, w.crm.asked) == ([MISS, HIT, MISS], 2)


@run_async
async def test_that_nobody_is_known_is_remembered_for_less_and_never_longer() -> None:
    w = World(ttl_s=60, unknown_ttl_s=10)
    w.crm.answer = ()
    assert await w.get() == Cached(())
    w.now_s += 9
    assert await w.get() == Cached(())
    assert w.crm.asked == 1
    w.now_s += 1
    w.crm.error = SourceError("away")
    with pytest.raises(SourceError, match="away"):
        await w.get()
    assert w.seen == [MISS, HIT, MISS]


@run_async
async def test_where_the_crm_is_away_an_old_answer_is_better_than_none_and_says_its_age() -> None:
    w = World(ttl_s=60, stale_s=3_600)
    await w.get()
    w.crm.error = SourceError("the CRM answered 503")
    w.now_s += 3_599
    assert await w.get() == Cached((ANN,), 3_599.0, "the CRM answered 503")
    assert w.seen == [MISS, MISS, STALE]
    w.now_s += 1
    with pytest.raises(SourceError, match="503"):
        await w.get()


@run_async
async def test_no_old_answer_is_used_where_the_settings_want_none() -> None:
    w = World(ttl_s=0, stale_s=0)
    await w.get()
    await w.get()
    assert w.crm.asked == 2
    w.crm.error = SourceError("away")
    with pytest.raises(SourceError, match="away"):
        await w.get()


@run_async
async def test_who_has_an_old_answer_does_not_wait_long_for_a_new_one_which_comes_for_the_next() -> None:
    w = World(ttl_s=60)
    await w.get()
    w.now_s += 61
    w.crm.gate.clear()
    w.crm.answer = (BEN,)
    stale = await w.get()
    assert (stale.records, stale.stale_s, stale.why) == ((ANN,), 61.0, "the CRM has not answered for 20 ms")
    w.crm.gate.set()
    await until(lambda: not w.cache._flights, "the answer")
    assert await w.get() == Cached((BEN,))
    assert (w.seen, w.crm.asked) == ([MISS, MISS, STALE, HIT], 2)


@run_async
async def test_the_same_question_is_asked_once_at_a_time() -> None:
    w = World()
    w.crm.gate.clear()
    asking = [asyncio.create_task(w.get()) for _ in range(10)]
    await until(lambda: len(w.seen) == 10, "all wait")
    w.crm.gate.set()
    assert await asyncio.gather(*asking) == [Cached((ANN,))] * 10
    assert (w.seen, w.crm.asked) == ([MISS] + [SHARED] * 9, 1)


@run_async
async def test_an_error_is_everybodys_and_is_not_remembered() -> None:
    w = World()
    w.crm.gate.clear()
    w.crm.error = SourceError("away")
    asking = [asyncio.create_task(w.get()) for _ in range(3)]
    await until(lambda: len(w.seen) == 3, "all wait")
    w.crm.gate.set()
    assert [str(error) for error in await asyncio.gather(*asking, return_exceptions=True)] == ["away"] * 3
    w.crm.error = None
    assert await w.get() == Cached((ANN,))


@run_async
async def test_a_question_goes_on_when_nobody_waits_for_it_any_more() -> None:
    w = World()
    w.crm.gate.clear()
    asking = asyncio.create_task(w.get())
    await until(lambda: w.crm.asked, "it is asked")
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    w.crm.gate.set()
    await until(lambda: len(w.cache) == 1, "its answer")
    assert await w.get() == Cached((ANN,))
    assert w.crm.asked == 1


@run_async
async def test_a_question_is_given_up_after_its_limit() -> None:
    w = World(limit_s=0.02)
    w.crm.gate.clear()
    with pytest.raises(TimeoutError):
        await w.get()
    assert not w.cache._flights


@run_async
async def test_so_many_answers_are_kept_and_those_used_longest_ago_go_first() -> None:
    w = World(entries=3)
    for name in "abc":
        await w.get(("number", name))
    await w.get(("number", "a"))
    await w.get(("number", "d"))
    assert len(w.cache) == 3
    w.seen.clear()
    for name in "acdb":
        await w.get(("number", name))
    assert w.seen == [HIT, HIT, HIT, MISS]


@run_async
async def test_beyond_so_many_questions_none_is_begun() -> None:
    w = World(max_flights=2, ttl_s=60)
    await w.get(("number", "known"))
    w.now_s += 61
    w.crm.gate.clear()
    asking = [asyncio.create_task(w.get(("number", name))) for name in "ab"]
    await until(lambda: w.crm.asked == 3, "both are under way")
    with pytest.raises(SourceError, match="the CRM is not asked: 2 questions are under way"):
        await w.get(("number", "c"))
    assert (await w.get(("number", "known"))).stale_s == 61.0
    w.crm.gate.set()
    await asyncio.gather(*asking)
    assert (await w.get(("number", "c"))).records == (ANN,)


@run_async
async def test_close_gives_up_what_is_under_way() -> None:
    w = World()
    w.crm.gate.clear()
    asking = asyncio.create_task(w.get())
    await until(lambda: w.crm.asked, "it is asked")
    await w.cache.close()
    assert isinstance((await asyncio.gather(asking, return_exceptions=True))[0], asyncio.CancelledError)
