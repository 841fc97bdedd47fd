"""The auditor notices what is said wrongly to those who wait."""

from dataclasses import replace

import pytest

from callcenter.commands import Command, PlaySounds, SetMusic
from callcenter.events import TimePassed
from callcenter.simulation.promises import BrokenInvariantError
from callcenter.types import Announce, ChannelRef, ContactId, Treatment
from tests.playbook import (
    PBX,
    Distort,
    Playbook,
    agent,
    answered,
    arrived,
    changed,
    configuration,
    feed_distorted,
    left,
    queue,
    synced,
    without,
)

HEARD = Treatment("jazz", "hello", Announce(1, ("one", "two"), position=True))
ANNA = arrived("anna")


def _story(*agents: str) -> Playbook:
    config = configuration(*map(agent, agents), queues=(replace(queue("general"), treatment=HEARD),))
    return Playbook.open(config) if agents else Playbook(config).at(10, synced())


def _twice(commands: list[Command]) -> list[Command]:
    return [*commands, *(command for command in commands if isinstance(command, PlaySounds))]


def _said(contact: str) -> Distort:
    play = PlaySounds(ContactId(contact), ChannelRef(PBX, f"chan-{contact}"), 9, ("hello",))
    return lambda commands: [*commands, play]


@pytest.mark.parametrize(
    ("distort", "promise"),
    [
        (without(PlaySounds), "each greeting once"),
        (_twice, "each greeting once"),
        (changed(PlaySounds, sounds=("one",)), "each greeting once"),
        (changed(PlaySounds, position=1), "each greeting once"),
        (changed(PlaySounds, number=2), "each greeting once"),
        (changed(PlaySounds, channel=ChannelRef(PBX, "chan-ben")), "at that channel"),
        (without(SetMusic), "hears the music of its queue"),
        (changed(SetMusic, music="rock"), "hears the music of its queue"),
        (_said("ben"), "only who waits is spoken to"),
    ],
)
def test_a_wrong_greeting_is_noticed(distort: Distort, promise: str) -> None:
    with pytest.raises(BrokenInvariantError, match=promise):
        feed_distorted(_story(), distort, ANNA)


@pytest.mark.parametrize(
    ("distort", "promise"),
    [
        (without(PlaySounds), "each announcement in its time"),
        (changed(PlaySounds, sounds=("two",)), "each announcement in its time"),
        (changed(PlaySounds, position=2), "each announcement in its time"),
    ],
)
def test_a_wrong_announcement_is_noticed(distort: Distort, promise: str) -> None:
    with pytest.raises(BrokenInvariantError, match=promise):
        feed_distorted(_story(), distort, ANNA, TimePassed())


def test_speaking_to_somebody_who_is_rung_for_talks_or_has_left_is_noticed() -> None:
    for events in ((ANNA,), (ANNA, answered("anna.1")), (ANNA, left("anna"))):
        with pytest.raises(BrokenInvariantError, match="only who waits is spoken to"):
            feed_distorted(_story("ada"), _said("anna"), *events)
