"""What becomes of an offer: item 6 of what the first release must do, with real phones."""

import asyncio
import socket

import pytest

from callcenter.crm.sample import sample_numbers
from lab.ports import passing_port
from lab.sipp import Caller, Phones, What, register
from tests.helpers import run_async
from tests.stories.conftest import SetStage
from tests.stories.stage import agent, ended, routing

pytestmark = pytest.mark.pbx

CALLER = Caller(sample_numbers("standard")[0], "8003")


@run_async
async def test_agent_declines_and_the_contact_goes_to_the_next(stage: SetStage) -> None:
    async with stage([agent("anna", 1001), agent("bela", 1002)]) as on:
        refusing = await on.phones(Phones.refusing(on.pbx.sip_port, ["1001"], status=486))
        await on.phones(Phones.answering(on.pbx.sip_port, ["1002"], talk_ms=200))
        anna = await on.seat("anna")
        await on.seat("bela")
        await on.device(1001, "free")
        await on.device(1002, "free")
        on.call(CALLER)
        [row] = await on.contacts(ended(1))
        assert (row.agent, row.outcome, row.offers) == ("bela", "answered", 2)
        assert [result for kind, _, result in await on.segments(row.id) if kind == "offer"] == ["declined", "accepted"]
        assert anna.state["state"] == "ready"
        assert len(refusing.steps(What.RINGING)) == 1
        assert (await on.center.metrics())['callcenter_offers_total{outcome="declined",queue="support"}'] == 1


@run_async
async def test_no_answer_makes_the_agent_not_ready_and_the_contact_keeps_its_place(stage: SetStage) -> None:
    async with stage([agent("anna", 1001), agent("bela", 1002)], routing=routing(support={"offer_timeout_s": 1})) as on:
        silent = await on.phones(Phones.silent(on.pbx.sip_port, ["1001"]))
        await on.phones(Phones.answering(on.pbx.sip_port, ["1002"], talk_ms=200))
        anna = await on.seat("anna")
        bela = await on.seat("bela", ready=False)
        await on.device(1001, "free")
        await on.device(1002, "free")
        on.call(CALLER)
        await anna.until_state("reserved")
        on.call(Caller(sample_numbers("standard")[1], "8003"))
        await anna.until_state("not_ready", "rona")
        await silent.until(What.CANCELLED)
        await bela.ready()
        rows = await on.contacts(ended(2))
        assert [row.offers for row in rows] == [2, 1]
        connected = [row.connected_ms for row in rows]
        assert connected == sorted(connected, key=lambda at: at or 0)
        results = [result for kind, _, result in await on.segments(rows[0].id) if kind == "offer"]
        assert results == ["expired", "accepted"]


@run_async
async def test_phone_that_cannot_be_reached_is_passed_over_and_its_agent_not_blamed(stage: SetStage) -> None:
    async with stage([agent("anna", 1001), agent("bela", 1002)]) as on:
        nobody_listens = passing_port(socket.SOCK_DGRAM)
        await asyncio.to_thread(register, on.pbx.sip_port, ["1001"], nobody_listens)
        await on.phones(Phones.answering(on.pbx.sip_port, ["1002"], talk_ms=200))
        anna = await on.seat("anna")
        await on.seat("bela")
        await on.device(1001, "free")
        await on.device(1002, "free")
        on.call(CALLER)
        [row] = await on.contacts(ended(1))
        results = [(who, result) for kind, who, result in await on.segments(row.id) if kind == "offer"]
        assert results == [("anna", "failed"), ("bela", "accepted")]
        assert anna.state["state"] == "ready"
        await asyncio.to_thread(register, on.pbx.sip_port, ["1001"], nobody_listens, expires_s=0)


@run_async
async def test_phone_that_answers_not_found_is_passed_over(stage: SetStage) -> None:
    async with stage([agent("anna", 1001), agent("bela", 1002)]) as on:
        await on.phones(Phones.refusing(on.pbx.sip_port, ["1001"], status=404))
        await on.phones(Phones.answering(on.pbx.sip_port, ["1002"], talk_ms=200))
        await on.seat("anna")
        await on.seat("bela")
        await on.device(1001, "free")
        await on.device(1002, "free")
        on.call(CALLER)
        [row] = await on.contacts(ended(1))
        results = [(who, result) for kind, who, result in await on.segments(row.id) if kind == "offer"]
        assert results == [("anna", "failed"), ("bela", "accepted")]


@run_async
async def test_caller_hangs_up_while_it_rings_and_the_phone_stops(stage: SetStage) -> None:
    async with stage([agent("anna", 1001)], routing=routing(support={"offer_timeout_s": 20})) as on:
        silent = await on.phones(Phones.silent(on.pbx.sip_port, ["1001"]))
        anna = await on.seat("anna")
        await on.device(1001, "free")
        idle_since = anna.state["since_ms"]
        calling = on.call(CALLER, hold_ms=800)
        await silent.until(What.RINGING)
        await silent.until(What.CANCELLED)
        hung_up = calling.steps(What.HUNG_UP)[0].at_s
        stopped = silent.steps(What.CANCELLED)[0].at_s
        assert hung_up <= stopped
        await anna.until_state("ready")
        assert anna.pop is None
        assert anna.state["since_ms"] >= idle_since
        [row] = await on.contacts(ended(1))
        assert (row.outcome, row.agent) == ("abandoned", None)
        assert [result for kind, _, result in await on.segments(row.id) if kind == "offer"] == ["withdrawn"]
        await on.no_channel()


@run_async
async def test_caller_gone_at_the_moment_of_the_answer(stage: SetStage) -> None:
    async with stage([agent("anna", 1001)], routing=routing(support={"offer_timeout_s": 20})) as on:
        racing = await on.phones(Phones.racing(on.pbx.sip_port, ["1001"]))
        anna = await on.seat("anna")
        await on.device(1001, "free")
        on.call(CALLER, hold_ms=600)
        await racing.until(What.CANCELLED)
        await anna.until_state("ready")
        [row] = await on.contacts(ended(1))
        assert row.outcome == "abandoned"
        assert anna.state["reason"] is None
        await on.no_channel()


@run_async
async def test_phone_in_use_for_another_call_gets_no_offer(stage: SetStage) -> None:
    async with stage([agent("anna", 1001)]) as on:
        busy = await on.phones(Phones.answering(on.pbx.sip_port, ["1001"], talk_ms=3_000))
        await on.seat("anna")
        await on.device(1001, "free")
        on.call(Caller("1003", "1001"))  # a colleague
        await on.device(1001, "in_use")
        on.call(CALLER)
        await on.center.until_metric('callcenter_contacts_waiting{queue="support"}', 1)
        assert len(busy.steps(What.RINGING)) == 1
        [row] = await on.contacts(ended(1))
        assert (row.agent, row.offers) == ("anna", 1)
        private, _ = busy.steps(What.HUNG_UP)
        assert (row.connected_ms or 0) / 1_000 > private.at_s


@run_async
async def test_phone_that_is_not_registered_gets_no_offer_until_it_is(stage: SetStage) -> None:
    async with stage([agent("anna", 1004)]) as on:
        anna = await on.seat("anna")
        await on.device(1004, "unreachable")
        on.call(CALLER)
        await on.center.until_metric('callcenter_contacts_waiting{queue="support"}', 1)
        assert anna.state["state"] == "ready"
        await on.phones(Phones.answering(on.pbx.sip_port, ["1004"], talk_ms=200))
        [row] = await on.contacts(ended(1))
        assert (row.agent, row.offers, row.outcome) == ("anna", 1, "answered")
