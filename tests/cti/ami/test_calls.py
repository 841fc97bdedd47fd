"""Orders for calls as actions, and what a sync finds of them."""

from callcenter.call_commands import FetchCaller, HoldCaller, ReleaseCaller, ReturnCaller
from callcenter.cti.ami import calls
from callcenter.cti.ami.mirror import Caller, LiveOffer, Mirror, Phase
from callcenter.cti.ami.wire import Action
from callcenter.events import ContactArrived
from callcenter.types import ChannelRef, ContactId, OfferId, PbxName

CHANNEL = ChannelRef(PbxName("main"), "17.1")
ANNA, LEG = ContactId("main-17.1-1"), OfferId("main-17.1-1.1")


def talking() -> Mirror:
    mirror = Mirror()
    mirror.callers["17.1"] = Caller("17.1", ContactArrived(ANNA, CHANNEL, None, "", "100"))
    mirror.offers[LEG] = LiveOffer(LEG, "17.1", Phase.CONNECTED)
    mirror.enter("17.1", "talk")
    mirror.enter(LEG, "talk")
    return mirror


def hold(number: int) -> HoldCaller:
    return HoldCaller(ANNA, CHANNEL, LEG, number)


def fetch(number: int) -> FetchCaller:
    return FetchCaller(ANNA, CHANNEL, LEG, number)


def parted(mirror: Mirror) -> None:
    mirror.enter("17.1", "music")
    mirror.enter(LEG, "desk")


def named(actions: tuple[Action, ...]) -> list[tuple[str, str]]:
    return [(action.name, action.keys.get("Context", "")) for action in actions]


def test_hold_moves_both_at_once() -> None:
    setvar, redirect = calls.actions(talking(), hold(1))
    assert setvar.keys["Variable"] == "CALLCENTER_HOLDER"
    assert redirect.keys["Context"] == "callcenter-parked"
    assert (redirect.keys["ExtraChannel"], redirect.keys["ExtraContext"]) == (LEG, "callcenter-desk")


def test_a_leg_is_told_to_fetch_its_caller() -> None:
    mirror = talking()
    parted(mirror)
    setvar, redirect = calls.actions(mirror, fetch(1))
    assert (setvar.keys["Channel"], setvar.keys["Value"]) == (LEG, "17.1")
    assert (redirect.keys["Channel"], redirect.keys["Exten"]) == (LEG, "fetch")


def test_an_order_waits_until_the_one_before_was_carried_out_and_the_last_one_counts() -> None:
    mirror = talking()
    calls.actions(mirror, hold(1))
    assert calls.actions(mirror, fetch(2)) == ()
    assert calls.actions(mirror, hold(3)) == ()
    assert calls.actions(mirror, fetch(4)) == ()
    assert calls.go_on(mirror) == ()
    mirror.enter("17.1", "music")
    assert calls.go_on(mirror) == ()
    mirror.enter(LEG, "desk")
    assert named(calls.go_on(mirror)) == [("Setvar", ""), ("Redirect", "callcenter-agent")]
    assert calls.go_on(mirror) == ()


def test_an_order_that_comes_again_or_too_late_does_nothing() -> None:
    mirror = talking()
    calls.actions(mirror, hold(2))
    parted(mirror)
    calls.go_on(mirror)
    assert calls.actions(mirror, hold(2)) == ()
    assert calls.actions(mirror, fetch(1)) == ()


def test_who_is_gone_is_not_moved() -> None:
    mirror = talking()
    mirror.remove("17.1")
    assert calls.actions(mirror, hold(1)) == ()
    assert calls.actions(mirror, ReturnCaller(ANNA, CHANNEL, 2)) == ()


def test_who_is_let_go_on_waits_for_nothing() -> None:
    mirror = talking()
    calls.actions(mirror, hold(1))
    assert named(calls.actions(mirror, ReleaseCaller(ANNA, CHANNEL, 2))) == [("Redirect", "callcenter-after")]


def test_a_caller_is_handed_on_to_the_holding_place() -> None:
    mirror = talking()
    (redirect,) = calls.actions(mirror, ReturnCaller(ANNA, CHANNEL, 1))
    assert (redirect.keys["Context"], redirect.keys["Exten"]) == ("callcenter-hold", "transferred")
    calls.returned(mirror, mirror.callers["17.1"])
    assert not mirror.moving


def test_a_leg_that_is_gone_holds_up_nothing() -> None:
    mirror = talking()
    calls.actions(mirror, hold(1))
    calls.actions(mirror, fetch(2))
    mirror.remove(LEG)
    assert len(calls.go_on(mirror)) == 2  # the PBX will say that there is no such channel


def test_who_is_on_hold_for_whom_is_told_by_their_places() -> None:
    mirror = talking()
    places = {"17.1": "callcenter-parked", LEG: "callcenter-desk"}
    assert calls.held_by(mirror, mirror.offers[LEG], places) == ANNA
    assert calls.held_by(mirror, mirror.offers[LEG], {**places, LEG: "callcenter-agent"}) is None
