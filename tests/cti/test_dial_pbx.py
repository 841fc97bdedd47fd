"""An agent calls a customer, on a real Asterisk: the own phone first, then the number."""

import uuid

import pytest

from callcenter.commands import RecordContact, RecordSegment
from callcenter.events import CallDialled, CallHeld, CallHungUp, CallTransferred
from callcenter.talks import Direction, Target
from callcenter.types import AgentId, AgentState, ChannelRef, ContactId, Outcome, PbxName, QueueName, SegmentKind
from lab.pbx import Pbx
from lab.sipp import Phones, What
from tests.cti.floor import Floor, floor
from tests.cti.test_transfer_pbx import center
from tests.helpers import run_async

pytestmark = pytest.mark.pbx

ANN, MAIN = AgentId("ann"), PbxName("main")


def dialled(number: str) -> CallDialled:
    channel = f"out-{uuid.uuid4().hex[:12]}"
    return CallDialled(ANN, ContactId(f"main-{channel}-1"), ChannelRef(MAIN, channel), number)


async def talks(on: Floor, number: str = "1010") -> ContactId:
    event = dialled(number)
    on.feed(event)
    await on.until(lambda: (call := on.call("ann")) is not None and call.contact is not None and not call.dialling)
    await on.until_together(2, 2)
    return event.contact


def record_of(on: Floor) -> RecordContact:
    (found,) = [one for one in on.commands if isinstance(one, RecordContact)]
    return found


@run_async
async def test_the_number_answers_and_is_held_and_hangs_up(pbx: Pbx) -> None:
    with (
        Phones.answering(pbx.sip_port, ["1001"], after_ms=200) as own,
        Phones.answering(pbx.sip_port, ["1010"], after_ms=500) as outside,
    ):
        async with floor(pbx, center(), "ann") as on:
            contact = await talks(on)
            rang = [phones.steps(What.RINGING)[0].at_s for phones in (own, outside)]
            assert rang == sorted(rang)
            call = on.call("ann")
            assert call is not None
            assert (call.direction, call.number) == (Direction.OUT, "1010")
            on.feed(CallHeld(ANN, contact, True))
            await on.until(lambda: on.placed("callcenter-parked") == 1)
            await on.killed()
            on.feed(CallHeld(ANN, contact, False))
            await on.until_together(2, 2)
            on.feed(CallHungUp(ANN, contact))
            await outside.until(What.ENDED)
            await on.until_state("ann", AgentState.WRAP_UP)
            await on.until(lambda: pbx.channels() == 0)
            record = record_of(on)
            assert (record.outcome, record.direction, record.agent) == (Outcome.ANSWERED, Direction.OUT, "ann")


@run_async
async def test_a_customer_who_was_called_can_be_transferred(pbx: Pbx) -> None:
    with (
        Phones.answering(pbx.sip_port, ["1001", "1002"]),
        Phones.answering(pbx.sip_port, ["1010"]) as outside,
    ):
        async with floor(pbx, center(), "ann", "ben") as on:
            contact = await talks(on)
            on.feed(CallTransferred(ANN, contact, Target(queue=QueueName("sales"))))
            await on.until_state("ben", AgentState.TALKING)
            await on.until_together(2, 2)
            assert not outside.steps(What.ENDED)


@pytest.mark.parametrize("number", ["1002", "1049", "+99"])
@run_async
async def test_a_number_that_does_not_answer(pbx: Pbx, number: str) -> None:
    with Phones.answering(pbx.sip_port, ["1001"]) as own, Phones.refusing(pbx.sip_port, ["1002"]):
        async with floor(pbx, center(), "ann") as on:
            on.feed(dialled(number))
            await own.until(What.ENDED)
            await on.until_state("ann", AgentState.WRAP_UP)
            assert record_of(on).outcome is Outcome.UNREACHED
            kinds = [one.kind for one in on.commands if isinstance(one, RecordSegment)]
            assert kinds == [SegmentKind.DIALLING]


@run_async
async def test_the_agent_does_not_take_the_own_phone(pbx: Pbx) -> None:
    with Phones.refusing(pbx.sip_port, ["1001"]), Phones.silent(pbx.sip_port, ["1010"]) as outside:
        async with floor(pbx, center(), "ann") as on:
            on.feed(dialled("1010"))
            await on.until_state("ann", AgentState.WRAP_UP)
            assert record_of(on).outcome is Outcome.UNREACHED
            assert not outside.steps(What.RINGING)


@run_async
async def test_the_agent_hangs_up_while_the_number_rings(pbx: Pbx) -> None:
    with Phones.answering(pbx.sip_port, ["1001"]), Phones.silent(pbx.sip_port, ["1010"]) as outside:
        async with floor(pbx, center(), "ann") as on:
            event = dialled("1010")
            on.feed(event)
            await outside.until(What.RINGING)
            on.feed(CallHungUp(ANN, event.contact))
            await outside.until(What.CANCELLED)
            await on.until(lambda: pbx.channels() == 0)


@run_async
async def test_the_daemon_dies_while_the_number_rings(pbx: Pbx) -> None:
    with (
        Phones.answering(pbx.sip_port, ["1001"]),
        Phones.answering(pbx.sip_port, ["1010"], after_ms=3_000) as outside,
    ):
        async with floor(pbx, center(), "ann") as on:
            on.feed(dialled("1010"))
            await outside.until(What.RINGING)
            await on.killed()
            call = on.call("ann")
            assert call is not None
            assert call.dialling
            await on.until(lambda: (call := on.call("ann")) is not None and not call.dialling)
            await on.until_together(2, 2)
