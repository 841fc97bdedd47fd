"""Several phones that ring for one caller, and callers who are sent away: what crosses, and what is told of it."""

import pytest

from callcenter.commands import SendAway, StopRinging
from callcenter.cti.ami.wire import encode
from callcenter.events import Leg, PbxSynced
from callcenter.types import OfferId, Outcome
from tests.cti.ami.by_hand import ARRIVED, CALLER, CHANNEL, CONTACT, DEVICE, LEFT, OFFER, RINGS, listed, ringing, tell
from tests.cti.captures import PBX, Story, messages


def test_two_answers_at_a_real_pbx() -> None:
    first, *rings, connected, taken, hung_up, last = Story().play("two_answers").lines
    assert (first, last) == (ARRIVED, LEFT)
    assert set(rings) == {RINGS, "offer-2 rings"}
    winner = connected.removesuffix(" connected")
    loser = ({"offer-1", "offer-2"} - {winner}).pop()
    assert (taken, hung_up) == (f"{loser} ended: taken", f"{winner} ended: hung_up")


def test_sent_away_by_a_real_pbx_while_a_phone_rings() -> None:
    assert Story().play("sent_away").lines == [ARRIVED, RINGS, "offer-1 ended: caller_gone", LEFT]


class TestSendAway:
    @pytest.mark.parametrize(
        ("outcome", "message", "extension"),
        [("withdrawn", "", "withdrawn"), ("closed", "", "closed"), ("closed", "holiday", "holiday")],
    )
    def test_the_mark_goes_before_the_redirect(self, outcome: str, message: str, extension: str) -> None:
        story = ringing()
        mark, redirect = story.translator.actions(SendAway(CONTACT, CHANNEL, Outcome(outcome), message))
        assert encode(mark).decode() == (
            "Action: Setvar\r\nActionID: main-1795.1-1:away\r\nChannel: 1795.1\r\n"
            f"Variable: CALLCENTER_AWAY\r\nValue: {extension}\r\n\r\n"
        )
        assert encode(redirect).decode() == (
            "Action: Redirect\r\nActionID: main-1795.1-1:redirect\r\nChannel: 1795.1\r\n"
            f"Context: callcenter-away\r\nExten: {extension}\r\nPriority: 1\r\n\r\n"
        )
        assert tell(story, f"hangup {CALLER} 16") == [LEFT]

    def test_nobody_is_sent_away_for_another_contact_of_the_channel(self) -> None:
        story = Story()
        away = SendAway(CONTACT, CHANNEL, Outcome.WITHDRAWN)
        assert story.translator.actions(away) == ()
        tell(story, f"arrived {CALLER} 1", f"arrived {CALLER} 2")
        assert story.translator.actions(away) == ()

    def test_what_a_real_pbx_lists_of_one_who_hears_the_message(self) -> None:
        story = Story()
        listing = [message for message in messages("sent_away") if message.name == "Status"]
        assert "callcenter-away" in [one.get("Context") for one in listing]
        story.translator.sync(listing, [])
        (synced,) = story.events
        assert isinstance(synced, PbxSynced)
        assert (synced.waiting, synced.fallback) == ((), ())
        assert synced.legs == (Leg(OFFER, None, ringing=True),)

    def test_whoever_hears_the_message_at_a_sync_is_not_held_and_can_be_sent_away_again(self) -> None:
        story = Story()
        story.translator.sync([listed(CALLER, "callcenter-away", CONTACT=f"{CALLER}-1")], [])
        assert story.events == [PbxSynced(PBX, (), (), (), ())]
        assert len(story.translator.actions(SendAway(CONTACT, CHANNEL, Outcome.CLOSED))) == 2
        assert tell(story, f"hangup {CALLER} 16") == []


class TestSeveralPhones:
    """offer-1 rings beside "winner", which gets the caller."""

    def lost(self) -> Story:
        story = ringing()
        story.ring("winner")
        tell(story, "new winner", "state winner 5", "state winner 6", f"enter {CALLER} b1", "enter winner b1")
        return story

    def test_who_answers_second_is_told_that_the_caller_is_taken(self) -> None:
        story = ringing()
        story.ring("winner")
        # The dialplan's word may come before the winner is in the bridge.
        told = tell(story, "new winner", "state winner 6", "state offer-1 6", "bridged offer-1 TAKEN")
        assert told == ["offer-1 ended: taken"]
        told = tell(story, f"enter {CALLER} b1", "enter winner b1", "hangup offer-1 16", "bridged offer-1 TAKEN")
        assert told == ["winner connected"]

    @pytest.mark.parametrize("cause", ["0", "16", "17", "19", "26", "127"])
    def test_a_leg_that_ends_after_its_answer_and_before_it_could_say_so_declines_nothing(self, cause: str) -> None:
        assert tell(self.lost(), "state offer-1 6", f"hangup offer-1 {cause}") == ["offer-1 ended: taken"]

    def test_one_that_is_busy_while_another_has_the_caller_is_busy(self) -> None:
        assert tell(self.lost(), "hangup offer-1 17") == ["offer-1 ended: busy"]

    def test_phones_that_stop_are_told_that_the_call_was_answered_elsewhere(self) -> None:
        story = self.lost()
        (stop,) = story.translator.actions(StopRinging(OFFER, DEVICE))
        assert encode(stop) == b"Action: Hangup\r\nActionID: offer-1:stop\r\nChannel: offer-1\r\nCause: 26\r\n\r\n"
        story.ring("late")
        assert story.translator.actions(StopRinging(OfferId("late"), DEVICE)) == ()
        tell(story, "new late")
        assert [action.keys["Cause"] for action in story.hung_up] == ["26"]

    def test_a_conversation_that_is_ended_was_answered_nowhere_else(self) -> None:
        (stop,) = self.lost().translator.actions(StopRinging(OfferId("winner"), DEVICE))
        assert "Cause" not in stop.keys
