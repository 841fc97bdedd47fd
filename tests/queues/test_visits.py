"""Contacts' stays in queues, from where each begins to where it ends, told once each."""

from dataclasses import replace

import msgspec
import pytest

from callcenter.engine import Engine
from callcenter.events import CallDialled, CallTransferred, ContactArrived, PbxLost
from callcenter.facts import RecordVisit, VisitEnd
from callcenter.state import Saved
from callcenter.talks import Target
from callcenter.types import AgentId, ChannelRef, ContactId, Departure, LegEnd, QueueName, QueueState
from tests.playbook import (
    PBX,
    Playbook,
    Want,
    agent,
    answered,
    arrived,
    configuration,
    customer,
    found,
    left,
    leg_ended,
    moved,
    no,
    overflow,
    queue,
    queue_set,
    reloaded,
    rule,
    talking,
    want,
    withdrawn,
)

QUEUES = (queue("general"), queue("sales"), replace(queue("support"), service_level_ms=5_000, short_abandon_ms=1_000))
CONFIG = configuration(agent("ada"), queues=QUEUES)
NOBODY = configuration(queues=QUEUES)


def begins(contact: str, number: int, queue: str, **fields: object) -> Want:
    return want(RecordVisit, contact=contact, number=number, queue=queue, ended_ms=None, **fields)


def ends(contact: str, number: int, how: VisitEnd, **fields: object) -> Want:
    return want(RecordVisit, contact=contact, number=number, outcome=how, **fields)


def test_a_visit_begins_when_the_contact_is_routed_and_ends_with_the_answer() -> None:
    story = Playbook.open(CONFIG).at(100, arrived("anna", caller="+1"))
    story.expect(no(RecordVisit)).at(150, found("anna", customer(1, "gold")))
    story.expect(begins("anna", 1, "general", began_ms=story.ms(150), queued_ms=story.ms(100), entry="100"))
    story.at(900, answered("anna.1")).expect(
        ends(
            "anna",
            1,
            VisitEnd.ANSWERED,
            began_ms=story.ms(150),
            ended_ms=story.ms(900),
            waited_ms=800,
            agent="ada",
            tier="gold",
            service_level_ms=20_000,
            short_abandon_ms=5_000,
            after_transfer=False,
        )
    )
    story.at(2_000, left("anna")).expect(no(RecordVisit))


def test_offers_that_come_to_nothing_a_late_record_and_a_restart_leave_it_going_on() -> None:
    story = Playbook.open(CONFIG).at(100, arrived("anna", caller="+1")).wait_until(400)
    story.at(500, leg_ended("anna.1", LegEnd.BUSY)).expect(no(RecordVisit))
    story.at(600, found("anna", customer(1, "gold"))).expect(no(RecordVisit))
    story.at(700, PbxLost(PBX)).expect(no(RecordVisit))
    story.engine = Engine(msgspec.json.decode(msgspec.json.encode(story.engine.snapshot()), type=Saved))
    story.at(800, left("anna")).expect(
        ends("anna", 1, VisitEnd.ABANDONED, began_ms=story.ms(300), waited_ms=700, tier="gold", agent=None)
    )


@pytest.mark.parametrize(
    ("how", "end"),
    [
        (Departure.HUNG_UP, VisitEnd.ABANDONED),
        (Departure.FALLBACK, VisitEnd.OTHER),
        (Departure.LOST, VisitEnd.OTHER),
    ],
)
def test_who_leaves_ends_the_visit(how: Departure, end: VisitEnd) -> None:
    Playbook.open(NOBODY).at(100, arrived("anna")).at(300, left("anna", how)).expect(
        ends("anna", 1, end, waited_ms=200, began_ms=1_000_100)
    )


def test_who_is_moved_is_on_another_visit_and_has_waited_since_the_arrival() -> None:
    story = Playbook.open(NOBODY).at(100, arrived("anna")).at(300, moved("anna", "support"))
    story.expect(
        ends("anna", 1, VisitEnd.OTHER, waited_ms=200),
        begins("anna", 2, "support", began_ms=story.ms(300), queued_ms=story.ms(100), after_transfer=False),
    )
    story.at(1_000, withdrawn("anna")).expect(
        ends("anna", 2, VisitEnd.OTHER, waited_ms=900, service_level_ms=5_000, short_abandon_ms=1_000)
    )


def test_who_overflows_has_a_visit_to_each_queue() -> None:
    queues = (
        replace(queue("general"), overflow=overflow(1_000, "sales")),
        replace(queue("sales"), overflow=overflow(3_000)),
    )
    story = Playbook.open(configuration(queues=queues)).at(100, arrived("anna")).wait_until(1_100)
    story.expect(ends("anna", 1, VisitEnd.OVERFLOWED, waited_ms=1_000), begins("anna", 2, "sales"))
    story.wait_until(4_000).expect(ends("anna", 2, VisitEnd.OVERFLOWED, queue="sales", waited_ms=3_000))


def test_new_rules_begin_another_visit_only_where_they_say_another_queue() -> None:
    story = Playbook.open(NOBODY).at(100, arrived("anna"))
    story.at(200, reloaded(configuration(queues=QUEUES, rules=(rule("all", priority=7),)))).expect(no(RecordVisit))
    story.at(300, reloaded(configuration(queues=QUEUES, rules=(rule("all", to="sales"),))))
    story.expect(ends("anna", 1, VisitEnd.OTHER, queue="general"), begins("anna", 2, "sales"))


def test_a_visit_to_a_queue_that_is_no_more_keeps_its_limits() -> None:
    story = Playbook.open(NOBODY).at(100, arrived("anna")).at(200, moved("anna", "support"))
    story.at(300, reloaded(configuration(queues=QUEUES[:2]))).expect(
        ends("anna", 2, VisitEnd.OTHER, queue="support", service_level_ms=5_000, short_abandon_ms=1_000),
        begins("anna", 3, "general"),
    )


def test_who_is_sent_away_by_a_closed_queue_was_there_for_a_moment() -> None:
    story = Playbook.open(NOBODY).at(50, queue_set("general", QueueState.CLOSED)).at(100, arrived("anna", caller="+1"))
    story.at(180, found("anna")).expect(
        ends("anna", 1, VisitEnd.OTHER, began_ms=story.ms(180), ended_ms=story.ms(180), queued_ms=story.ms(100))
    )


def test_who_leaves_before_any_queue_is_chosen_has_no_visit() -> None:
    story = Playbook.open(NOBODY).at(100, arrived("anna", caller="+1")).expect(no(RecordVisit))
    story.at(150, left("anna")).expect(no(RecordVisit))
    gone = replace(rule("gone", to="away"), away="holiday")
    Playbook.open(configuration(rules=(gone,))).at(100, arrived("anna")).expect(no(RecordVisit))


def test_who_is_transferred_is_on_a_new_visit_and_waits_anew() -> None:
    config = configuration(agent("ada"), agent("bob", "sales"), queues=QUEUES)
    story = talking(config).at(
        5_000, CallTransferred(AgentId("ada"), ContactId("anna"), Target(queue=QueueName("sales")))
    )
    story.expect(begins("anna", 2, "sales", began_ms=story.ms(5_000), queued_ms=story.ms(5_000), after_transfer=True))
    story.at(5_500, moved("anna", "support")).expect(
        ends("anna", 2, VisitEnd.OTHER, waited_ms=500, after_transfer=True),
        begins("anna", 3, "support", queued_ms=story.ms(5_000), after_transfer=False),
    )
    story.at(7_000, left("anna")).expect(ends("anna", 3, VisitEnd.ABANDONED, waited_ms=2_000))


def test_a_call_out_has_a_visit_only_once_it_is_transferred_and_the_customers_number_is_not_in_it() -> None:
    config = configuration(agent("ada"), agent("bob", "sales"), queues=QUEUES)
    call = CallDialled(
        AgentId("ada"), ContactId("out"), ChannelRef(PBX, "chan-out"), "+4930123456", QueueName("general")
    )
    story = Playbook.open(config).at(100, call).expect(no(RecordVisit))
    there = ContactArrived(ContactId("out"), ChannelRef(PBX, "chan-out"), None, "", "+4930123456", outbound=True)
    story.at(900, answered("out.1"), there).expect(no(RecordVisit))
    story.at(5_000, CallTransferred(AgentId("ada"), ContactId("out"), Target(queue=QueueName("sales"))))
    story.expect(begins("out", 1, "sales", entry="", after_transfer=True))


def test_who_waits_since_an_older_version_has_been_there_for_a_moment_and_has_waited_since_the_arrival() -> None:
    story = Playbook.open(NOBODY).at(100, arrived("anna"))
    contact = story.contact("anna")
    contact.visit, contact.visits = None, 0
    (visit,) = (
        command
        for command in story.engine.handle(story.ms(900), left("anna"))  # the auditor would not believe it
        if isinstance(command, RecordVisit)
    )
    assert (visit.number, visit.began_ms, visit.ended_ms, visit.waited_ms) == (1, story.ms(900), story.ms(900), 800)
    assert visit.outcome is VisitEnd.ABANDONED
