"""Supervisors' legs on the wire: what is sent, what is told, and what comes too late or too early."""

import pytest

from callcenter.commands import Command
from callcenter.cti.ami import listening
from callcenter.cti.ami.listening import Listeners
from callcenter.cti.ami.wire import Action, encode
from callcenter.events import Event
from callcenter.orders import (
    ChangeListening,
    ListeningBegan,
    ListeningEnded,
    ListeningId,
    ListenMode,
    Spy,
    StartListening,
    StopListening,
)
from callcenter.types import DeviceRef, OfferId
from tests.cti.ami.by_hand import frame
from tests.cti.captures import PBX

SPY, LEG, PHONE = ListeningId("1795.1-1.1.heard7"), OfferId("1795.1-1.1"), DeviceRef(PBX, "PJSIP/1099")
START = StartListening(SPY, PHONE, LEG, ListenMode.LISTEN, 'Ada "A" Berg')
STOP = StopListening(SPY, PHONE)
BEGAN, ENDED = ListeningBegan(SPY), ListeningEnded(SPY)


class Wire:
    def __init__(self) -> None:
        self.told: list[Event] = []
        self.sent: list[Action] = []
        self.listeners = Listeners(self.told.append, self.sent.append)

    def say(self, event: str, *headers: str, channel: str = SPY) -> "Wire":
        self.listeners.hear(frame("\n".join([f"Event: {event}", f"Uniqueid: {channel}", *headers])))
        return self

    def spies(self) -> "Wire":
        self.listeners.hear(frame(f"Event: ChanSpyStart\nSpyerUniqueid: {SPY}\nSpyeeUniqueid: {LEG}"))
        return self

    def up(self) -> "Wire":
        self.listeners.actions(START)
        return self.say("Newchannel").say("Newstate", "ChannelState: 5").say("Newstate", "ChannelState: 6").spies()


def change(mode: ListenMode, leg: OfferId = LEG) -> ChangeListening:
    return ChangeListening(SPY, PHONE, leg, mode)


def test_the_phone_is_rung_into_the_dialplan_once() -> None:
    wire = Wire()
    (originate,) = wire.listeners.actions(START)
    assert encode(originate).decode() == (
        f"Action: Originate\r\nActionID: {SPY}:listen\r\nAsync: true\r\nChannelId: {SPY}\r\nChannel: PJSIP/1099\r\n"
        "Context: callcenter-listen\r\nExten: s\r\nPriority: 1\r\nTimeout: 20000\r\n"
        'CallerID: "Ada A Berg" <listen>\r\n'
        f"Variable: CALLCENTER_LISTENING={SPY}\r\nVariable: CALLCENTER_LISTEN_TO={LEG}\r\n"
        "Variable: CALLCENTER_LISTEN_MODE=listen\r\n\r\n"
    )
    assert wire.listeners.actions(START) == ()


def test_it_begins_when_the_pbx_says_so_and_ends_with_its_channel() -> None:
    wire = Wire().up()
    assert wire.told == [BEGAN]
    assert wire.say("Hangup", "Cause: 16").say("Hangup", "Cause: 16").told == [BEGAN, ENDED]


def test_another_mode_is_two_values_and_the_way_back_to_the_beginning() -> None:
    wire = Wire().up()
    actions = wire.listeners.actions(change(ListenMode.BARGE, OfferId("other")))
    assert [(one.name, one.keys.get("Variable"), one.keys.get("Value")) for one in actions] == [
        ("Setvar", "CALLCENTER_LISTEN_TO", "other"),
        ("Setvar", "CALLCENTER_LISTEN_MODE", "barge"),
        ("Redirect", None, None),
    ]
    again = wire.listeners.actions(change(ListenMode.LISTEN))
    ids = [one.keys["ActionID"] for one in (*actions, *again)]
    assert len(set(ids)) == len(ids)  # answers are told apart by these


def test_a_change_while_it_rings_needs_no_way_back() -> None:
    wire = Wire()
    wire.listeners.actions(START)
    wire.say("Newchannel")
    assert [one.name for one in wire.listeners.actions(change(ListenMode.WHISPER))] == ["Setvar", "Setvar"]


def test_a_change_before_there_is_a_channel_reaches_it_when_there_is() -> None:
    wire = Wire()
    wire.listeners.actions(START)
    assert wire.listeners.actions(change(ListenMode.WHISPER)) == ()
    wire.say("Newchannel")
    assert [one.keys["Value"] for one in wire.sent] == [LEG, "whisper"]
    assert Wire().listeners.actions(change(ListenMode.WHISPER)) == ()


def test_it_is_hung_up_now_or_as_soon_as_it_is_there() -> None:
    wire = Wire().up()
    assert [one.keys["Channel"] for one in wire.listeners.actions(STOP)] == [SPY]
    early = Wire()
    early.listeners.actions(START)
    assert early.listeners.actions(STOP) == ()
    early.say("Newchannel")
    assert [one.name for one in early.sent] == ["Hangup"]
    assert Wire().listeners.actions(STOP) == ()


@pytest.mark.parametrize("there", [False, True])
def test_a_failed_originate_is_told_once(there: bool) -> None:
    wire = Wire()
    wire.listeners.actions(START)
    if there:
        wire.say("Newchannel")
    wire.say("OriginateResponse", "Response: Failure", f"ActionID: {SPY}:listen", channel="<null>")
    assert wire.told == ([] if there else [ENDED])
    wire.say("Hangup", "Cause: 17")
    assert wire.told == [ENDED]


def test_a_leg_that_the_pbx_refused_is_hung_up_should_it_still_come() -> None:
    wire = Wire()
    wire.listeners.actions(START)
    wire.listeners.not_rung(SPY)
    wire.listeners.not_rung(SPY)
    wire.say("Newchannel")
    assert (wire.told, [one.name for one in wire.sent]) == ([ENDED], ["Hangup"])


def test_what_is_found_after_a_reconnect() -> None:
    wire = Wire().up()
    before = wire.listeners.begin_sync()
    said = {"Listening": SPY, "Listen_to": LEG, "Listen_mode": "whisper"}
    assert wire.listeners.found(SPY, said, up=True)
    assert not wire.listeners.found("other", said, up=True)
    assert not wire.listeners.found("other", {}, up=True)
    assert wire.listeners.end_sync(before) == (Spy(SPY, LEG, ListenMode.WHISPER, True),)
    assert wire.sent == []


def test_what_was_asked_for_before_a_reconnect_and_is_not_there_is_not_wanted_any_more() -> None:
    wire = Wire()
    wire.listeners.actions(START)
    assert wire.listeners.end_sync(wire.listeners.begin_sync()) == ()
    wire.say("Newchannel")
    assert [one.name for one in wire.sent] == ["Hangup"]


def test_what_was_stopped_before_a_reconnect_is_stopped_again() -> None:
    wire = Wire().up()
    wire.listeners.actions(STOP)
    before = wire.listeners.begin_sync()
    wire.listeners.found(SPY, {"Listening": SPY, "Listen_to": LEG, "Listen_mode": "?"}, up=True)
    assert [spy.mode for spy in wire.listeners.end_sync(before)] == [ListenMode.LISTEN]
    assert [one.name for one in wire.sent] == ["Hangup"]


def test_at_the_bounds(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(listening, "LEG_LIMIT", 1)
    monkeypatch.setattr(listening, "STOPPED_LIMIT", 1)
    wire = Wire()
    other = StartListening(ListeningId("other"), PHONE, LEG, ListenMode.LISTEN, "Ada")
    wire.listeners.actions(START)
    assert wire.listeners.actions(other) == ()
    assert wire.told == [ListeningEnded(ListeningId("other"))]
    assert "other has failed: 1 supervisors listen at one PBX" in caplog.text
    wire.listeners.not_rung(SPY)
    wire.listeners.actions(other)
    wire.listeners.not_rung(ListeningId("other"))
    wire.say("Newchannel").say("Newchannel", channel="other")
    assert [one.keys["Channel"] for one in wire.sent] == ["other"]


def test_what_others_do_is_none_of_its_business() -> None:
    wire = Wire().up()
    for name in ("Newchannel", "Newstate", "Hangup", "OriginateResponse", "BridgeEnter"):
        wire.say(name, "ChannelState: 6", "Response: Failure", channel="1795.9")
    assert (wire.told, wire.sent) == ([BEGAN], [])
    assert isinstance(START, Command)
