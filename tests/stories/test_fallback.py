"""The daemon is away for longer than the PBX is patient: the PBX looks after the callers, and gives them back."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest

from callcenter.crm.sample import sample_numbers
from lab.center import Seat
from lab.sipp import Caller, Phones, What
from tests.helpers import run_async
from tests.lab.ami_probe import AmiProbe, value
from tests.pbx_fixtures import NewPbx
from tests.stories.conftest import SetStage
from tests.stories.stage import Stage, agent, ended, routing, until

pytestmark = pytest.mark.pbx

ROUTING = routing(support={"wrap_up_s": 0, "offer_timeout_s": 5})
GOLD, FIRST, SECOND = sample_numbers("gold")[0], *sample_numbers("standard")[:2]


@contextlib.asynccontextmanager
async def three_wait(new_pbx: NewPbx, stage: SetStage) -> AsyncIterator[tuple[Stage, AmiProbe, Seat]]:
    """Two standard callers, then a gold one; the PBX is patient for a second, and a probe hears its dialplan."""
    pbx = new_pbx(agents=1)
    await asyncio.to_thread(pbx.start)
    own = stage([agent("agent1", 1001)], routing=ROUTING, ami_port=pbx.ami_port, ami_secret=pbx.ami_secret)
    own.pbx = pbx
    async with own as on, await AmiProbe.connect(pbx.ami_port, pbx.ami_secret) as ami:
        await on.phones(Phones.answering(pbx.sip_port, ["1001"], talk_ms=300))
        seat = await on.seat("agent1", ready=False)
        await on.device(1001, "free")
        calling = on.call(Caller(FIRST, "8003"), Caller(SECOND, "8003"), Caller(GOLD, "8003"), rate=2)
        await calling.until(What.ANSWERED, 3)
        await on.waiting(seat, 3)
        await asyncio.to_thread(pbx.cli, "dialplan set global CALLCENTER_PATIENCE 1")
        yield on, ami, seat


async def told(ami: AmiProbe, name: str, count: int) -> list[str]:
    """The contacts of which the dialplan has said this, as soon as there are so many."""

    def seen() -> list[str]:
        frames = ami.seen("UserEvent", UserEvent=name)
        return [value(one, "Contact") for one in frames if name != "CallcenterFallback" or value(one, "Queue")]

    async def enough() -> bool:
        return len(seen()) >= count

    await until(enough, lambda: f"{count} times {name}; there are {seen()}", 30)
    return seen()


@pytest.mark.parametrize("phones", [Phones.refusing, None], ids=["busy", "absent"])
@run_async
async def test_whom_nobody_answered_there_waits_on_in_the_old_place(
    new_pbx: NewPbx, stage: SetStage, phones: Callable[[int, list[str]], Phones] | None
) -> None:
    async with three_wait(new_pbx, stage) as (on, ami, seat):
        if phones is not None:
            await on.phones(phones(on.pbx.sip_port, ["1900"]))
        before = await on.waiting(seat, 3)
        await on.center.kill()
        await told(ami, "CallcenterFallback", 3)
        await on.center.start()
        await told(ami, "CallcenterReturned", 3)
        again = await on.seat("agent1", ready=False)
        after = await on.waiting(again, 3)
        assert [(one["id"], one["arrived_ms"]) for one in after] == [(one["id"], one["arrived_ms"]) for one in before]
        await again.ready()
        rows = await on.contacts(ended(3))
        served = sorted(rows, key=lambda row: row.connected_ms or 0)
        assert [row.caller for row in served] == [GOLD, FIRST, SECOND]
        assert {row.outcome for row in rows} == {"answered"}
        for row in rows:
            kinds = [kind for kind, _, _ in await on.segments(row.id)]
            assert kinds == ["waiting", "offer", "talk", "wrap_up"], row.caller


@run_async
async def test_who_talks_to_somebody_there_is_left_alone(new_pbx: NewPbx, stage: SetStage) -> None:
    async with three_wait(new_pbx, stage) as (on, ami, _):
        other = await on.phones(Phones.answering(on.pbx.sip_port, ["1900"], talk_ms=12_000))
        await on.center.kill()
        [answered] = await other.until(What.ANSWERED, limit_s=30)
        await told(ami, "CallcenterFallback", 3)
        await on.center.start()
        await told(ami, "CallcenterReturned", 2)
        await on.seat("agent1")
        rows = await on.contacts(ended(3))
        outcomes = {row.caller: row.outcome for row in rows}
        [away] = [caller for caller, outcome in outcomes.items() if outcome == "fallback"]
        assert sorted(outcomes.values()) == ["answered", "answered", "fallback"]
        assert away is not None
        assert away in answered.other
        [over] = await other.until(What.HUNG_UP, limit_s=20)  # the phone itself, at the end of the talk
        assert over.at_s - answered.at_s > 11
        assert other.steps(What.ENDED) == []
