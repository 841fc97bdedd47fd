"""An orderly stop in mid-traffic: phones stop ringing, conversations go on, callers keep their places."""

import time

import pytest

from callcenter.crm.sample import sample_numbers
from lab.sipp import Caller, Phones, What
from tests.helpers import run_async
from tests.stories.conftest import SetStage
from tests.stories.stage import agent, ended, routing

pytestmark = pytest.mark.pbx

ROUTING = routing(support={"wrap_up_s": 0, "offer_timeout_s": 20})
FIRST, SECOND, THIRD = sample_numbers("standard")[:3]


@run_async
async def test_sigterm_while_one_talks_and_a_phone_rings(stage: SetStage) -> None:
    async with stage([agent("agent1", 1001), agent("agent2", 1002)], routing=ROUTING) as on:
        talks = await on.phones(Phones.answering(on.pbx.sip_port, ["1001"], talk_ms=12_000))
        rings = await on.phones(Phones.silent(on.pbx.sip_port, ["1002"]))
        first = await on.seat("agent1")
        second = await on.seat("agent2", ready=False)
        await on.device(1001, "free")
        await on.device(1002, "free")
        on.call(Caller(FIRST, "8003"))
        await first.until_state("talking")
        on.call(Caller(SECOND, "8003"))
        before = await on.waiting(second, 1)
        await second.ready()
        await rings.until(What.RINGING)
        on.call(Caller(THIRD, "8003"))
        await on.waiting(second, 1)
        began_s = time.time()
        status = await on.center.stop()
        took_s = time.time() - began_s
        [stopped] = await rings.until(What.CANCELLED)
        assert status == 0
        assert stopped.at_s < began_s + took_s  # the phone was silent before the daemon was gone
        assert on.pbx.channels() == 4, "two callers in hold, and a conversation"
        assert talks.steps(What.ENDED) == talks.steps(What.HUNG_UP) == []
        for seat in (first, second):
            await seat.leave()
        await on.center.start()
        again = await rings.until(What.RINGING, 2)
        assert SECOND in again[1].other
        seat = await on.seat("agent2", ready=False)
        [offered] = [one for one in (await seat.picture())["contacts"] if one["state"] == "offered"]
        assert (offered["id"], offered["arrived_ms"]) == (before[0]["id"], before[0]["arrived_ms"])
        [over] = await talks.until(What.HUNG_UP, limit_s=20)
        assert over.at_s - talks.steps(What.ANSWERED)[0].at_s > 11
        [row, *_] = await on.contacts(ended(1))
        assert (row.caller, row.outcome, row.agent) == (FIRST, "answered", "agent1")
        assert [kind for kind, _, _ in await on.segments(row.id)][:3] == ["waiting", "offer", "talk"]
