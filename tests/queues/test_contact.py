"""The contact's table: what is legal in each state, and the late messages that it answers."""

import pytest

from callcenter.commands import EventIgnored, RecordContact, RecordSegment
from callcenter.queues.contact import CONTACT_TABLE, ContactTrigger
from callcenter.statetable import IllegalTransitionError
from callcenter.types import ContactState, LegEnd
from tests.playbook import agent, answered, configuration, left, leg_ended, talking, want


def test_an_offered_contact_can_not_just_end() -> None:
    with pytest.raises(IllegalTransitionError, match="contact: no row for caller left in offered"):
        CONTACT_TABLE.next(ContactState.OFFERED, ContactTrigger.CALLER_LEFT)


def test_nothing_brings_a_contact_back_to_life() -> None:
    assert set(CONTACT_TABLE.rows[ContactState.ENDED].values()) == {ContactState.ENDED}


def test_whichever_side_hangs_up_second_changes_nothing() -> None:
    for first, second in (
        (left("anna"), leg_ended("anna.1", LegEnd.HUNG_UP)),
        (leg_ended("anna.1", LegEnd.HUNG_UP),) * 2,
    ):
        story = talking(configuration(agent("ada"))).at(2_000, first).at(2_100, second, left("anna"))
        story.expect_nothing_of(RecordContact, RecordSegment)
        assert story.contact("anna").ended_ms == story.START_MS + 2_000


def test_a_second_answer_of_the_same_offer_changes_nothing() -> None:
    story = talking(configuration(agent("ada"))).at(2_000, answered("anna.1"))
    story.expect(want(EventIgnored, event="OfferConnected")).expect_nothing_of(RecordSegment)
