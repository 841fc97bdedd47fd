"""Into the PBX's own queue and back: what the dialplan says, what the list says, and how the PBX is asked."""

import pytest

from callcenter.commands import SendAway, TakeBack
from callcenter.cti.ami import fallback
from callcenter.cti.ami.wire import Message
from callcenter.events import CallerFellBack, CallerLeft, CallerReturned, PbxSynced
from callcenter.types import Departure, Outcome
from tests.cti.ami.by_hand import CALLER, CHANNEL, CONTACT, frame, listed, tell
from tests.cti.captures import Story

QUEUE = "callcenter-fallback"
TAKE_BACK = TakeBack(CONTACT, CHANNEL)
WITHDRAW = {"ActionID": f"{CONTACT}:back", "Queue": QUEUE, "Caller": "PJSIP/trunk-1"}


def said(what: str, queue: str = "") -> Message:
    head = f"Event: UserEvent\nChannel: PJSIP/trunk-1\nUniqueid: {CALLER}\nUserEvent: Callcenter{what}"
    return frame(f"{head}\nContact: {CALLER}-1\nQueue: {queue}")


def fallen() -> Story:
    story = Story()
    tell(story, f"arrived {CALLER} 1")
    story.translator.handle(said("Fallback", QUEUE))
    assert story.events[-1] == CallerFellBack(CONTACT)
    return story


def test_the_queue_is_asked_for_the_caller_and_asked_again_until_it_is_back() -> None:
    story = fallen()
    assert fallback.ask_again(story.translator.mirror) == ()  # nobody wants it yet
    [action] = story.translator.actions(TAKE_BACK)
    assert (action.name, action.keys) == ("QueueWithdrawCaller", WITHDRAW)
    assert [again.keys for again in fallback.ask_again(story.translator.mirror)] == [WITHDRAW]
    story.translator.handle(said("Returned"))
    assert story.events[-1] == CallerReturned(CONTACT)
    assert fallback.ask_again(story.translator.mirror) == ()


def test_who_is_asked_for_and_is_back_already_is_told_again() -> None:
    story = Story()
    tell(story, f"arrived {CALLER} 1")
    assert story.translator.actions(TAKE_BACK) == ()
    assert story.events[-1] == CallerReturned(CONTACT)


def test_a_bridge_there_is_a_conversation() -> None:
    story = fallen()
    story.translator.actions(TAKE_BACK)
    tell(story, f"enter {CALLER} b")
    assert story.events[-1] == CallerLeft(CONTACT, Departure.FALLBACK)
    assert story.translator.actions(TAKE_BACK) == fallback.ask_again(story.translator.mirror) == ()
    before = len(story.events)
    tell(story, f"hangup {CALLER} 16")
    assert len(story.events) == before


@pytest.mark.parametrize("queue", ["past the queue", "an older dialplan"])
def test_who_is_past_the_queue_has_left(queue: str) -> None:
    story = fallen() if queue == "past the queue" else Story()
    if queue != "past the queue":
        tell(story, f"arrived {CALLER} 1")
    story.translator.handle(said("Fallback"))
    assert story.events[-1] == CallerLeft(CONTACT, Departure.FALLBACK)


def test_who_hangs_up_there_has_hung_up() -> None:
    story = fallen()
    tell(story, f"hangup {CALLER} 16")
    assert story.events[-1] == CallerLeft(CONTACT, Departure.HUNG_UP)


def test_who_is_sent_away_is_marked_and_taken_out_of_the_queue() -> None:
    story = fallen()
    mark, withdraw = story.translator.actions(SendAway(CONTACT, CHANNEL, Outcome.WITHDRAWN))
    assert (mark.name, mark.keys["Variable"]) == ("Setvar", "CALLCENTER_AWAY")
    assert (withdraw.name, withdraw.keys) == ("QueueWithdrawCaller", WITHDRAW)


@pytest.mark.parametrize(
    ("bridge", "named", "returnable"), [("", True, True), ("b", True, False), ("", False, False)], ids=str
)
def test_the_list_tells_who_can_come_back(bridge: str, named: bool, returnable: bool) -> None:
    story = Story()
    channel = listed(CALLER, QUEUE, bridge=bridge, CONTACT=f"{CALLER}-1", FALLBACK=QUEUE if named else "")
    story.translator.sync([channel], [])
    synced = story.events[-1]
    assert isinstance(synced, PbxSynced)
    assert synced.waiting == ()
    assert ([one.contact for one in synced.returnable], synced.fallback) == (
        ([CONTACT], ()) if returnable else ([], (CONTACT,))
    )
    assert len(story.translator.actions(TAKE_BACK)) == returnable
