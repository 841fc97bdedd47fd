"""What the PBX model does with callers who are held, fetched, handed on and brought together."""

from collections.abc import Callable

from callcenter.call_commands import ConferCallers, FetchCaller, HoldCaller, ReleaseCaller, ReturnCaller
from callcenter.events import CallerLeft, CallerReturned, CallResumed, ContactArrived, Event, Leg
from callcenter.simulation.talking import Line, PhoneLeg, TalkModel
from callcenter.types import ChannelRef, ContactId, Departure, DeviceRef, LegEnd, OfferId, PbxName

PBX, ANNA, LEG, OTHER = PbxName("pbx1"), ContactId("anna"), OfferId("anna.1"), OfferId("anna-c1.1")
CHANNEL = ChannelRef(PBX, "PJSIP/trunk")


class Model(TalkModel):
    """anna talks with a leg, and a second leg is with nobody yet."""

    nobody_beats = False

    def __init__(self) -> None:
        super().__init__()
        self.said: list[Event | OfferId] = []
        self.lines[ANNA] = Line(ContactArrived(ANNA, CHANNEL, None, "", "100"), leg=LEG, confirmed=True)
        self.legs[LEG] = PhoneLeg(ANNA, DeviceRef(PBX, "PJSIP/1"), bridged=True)

    def end_leg(self, offer: OfferId, how: LegEnd) -> None:
        self.said.append(offer)
        self.leg_is_gone(offer, self.legs.pop(offer))

    def of_contact(self, contact: ContactId, event: Event) -> None:
        self.said.append(event)

    def later(self, delay_ms: int, action: Callable[[], None]) -> None:
        action()

    def say(self, stream: str, event: Event) -> None:
        self.said.append(event)

    def hold(self) -> None:
        self.move(HoldCaller(ANNA, CHANNEL, LEG, 1))

    def ask(self) -> None:
        self.hold()
        assert self.may_talk_with(LEG)
        self.legs[OTHER] = PhoneLeg(ContactId("anna-c1"), None, asker=LEG, bridged=True)


def test_hold_and_back() -> None:
    model = Model()
    model.hold()
    assert model.found(LEG, model.legs[LEG]) == Leg(LEG, None, holds=ANNA)
    assert model.on_hold() == (ANNA,)
    model.move(FetchCaller(ANNA, CHANNEL, LEG, 2))
    assert model.found(LEG, model.legs[LEG]) == Leg(LEG, ANNA)


def test_an_order_that_comes_again_changes_nothing() -> None:
    model = Model()
    model.hold()
    model.move(FetchCaller(ANNA, CHANNEL, LEG, 2))
    model.hold()
    assert model.on_hold() == ()


def test_nobody_beats_and_the_leg_fetches_its_caller() -> None:
    model = Model()
    model.hold()
    model.give_back()
    assert model.said == [CallResumed(LEG)]
    assert model.on_hold() == ()


def test_who_asks_is_with_whom_it_asks_and_goes_back() -> None:
    model = Model()
    model.ask()
    assert not model.may_talk_with(LEG)
    assert model.found(OTHER, model.legs[OTHER]) == Leg(OTHER, None, beside=LEG)
    model.move(FetchCaller(ANNA, CHANNEL, LEG, 2))
    assert model.said == [OTHER]


def test_whoever_was_asked_gets_the_caller() -> None:
    model = Model()
    model.ask()
    model.move(FetchCaller(ANNA, CHANNEL, OTHER, 2))
    assert model.found(OTHER, model.legs[OTHER]) == Leg(OTHER, ANNA)
    assert model.said == []


def test_three_in_a_room_and_one_after_the_other_leaves() -> None:
    model = Model()
    model.ask()
    model.move(ConferCallers(ANNA, CHANNEL, (LEG, OTHER), 2))
    assert [model.found(offer, leg).contact for offer, leg in model.legs.items()] == [ANNA, ANNA]
    line = model.lines[ANNA]
    model.leaves_room(line, LEG)
    assert line.leg == OTHER
    model.leaves_room(line, OTHER)
    assert model.said == [CallerLeft(ANNA, Departure.HUNG_UP)]


def test_handed_on() -> None:
    model = Model()
    model.move(ReturnCaller(ANNA, CHANNEL, 1))
    assert model.said == [LEG, CallerReturned(ANNA)]
    assert model.lines[ANNA].leg is None


def test_whoever_is_held_for_nobody_goes_on() -> None:
    model = Model()
    model.hold()
    model.end_leg(LEG, LegEnd.HUNG_UP)
    model.lines[ANNA].leg = None
    model.move(ReleaseCaller(ANNA, CHANNEL, 2))
    assert model.said == [LEG, CallerLeft(ANNA, Departure.HUNG_UP)]
