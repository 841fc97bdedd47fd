"""A contact ends once, is recorded, and leaves nothing behind that could still come due."""

from dataclasses import replace

from callcenter.commands import RecordContact
from callcenter.events import AgentSignedOut, CustomersFound
from callcenter.types import AgentId, ContactId, Customer, Outcome, Preference, Relaxation, Tier
from tests.playbook import (
    Playbook,
    agent,
    answered,
    arrived,
    configuration,
    customer,
    found,
    left,
    moved,
    recorded,
    rule,
    skills,
    want,
)


def test_while_being_looked_up_it_ends_without_queue_or_rule() -> None:
    story = Playbook.open(configuration(agent("ada"))).at(100, arrived("anna", caller="+1"))
    story.at(150, left("anna")).expect(recorded("anna", Outcome.ABANDONED, queue=None, rule=None, waited_ms=50))
    assert story.engine.next_due_ms() is None


def test_what_was_due_for_a_contact_goes_with_it() -> None:
    """A step to come, and the time for which it is kept for its account manager."""
    wants = replace(
        rule("all", needs=skills(law=5)),
        relaxations=(Relaxation(60_000, lower=skills(law=1)),),
        prefer=(Preference.ACCOUNT_MANAGER,),
        prefer_for_ms=30_000,
    )
    story = Playbook.open(configuration(agent("ada", law=9), agent("bob"), rules=(wants,)))
    story.at(50, AgentSignedOut(AgentId("bob"))).at(60, arrived("busy")).at(100, arrived("anna", caller="+1"))
    who = Customer(1, "A-1", "Anna", Tier("gold"), account_manager=AgentId("ada"))
    story.at(150, CustomersFound(ContactId("anna"), (who,)))
    assert story.contact("anna").held_for == "ada"
    story.at(200, left("anna")).expect(recorded("anna", Outcome.ABANDONED, queue="general"))
    story.at(300, left("busy")).expect(want(RecordContact, contact="busy"))
    assert story.engine.next_due_ms() is None


def test_the_answer_ends_the_wait_with_all_that_was_due() -> None:
    wants = replace(rule("all"), relaxations=(Relaxation(60_000, lower=skills(law=1)),))
    story = (
        Playbook.open(configuration(agent("ada"), rules=(wants,))).at(100, arrived("anna")).at(200, answered("anna.1"))
    )
    assert story.engine.next_due_ms() is None


def test_the_tags_of_the_last_route_are_recorded() -> None:
    gold = replace(rule("gold", tier="gold"), tags=("vip", "known"))
    config = configuration(rules=(gold, replace(rule("rest"), tags=("unknown",))))
    story = Playbook.open(config).at(100, arrived("anna", caller="+1")).at(150, left("anna"))
    story.expect(recorded("anna", Outcome.ABANDONED, tags=()))
    story.at(200, arrived("ben", caller="+1")).wait_until(500).at(600, left("ben"))
    story.expect(recorded("ben", Outcome.ABANDONED, tags=("unknown",)))
    story.at(700, arrived("cleo", caller="+1")).wait_until(1_000).at(1_100, found("cleo", customer(1, "gold")))
    story.at(1_200, moved("cleo", "general"), left("cleo")).expect(
        recorded("cleo", Outcome.ABANDONED, tags=("vip", "known"))
    )


def test_a_record_that_comes_after_the_end_is_late() -> None:
    story = Playbook.open(configuration(agent("ada"))).at(100, arrived("anna", caller="+1")).at(150, left("anna"))
    story.at(160, found("anna", customer(1))).expect_nothing_of(RecordContact)
