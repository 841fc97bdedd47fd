"""How contacts come, are identified in time or late, and leave."""

import dataclasses

from callcenter.commands import (
    AgentChanged,
    ContactRouted,
    EventIgnored,
    LookUpCustomer,
    RecordContact,
    RecordSegment,
    RingDevice,
    ScreenPop,
)
from callcenter.events import WrapUpEnded
from callcenter.types import AgentId, AgentState, ContactId, ContactState, Departure, Outcome, SegmentKind
from tests.playbook import (
    LOOKUP_MS,
    Playbook,
    agent,
    answered,
    arrived,
    becomes,
    configuration,
    customer,
    found,
    left,
    pop,
    recorded,
    ring,
    rule,
    segment,
    stop,
    talking,
    want,
)

ADA = agent("ada")
CONFIG = configuration(ADA)


def test_a_withheld_number_waits_at_once_and_nobody_is_looked_up() -> None:
    story = Playbook.open(CONFIG).at(100, arrived("anna")).expect(ring("anna.1")).expect_nothing_of(LookUpCustomer)
    assert story.contact("anna").identified


def test_a_withheld_number_with_an_account_from_the_ivr_is_looked_up_by_it() -> None:
    story = Playbook.open(CONFIG).at(100, arrived("anna", account="A-7"))
    story.expect(want(LookUpCustomer, contact="anna", caller=None, account="A-7")).expect_nothing_of(RingDevice)


def test_a_slow_directory_delays_no_call() -> None:
    story = Playbook.open(CONFIG).at(100, arrived("anna", caller="+1"))
    story.wait_until(99 + LOOKUP_MS).expect_nothing_of(RingDevice, ContactRouted)
    story.wait_until(100 + LOOKUP_MS).expect(
        want(ContactRouted, contact="anna", tier="standard", again=False),
        pop("anna.1", identified=False),
        ring("anna.1"),
    )


def test_rules_see_the_number_in_e164_however_late_the_record_and_screen_and_log_as_the_pbx_gave_it() -> None:
    vip = dataclasses.replace(rule("vip"), when="contact.caller == '+49301234567'")
    story = Playbook.open(configuration(ADA, rules=(vip,)))
    story.at(100, arrived("anna", caller="0301234567", number="+49301234567"))
    story.expect(want(LookUpCustomer, contact="anna", caller="0301234567"))
    story.wait_until(100 + LOOKUP_MS).expect(
        want(ContactRouted, contact="anna", rule="vip"),
        want(ScreenPop, caller="0301234567", because="contact.caller is +49301234567"),
        want(RingDevice, offer="anna.1", caller="0301234567"),
    )
    story.at(2_000, left("anna")).expect(recorded("anna", Outcome.ABANDONED, caller="0301234567"))


def test_a_number_that_cannot_be_read_is_to_rules_what_the_pbx_gave() -> None:
    inside = dataclasses.replace(rule("inside"), when="contact.caller == '214'")
    withheld = dataclasses.replace(rule("withheld"), when="contact.caller == ''")
    story = Playbook.open(configuration(rules=(inside, withheld)))
    story.at(100, arrived("anna", caller="214")).wait_until(100 + LOOKUP_MS)
    story.expect(want(ContactRouted, contact="anna", rule="inside"))
    story.at(1_000, arrived("ben")).expect(want(ContactRouted, contact="ben", rule="withheld"))


def test_a_late_record_while_waiting_moves_the_contact_to_its_place() -> None:
    story = talking(CONFIG, "busy").at(1_100, arrived("ben")).at(1_200, arrived("gus", caller="+1"))
    story.wait_until(2_000).at(2_100, found("gus", customer(1, "gold"))).expect(
        want(ContactRouted, contact="gus", tier="gold", rule="gold first", again=True)
    )
    story.at(3_000, left("busy"), WrapUpEnded(AgentId("ada"), ContactId("busy"), None)).expect(ring("gus.1"))


def test_a_late_record_while_it_rings_shows_on_the_screen_and_the_ring_goes_on() -> None:
    story = Playbook.open(CONFIG).at(100, arrived("gus", caller="+1")).wait_until(1_000)
    story.at(1_100, found("gus", customer(1, "gold"))).expect(
        pop("gus.1", identified=True, tier="gold", rule="gold first", priority=10)
    )
    story.expect_nothing_of(RingDevice, AgentChanged)
    story.at(2_000, answered("gus.1")).expect(becomes("ada", AgentState.TALKING))


def test_a_late_record_while_talking_shows_on_the_screen_and_routes_nothing() -> None:
    story = Playbook.open(CONFIG).at(100, arrived("gus", caller="+1")).wait_until(1_000).at(1_100, answered("gus.1"))
    story.at(5_000, found("gus", customer(1, "gold"))).expect(pop("gus.1", identified=True, tier="gold"))
    story.expect_nothing_of(ContactRouted)
    story.at(6_000, left("gus")).expect(recorded("gus", Outcome.ANSWERED, tier="gold", customer=1, rule="everybody"))


def test_a_record_that_comes_after_the_end_is_ignored() -> None:
    story = Playbook.open(CONFIG).at(100, arrived("gus", caller="+1")).at(150, left("gus"))
    story.at(200, found("gus", customer(1))).expect(want(EventIgnored, event="CustomersFound"))
    story = talking(CONFIG, "gus").at(2_000, left("gus"))
    story.at(2_100, found("gus", customer(1))).expect(want(EventIgnored, event="CustomersFound"))


def test_a_second_record_is_ignored() -> None:
    story = Playbook.open(CONFIG).at(100, arrived("gus", caller="+1"), found("gus", customer(1, "gold")))
    story.at(200, found("gus")).expect(want(EventIgnored, event="CustomersFound")).expect_nothing_of(ScreenPop)
    assert story.contact("gus").tier == "gold"


def test_of_two_customers_on_one_number_the_higher_tier_counts_and_the_agent_sees_both() -> None:
    both = (customer(1, "standard"), customer(2, "gold"))
    story = Playbook.open(CONFIG).at(100, arrived("gus", caller="+1"), found("gus", *both))
    story.expect(pop("gus.1", tier="gold", customers=both))
    story.at(200, left("gus")).expect(recorded("gus", Outcome.ABANDONED, tier="gold", customer=None))


def test_an_unknown_caller_and_an_unknown_tier_are_standard() -> None:
    story = (
        Playbook.open(CONFIG)
        .at(100, arrived("anna", caller="+1"), found("anna"))
        .expect(pop("anna.1", tier="standard"))
    )
    assert story.contact("anna").customers == ()
    story = Playbook.open(CONFIG).at(100, arrived("anna", caller="+1"), found("anna", customer(1, "diamond")))
    story.expect(pop("anna.1", tier="standard"))


def test_the_customers_language_counts_where_the_ivr_gave_none_and_there_is_one_customer() -> None:
    config = configuration(ADA, rules=(rule("german", language="de"), rule("everybody")))
    one, two = customer(1, language="de"), customer(2, language="fr")
    for arrival, customers, wanted in (
        (arrived("anna", caller="+1"), (one,), "german"),
        (arrived("anna", caller="+1"), (one, two), "everybody"),
        (arrived("anna", caller="+1", language="fr"), (one,), "everybody"),
        (arrived("anna", caller="+1", language="de"), (two,), "german"),
    ):
        Playbook.open(config).at(100, arrival, found("anna", *customers)).expect(pop("anna.1", rule=wanted))


def test_who_leaves_while_being_looked_up_is_recorded_without_a_queue() -> None:
    story = (
        Playbook.open(CONFIG)
        .at(100, arrived("anna", caller="+1"))
        .at(200, left("anna"))
        .expect(
            segment("anna", 1, kind=SegmentKind.WAITING, queue=None),
            recorded("anna", Outcome.ABANDONED, queue=None, rule=None, waited_ms=100, service_level_ms=None),
        )
    )
    assert story.engine.next_due_ms() is None


def test_the_way_in_which_a_caller_left_is_the_outcome() -> None:
    for how, outcome in (
        (Departure.HUNG_UP, Outcome.ABANDONED),
        (Departure.FALLBACK, Outcome.FALLBACK),
        (Departure.LOST, Outcome.LOST),
    ):
        Playbook.open(CONFIG).at(100, arrived("anna")).at(200, left("anna", how)).expect(
            stop("anna.1"), recorded("anna", outcome)
        )
        talking(CONFIG).at(2_000, left("anna", how)).expect(recorded("anna", Outcome.ANSWERED))


def test_a_second_arrival_and_a_second_departure_change_nothing() -> None:
    story = (
        Playbook.open(CONFIG)
        .at(100, arrived("anna"), arrived("anna"))
        .expect(ring("anna.1"), want(EventIgnored, event="ContactArrived"))
    )
    assert story.contact("anna").state is ContactState.OFFERED
    story.at(200, left("anna"), left("anna"), left("nobody")).expect(
        recorded("anna", Outcome.ABANDONED),
        want(EventIgnored, event="CallerLeft"),
        want(EventIgnored, event="CallerLeft"),
    )
    story.at(300, found("anna")).expect_nothing_of(RecordContact, RecordSegment)
