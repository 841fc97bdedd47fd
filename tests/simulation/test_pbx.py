"""The PBX model does what PBX.md saw Asterisk do: else the simulation proves something about another world."""

from collections.abc import Callable

from callcenter.call_commands import DialCustomer
from callcenter.commands import ConfirmConnection, RingDevice, SendAway, StopRinging, TakeBack
from callcenter.events import (
    CallerFellBack,
    CallerLeft,
    CallerReturned,
    ContactArrived,
    Event,
    Leg,
    NumberFailed,
    OfferConnected,
    OfferEnded,
    OfferRinging,
)
from callcenter.simulation.pbx import CROSSED_MS, HEARTBEAT_LIMIT_MS, PbxModel
from callcenter.types import ChannelRef, ContactId, Departure, DeviceStatus, LegEnd, OfferId, Outcome, PbxName
from tests.playbook import PBX, arrived, device

ADA, BOB = device("ada"), device("bob")
ANNA, BEN = ContactId("anna"), ContactId("ben")


class Stage:
    """Takes down what the PBX says, and lets the test say when time passes."""

    def __init__(self) -> None:
        self.now_ms = 0
        self.said: list[Event] = []
        self.rang: list[OfferId] = []
        self.fell_back_to: list[ContactId] = []
        self.numbers: list[ContactId] = []
        self._later: list[tuple[int, Callable[[], None]]] = []
        self.pbx = PbxModel(PBX, self, [ADA, BOB])
        self.pbx.sync()
        self.pbx.arrive(arrived("anna"))

    def later(self, delay_ms: int, action: Callable[[], None]) -> None:
        self._later.append((self.now_ms + delay_ms, action))

    def say(self, pbx: PbxName, stream: str, event: Event) -> None:
        self.said.append(event)

    def phone_rings(self, pbx: PbxName, offer: OfferId) -> None:
        self.rang.append(offer)

    def number_rings(self, pbx: PbxName, contact: ContactId) -> None:
        self.numbers.append(contact)

    def fell_back(self, pbx: PbxName, contact: ContactId) -> None:
        self.fell_back_to.append(contact)

    def in_conversation(self, pbx: PbxName, offer: OfferId, contact: ContactId) -> None:
        assert contact == ANNA

    def wait(self, ms: int) -> None:
        self.now_ms += ms
        due = [action for at_ms, action in self._later if at_ms <= self.now_ms]
        self._later = [entry for entry in self._later if entry[0] > self.now_ms]
        for action in due:
            action()

    def ring(self, offer: str, contact: str = "anna", phone: str = "ada") -> None:
        channel = arrived(contact).channel
        self.pbx.obey(RingDevice(OfferId(offer), ContactId(contact), channel, device(phone), None, "", 18_000))

    def ends(self) -> list[tuple[str, LegEnd]]:
        return [(event.offer, event.how) for event in self.said if isinstance(event, OfferEnded)]


def test_an_answer_bridges_without_asking_the_daemon() -> None:
    stage = Stage()
    stage.ring("anna.1")
    assert stage.pbx.status(ADA) is DeviceStatus.RINGING
    stage.pbx.answer(OfferId("anna.1"))
    assert OfferRinging(OfferId("anna.1")) in stage.said
    assert OfferConnected(OfferId("anna.1")) in stage.said
    assert stage.pbx.status(ADA) is DeviceStatus.IN_USE
    assert not stage.pbx.is_holding(ANNA)


def test_the_same_offer_is_not_rung_twice() -> None:
    stage = Stage()
    stage.ring("anna.1")
    stage.ring("anna.1")
    assert stage.rang == ["anna.1"]


def test_phones_that_can_not_ring() -> None:
    stage = Stage()
    stage.pbx.set_phone(ADA, DeviceStatus.UNREACHABLE)
    stage.pbx.set_phone(BOB, DeviceStatus.IN_USE)
    stage.ring("anna.1")
    stage.ring("anna.2", phone="bob")
    assert stage.ends() == [("anna.1", LegEnd.UNREACHABLE), ("anna.2", LegEnd.BUSY)]


def test_a_stop_that_comes_before_the_leg_is_kept() -> None:
    stage = Stage()
    stage.pbx.obey(StopRinging(OfferId("anna.1"), ADA))
    stage.ring("anna.1")
    assert (stage.rang, stage.ends()) == ([], [("anna.1", LegEnd.FAILED)])


def test_nobody_answers_up_to_the_pbxs_own_limit() -> None:
    stage = Stage()
    stage.ring("anna.1")
    stage.wait(17_999)
    assert stage.ends() == []
    stage.wait(1)
    assert stage.ends() == [("anna.1", LegEnd.NO_ANSWER)]


def test_the_caller_is_gone_at_the_answer() -> None:
    stage = Stage()
    stage.ring("anna.1")
    stage.pbx.hang_up(ANNA)
    stage.pbx.answer(OfferId("anna.1"))
    assert stage.ends() == [("anna.1", LegEnd.CALLER_GONE)]
    assert CallerLeft(ANNA, Departure.HUNG_UP) in stage.said


def test_after_a_confirmed_conversation_the_caller_goes() -> None:
    stage = Stage()
    stage.ring("anna.1")
    stage.pbx.answer(OfferId("anna.1"))
    stage.pbx.obey(ConfirmConnection(OfferId("anna.1"), arrived("anna").channel))
    stage.pbx.agent_hangs_up(OfferId("anna.1"))
    assert CallerLeft(ANNA, Departure.HUNG_UP) in stage.said


def test_a_short_talk_that_nobody_confirmed_gives_the_caller_back_and_a_long_one_does_not() -> None:
    for talked_ms, holds in ((CROSSED_MS - 1, True), (CROSSED_MS, False)):
        stage = Stage()
        stage.ring("anna.1")
        stage.pbx.answer(OfferId("anna.1"))
        stage.wait(talked_ms)
        stage.pbx.obey(StopRinging(OfferId("anna.1"), ADA))
        assert stage.pbx.is_holding(ANNA) is holds


def test_the_first_of_two_answers_has_the_caller_and_the_second_finds_it_taken() -> None:
    stage = Stage()
    stage.ring("anna.1")
    stage.ring("anna.2", phone="bob")
    stage.pbx.answer(OfferId("anna.1"))
    stage.pbx.answer(OfferId("anna.2"))
    assert stage.ends() == [("anna.2", LegEnd.TAKEN)]
    assert stage.pbx.lines[ANNA].leg == "anna.1"
    assert stage.pbx.status(BOB) is DeviceStatus.FREE


def test_who_is_sent_away_is_gone_from_hold_or_conversation() -> None:
    away = SendAway(ANNA, arrived("anna").channel, Outcome.CLOSED)
    stage = Stage()
    stage.pbx.obey(away)
    assert stage.said[-1] == CallerLeft(ANNA, Departure.HUNG_UP)
    stage.pbx.obey(away)
    assert stage.said.count(CallerLeft(ANNA, Departure.HUNG_UP)) == 1
    stage = Stage()
    stage.ring("anna.1")
    stage.pbx.answer(OfferId("anna.1"))
    stage.pbx.obey(away)
    assert stage.ends() == [("anna.1", LegEnd.HUNG_UP)]
    assert not stage.pbx.lines


def test_it_knows_how_many_hear_music() -> None:
    stage = Stage()
    stage.pbx.arrive(arrived("ben"))
    assert stage.pbx.held() == 2
    stage.ring("anna.1")
    stage.pbx.answer(OfferId("anna.1"))
    assert stage.pbx.held() == 1


def test_a_sync_tells_all_that_there_is() -> None:
    stage = Stage()
    stage.ring("anna.1")
    stage.pbx.arrive(arrived("ben"))
    stage.ring("ben.1", contact="ben", phone="bob")
    stage.pbx.answer(OfferId("anna.1"))
    sync = stage.pbx.sync()
    assert [arrival.contact for arrival in sync.waiting] == ["anna", "ben"]
    assert sync.legs == (Leg(OfferId("anna.1"), ANNA), Leg(OfferId("ben.1"), None, ringing=True))
    assert [seen.status for seen in sync.devices] == [DeviceStatus.IN_USE, DeviceStatus.RINGING]


def test_a_silent_daemon_loses_its_callers_to_the_pbxs_own_queue_but_no_conversation() -> None:
    stage = Stage()
    stage.pbx.arrive(arrived("ben"))
    stage.ring("anna.1")
    stage.pbx.answer(OfferId("anna.1"))
    stage.pbx.cut()
    stage.wait(HEARTBEAT_LIMIT_MS)
    assert stage.fell_back_to == ["ben"]
    sync = stage.pbx.sync()
    assert ([one.contact for one in sync.returnable], [one.contact for one in sync.waiting]) == (["ben"], ["anna"])
    stage.pbx.answer_there(BEN)
    assert stage.said[-1] == CallerLeft(BEN, Departure.FALLBACK)
    sync = stage.pbx.sync()
    assert (sync.fallback, sync.returnable) == (("ben",), ())
    stage.pbx.obey(TakeBack(BEN, arrived("ben").channel))
    stage.pbx.obey(SendAway(BEN, arrived("ben").channel, Outcome.CLOSED))
    assert BEN in stage.pbx.lines, "who talks there is left alone"
    assert stage.said[-1] == CallerLeft(BEN, Departure.FALLBACK)


def test_who_was_not_answered_there_is_taken_back() -> None:
    stage = Stage()
    stage.ring("anna.1")
    stage.pbx.silence(5_000)
    assert CallerFellBack(ANNA) in stage.said
    stage.pbx.answer(OfferId("anna.1"))
    assert stage.ends() == [("anna.1", LegEnd.CALLER_GONE)]
    stage.pbx.obey(TakeBack(ANNA, arrived("anna").channel))
    assert not stage.pbx.is_holding(ANNA), "nobody beats yet"
    stage.wait(5_000)
    assert stage.said[-1] == CallerReturned(ANNA)
    assert stage.pbx.is_holding(ANNA)


def test_who_comes_back_to_a_daemon_that_is_gone_again_falls_back_again() -> None:
    stage = Stage()
    stage.pbx.cut()
    stage.wait(HEARTBEAT_LIMIT_MS)
    stage.pbx.obey(TakeBack(ANNA, arrived("anna").channel))  # it was on its way
    assert stage.pbx.is_holding(ANNA)
    stage.wait(HEARTBEAT_LIMIT_MS)
    assert not stage.pbx.is_holding(ANNA)


def test_a_restart_loses_everything() -> None:
    stage = Stage()
    stage.ring("anna.1")
    stage.pbx.restart()
    sync = stage.pbx.sync()
    assert (sync.waiting, sync.legs, sync.fallback) == ((), (), ())


def test_a_customer_who_is_called_answers_or_does_not() -> None:
    stage = Stage()
    for name, arrives in (("out1", True), ("out2", False)):
        contact = ContactId(name)
        stage.pbx.obey(DialCustomer(contact, ChannelRef(PBX, name), "+491", 48_000))
        if arrives:
            stage.pbx.lines.pop(ANNA, None)
            stage.in_conversation = lambda *_: None  # type: ignore[method-assign]
            stage.pbx.number_answers(contact)
        else:
            stage.pbx.number_fails(contact, LegEnd.BUSY)
        stage.pbx.number_fails(contact, LegEnd.BUSY)
    assert stage.numbers == ["out1", "out2"]
    told = [event for event in stage.said if isinstance(event, ContactArrived | NumberFailed)]
    assert [event.contact for event in told[-2:]] == ["out1", "out2"]
