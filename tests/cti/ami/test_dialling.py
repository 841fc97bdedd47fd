from callcenter.call_commands import DialCustomer, StopDialling
from callcenter.cti.ami import dialling
from callcenter.cti.ami.mirror import Mirror
from callcenter.events import Event, NumberFailed
from callcenter.types import ChannelRef, ContactId, LegEnd, PbxName
from tests.cti.ami.by_hand import frame

CHANNEL = ChannelRef(PbxName("main"), "out-1")
OUT = ContactId("main-out-1-1")
DIAL, STOP = DialCustomer(OUT, CHANNEL, "+4930123456", 48_000), StopDialling(OUT, CHANNEL)
HANGUP = frame("Event: Hangup\nUniqueid: out-1\nCause: 17")


def test_a_number_is_called_once_through_the_admins_dialplan() -> None:
    mirror = Mirror()
    (action,) = dialling.actions(mirror, DIAL)
    assert action.keys["Channel"] == "Local/+4930123456@callcenter-dial/n"
    assert (action.keys["ChannelId"], action.keys["Context"]) == ("out-1", "callcenter-called")
    assert action.variables["CALLCENTER_CONTACT"] == "out-1-1"
    assert dialling.actions(mirror, DIAL) == ()


def test_nobody_wants_it_any_more() -> None:
    mirror = Mirror()
    assert dialling.actions(mirror, STOP) == ()
    dialling.actions(mirror, DIAL)
    (action,) = dialling.actions(mirror, STOP)
    assert (action.name, action.keys["Channel"]) == ("Hangup", "out-1")


def test_how_a_number_failed_is_told_once() -> None:
    mirror, told = Mirror(), list[Event]()
    dialling.actions(mirror, DIAL)
    dialling.hung_up(mirror, HANGUP, told.append)
    dialling.hung_up(mirror, HANGUP, told.append)
    assert told == [NumberFailed(OUT, LegEnd.BUSY)]


def test_a_number_that_could_not_be_called_at_all() -> None:
    mirror, told = Mirror(), list[Event]()
    dialling.actions(mirror, DIAL)
    dialling.not_made(mirror, "out-1", told.append)
    assert told == [NumberFailed(OUT, LegEnd.UNREACHABLE)]


def test_a_sync_finds_the_near_half_of_a_number_that_rings() -> None:
    mirror = Mirror()
    dialling.found(mirror, "out-1-far", OUT)
    dialling.found(mirror, "out-1", OUT)
    assert mirror.dialling == {"out-1": OUT}
