"""What waiting callers hear, as actions; and an announcer who stops when the caller is answered or gone."""

import pytest

from callcenter.commands import PlaySounds, SetMusic
from callcenter.cti.ami import treatment
from callcenter.cti.ami.wire import Action, encode
from callcenter.types import ContactId
from tests.cti.ami.by_hand import CALLER, CHANNEL, CONTACT, LEFT, RING, frame, tell
from tests.cti.captures import Story

SPEAKS = "main-1795.1-1-says2"
SAY = PlaySounds(CONTACT, CHANNEL, 2, ("one", "custom/two"), 3)


def waiting() -> tuple[Story, list[Action]]:
    """A caller waits; the list gets what is hung up."""
    story = Story()
    hung_up: list[Action] = []
    story.translator._hang_up = hung_up.append
    tell(story, f"arrived {CALLER} 1")
    return story, hung_up


def test_an_announcer_is_sent_into_the_callers_bridge() -> None:
    story, _ = waiting()
    (originate,) = story.translator.actions(SAY)
    assert encode(originate).decode() == (
        f"Action: Originate\r\nActionID: {SPEAKS}\r\nAsync: true\r\nChannelId: {SPEAKS}\r\n"
        f"OtherChannelId: {SPEAKS}-words\r\nChannel: Local/words@callcenter-announce/n\r\n"
        "Context: callcenter-announce\r\nExten: s\r\nPriority: 1\r\n"
        "Variable: CALLCENTER_ROOM=1795.1-1\r\nVariable: CALLCENTER_HEARER=1795.1\r\n"
        "Variable: CALLCENTER_SOUNDS=one&custom/two\r\nVariable: CALLCENTER_POSITION=3\r\n\r\n"
    )


def test_what_is_released_twice_is_said_once() -> None:
    story, _ = waiting()
    assert len(story.translator.actions(SAY)) == 1
    assert story.translator.actions(SAY) == ()


def test_music_is_a_variable_of_the_caller() -> None:
    story, _ = waiting()
    (setvar,) = story.translator.actions(SetMusic(CONTACT, CHANNEL, "jazz"))
    assert (setvar.name, setvar.keys["Variable"], setvar.keys["Value"]) == ("Setvar", "CALLCENTER_MUSIC", "jazz")


def test_who_is_gone_or_is_another_contact_hears_nothing() -> None:
    story, _ = waiting()
    assert story.translator.actions(PlaySounds(ContactId("main-1795.1-2"), CHANNEL, 1, ("one",))) == ()
    assert tell(story, f"hangup {CALLER} 16") == [LEFT]
    assert story.translator.actions(SAY) == ()
    assert story.translator.actions(SetMusic(CONTACT, CHANNEL, "jazz")) == ()


def test_the_announcer_stops_when_the_caller_is_answered() -> None:
    story, hung_up = waiting()
    story.translator.actions(SAY)
    story.translator.actions(RING)
    assert tell(story, "new offer-1", f"enter {CALLER} b", "enter offer-1 b")[-1] == "offer-1 connected"
    assert [action.keys["Channel"] for action in hung_up] == [SPEAKS]


def test_the_announcer_stops_when_the_caller_is_gone() -> None:
    story, hung_up = waiting()
    story.translator.actions(SAY)
    tell(story, f"hangup {CALLER} 16")
    assert [action.keys["Channel"] for action in hung_up] == [SPEAKS]


def test_an_announcer_that_has_ended_or_never_came_is_not_hung_up() -> None:
    for end in ("Event: Hangup\nUniqueid: {}\nCause: 16", "Event: OriginateResponse\nResponse: Failure\nActionID: {}"):
        story, hung_up = waiting()
        story.translator.actions(SAY)
        story.translator.handle(frame(end.format(SPEAKS)))
        tell(story, f"hangup {CALLER} 16")
        assert hung_up == []
        assert story.translator.mirror.announcers == {}


def test_at_the_bound_the_next_one_hears_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(treatment, "ANNOUNCER_LIMIT", 1)
    story, _ = waiting()
    assert len(story.translator.actions(SAY)) == 1
    assert story.translator.actions(PlaySounds(CONTACT, CHANNEL, 3, ("one",))) == ()
    assert f"contact {CONTACT} is told nothing: 1 announcers speak already" in caplog.text
