"""Callers whom several phones ring for, and callers who are sent away, on a real Asterisk: exactly one has each.

Phones that ring in one SIPp process for the same time are answered within the same few milliseconds.
"""

import asyncio

import pytest

from callcenter.commands import ConfirmConnection, SendAway, StopRinging
from callcenter.events import (
    CallerLeft,
    ContactArrived,
    OfferConnected,
    OfferEnded,
    OfferRinging,
    PbxLost,
    PbxSynced,
)
from callcenter.types import Departure, DeviceRef, LegEnd, OfferId, Outcome
from lab.pbx import Pbx
from lab.sipp import Caller, Callers, Phones, What
from tests.cti.test_asterisk_pbx import ERIKA, LIMIT_S, PBX, Ear, cut, daemon, ring
from tests.helpers import run_async
from tests.lab.ami_probe import eventually

pytestmark = pytest.mark.pbx

PAIRS = 10
ROUNDS = 3
RING_MS = 300


async def empty(pbx: Pbx) -> None:
    async def none_left() -> bool:
        return await asyncio.to_thread(pbx.channels) == 0

    await eventually(none_left, LIMIT_S)
    assert "0 active channels" in pbx.cli("core show channels")


@run_async
async def test_of_two_phones_answered_at_once_exactly_one_has_the_caller(pbx: Pbx) -> None:
    """Ten callers at a time, three times; each rings two phones. The winner talks until it hangs up by itself."""
    names = [str(1001 + number) for number in range(2 * PAIRS)]
    for _ in range(ROUNDS):
        ear = Ear()
        phones = Phones.answering(pbx.sip_port, names, after_ms=RING_MS, talk_ms=1_500)
        callers = Callers(pbx.sip_port, [Caller(f"03{number:02}") for number in range(PAIRS)], rate=50)
        async with daemon(pbx, ear) as asterisk:
            await ear.until(PbxSynced)
            with phones, callers:
                await ear.until(ContactArrived, count=PAIRS)
                arrivals = [event for event in ear.events if isinstance(event, ContactArrived)]
                for number, arrival in enumerate(arrivals):
                    for name in names[2 * number : 2 * number + 2]:
                        asterisk.execute(ring(arrival, f"PJSIP/{name}", OfferId(f"o-{name}")))
                await ear.until(OfferEnded, lambda event: event.how is LegEnd.TAKEN, count=PAIRS)
                await ear.until(OfferConnected, count=PAIRS)
                won = {event.offer for event in ear.events if isinstance(event, OfferConnected)}
                lost = {event.offer for event in ear.events if isinstance(event, OfferEnded)}
                assert not any(isinstance(event, CallerLeft) for event in ear.events)
                for number, arrival in enumerate(arrivals):
                    pair = {OfferId(f"o-{name}") for name in names[2 * number : 2 * number + 2]}
                    (winner,) = won & pair
                    assert lost & pair == pair - {winner}
                    asterisk.execute(ConfirmConnection(winner, arrival.channel))
                await ear.until(CallerLeft, count=PAIRS)
                await ear.until(OfferEnded, lambda event: event.how is LegEnd.HUNG_UP, count=PAIRS)
                await phones.until(What.HUNG_UP, count=PAIRS)
                assert {OfferId(f"o-{step.own}") for step in phones.steps(What.HUNG_UP)} == won
                assert {OfferId(f"o-{step.own}") for step in phones.steps(What.ENDED)} == lost
                await callers.finished(LIMIT_S)
                assert len(callers.steps(What.ENDED)) == PAIRS
        counts = [sum(isinstance(event, kind) for event in ear.events) for kind in (OfferConnected, OfferEnded)]
        assert counts == [PAIRS, 2 * PAIRS]
        await empty(pbx)


@run_async
async def test_answers_that_crossed_a_withdrawal_leave_the_callers_to_the_next_two(pbx: Pbx) -> None:
    """Ten callers at a time, three times. Each next two answer within milliseconds, before the caller holds again.

    Whoever answers second must not take its caller for gone, wherever Asterisk has it at that moment: the engine would
    close the contact. And no channel may be left behind.
    """
    crossed, left, right = ([str(1001 + number) for number in range(n * PAIRS, (n + 1) * PAIRS)] for n in range(3))
    for _ in range(ROUNDS):
        ear = Ear()
        phones = Phones.answering(pbx.sip_port, [*crossed, *left, *right], after_ms=RING_MS)
        callers = Callers(pbx.sip_port, [Caller(f"03{number:02}") for number in range(PAIRS)], rate=50)
        async with daemon(pbx, ear) as asterisk:
            await ear.until(PbxSynced)
            with phones, callers:
                await ear.until(ContactArrived, count=PAIRS)
                arrivals = [event for event in ear.events if isinstance(event, ContactArrived)]
                for name, arrival in zip(crossed, arrivals, strict=True):
                    asterisk.execute(ring(arrival, f"PJSIP/{name}", OfferId(f"o-{name}")))
                await ear.until(OfferConnected, count=PAIRS)
                for name in crossed:
                    asterisk.execute(StopRinging(OfferId(f"o-{name}"), DeviceRef(PBX, f"PJSIP/{name}")))
                await ear.until(OfferEnded, count=PAIRS)
                for names in (left, right):
                    for name, arrival in zip(names, arrivals, strict=True):
                        asterisk.execute(ring(arrival, f"PJSIP/{name}", OfferId(f"o-{name}")))
                await ear.until(OfferConnected, count=2 * PAIRS)
                await ear.until(OfferEnded, count=2 * PAIRS)
                won = {event.offer for event in ear.events if isinstance(event, OfferConnected)}
                ends = {event.offer: event.how for event in ear.events if isinstance(event, OfferEnded)}
                for one, other in zip(left, right, strict=True):
                    winner, loser = sorted((OfferId(f"o-{one}"), OfferId(f"o-{other}")), key=ends.__contains__)
                    assert winner in won
                    assert ends[loser] is LegEnd.TAKEN
                assert callers.alive
                assert not any(isinstance(event, CallerLeft) for event in ear.events)
        pbx.hang_up_all()


@run_async
async def test_the_phones_that_go_on_ringing_can_be_stopped(pbx: Pbx) -> None:
    ear = Ear()
    other = OfferId("o-other")
    with Phones.answering(pbx.sip_port, ["1001"], after_ms=RING_MS), Phones.silent(pbx.sip_port, ["1002"]) as silent:
        async with daemon(pbx, ear) as asterisk:
            with Callers(pbx.sip_port, [ERIKA]):
                arrival = await ear.until(ContactArrived)
                asterisk.execute(ring(arrival))
                asterisk.execute(ring(arrival, "PJSIP/1002", other))
                await ear.until(OfferRinging, count=2)
                await ear.until(OfferConnected)
                asterisk.execute(StopRinging(other, DeviceRef(PBX, "PJSIP/1002")))
                ended = await ear.until(OfferEnded)
                assert ended == OfferEnded(other, LegEnd.NO_ANSWER)
                await silent.until(What.CANCELLED)


@pytest.mark.parametrize("outcome", [Outcome.WITHDRAWN, Outcome.CLOSED])
@run_async
async def test_a_caller_is_sent_away(pbx: Pbx, outcome: Outcome) -> None:
    ear = Ear()
    async with daemon(pbx, ear) as asterisk:
        with Callers(pbx.sip_port, [ERIKA]) as callers:
            arrival = await ear.until(ContactArrived)
            asterisk.execute(SendAway(arrival.contact, arrival.channel, outcome))
            assert await ear.until(CallerLeft) == CallerLeft(arrival.contact, Departure.HUNG_UP)
            await callers.until(What.ENDED)
    await empty(pbx)


@run_async
async def test_callers_are_sent_away_at_any_moment_of_their_wait(pbx: Pbx) -> None:
    """Forty callers within a second, of whom each is sent away on its own: some have only just arrived."""
    count = 40
    ear = Ear()
    async with daemon(pbx, ear) as asterisk:
        with Callers(pbx.sip_port, [ERIKA] * count, rate=40) as callers:
            for number in range(1, count + 1):
                arrival = await ear.until(ContactArrived, count=number)
                asterisk.execute(SendAway(arrival.contact, arrival.channel, Outcome.WITHDRAWN))
            await ear.until(CallerLeft, count=count)
            await callers.finished(LIMIT_S)
            assert len(callers.steps(What.ENDED)) == count
    await empty(pbx)


@run_async
async def test_whoever_hears_the_message_is_not_held_after_a_loss_of_the_connection(pbx: Pbx) -> None:
    ear = Ear()
    async with daemon(pbx, ear) as asterisk:
        with Callers(pbx.sip_port, [ERIKA]) as callers:
            arrival = await ear.until(ContactArrived)
            asterisk.execute(SendAway(arrival.contact, arrival.channel, Outcome.CLOSED))
            await eventually_in_the_message(pbx)
            cut(asterisk)
            await ear.until(PbxLost)
            synced = await ear.until(PbxSynced, count=2)
            assert (synced.waiting, synced.fallback, synced.legs) == ((), (), ())
            await callers.until(What.ENDED)


async def eventually_in_the_message(pbx: Pbx) -> None:
    async def there() -> bool:
        return "@callcenter-away" in await asyncio.to_thread(pbx.cli, "core show channels")

    await eventually(there)
