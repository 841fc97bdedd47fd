"""Who gets whom when several could: one total order in both directions."""

from dataclasses import replace

import pytest

from callcenter.commands import RingDevice
from callcenter.events import AgentReady, AgentSignedIn, ConfigurationLoaded
from callcenter.types import (
    AgentConfig,
    AgentId,
    AgentState,
    Configuration,
    DeviceStatus,
    LegEnd,
    OfferState,
    PbxName,
    QueueName,
    Strategy,
)
from tests.playbook import (
    WRAP_UP_MS,
    Playbook,
    agent,
    answered,
    arrived,
    becomes,
    closed,
    configuration,
    customer,
    found,
    left,
    leg_ended,
    no,
    phone,
    queue,
    ring,
    ringing,
    rule,
    segment,
    skills,
    stop,
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


# ---- strategies


def by(strategy: Strategy, *agents: AgentConfig, **needs: int) -> Configuration:
    queues = (replace(queue("general"), strategy=strategy, ranked=(AgentId("cleo"), AgentId("bob"))),)
    return configuration(*agents, queues=queues, rules=(rule("all", needs=skills(**needs)),))


@pytest.mark.parametrize(
    ("strategy", "order"),
    [
        (Strategy.LONGEST_IDLE, ["ada", "bob", "cleo"]),
        (Strategy.MOST_PROFICIENT, ["bob", "cleo", "ada"]),
        (Strategy.LEAST_FLEXIBLE, ["cleo", "ada", "bob"]),
        (Strategy.RANKED, ["cleo", "bob", "ada"]),
        (Strategy.ROUND_ROBIN, ["ada", "bob", "cleo"]),
    ],
)
def test_a_strategy_orders_the_agents_who_are_free(strategy: Strategy, order: list[str]) -> None:
    crew = (agent("ada", law=3, tact=2), agent("bob", law=9, tact=9, wit=1), agent("cleo", law=5))
    story = Playbook.open(by(strategy, *crew, law=2)).at(100, *(arrived(f"c{number}") for number in range(3)))
    story.expect(*(ring(f"c{number}.1", device=name) for number, name in enumerate(order)))


def test_round_robin_goes_on_with_whoever_had_no_turn_for_longest() -> None:
    story = Playbook.open(by(Strategy.ROUND_ROBIN, agent("ada"), agent("bob")))
    for number, name in enumerate(("ada", "bob", "ada", "bob")):
        story.at(100 + number, arrived(f"c{number}")).expect(ring(f"c{number}.1", device=name))
        story.at(100 + number, left(f"c{number}"))


def test_a_random_choice_is_the_same_again_and_depends_on_the_seed() -> None:
    def chosen(seed: int) -> list[str]:
        config = replace(by(Strategy.RANDOM, agent("ada"), agent("bob"), agent("cleo")), draw_seed=seed)
        story = Playbook.open(config)
        names = []
        for number in range(12):
            names.append(story.at(100 + number, arrived(f"c{number}")).first(RingDevice).device.device)
            story.at(100 + number, left(f"c{number}"))
        return names

    assert chosen(1) == chosen(1)
    assert chosen(1) != chosen(2)
    assert len(set(chosen(1))) == 3


def test_who_has_a_preferred_skill_goes_before_who_has_been_idle_longer() -> None:
    wants = replace(rule("all"), preferred=skills(german=3))
    config = configuration(agent("ada", german=2), agent("bob", german=3), rules=(wants,))
    story = Playbook.open(config).at(100, arrived("anna")).expect(ring("anna.1", device="bob"))
    story.at(200, arrived("ben")).expect(ring("ben.1", device="ada"))


# ---- age, the agents' own order, refusals


def test_age_decides_in_the_end() -> None:
    """Ten points of priority are worth ten times the ageing of waiting, and no millisecond more."""
    config = replace(configuration(agent("ada")), ageing_ms=1_000)
    for gus_ms, first in ((10_100, "anna"), (10_099, "gus")):
        story = talking(config, "busy").at(1_100, arrived("anna"))
        story.at(1_000 + gus_ms, arrived("gus", caller="+1"), found("gus", customer(1, "gold")))
        story.at(30_000, left("busy")).wait_until(30_000 + WRAP_UP_MS).expect(ring(f"{first}.1"))


def own_order(**levels: int) -> dict[QueueName, int]:
    return {QueueName(name): level for name, level in levels.items()}


def test_an_agents_first_queue_comes_before_its_others_and_its_agents_before_the_helpers() -> None:
    queues = (queue("general"), queue("sales"))
    rules = (rule("sales", to="sales", dialled="200", priority=99), rule("all"))
    ada = replace(agent("ada", "general", "sales"), levels=own_order(general=1, sales=2))
    story = talking(configuration(ada, queues=queues, rules=rules), "busy")
    story.at(1_100, arrived("sam", dialled="200")).at(1_200, arrived("anna"))
    story.at(2_000, left("busy")).wait_until(2_000 + WRAP_UP_MS).expect(ring("anna.1", device="ada"))
    both = (ada, agent("bob", "sales"))
    story = Playbook.open(configuration(*both, queues=queues, rules=rules)).at(100, arrived("sam", dialled="200"))
    story.expect(ring("sam.1", device="bob"))
    story.at(200, arrived("sue", dialled="200")).expect(ring("sue.1", device="ada"))


def test_who_declined_gets_it_again_only_if_nobody_else_is_free() -> None:
    config = replace(configuration(agent("ada"), agent("bob")), decline_backoff_ms=0)
    story = Playbook.open(config).at(100, arrived("anna")).expect(ring("anna.1", device="ada"))
    story.at(200, leg_ended("anna.1", LegEnd.BUSY)).expect(ring("anna.2", device="bob"))
    story.at(300, leg_ended("anna.2", LegEnd.BUSY)).expect(ring("anna.3", device="ada"))


def test_a_refused_contact_keeps_its_place_at_who_refused_it() -> None:
    config = replace(configuration(agent("ada")), decline_backoff_ms=1_000)
    story = Playbook.open(config).at(100, arrived("anna")).at(150, arrived("ben"))
    story.at(200, leg_ended("anna.1", LegEnd.BUSY)).wait_until(1_200).expect(ring("anna.2", device="ada"))


def test_of_two_who_come_free_at_once_the_one_who_refused_nothing_gets_the_refused_contact() -> None:
    """ada refused anna and is idle longest: anna goes to bob, the later ben to ada."""
    config = configuration(agent("ada"), agent("bob"))
    story = Playbook.open(config).at(50, phone("bob", DeviceStatus.IN_USE)).at(100, arrived("anna"))
    story.at(200, leg_ended("anna.1", LegEnd.BUSY)).at(300, arrived("ben"))
    phones = (phone("ada", DeviceStatus.FREE), phone("bob", DeviceStatus.FREE))
    story.at(20_000 - 9_800, synced(*phones, waiting=(arrived("anna"), arrived("ben"))))
    story.expect(ring("anna.2", device="bob"), ring("ben.1", device="ada"))


# ---- parallel ring


def parallel(*names: str, at_once: int = 2) -> Configuration:
    return configuration(*(agent(name) for name in names), queues=(replace(queue("general"), ring_at_once=at_once),))


def test_several_phones_ring_and_the_first_answer_wins() -> None:
    story = Playbook.open(parallel("ada", "bob", "cleo")).at(100, arrived("anna"))
    story.expect(ring("anna.1", device="ada"), ring("anna.2", device="bob"))
    story.at(200, ringing("anna.1"), ringing("anna.2"))
    story.at(300, answered("anna.2")).expect(
        closed("anna.2", OfferState.ACCEPTED),
        segment("anna", 2, agent="bob", started_ms=story.START_MS + 100, result="accepted"),
        closed("anna.1", OfferState.WITHDRAWN),
        segment("anna", 3, agent="ada", started_ms=story.START_MS + 100, result="withdrawn"),
        stop("anna.1"),
        becomes("ada", AgentState.READY),
        becomes("bob", AgentState.TALKING),
        no(RingDevice),
    )
    assert story.contact("anna").agent == "bob"


def test_nobody_rings_as_one_of_several_while_another_contact_waits_for_it() -> None:
    story = Playbook.open(parallel("ada", "bob", "cleo"), sync=False)
    both = (arrived("anna"), arrived("ben"))
    story.at(100, *both).at(200, synced(*PHONES, waiting=both))
    story.expect(ring("anna.1", device="ada"), ring("ben.1", device="bob"), ring("anna.2", device="cleo"))


def test_when_one_of_several_declines_the_others_ring_on_and_nobody_is_rung_in_its_place() -> None:
    story = Playbook.open(parallel("ada", "bob", "cleo")).at(100, arrived("anna"))
    story.at(200, leg_ended("anna.1", LegEnd.BUSY)).expect(
        closed("anna.1", OfferState.DECLINED), becomes("ada", AgentState.READY), no(RingDevice)
    )
    story.at(300, leg_ended("anna.2", LegEnd.BUSY)).expect(ring("anna.3", device="cleo"))


def test_a_caller_who_leaves_stops_all_phones() -> None:
    story = Playbook.open(parallel("ada", "bob")).at(100, arrived("anna"))
    story.at(200, left("anna")).expect(stop("anna.1"), stop("anna.2"), no(RingDevice))
    story = Playbook.open(parallel("ada", "bob")).at(100, arrived("anna"))
    story.at(200, leg_ended("anna.1", LegEnd.CALLER_GONE)).expect(stop("anna.2"))


def test_who_answers_in_the_same_instant_and_comes_second_is_not_blamed() -> None:
    story = Playbook.open(parallel("ada", "bob")).at(100, arrived("anna")).at(200, ringing("anna.1"))
    story.at(300, leg_ended("anna.2", LegEnd.TAKEN)).expect(
        closed("anna.2", OfferState.WITHDRAWN), becomes("bob", AgentState.READY), no(RingDevice)
    )
    story.at(310, answered("anna.1")).expect(closed("anna.1", OfferState.ACCEPTED))
