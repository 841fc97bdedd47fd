"""The auditor's account of where a caller waits and for whom. The engine tells the same story, or these would fail."""

import dataclasses

import pytest

from callcenter.commands import RecordDecision
from callcenter.events import AgentSignedOut, ConfigurationLoaded, TimePassed
from callcenter.simulation.account import Caller
from callcenter.types import (
    AgentId,
    Configuration,
    ContactId,
    ContactState,
    DecisionKind,
    LegEnd,
    Needs,
    Outcome,
    Preference,
    QueueName,
    QueueState,
    Relaxation,
    SkillName,
)
from tests.playbook import (
    Playbook,
    agent,
    answered,
    arrived,
    configuration,
    customer,
    decided,
    found,
    leg_ended,
    moved,
    prioritised,
    queue,
    queue_set,
    rule,
    sent_away,
    skills,
    withdrawn,
)

GENERAL, SALES, NIGHT = QueueName("general"), QueueName("sales"), QueueName("night")
OPEN, DRAINED, CLOSED = QueueState.OPEN, QueueState.DRAINED, QueueState.CLOSED


def _caller(story: Playbook, name: str = "anna") -> Caller:
    return story.auditor.picture.callers[ContactId(name)]


def _queues(**closed_to: str | None) -> tuple[object, ...]:
    return tuple(
        dataclasses.replace(queue(name), closed_to=QueueName(other) if other else None)
        for name, other in closed_to.items()
    )


def _center(*agents: str, **closed_to: str | None) -> Configuration:
    queues = _queues(**closed_to) if closed_to else (queue("general"), queue("sales"))
    return configuration(*(agent(name, "general", "sales") for name in agents), queues=queues)  # type: ignore[arg-type]


# ---- relaxation

STEPS = (
    Relaxation(1_000, lower=skills(billing=2, german=9)),
    Relaxation(2_000, drop=(SkillName("billing"),)),
    Relaxation(2_000, add_queues=(SALES, GENERAL)),
)
RELAXED = dataclasses.replace(
    rule("strict", needs=skills(billing=8, german=3)), any_of=(skills(billing=4, sales=4),), relaxations=STEPS
)


def test_steps_lower_drop_and_add_in_the_order_of_their_time() -> None:
    config = configuration(agent("ada"), queues=(queue("general"), queue("sales")), rules=(RELAXED,))
    story = Playbook.open(config).at(0, arrived("anna"))
    caller = _caller(story)
    assert caller.needs == Needs((GENERAL,), skills(billing=8, german=3), (skills(billing=4, sales=4),))
    story.at(1_000, TimePassed())
    assert caller.needs == Needs((GENERAL,), skills(billing=2, german=3), (skills(billing=2, sales=4),))
    story.at(1_999, TimePassed()).expect_nothing_of(RecordDecision)
    story.at(2_500, TimePassed())
    assert caller.needs == Needs((GENERAL, SALES), skills(german=3))
    assert (caller.steps, caller.decisions) == (3, 4)


def test_who_is_routed_again_begins_with_the_steps_that_are_due() -> None:
    config = configuration(agent("ada"), queues=(queue("general"), queue("sales")))
    story = Playbook.open(config).at(1, AgentSignedOut(AgentId("ada")), arrived("anna"))
    story.at(1_500, ConfigurationLoaded(dataclasses.replace(config, rules=(RELAXED,))))
    assert (_caller(story).steps, _caller(story).decisions) == (1, 3)


# ---- preferred agents


def _kept(for_ms: int = 60_000) -> Configuration:
    keeps = dataclasses.replace(
        rule("theirs"), prefer=(Preference.ACCOUNT_MANAGER, Preference.LAST_AGENT), prefer_for_ms=for_ms
    )
    return configuration(agent("ada"), agent("bob"), rules=(keeps,))


def _waiting_for_ada(for_ms: int = 60_000) -> Playbook:
    """Both agents talk; anna waits for ada, whom she talked to last. Her account manager is not at work."""
    story = Playbook.open(_kept(for_ms)).at(10, arrived("x"), arrived("y")).at(20, answered("x.1"), answered("y.1"))
    record = dataclasses.replace(customer(1), account_manager=AgentId("cleo"))
    answer = dataclasses.replace(found("anna", record), last_agent=AgentId("ada"))
    return story.at(100, arrived("anna", caller="+1"), answer)


def test_it_is_kept_for_the_first_who_is_at_work_until_the_time_is_over() -> None:
    story = _waiting_for_ada(for_ms=5_000)
    assert _caller(story).held_for == "ada"
    story.at(5_099, TimePassed()).expect_nothing_of(RecordDecision)
    story.at(5_100, TimePassed()).expect(decided("anna", 2, DecisionKind.RELEASED))
    assert _caller(story).held_for is None


def test_it_is_free_when_the_agent_is_removed_or_may_no_longer_take_it() -> None:
    for agents in ((agent("bob"),), (agent("ada", "sales"), agent("bob"))):
        story = _waiting_for_ada()
        story.at(200, ConfigurationLoaded(dataclasses.replace(_kept(), agents=agents)))
        story.expect(decided("anna", 2, DecisionKind.RELEASED))
        assert _caller(story).held_for is None


def test_it_is_free_when_the_agent_refuses_it() -> None:
    story = Playbook.open(_kept())
    story.at(100, arrived("anna", caller="+1"), dataclasses.replace(found("anna"), last_agent=AgentId("ada")))
    story.at(200, leg_ended("anna.1", LegEnd.BUSY)).expect(decided("anna", 2, DecisionKind.RELEASED))
    assert (_caller(story).held_for, list(_caller(story).refused_by)) == (None, ["ada"])
    assert [offer.worker.id for offer in _caller(story).ringing] == ["bob"]


# ---- supervisors


def test_a_move_leaves_the_rule_behind_and_holds_against_new_rules() -> None:
    config = configuration(agent("ada"), queues=(queue("general"), queue("sales")), rules=(RELAXED,))
    story = Playbook.open(config).at(0, arrived("anna")).at(100, moved("anna", "sales"))
    caller = _caller(story)
    assert (caller.needs, caller.moved_to, caller.to_come) == (Needs((SALES,)), "sales", ())
    story.at(200, ConfigurationLoaded(dataclasses.replace(config, rules=(rule("new", priority=5),))))
    assert (caller.needs, caller.priority) == (Needs((SALES,)), 5)
    story.at(300, ConfigurationLoaded(dataclasses.replace(config, queues=(queue("general"),))))
    assert (caller.queue, caller.moved_to) == ("general", None)


def test_a_move_to_where_it_waits_or_to_a_queue_that_is_not_open_is_ignored() -> None:
    story = Playbook.open(_center()).at(0, arrived("anna"), queue_set("sales", DRAINED))
    story.at(100, moved("anna", "general"), moved("anna", "sales"), moved("anna", "nowhere"), moved("eve", "sales"))
    story.expect_nothing_of(RecordDecision)
    assert _caller(story).moved_to is None


def test_a_priority_holds_and_one_out_of_range_is_ignored() -> None:
    config = _center()
    story = Playbook.open(config).at(0, arrived("anna")).at(100, prioritised("anna", 70), prioritised("anna", 101))
    story.expect(decided("anna", 2, DecisionKind.PRIORITISED, priority=70, by="sue"))
    story.at(200, ConfigurationLoaded(dataclasses.replace(config, rules=(rule("new", priority=5),))))
    assert _caller(story).priority == 70


def test_who_is_withdrawn_is_sent_away_and_the_phone_stops() -> None:
    story = Playbook.open(_center("ada")).at(0, arrived("anna"))
    story.at(100, withdrawn("anna")).expect(sent_away("anna", Outcome.WITHDRAWN))
    picture = story.auditor.picture
    assert picture.foreseen.ended == {"anna": Outcome.WITHDRAWN}
    assert list(picture.foreseen.stopped) == ["anna.1"]


# ---- queue states


@pytest.mark.parametrize(
    ("states", "ends_in"),
    [
        ({"general": DRAINED}, "sales"),
        ({"general": CLOSED, "sales": DRAINED}, "night"),
        ({"general": CLOSED, "sales": CLOSED, "night": CLOSED}, None),
    ],
)
def test_who_comes_anew_goes_on_until_a_queue_is_open(states: dict[str, QueueState], ends_in: str | None) -> None:
    story = Playbook.open(_center(general="sales", sales="night", night="general"))
    story.at(0, *(queue_set(name, state) for name, state in states.items())).at(100, arrived("anna"))
    if ends_in is None:
        story.expect(decided("anna", 1, DecisionKind.TURNED_AWAY), sent_away("anna", Outcome.CLOSED))
    else:
        assert _caller(story).needs == Needs((QueueName(ends_in),))


def test_a_drained_queue_keeps_who_waits_and_a_closed_one_does_not() -> None:
    story = Playbook.open(_center(general="sales", sales=None)).at(0, arrived("anna"))
    story.at(100, queue_set("general", DRAINED))
    assert _caller(story).queue == "general"
    story.at(200, queue_set("general", CLOSED))
    assert _caller(story).queue == "sales"
    story.at(300, queue_set("sales", CLOSED)).expect(sent_away("anna", Outcome.CLOSED))


def test_a_phone_goes_on_ringing_and_who_was_moved_there_goes_where_the_rule_says() -> None:
    story = Playbook.open(_center("ada")).at(0, arrived("anna")).at(10, moved("anna", "sales"))
    story.at(100, queue_set("sales", CLOSED))
    assert (_caller(story).state, _caller(story).queue) == (ContactState.OFFERED, "sales")
    story.at(200, leg_ended("anna.1", LegEnd.BUSY))
    assert (_caller(story).queue, _caller(story).moved_to) == ("general", None)


def test_a_queues_state_outlives_new_rules_and_goes_with_the_queue() -> None:
    config = _center()
    story = Playbook.open(config).at(0, queue_set("sales", CLOSED)).at(100, ConfigurationLoaded(config))
    assert story.auditor.picture.queue_states == {SALES: CLOSED}
    story.at(200, ConfigurationLoaded(dataclasses.replace(config, queues=(queue("general"),))))
    assert story.auditor.picture.queue_states == {}
