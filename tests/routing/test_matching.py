"""Who gets whom when several could: one total order in both directions."""

from callcenter.commands import RingDevice
from callcenter.events import AgentReady, AgentSignedIn, ConfigurationLoaded
from callcenter.types import AgentId, DeviceStatus, PbxName
from tests.playbook import (
    WRAP_UP_MS,
    Playbook,
    agent,
    answered,
    arrived,
    configuration,
    customer,
    found,
    left,
    phone,
    queue,
    ring,
    rule,
    skills,
    synced,
    talking,
)

PHONES = (phone("ada", DeviceStatus.FREE), phone("bob", DeviceStatus.FREE), phone("cleo", DeviceStatus.FREE))


def test_when_all_come_at_once_the_first_contact_gets_the_agent_idle_longest() -> None:
    agents = (agent("bob"), agent("ada"), agent("cleo"))
    story = Playbook.open(configuration(*agents), sync=False)
    both = (arrived("anna"), arrived("ben"))
    story.at(100, *both).expect_nothing_of(RingDevice)
    story.at(200, synced(*PHONES, waiting=both)).expect(ring("anna.1", device="bob"), ring("ben.1", device="ada"))


def test_of_agents_ready_in_the_same_instant_the_name_decides() -> None:
    config = configuration(agent("bob"), agent("ada"))
    story = Playbook(config).at(0, synced(*PHONES))
    story.at(5, *(AgentSignedIn(AgentId(name)) for name in ("bob", "ada")))
    story.at(6, *(AgentReady(AgentId(name)) for name in ("bob", "ada")))
    story.at(100, arrived("anna")).expect(ring("anna.1", device="ada"))


def test_a_contact_that_nobody_may_take_does_not_block_those_behind_it() -> None:
    rules = (rule("german", language="de", needs=skills(german=1), priority=50), rule("all"))
    story = Playbook.open(configuration(agent("ada"), rules=rules)).at(50, phone("ada", DeviceStatus.IN_USE))
    story.at(100, arrived("greta", language="de"), arrived("anna"))
    story.at(200, phone("ada", DeviceStatus.FREE)).expect(ring("anna.1", device="ada"))


def test_an_agent_of_several_queues_takes_by_priority_then_age_across_them() -> None:
    queues = (queue("general"), queue("sales"))
    rules = (
        rule("sales", to="sales", dialled="200"),
        rule("urgent", to="sales", dialled="911", priority=9),
        rule("all"),
    )
    ada = agent("ada", "sales", "general")
    story = talking(configuration(ada, queues=queues, rules=rules), "busy")
    story.at(2_000, arrived("anna")).at(2_100, arrived("sam", dialled="200")).at(2_200, arrived("una", dialled="911"))
    story.at(3_000, left("busy")).wait_until(3_000 + WRAP_UP_MS).expect(ring("una.1"))
    story.at(40_000, left("una")).expect(ring("anna.1"))
    story.at(50_000, left("anna")).expect(ring("sam.1"))


def test_the_freed_agent_goes_to_who_waits_and_the_newcomer_to_whom_is_left() -> None:
    config = configuration(
        agent("ada"), agent("bob", spanish=1), rules=(rule("sp", language="es", needs=skills(spanish=1)), rule("x"))
    )
    story = talking(config, "busy")  # ada talks until 2,000 and wraps up until 32,000
    story.at(1_500, arrived("eva", language="es"), answered("eva.1"))
    story.at(1_600, arrived("anna"))
    story.at(2_000, left("busy"), left("eva"))
    story.at(2_000 + WRAP_UP_MS, arrived("ernesto", language="es")).expect(
        ring("anna.1", device="ada"), ring("ernesto.1", device="bob")
    )


def test_a_newcomer_with_a_higher_tier_goes_first_when_both_could_be_served() -> None:
    story = talking(configuration(agent("ada")), "busy").at(1_500, arrived("anna"), left("busy"))
    story.at(1_500 + WRAP_UP_MS - 1, arrived("gus", caller="+1"))
    story.at(1_500 + WRAP_UP_MS, found("gus", customer(1, "gold"))).expect(ring("gus.1"))


def test_agents_of_one_pbx_take_no_callers_of_another() -> None:
    east, west = PbxName("pbx1"), PbxName("pbx2")
    config = configuration(agent("ada", pbx=east), agent("will", pbx=west))
    story = Playbook.open(config).at(100, arrived("anna", pbx=west), arrived("ben", pbx=west))
    story.expect(ring("anna.1"))
    assert story.agent("will").contact == "anna"
    assert story.agent("ada").contact is None


def test_an_agent_who_learns_a_skill_is_matched_at_once() -> None:
    rules = (rule("german", needs=skills(german=3)),)
    story = Playbook.open(configuration(agent("ada", german=2), rules=rules)).at(100, arrived("greta"))
    story.expect_nothing_of(RingDevice)
    story.at(200, ConfigurationLoaded(configuration(agent("ada", german=3), rules=rules))).expect(ring("greta.1"))
