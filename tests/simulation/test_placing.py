"""The auditor's account of where a caller waits and for whom. The engine tells the same story, or these would fail."""

import dataclasses

import pytest

from callcenter.commands import RecordDecision, RingDevice
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
    Overflow,
    Preference,
    QueueName,
    QueueState,
    Relaxation,
    RuleConfig,
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
    left,
    leg_ended,
    moved,
    no,
    overflow,
    prioritised,
    queue,
    queue_set,
    reloaded,
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
    story.at(1_500, reloaded(dataclasses.replace(config, rules=(RELAXED,))))
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
    assert [offer.worker.id for offer in _caller(story).ringing if offer.worker is not None] == ["bob"]


# ---- supervisors


def test_a_move_leaves_the_rule_behind_and_holds_against_new_rules() -> None:
    config = configuration(agent("ada"), queues=(queue("general"), queue("sales")), rules=(RELAXED,))
    story = Playbook.open(config).at(0, arrived("anna")).at(100, moved("anna", "sales"))
    caller = _caller(story)
    assert (caller.needs, caller.moved_to, caller.to_come) == (Needs((SALES,)), "sales", ())
    story.at(200, reloaded(dataclasses.replace(config, rules=(rule("new", priority=5),))))
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
    story.at(200, reloaded(dataclasses.replace(config, rules=(rule("new", priority=5),))))
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


# ---- rules that send away


def _leading_away(*agents: str, tier: str | None = None) -> Configuration:
    gone = dataclasses.replace(rule("gone", to="away", tier=tier), away="holiday", tags=("late",))
    return dataclasses.replace(_center(*agents), rules=(gone, rule("rest", priority=4)))


def test_who_is_sent_away_at_once_has_never_had_a_queue() -> None:
    story = Playbook.open(_leading_away("ada")).at(0, arrived("anna"))
    story.expect(decided("anna", 1, DecisionKind.TURNED_AWAY, queue=None, priority=None), no(RingDevice))
    assert story.auditor.picture.foreseen.sent_away == {"anna": "holiday"}
    assert story.auditor.picture.gone == {"anna": Outcome.CLOSED}


def test_who_has_waited_is_logged_where_it_did_and_a_phone_that_rings_goes_on() -> None:
    story = Playbook.open(_leading_away(tier="gold")).at(0, arrived("anna", caller="+1")).at(1_000, TimePassed())
    story.at(1_100, found("anna", customer(1, "gold")))
    story.expect(decided("anna", 2, DecisionKind.TURNED_AWAY, queue="general", priority=4))
    over = story.auditor.picture.foreseen.over[ContactId("anna")]
    assert over.route is not None
    assert (over.route.rule, over.route.tags, over.queue) == ("gone", ("late",), "general")
    story = Playbook.open(_leading_away("ada", tier="gold")).at(0, arrived("anna", caller="+1")).at(1_000, TimePassed())
    story.at(1_100, found("anna", customer(1, "gold"))).expect_nothing_of(RecordDecision)
    assert _caller(story).nowhere
    story.at(1_200, leg_ended("anna.1", LegEnd.BUSY)).expect(sent_away("anna", Outcome.CLOSED))


# ---- overflow

AWAY_LATER = overflow(9_000)


def _overflowing(*agents: str, rules: tuple[RuleConfig, ...] = (), **overflows: Overflow | None) -> Configuration:
    queues = tuple(dataclasses.replace(queue(name), overflow=overflows[name]) for name in overflows)
    return configuration(*(agent(name, *overflows) for name in agents), queues=queues, rules=rules)


def test_the_rules_overflow_counts_in_its_own_queue_and_the_queues_in_every_other() -> None:
    theirs = dataclasses.replace(RELAXED, overflow=overflow(3_000, "sales"))
    config = _overflowing(rules=(theirs,), general=overflow(1_000, "night"), sales=AWAY_LATER, night=None)
    story = Playbook.open(config).at(500, arrived("anna"))
    caller = _caller(story)
    story.at(3_499, TimePassed())
    assert (caller.queue, caller.steps) == ("general", 3)
    story.at(3_500, TimePassed()).expect(decided("anna", 5, DecisionKind.OVERFLOWED, queue="sales", priority=0))
    assert (caller.needs, caller.overflowed) == (Needs((SALES,)), (SALES,))
    story.at(9_500, TimePassed()).expect(
        decided("anna", 6, DecisionKind.OVERFLOWED, queue="sales"), sent_away("anna", Outcome.OVERFLOWED)
    )
    assert story.auditor.picture.gone == {"anna": Outcome.OVERFLOWED}


def test_one_overflow_leads_to_the_next_at_once_and_never_back() -> None:
    config = _overflowing(
        general=overflow(1_000, "sales"), sales=overflow(500, "night"), night=overflow(800, "general")
    )
    story = Playbook.open(config).at(0, arrived("anna"))
    story.at(1_000, TimePassed())
    assert _caller(story).overflowed == (SALES, NIGHT, GENERAL)
    story.at(60_000, TimePassed()).expect_nothing_of(RecordDecision)
    assert _caller(story).queue == "general"


def test_while_a_phone_rings_it_waits_and_is_looked_at_each_second() -> None:
    story = Playbook.open(_overflowing("ada", general=overflow(1_000))).at(100, arrived("anna"))
    story.at(1_300, TimePassed()).at(2_200, TimePassed()).expect_nothing_of(RecordDecision)
    story.at(2_250, leg_ended("anna.1", LegEnd.BUSY))
    assert _caller(story).overflow_due_ms == Playbook.START_MS + 2_300
    story.at(2_299, TimePassed()).expect_nothing_of(RecordDecision)
    story.at(2_300, TimePassed()).expect(sent_away("anna", Outcome.OVERFLOWED))


def test_where_a_queue_takes_nobody_closed_to_leads_on_and_where_it_leads_nowhere_it_stays() -> None:
    config = _overflowing(general=overflow(1_000, "sales"), sales=None, night=None)
    leading_on = dataclasses.replace(config.queues[1], closed_to=NIGHT)
    story = Playbook.open(dataclasses.replace(config, queues=(config.queues[0], leading_on, config.queues[2])))
    story.at(0, queue_set("sales", DRAINED), arrived("anna")).at(1_000, TimePassed())
    assert _caller(story).overflowed == (NIGHT,)
    story.at(2_000, left("anna"), arrived("ben")).at(2_500, queue_set("night", CLOSED)).at(3_000, TimePassed())
    story.expect_nothing_of(RecordDecision)
    story.at(4_000, queue_set("night", OPEN)).at(60_000, TimePassed()).expect_nothing_of(RecordDecision)
    assert _caller(story, "ben").queue == "general"


def test_who_should_go_where_no_queue_is_any_more_stays() -> None:
    theirs = dataclasses.replace(rule("theirs"), overflow=overflow(1_000, "sales"))
    config = _overflowing(rules=(theirs,), general=None, sales=None)
    story = Playbook.open(config).at(0, arrived("anna"))
    story.at(500, reloaded(_overflowing(general=None), reroute=False)).at(1_000, TimePassed())
    assert _caller(story).queue == "general"


def test_who_was_moved_does_not_overflow() -> None:
    story = Playbook.open(_overflowing(general=None, sales=overflow(1_000))).at(0, arrived("anna"))
    story.at(500, moved("anna", "sales")).at(60_000, TimePassed()).expect_nothing_of(RecordDecision)


def test_late_records_and_new_rules_do_not_undo_it_unless_the_queue_is_no_more() -> None:
    config = _overflowing(general=overflow(1_000, "sales"), sales=None)
    story = Playbook.open(config).at(0, arrived("anna", caller="+1")).at(1_000, TimePassed())
    story.at(1_100, found("anna", customer(1, "gold")))
    story.at(1_200, reloaded(dataclasses.replace(config, rules=(rule("new", priority=5, needs=skills(law=3)),))))
    caller = _caller(story)
    assert (caller.needs, caller.priority, caller.tier) == (Needs((SALES,)), 5, "gold")
    story.at(1_300, ConfigurationLoaded(dataclasses.replace(config, queues=(queue("general"),))))
    assert (caller.queue, caller.overflowed, caller.overflowed_to) == ("general", (SALES,), None)


def test_who_overflowed_into_a_queue_that_closes_goes_back_to_its_rules() -> None:
    story = Playbook.open(_overflowing(general=overflow(1_000, "sales"), sales=None)).at(0, arrived("anna"))
    story.at(1_000, TimePassed()).at(2_000, queue_set("sales", CLOSED))
    assert _caller(story).queue == "general"
    story.at(3_000, TimePassed()).at(3_100, queue_set("sales", OPEN)).at(60_000, TimePassed())
    assert _caller(story).queue == "general"


# ---- new rules


def test_who_waits_keeps_its_route_and_tier_whatever_new_rules_say() -> None:
    config = _center()
    changed = dataclasses.replace(config, rules=(rule("new", to="sales"),), default_tier=config.tiers[0])
    story = Playbook.open(config).at(0, arrived("anna"), arrived("ben", caller="+1"))
    story.at(100, reloaded(changed, reroute=False)).expect_nothing_of(RecordDecision)
    assert (_caller(story).queue, _caller(story).tier) == ("general", "standard")
    story.at(200, TimePassed())  # ben's record did not come in time
    assert (_caller(story, "ben").queue, _caller(story, "ben").tier) == ("sales", "gold")
    story.at(300, reloaded(changed))
    assert (_caller(story).queue, _caller(story).tier) == ("sales", "gold")


def test_who_waits_where_no_queue_is_any_more_is_routed_though_nobody_asked() -> None:
    config = _center()
    story = Playbook.open(config).at(0, arrived("anna")).at(100, moved("anna", "sales"))
    story.at(200, reloaded(dataclasses.replace(config, queues=(queue("general"),)), reroute=False))
    assert _caller(story).queue == "general"


@pytest.mark.parametrize("reroute", [False, True])
def test_new_lengths_of_overflow_count_at_once_from_the_arrival(reroute: bool) -> None:
    story = Playbook.open(_overflowing(general=overflow(60_000))).at(0, arrived("anna"))
    story.at(2_000, reloaded(_overflowing(general=overflow(1_000)), reroute=reroute))
    story.at(2_001, TimePassed()).expect(sent_away("anna", Outcome.OVERFLOWED))
