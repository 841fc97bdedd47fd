"""What supervisors do, with real callers in the queue."""

import asyncio

import pytest
from click.testing import CliRunner

from callcenter.cli import main
from callcenter.crm.sample import sample_numbers
from lab.center import AgentSpec
from lab.sipp import Caller, Phones, What
from tests.helpers import run_async
from tests.stories.conftest import SetStage
from tests.stories.stage import agent, ended, routing, supervisor

pytestmark = pytest.mark.pbx

STANDARD = sample_numbers("standard")


@run_async
async def test_a_contact_that_is_withdrawn_hears_so_and_is_hung_up_on(stage: SetStage) -> None:
    async with stage([agent("anna", 1001), supervisor()]) as on:
        sue = await on.seat("sue", ready=False)
        calling = on.call(Caller(STANDARD[0], "8003"))
        [contact] = await on.waiting(sue, 1)
        await sue.post(f"contacts/{contact['id']}/withdraw")
        [row] = await on.contacts(ended(1))
        assert (row.outcome, row.queue, row.agent) == ("withdrawn", "support", None)
        assert [kind for kind, _ in await on.decisions(row.id)] == ["routed", "withdrawn"]
        await calling.until(What.ENDED)
        await on.no_channel()


@run_async
async def test_a_moved_contact_is_answered_in_the_other_queue_and_a_more_urgent_one_first(stage: SetStage) -> None:
    """Nobody serves support; anna serves general, where the contacts are moved, the younger one with priority."""
    async with stage([AgentSpec("anna", "1001", {"support": 1}, ("general",)), supervisor()]) as on:
        await on.phones(Phones.answering(on.pbx.sip_port, ["1001"], talk_ms=200))
        anna = await on.seat("anna", ready=False)
        await on.device(1001, "free")
        sue = await on.seat("sue", ready=False)
        for number in STANDARD[:2]:
            on.call(Caller(number, "8003"))
            await on.waiting(sue, STANDARD.index(number) + 1)
        old, young = sorted(await on.waiting(sue, 2), key=lambda one: one["arrived_ms"])
        for contact in (old, young):
            await sue.post(f"contacts/{contact['id']}/move", queue="general")
        await sue.post(f"contacts/{young['id']}/priority", priority=90)
        await anna.ready()
        rows = await on.contacts(ended(2))
        served = [row.id for row in sorted(rows, key=lambda row: row.connected_ms or 0)]
        assert served == [young["id"], old["id"]]
        assert {row.queue for row in rows} == {"general"}
        assert await on.decisions(young["id"]) == [("routed", None), ("moved", "sue"), ("prioritised", "sue")]
        await on.no_channel()


@run_async
async def test_a_queue_that_closes_sends_its_callers_away_and_takes_them_again_when_it_opens(stage: SetStage) -> None:
    async with stage([agent("anna", 1001), supervisor()]) as on:
        await on.phones(Phones.answering(on.pbx.sip_port, ["1001"], talk_ms=200))
        anna = await on.seat("anna", ready=False)
        await on.device(1001, "free")
        sue = await on.seat("sue", ready=False)
        waiting = on.call(Caller(STANDARD[0], "8003"))
        await on.waiting(sue, 1)
        await sue.post("queues/support/state", state="closed")
        await waiting.until(What.ENDED)
        late = on.call(Caller(STANDARD[1], "8003"))
        await late.until(What.ENDED)
        rows = await on.contacts(ended(2))
        assert [row.outcome for row in rows] == ["closed", "closed"]
        await sue.post("queues/support/state", state="open")
        await anna.ready()
        on.call(Caller(STANDARD[2], "8003"))
        rows = await on.contacts(ended(3))
        assert rows[-1].outcome == "answered"
        await on.no_channel()


@run_async
async def test_a_closed_queue_stays_closed_over_a_restart_and_sends_on_to_the_next(stage: SetStage) -> None:
    rules = routing(support={"closed_to": "general"})
    async with stage([agent("anna", 1001), supervisor()], routing=rules) as on:
        await on.phones(Phones.answering(on.pbx.sip_port, ["1001"], talk_ms=200))
        sue = await on.seat("sue", ready=False)
        await sue.post("queues/support/state", state="closed")
        await on.center.kill()
        await on.center.start()
        await on.seat("anna")
        await on.device(1001, "free")
        on.call(Caller(STANDARD[0], "8003"))
        [row] = await on.contacts(ended(1))
        assert (row.outcome, row.queue, row.rule, row.agent) == ("answered", "general", "support", "anna")
        await on.no_channel()


@run_async
async def test_why_is_answered_for_who_waits_and_for_offers_of_the_past(stage: SetStage) -> None:
    async with stage([agent("anna", 1001, support=1), agent("bela", 1002), supervisor()]) as on:
        await on.phones(Phones.answering(on.pbx.sip_port, ["1001", "1002"], talk_ms=200))
        await on.seat("anna")
        bela = await on.seat("bela", ready=False)
        await on.device(1001, "free")
        await on.device(1002, "free")
        sue = await on.seat("sue", ready=False)
        on.call(Caller(STANDARD[0], "8003"))
        [contact] = await on.waiting(sue, 1)
        why = await sue.why(contact["id"])
        assert (why["rule"], why["needs"], why["place"]) == ("support", ["support >= 2"], 1)
        words = {one["agent"]: one["words"] for one in why["agents"]}
        assert words["anna"] == "has support 1, support >= 2 is asked for"
        assert words["bela"] == "not ready (signed_in)"
        await bela.ready()
        [row] = await on.contacts(ended(1))
        command = ["explain", row.id, "--config", str(on.center.config_file)]
        told = await asyncio.to_thread(CliRunner().invoke, main, command)
        assert told.exit_code == 0, told.output
        assert "bela  gets the contact (1 could take it now)" in told.output
        assert "anna  has support 1, support >= 2 is asked for" in told.output
        assert "over: answered" in told.output
        await on.no_channel()
