"""The auditor notices orders that are not obeyed, and messages that are lost."""

from collections.abc import Callable

import pytest

from callcenter.commands import AgentChanged, RingDevice, ScreenPop
from callcenter.orders import (
    AgentSkillsSet,
    AgentStateSet,
    ContactGiven,
    MessageAcknowledged,
    MessageId,
    MessageSent,
)
from callcenter.simulation.auditor import BrokenInvariantError
from callcenter.types import AgentId, AgentState, ContactId
from tests.playbook import (
    Playbook,
    agent,
    arrived,
    changed,
    configuration,
    device,
    feed_distorted,
    reloaded,
    rule,
    skills,
    without,
)

ADA, BOB, ANNA = AgentId("ada"), AgentId("bob"), ContactId("anna")
LAW = configuration(agent("ada"), agent("bob"), rules=(rule("law", needs=skills(law=5)),))
GIVE = ContactGiven(ANNA, BOB, "sue")
HELLO = MessageSent(MessageId("m1"), "sue", "Hello", everybody=True)


def waiting() -> Playbook:
    return Playbook.open(LAW).at(100, arrived("anna"))


def noticed(feed: Callable[[], object], invariant: str) -> None:
    with pytest.raises(BrokenInvariantError) as caught:
        feed()
    assert caught.value.invariant == invariant


def test_a_contact_that_was_given_is_offered_to_that_agent() -> None:
    noticed(lambda: feed_distorted(waiting(), without(RingDevice), GIVE), "who is given a contact is offered it")
    noticed(
        lambda: feed_distorted(waiting(), changed(ScreenPop, agent=ADA), GIVE),
        "an offer rings the agent's own device",
    )
    noticed(
        lambda: feed_distorted(
            waiting(), lambda said: changed(RingDevice, device=device("ada"))(changed(ScreenPop, agent=ADA)(said)), GIVE
        ),
        "a contact that is given goes to whom it is given",
    )
    noticed(
        lambda: feed_distorted(waiting(), changed(ScreenPop, given_by=None), GIVE), "the screen says who has given it"
    )


def test_a_state_that_was_ordered_is_told_with_who_has() -> None:
    order = AgentStateSet(ADA, AgentState.NOT_READY, "coaching", "sue")
    noticed(
        lambda: feed_distorted(waiting(), changed(AgentChanged, set_by=None), order),
        "the desktop was told what the agent is",
    )


def test_skills_are_those_that_were_set_last() -> None:
    story = waiting().at(200, AgentSkillsSet(ADA, skills(law=3), "sue"))
    story.at(300, reloaded(LAW))
    story.engine.snapshot().agents[ADA].skills_order = None
    noticed(lambda: story.at(400, arrived("ben")), "an agent has the skills that were set last")


def test_a_message_that_is_lost() -> None:
    story = waiting().at(200, HELLO).at(300, MessageAcknowledged(MessageId("m1"), ADA))
    story.engine.snapshot().agents[BOB].messages.clear()
    noticed(lambda: story.at(400, arrived("ben")), "a message is kept until it is acknowledged")
