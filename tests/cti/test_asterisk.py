"""A whole PBX connection against a PBX in memory: what the core is told, what the PBX is asked, what is said of it."""

import pytest

from callcenter.commands import ConfirmConnection, PlaySounds, RingDevice, SendAway, StopRinging
from callcenter.cti import asterisk
from callcenter.cti.ami import protocol as protocol_module
from callcenter.events import (
    CallerLeft,
    ContactArrived,
    DeviceChanged,
    OfferConnected,
    OfferEnded,
    OfferRinging,
    PbxLost,
    PbxSynced,
)
from callcenter.types import (
    ChannelRef,
    ContactId,
    Departure,
    DeviceRef,
    DeviceStatus,
    LegEnd,
    OfferId,
    Outcome,
    PbxName,
)
from tests.cti.world import World, end_of_all_worlds, started

PBX = PbxName("main")
DEVICE = DeviceRef(PBX, "PJSIP/1001")
CHANNEL = ChannelRef(PBX, "1.1")
OFFER = OfferId("o-1")
RING = RingDevice(OFFER, ContactId("main-1.1-1"), CHANNEL, DEVICE, "0301", "Erika", 20_000)
ARRIVAL = (
    "Event: UserEvent\nUniqueid: 1.1\nCallerIDNum: 0301\nCallerIDName: Erika\nLanguage: en\n"
    "UserEvent: CallcenterArrived\nContact: 1.1-1\nDialled: 5000\nAccount: \nIntent: \nLanguage: "
)
SYNCED = PbxSynced(PBX, (), (), (), ())

__all__ = ["end_of_all_worlds"]


class TestSync:
    def test_events_on_first_then_the_lists_then_synced(self) -> None:
        world = World()
        told: list[bool] = []
        world.pbx.synced_observers.append(told.append)
        world.pbx.start()
        assert world.pbx.health.words == "not connected yet"
        other = world.net.answer()
        other.let_in()
        assert world.pbx.health.words == "connected, asking for its channels"
        other.list_all(
            ("Event: Status\nUniqueid: 1.1\nContext: callcenter-hold\nVariable: CALLCENTER_CONTACT=1.1-1",),
            ("Event: DeviceStateChange\nDevice: PJSIP/1001\nState: NOT_INUSE",),
        )
        arrival = ContactArrived(ContactId("main-1.1-1"), CHANNEL, None, "", "")
        assert world.events == [
            PbxSynced(PBX, (arrival,), (), (), (DeviceChanged(DEVICE, DeviceStatus.FREE),)),
        ]
        assert told == [True]
        assert world.pbx.health.synced
        assert world.pbx.health.words == "connected, answers in 0.0 ms"

    def test_events_during_the_sync_come_after_it_and_say_nothing_twice(self) -> None:
        world = World()
        world.pbx.start()
        other = world.net.answer()
        other.let_in()
        other.say(ARRIVAL, ARRIVAL.replace("1.1", "1.2"), "Event: UserEvent\nUserEvent: CallcenterArrived")
        other.list_all(("Event: Status\nUniqueid: 1.1\nContext: callcenter-hold\nVariable: CALLCENTER_CONTACT=1.1-1",))
        synced, late = world.events
        assert isinstance(synced, PbxSynced)
        assert isinstance(late, ContactArrived)
        assert [arrival.contact for arrival in synced.waiting] == ["main-1.1-1"]
        assert late.contact == "main-1.2-1"
        assert world.pbx.health.bad_messages == 1

    def test_callers_who_are_gone_have_hung_up_where_the_pbx_still_has_our_mark(self) -> None:
        world = World()
        world.pbx.start()
        other = world.net.answer()
        other.let_in()
        other.list_all(unbroken=True)
        (synced,) = world.events
        assert isinstance(synced, PbxSynced)
        assert synced.gone is Departure.HUNG_UP

    def test_when_the_mark_is_set_it_has_been_told_how_callers_left(self) -> None:
        """Or a connection that breaks off in between would make `hung up` of callers who were lost."""
        world = World()
        world.pbx.start()
        other = world.net.answer()
        other.let_in()
        other.list_channels()
        other.accept(other.expect("Getvar"), "\nVariable: GLOBAL(CALLCENTER_UNBROKEN)\nValue: ")
        assert "GLOBAL(CALLCENTER_UNBROKEN)" in [action["Variable"] for action in other.hear()]
        other.say("Event: FullyBooted\nStatus: Fully Booted")
        assert other.link.gone
        assert world.events == [SYNCED, PbxLost(PBX)]

    def test_too_many_events_during_the_sync(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(asterisk, "BACKLOG_LIMIT", 1)
        world = World()
        world.pbx.start()
        other = world.net.answer()
        other.let_in()
        other.say(ARRIVAL, ARRIVAL)
        assert other.link.gone
        assert world.events == []
        assert "more than 1 events came before" in world.pbx.health.words

    def test_missing_rights_are_named(self) -> None:
        world = World()
        world.pbx.start()
        other = world.net.answer()
        other.let_in()
        _, events = other.hear()
        other.accept(events)
        other.refuse(other.expect("Status"), "Permission denied")
        assert "refused Status: Permission denied; the manager user needs read = call,user" in world.pbx.health.words
        assert world.events == []

    def test_a_pbx_that_was_still_starting_is_asked_again(self) -> None:
        world, other = started()
        other.say("Event: FullyBooted\nStatus: Fully Booted")
        assert other.link.gone
        world.advance(0.25)
        world.up()
        assert world.events == [SYNCED, PbxLost(PBX), SYNCED]


class TestStory:
    def test_from_arrival_to_hang_up(self) -> None:
        world, other = started()
        del world.events[:]
        other.say(ARRIVAL)
        world.pbx.execute(RING)
        other.accept(other.expect("Originate"))
        other.say("Event: Newchannel\nUniqueid: o-1", "Event: Newstate\nUniqueid: o-1\nChannelState: 5")
        other.say(*(f"Event: BridgeEnter\nBridgeUniqueid: b\nUniqueid: {one}" for one in ("1.1", "o-1")))
        world.pbx.execute(ConfirmConnection(OFFER, CHANNEL))
        assert other.expect("Setvar")["Channel"] == "1.1"
        other.say("Event: Hangup\nUniqueid: o-1\nCause: 16", "Event: Hangup\nUniqueid: 1.1\nCause: 16")
        assert [type(event) for event in world.events] == [
            ContactArrived,
            OfferRinging,
            OfferConnected,
            OfferEnded,
            CallerLeft,
        ]
        assert world.pbx.health.events == 7

    def test_stop_before_the_channel_exists(self) -> None:
        world, other = started()
        world.pbx.execute(RING)
        other.expect("Originate")
        world.pbx.execute(StopRinging(OFFER, DEVICE))
        assert other.hear() == []
        other.say("Event: Newchannel\nUniqueid: o-1")
        other.refuse(other.expect("Hangup"), "No such channel")

    def test_stop_of_a_leg_that_rings(self) -> None:
        world, other = started()
        world.pbx.execute(RING)
        other.accept(other.expect("Originate"))
        other.say("Event: Newchannel\nUniqueid: o-1")
        world.pbx.execute(StopRinging(OFFER, DeviceRef(PBX, "")))
        assert other.expect("Hangup") == {"Action": "Hangup", "ActionID": "o-1:stop", "Channel": "o-1"}

    def test_a_caller_is_sent_away_and_one_who_is_gone_meanwhile_does_no_harm(self) -> None:
        world, other = started()
        other.say(ARRIVAL)
        world.pbx.execute(SendAway(ContactId("main-1.1-1"), CHANNEL, Outcome.WITHDRAWN))
        mark, redirect = other.hear()
        assert (mark["Action"], mark["Value"]) == ("Setvar", "withdrawn")
        assert (redirect["Action"], redirect["Exten"]) == ("Redirect", "withdrawn")
        other.refuse(mark, "No such channel")
        other.refuse(redirect, "Channel does not exist: 1.1")
        other.say("Event: Hangup\nUniqueid: 1.1\nCause: 16")
        assert isinstance(world.events[-1], CallerLeft)
        world.pbx.execute(SendAway(ContactId("main-1.1-1"), CHANNEL, Outcome.WITHDRAWN))
        assert other.hear() == []

    def test_an_announcer_that_is_refused_is_forgotten(self) -> None:
        world, other = started()
        other.say(ARRIVAL)
        play = PlaySounds(ContactId("main-1.1-1"), CHANNEL, 1, ("hello",))
        world.pbx.execute(play)
        other.refuse(other.expect("Originate"), "Extension does not exist.")
        other.say("Event: Hangup\nUniqueid: 1.1\nCause: 16")
        assert other.hear() == []
        assert isinstance(world.events[-1], CallerLeft)

    def test_a_refused_originate(self, caplog: pytest.LogCaptureFixture) -> None:
        world, other = started()
        world.pbx.execute(RING)
        other.refuse(other.expect("Originate"), "Extension does not exist.")
        assert world.events[-1] == OfferEnded(OFFER, LegEnd.FAILED)
        assert "offer o-1 to PJSIP/1001 failed: the PBX refused Originate: Extension does not exist." in caplog.text

    def test_an_originate_that_is_not_answered(self) -> None:
        world, other = started()
        world.pbx.execute(RING)
        other.expect("Originate")
        for _ in range(5):
            world.advance(1)
            for action in other.hear():
                other.accept(action)
        assert world.events[-1] == OfferEnded(OFFER, LegEnd.FAILED)

    def test_a_device_that_can_not_be_written_in_one_line(self) -> None:
        world, other = started()
        world.pbx.execute(RingDevice(OFFER, ContactId("c"), CHANNEL, DeviceRef(PBX, "PJSIP/1\r\n"), None, "", 1))
        assert other.hear() == []
        assert world.events[-1] == OfferEnded(OFFER, LegEnd.FAILED)

    def test_too_many_actions(self, monkeypatch: pytest.MonkeyPatch) -> None:
        world, _ = started()
        monkeypatch.setattr(protocol_module, "PENDING_LIMIT", 0)
        world.pbx.execute(RING)
        assert world.events[-1] == OfferEnded(OFFER, LegEnd.FAILED)


class TestCommandsThatAreDropped:
    def test_while_not_synced(self) -> None:
        world = World()
        world.pbx.execute(RING)
        world.pbx.start()
        other = world.net.answer()
        other.let_in()
        other.hear()
        world.pbx.execute(RING)
        assert other.hear() == []
        assert world.events == []

    def test_after_the_loss(self) -> None:
        world, other = started()
        other.link.end()
        world.pbx.execute(StopRinging(OFFER, DEVICE))
        assert world.events == [SYNCED, PbxLost(PBX)]

    def test_for_another_pbx(self) -> None:
        world, other = started()
        world.pbx.execute(StopRinging(OFFER, DeviceRef(PbxName("second"), "PJSIP/1001")))
        world.pbx.execute(ConfirmConnection(OFFER, ChannelRef(PbxName("second"), "1.1")))
        assert other.hear() == []

    def test_an_offer_on_its_way_at_the_loss_is_not_told_failed(self) -> None:
        world, other = started()
        world.pbx.execute(RING)
        other.link.end()
        assert world.events == [SYNCED, PbxLost(PBX)]


class TestHeart:
    def test_each_beat_is_different(self) -> None:
        world, other = started()
        beats = [other.asked[-1]]
        for _ in range(3):
            world.advance(1)
            for action in other.hear():
                other.accept(action)
                beats += [action] if action["Action"] == "Setvar" else []
        assert {beat["Variable"] for beat in beats} == {"GLOBAL(CALLCENTER_BEAT)"}
        assert len({beat["Value"] for beat in beats}) == 4

    def test_held_it_stands_still(self) -> None:
        world, other = started()
        world.pbx.hold_heart()
        assert not world.pbx.beating
        world.advance(1.5)
        assert [action["Action"] for action in other.hear()] == []
        world.pbx.hold_heart(False)
        world.advance(0.6)
        assert "Setvar" in [action["Action"] for action in other.hear()]

    def test_it_stands_still_while_not_synced(self) -> None:
        world = World()
        world.pbx.start()
        other = world.net.answer()
        other.let_in()
        other.hear()
        world.advance(3)
        assert other.hear() == []
