"""Contacts that are kept for one agent, for a while."""

from dataclasses import replace

import pytest

from callcenter.commands import RecordDecision, RingDevice
from callcenter.events import (
    AgentNotReady,
    AgentReady,
    AgentSignedIn,
    AgentSignedOut,
    ConfigurationLoaded,
    CustomersFound,
)
from callcenter.types import (
    AgentId,
    Configuration,
    ContactId,
    Customer,
    DecisionKind,
    DeviceStatus,
    LegEnd,
    Preference,
    QueueName,
    Tier,
)
from tests.playbook import (
    Playbook,
    Want,
    agent,
    arrived,
    configuration,
    leg_ended,
    no,
    phone,
    queue,
    ring,
    ringing,
    rule,
    skills,
    want,
)

ADA, BOB = AgentId("ada"), AgentId("bob")
RULE = replace(rule("all"), prefer=(Preference.ACCOUNT_MANAGER, Preference.LAST_AGENT), prefer_for_ms=30_000)


def config(*names: str) -> Configuration:
    return configuration(*(agent(name) for name in names or ("ada", "bob")), rules=(RULE,))


def found(manager: AgentId | None = None, last: AgentId | None = None) -> CustomersFound:
    customer = Customer(1, "A-1", "Customer", Tier("gold"), account_manager=manager)
    return CustomersFound(ContactId("anna"), (customer,), last)


def calling(story: Playbook, who: CustomersFound) -> Playbook:
    return story.at(100, arrived("anna", caller="+1")).at(150, who)


def released(why: str) -> Want:
    return want(RecordDecision, contact="anna", kind=DecisionKind.RELEASED, words=why)


def test_the_account_manager_goes_before_whoever_has_been_idle_longer() -> None:
    calling(Playbook.open(config()), found(BOB)).expect(ring("anna.1", device="bob"))


def test_who_talked_to_the_customer_last_is_the_second_choice() -> None:
    calling(Playbook.open(config()), found(last=BOB)).expect(ring("anna.1", device="bob"))
    story = Playbook.open(config()).at(50, AgentSignedOut(ADA))
    calling(story, found(ADA, BOB)).expect(ring("anna.1", device="bob"))


def test_it_is_kept_while_the_manager_talks_and_free_for_all_when_the_time_is_over() -> None:
    story = Playbook.open(config()).at(50, phone("bob", DeviceStatus.IN_USE))
    calling(story, found(BOB)).expect_nothing_of(RingDevice)
    story.wait_until(30_099).expect_nothing_of(RingDevice, RecordDecision)
    story.wait_until(30_100).expect(released("no longer kept for bob: its time is over"), ring("anna.1", device="ada"))


def test_the_manager_who_comes_free_in_time_gets_it_though_another_waits_longer() -> None:
    story = Playbook.open(config("bob")).at(50, phone("bob", DeviceStatus.IN_USE)).at(60, arrived("ben"))
    calling(story, found(BOB))
    story.at(5_000, phone("bob", DeviceStatus.FREE)).expect(ring("ben.1", device="bob"))
    story.at(6_000, leg_ended("ben.1", LegEnd.CALLER_GONE)).expect(ring("anna.1", device="bob"))


@pytest.mark.parametrize("how", [LegEnd.BUSY, LegEnd.UNREACHABLE, LegEnd.NO_ANSWER])
def test_a_manager_who_refuses_lets_it_go(how: LegEnd) -> None:
    story = calling(Playbook.open(config()), found(BOB)).at(200, ringing("anna.1"))
    story.at(300, leg_ended("anna.1", how)).expect(
        want(RecordDecision, contact="anna", kind=DecisionKind.RELEASED), ring("anna.2", device="ada")
    )


def test_a_manager_whose_offer_is_withdrawn_keeps_it() -> None:
    story = calling(Playbook.open(config()), found(BOB))
    story.at(300, leg_ended("anna.1", LegEnd.TAKEN)).expect(ring("anna.2", device="bob"), no(RecordDecision))


def test_a_manager_who_leaves_lets_it_go_and_one_who_has_lunch_does_not() -> None:
    story = Playbook.open(config()).at(50, AgentNotReady(BOB, "lunch"))
    calling(story, found(BOB)).expect_nothing_of(RingDevice)
    story.at(500, AgentSignedOut(BOB)).expect(
        released("no longer kept for bob: signed out"), ring("anna.1", device="ada")
    )


def test_a_manager_who_signs_out_while_the_phone_rings_lets_it_go_when_it_stops() -> None:
    story = calling(Playbook.open(config()), found(BOB)).at(200, AgentSignedOut(BOB)).expect_nothing_of(RecordDecision)
    story.at(300, leg_ended("anna.1", LegEnd.TAKEN)).expect(
        released("no longer kept for bob: signed out"), ring("anna.2", device="ada")
    )


def test_it_is_not_kept_for_who_is_not_there_or_may_not_take_it() -> None:
    story = Playbook.open(config()).at(50, AgentSignedOut(BOB))
    calling(story, found(BOB)).expect(ring("anna.1", device="ada"))
    calling(Playbook.open(config()), found(AgentId("gone"))).expect(ring("anna.1", device="ada"))
    strict = configuration(agent("ada", tact=3), agent("bob"), rules=(replace(RULE, skills=skills(tact=3)),))
    calling(Playbook.open(strict), found(BOB)).expect(ring("anna.1", device="ada"))


def test_who_comes_back_to_work_later_finds_it_free_for_all() -> None:
    story = Playbook.open(config()).at(50, AgentSignedOut(BOB), phone("ada", DeviceStatus.IN_USE))
    calling(story, found(BOB))
    story.at(500, AgentSignedIn(BOB), phone("ada", DeviceStatus.FREE)).expect(ring("anna.1", device="ada"))


def test_a_new_configuration_lets_go_what_its_agent_may_no_longer_take_or_who_is_gone() -> None:
    for after in (configuration(agent("ada"), rules=(RULE,)), config("ada")):
        story = Playbook.open(config()).at(50, phone("bob", DeviceStatus.IN_USE))
        calling(story, found(BOB))
        story.at(500, ConfigurationLoaded(after)).expect(
            want(RecordDecision, contact="anna", kind=DecisionKind.RELEASED), ring("anna.1", device="ada")
        )


def test_a_kept_contact_takes_its_new_place_when_the_agents_own_order_changes() -> None:
    """anna, who is kept for bob, waits in what is now bob's second queue: cara, who came later, waits in the first."""
    queues = (queue("general"), queue("sales"))
    rules = (rule("sales", to="sales", dialled="200"), RULE)
    bob = agent("bob", "general", "sales")
    story = Playbook.open(configuration(bob, queues=queues, rules=rules)).at(50, phone("bob", DeviceStatus.IN_USE))
    calling(story, found(BOB)).at(300, arrived("cara", dialled="200"))
    changed = replace(bob, levels={QueueName("general"): 2})
    story.at(500, ConfigurationLoaded(configuration(changed, queues=queues, rules=rules)))
    story.at(600, phone("bob", DeviceStatus.FREE)).expect(ring("cara.1", device="bob"))


def test_a_late_record_keeps_it_for_what_is_left_of_the_time() -> None:
    story = Playbook.open(config()).at(50, phone("bob", DeviceStatus.IN_USE), phone("ada", DeviceStatus.IN_USE))
    story.at(100, arrived("anna", caller="+1")).wait_until(10_000)
    story.at(10_100, found(BOB)).at(10_200, phone("ada", DeviceStatus.FREE)).expect_nothing_of(RingDevice)
    story.wait_until(30_100).expect(ring("anna.1", device="ada"))
    late = Playbook.open(config()).at(50, phone("bob", DeviceStatus.IN_USE), phone("ada", DeviceStatus.IN_USE))
    late.at(100, arrived("anna", caller="+1")).wait_until(30_200)
    late.at(30_300, found(BOB)).at(30_400, phone("ada", DeviceStatus.FREE)).expect(ring("anna.1", device="ada"))


def test_a_restart_keeps_it() -> None:
    story = Playbook.open(config()).at(50, phone("bob", DeviceStatus.IN_USE))
    calling(story, found(BOB))
    story.engine = type(story.engine)(story.engine.snapshot())
    story.at(500, AgentReady(ADA)).expect_nothing_of(RingDevice)
    story.at(600, AgentSignedOut(BOB)).expect(ring("anna.1", device="ada"))


def test_a_manager_who_is_removed_while_the_phone_rings_lets_it_go_at_once() -> None:
    story = calling(Playbook.open(config()), found(BOB)).expect(ring("anna.1", device="bob"))
    story.at(300, ConfigurationLoaded(config("ada"))).expect(released("no longer kept for bob: may no longer take it"))
    story.at(400, leg_ended("anna.1", LegEnd.TAKEN)).expect(ring("anna.2", device="ada"))
