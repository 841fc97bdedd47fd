"""What supervisors do to waiting contacts and to queues."""

from dataclasses import replace

import pytest

from callcenter.commands import EventIgnored, QueueChanged, RecordDecision, RingDevice, SendAway
from callcenter.events import (
    ConfigurationLoaded,
    ContactMoved,
    ContactPrioritised,
    ContactWithdrawn,
    Event,
    QueueStateSet,
)
from callcenter.types import (
    AgentState,
    ContactId,
    DecisionKind,
    LegEnd,
    OfferState,
    Outcome,
    QueueName,
    QueueState,
    Relaxation,
)
from tests.playbook import (
    Playbook,
    agent,
    answered,
    arrived,
    becomes,
    closed,
    configuration,
    customer,
    found,
    leg_ended,
    no,
    queue,
    recorded,
    ring,
    ringing,
    rule,
    skills,
    stop,
    synced,
    want,
)

ANNA = ContactId("anna")
QUEUES = (queue("general"), queue("sales"))


def move(to: str, contact: str = "anna") -> ContactMoved:
    return ContactMoved(ContactId(contact), QueueName(to), "sue")


def prioritise(priority: int, contact: str = "anna") -> ContactPrioritised:
    return ContactPrioritised(ContactId(contact), priority, "sue")


def floor() -> Playbook:
    """anna asks for a skill that nobody has; bob serves sales."""
    steps = (Relaxation(60_000, lower=skills(law=1)),)
    rules = (replace(rule("law", needs=skills(law=9), priority=7), relaxations=steps),)
    config = configuration(agent("ada"), agent("bob", "sales"), queues=QUEUES, rules=rules)
    return Playbook.open(config).at(100, arrived("anna"))


def test_a_moved_contact_waits_in_the_other_queue_with_its_age_and_priority_and_without_the_rules_needs() -> None:
    story = floor()
    story.at(500, move("sales")).expect(
        want(RecordDecision, contact="anna", kind=DecisionKind.MOVED, queue="sales", priority=7, by="sue", number=2),
        ring("anna.1", device="bob"),
    )
    assert story.contact("anna").arrived_ms == story.START_MS + 100
    story.at(600, ringing("anna.1"), leg_ended("anna.1", LegEnd.BUSY))
    story.wait_until(60_100).expect_nothing_of(RecordDecision)  # the rule's steps stayed behind


def test_a_move_and_a_priority_hold_against_a_late_record_and_new_rules() -> None:
    story = floor().at(200, arrived("ben", caller="+1")).wait_until(450)
    story.at(500, move("sales", "ben"), prioritise(90, "ben"))
    story.at(1_000, found("ben", customer(1, "gold")))
    rules = (rule("all", priority=3),)
    story.at(1_100, ConfigurationLoaded(configuration(agent("ada"), queues=QUEUES, rules=rules), reroute=True))
    route = story.contact("ben").route
    assert route is not None
    assert (route.queue, route.priority, route.skills) == ("sales", 90, ())


def test_a_move_to_a_queue_that_is_no_more_is_forgotten() -> None:
    story = floor().at(200, move("sales"))
    story.at(300, leg_ended("anna.1", LegEnd.BUSY))
    story.at(400, ConfigurationLoaded(configuration(agent("ada"))))
    assert story.contact("anna").moved_to is None
    route = story.contact("anna").route
    assert route is not None
    assert route.queue == "general"


def test_priority_decides_who_is_next() -> None:
    story = Playbook.open(configuration(agent("ada"))).at(100, arrived("busy"), arrived("ben"), arrived("anna"))
    story.at(200, prioritise(50)).expect(
        want(RecordDecision, contact="anna", kind=DecisionKind.PRIORITISED, priority=50, by="sue"), no(RingDevice)
    )
    story.at(300, leg_ended("busy.1", LegEnd.CALLER_GONE)).expect(ring("anna.1", device="ada"))


def test_a_withdrawn_contact_ends_and_its_phone_stops() -> None:
    story = Playbook.open(configuration(agent("ada"))).at(100, arrived("anna")).at(150, ringing("anna.1"))
    story.at(200, ContactWithdrawn(ANNA, "sue")).expect(
        closed("anna.1", OfferState.WITHDRAWN),
        stop("anna.1"),
        becomes("ada", AgentState.READY),
        want(RecordDecision, contact="anna", kind=DecisionKind.WITHDRAWN, by="sue"),
        want(SendAway, contact="anna", outcome=Outcome.WITHDRAWN),
        recorded("anna", Outcome.WITHDRAWN, waited_ms=100, offers=1),
        no(RingDevice),
    )
    assert story.is_gone("anna")


def test_who_is_still_held_after_a_reconnect_though_sent_away_is_sent_away_again() -> None:
    story = Playbook.open(configuration()).at(100, arrived("anna")).at(200, ContactWithdrawn(ANNA, "sue"))
    story.at(300, synced(waiting=(arrived("anna"),))).expect(want(SendAway, contact="anna"), no(RecordDecision))


@pytest.mark.parametrize("event", [move("sales"), prioritise(3), ContactWithdrawn(ANNA, "sue")])
def test_a_contact_that_talks_is_left_alone(event: Event) -> None:
    story = Playbook.open(configuration(agent("ada"), queues=QUEUES)).at(100, arrived("anna"))
    story.at(200, answered("anna.1")).at(300, event)
    story.expect(want(EventIgnored, why="contact anna is not waiting"), no(RecordDecision), no(SendAway))


def test_a_contact_that_is_being_looked_up_does_not_wait_yet() -> None:
    story = floor().at(400, arrived("ben", caller="+1"))
    story.at(500, move("sales", "ben")).expect(want(EventIgnored, why="contact ben is not waiting"))


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (move("gone"), "there is no open queue gone"),
        (move("sales"), "there is no open queue sales"),
        (move("general"), "contact anna waits in general"),
        (prioritise(101), "priority 101 is not from 0 to 100"),
        (prioritise(-1), "priority -1 is not from 0 to 100"),
        (QueueStateSet(QueueName("gone"), QueueState.OPEN, "sue"), "there is no queue gone"),
        (QueueStateSet(QueueName("sales"), QueueState.DRAINED, "sue"), "queue sales is drained"),
    ],
)
def test_what_makes_no_sense_is_ignored_with_the_reason(event: Event, why: str) -> None:
    story = floor().at(200, QueueStateSet(QueueName("sales"), QueueState.DRAINED, "sue"))
    story.at(300, event).expect(want(EventIgnored, why=why), no(RecordDecision))


def test_a_queue_that_opens_takes_contacts_again() -> None:
    story = Playbook.open(configuration(agent("ada")))
    general = QueueName("general")
    story.at(100, QueueStateSet(general, QueueState.CLOSED, "sue")).expect(
        want(QueueChanged, queue="general", state=QueueState.CLOSED, by="sue")
    )
    story.at(200, QueueStateSet(general, QueueState.OPEN, "sue"), arrived("anna")).expect(ring("anna.1", device="ada"))
