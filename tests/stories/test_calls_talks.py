"""What agents do with a call, by the API behind their pages: real Asterisk, real phones; the daemon dies meanwhile."""

import pytest

from callcenter.crm.sample import sample_numbers
from lab.center import Seat
from lab.daemon_process import DaemonFailed
from lab.sipp import Caller, Phones, What
from tests.helpers import run_async
from tests.stories.conftest import SetStage
from tests.stories.stage import agent, ended, until

pytestmark = pytest.mark.pbx

CALLER = Caller(sample_numbers("standard")[0], "8003")
SETTINGS = {"calls": {"outbound": {"extensions": ["1XXX"]}}}
CREW = [agent("anna", 1001), agent("bela", 1002)]


@run_async
async def test_a_caller_on_hold_outlives_the_daemon(stage: SetStage) -> None:
    async with stage(CREW[:1]) as on:
        await on.phones(Phones.answering(on.pbx.sip_port, ["1001"]))
        anna = await on.seat("anna")
        await on.device(1001, "free")
        calling = on.call(CALLER)
        await anna.until_state("talking")
        contact = anna.state["contact"]
        call = (await anna.post("calls/hold", contact=contact, hold=True))["call"]
        assert call["on_hold"]
        await on.center.kill()
        await on.center.start()
        again = await on.seat("anna", ready=False)
        await again.until_state("talking")
        call = (await again.post("calls/hold", contact=contact, hold=False))["call"]
        assert not call["on_hold"]
        await again.post("calls/hang-up", contact=contact)
        await calling.until(What.ENDED)
        [row] = await on.contacts(ended(1))
        assert (row.agent, row.outcome) == ("anna", "answered")
        kinds = [kind for kind, _, _ in await on.segments(row.id)]
        assert [kind for kind in kinds if kind in ("talk", "hold")] == ["talk", "hold", "talk"]
        await on.no_channel()


@run_async
async def test_a_transferred_call_goes_on_with_the_notes_and_both_parts_are_in_the_log(stage: SetStage) -> None:
    async with stage(CREW) as on:
        await on.phones(Phones.answering(on.pbx.sip_port, ["1001", "1002"]))
        anna = await on.seat("anna")
        await on.device(1001, "free")
        calling = on.call(CALLER)
        await anna.until_state("talking")
        bela = await on.seat("bela")
        await on.device(1002, "free")
        to = {"queue": "billing"}
        await anna.post("calls/transfer", contact=anna.state["contact"], to=to, notes="Wants three.")
        await bela.until_state("talking")
        assert bela.pop is not None
        assert [note["text"] for note in bela.pop["notes"]] == ["Wants three."]
        await bela.post("calls/hang-up", contact=bela.state["contact"])
        await calling.until(What.ENDED)
        await bela.until_state("wrap_up")
        await bela.end_wrap_up("sold")
        [row] = await on.contacts(lambda rows: bool(rows) and rows[0].disposition is not None)
        assert (row.agent, row.queue, row.disposition) == ("bela", "billing", "sold")
        talks = [who for kind, who, _ in await on.segments(row.id) if kind == "talk"]
        assert talks == ["anna", "bela"]
        assert ("transferred", "anna") in await on.decisions(row.id)


@run_async
async def test_ask_a_colleague_then_three_talk_then_the_colleague_goes_on(stage: SetStage) -> None:
    async with stage(CREW) as on:
        await on.phones(Phones.answering(on.pbx.sip_port, ["1001", "1002"]))
        anna = await on.seat("anna")
        await on.device(1001, "free")
        calling = on.call(CALLER)
        await anna.until_state("talking")
        contact = anna.state["contact"]
        bela = await on.seat("bela")
        await on.device(1002, "free")
        call = (await anna.post("calls/consult", contact=contact, to={"agent": "bela"}))["call"]
        assert call["on_hold"]
        await bela.until_state("talking")
        await on.center.kill()
        await on.center.start()
        anna, bela = await on.seat("anna", ready=False), await on.seat("bela", ready=False)
        call = (await anna.post("calls/conference", contact=contact))["call"]
        assert call["conference"]
        assert (await anna.post("calls/consult/complete", contact=contact))["call"] is None
        await bela.until(lambda: bela.state["contact"] == contact, "the contact itself")
        assert not calling.steps(What.ENDED)
        await bela.post("calls/hang-up", contact=contact)
        await calling.until(What.ENDED)
        [row] = await on.contacts(ended(1))
        assert (row.agent, row.outcome) == ("bela", "answered")
        assert ("consult", "bela", "completed") in await on.segments(row.id)
        await on.no_channel()


@run_async
async def test_a_number_that_does_not_answer_brings_the_caller_back(stage: SetStage) -> None:
    async with stage(CREW, settings=SETTINGS) as on:
        await on.phones(Phones.answering(on.pbx.sip_port, ["1001", "1002"]))
        await on.phones(Phones.refusing(on.pbx.sip_port, ["1010"]))
        anna = await on.seat("anna")
        await on.device(1001, "free")
        calling = on.call(Caller(CALLER.number, "8002"))  # whose queue leaves time for the wrap-up
        await anna.until_state("talking")
        await anna.post("calls/transfer", contact=anna.state["contact"], to={"number": "1010"})
        await on.waiting(anna, 1)
        bela = await on.seat("bela", ready=False)
        await bela.ready()
        await bela.until_state("talking")
        assert not calling.steps(What.ENDED)
        await bela.post("calls/hang-up", contact=bela.state["contact"])
        [row] = await on.contacts(ended(1))
        assert ("offer", None, "declined") in await on.segments(row.id)


async def held(seat: Seat, contact: str) -> bool:
    """Whether the customer could be put on hold, and so is there; and back."""
    try:
        await seat.post("calls/hold", contact=contact, hold=True)
    except DaemonFailed:
        return False
    await seat.post("calls/hold", contact=contact, hold=False)
    return True


@run_async
async def test_an_agent_calls_a_customer(stage: SetStage) -> None:
    async with stage(CREW[:1], settings=SETTINGS) as on:
        await on.phones(Phones.answering(on.pbx.sip_port, ["1001"]))
        outside = await on.phones(Phones.answering(on.pbx.sip_port, ["1010"], after_ms=300))
        anna = await on.seat("anna")
        await on.device(1001, "free")
        call = (await anna.post("calls/dial", number="1010", queue="billing"))["call"]
        assert (call["direction"], call["dialling"]) == ("out", True)
        await outside.until(What.ANSWERED)

        await until(lambda: held(anna, call["contact"]), lambda: "the customer to be there", 10)
        await anna.post("calls/hang-up", contact=call["contact"])
        await outside.until(What.ENDED)
        await anna.until_state("wrap_up")
        await anna.end_wrap_up("sold")
        [row] = await on.contacts(lambda rows: bool(rows) and rows[0].disposition is not None)
        assert (row.direction, row.agent, row.outcome, row.queue) == ("out", "anna", "answered", "billing")
        kinds = [kind for kind, _, _ in await on.segments(row.id)]
        assert kinds == ["dialling", "talk", "hold", "talk", "wrap_up"]
