"""Who may take whom and who comes first, told by hand: the sentences of docs/routing.md with numbers in them."""

import dataclasses

import pytest

from callcenter.simulation.account import Caller, Worker
from callcenter.simulation.judging import (
    bound_ms,
    by_strategy,
    occupancy,
    partners,
    place_ms,
    proficiency,
    queue_of,
    rank,
    suits,
)
from callcenter.types import AgentId, ContactState, Needs, PbxName, QueueName, Route, Skill, Strategy
from tests.playbook import agent, arrived, configuration, queue, skills

ADA, BOB = AgentId("ada"), AgentId("bob")
GENERAL, SALES = QueueName("general"), QueueName("sales")


def _caller(
    name: str = "anna", at_ms: int = 0, priority: int = 0, queues: tuple[str, ...] = ("general",), **needs: object
) -> Caller:
    caller = Caller(arrived(name), at_ms, at_ms, ContactState.WAITING, 0)
    caller.route = Route(GENERAL, priority, (), "rule", "because")
    caller.needs = dataclasses.replace(Needs(tuple(QueueName(each) for each in queues)), **needs)  # type: ignore[arg-type]
    return caller


def _worker(name: str, *queues: str, levels: dict[QueueName, int] | None = None, **has: int) -> Worker:
    config = dataclasses.replace(agent(name, *queues), skills=skills(**has), levels=levels or {})
    return Worker(config)


def test_each_skill_and_one_of_each_group_at_its_level() -> None:
    caller = _caller(skills=skills(billing=3), any_of=(skills(german=5, dutch=2), skills(sales=1)))
    assert suits(_worker("ada", billing=3, dutch=2, sales=9), caller)
    assert not suits(_worker("ada", billing=2, dutch=2, sales=9), caller)
    assert not suits(_worker("ada", billing=3, german=4, sales=9), caller)
    assert not suits(_worker("ada", billing=3, german=5), caller)


def test_any_of_its_queues_will_do_and_the_pbx_must_be_the_callers() -> None:
    caller = _caller(queues=("general", "sales"))
    assert suits(_worker("ada", "sales"), caller)
    assert not suits(_worker("ada", "support"), caller)
    caller.arrival = arrived("anna", pbx=PbxName("elsewhere"))
    assert not suits(_worker("ada", "sales"), caller)


def test_the_place_is_the_arrival_less_priority_plus_the_agents_own_order() -> None:
    ada = _worker("ada", "general", "sales", levels={GENERAL: 3, SALES: 2})
    assert place_ms(ada, _caller(at_ms=5_000, priority=20), 1_000) == 5_000 - 20_000 + 200_000
    both = _caller(at_ms=5_000, priority=20, queues=("general", "sales"))
    assert place_ms(ada, both, 1_000) == 5_000 - 20_000 + 100_000


def test_nobody_who_comes_later_than_the_bound_overtakes() -> None:
    ada = _worker("ada", levels={GENERAL: 2})
    early = _caller("early", at_ms=0, priority=20)
    late = _caller("late", at_ms=bound_ms(ada, early, 1_000), priority=100, queues=("other",))
    late.needs = Needs((QueueName("first"),))
    fast = _worker("ada", "general", "first", levels={GENERAL: 2})
    assert bound_ms(ada, early, 1_000) == 180_000
    assert (place_ms(fast, early, 1_000), early.age) < (place_ms(fast, late, 1_000), late.age)
    late.arrived_ms -= 1
    assert place_ms(fast, late, 1_000) < place_ms(fast, early, 1_000)


def test_who_has_refused_is_a_partner_only_if_nobody_else_is() -> None:
    ada, bob, caller = _worker("ada"), _worker("bob"), _caller()
    caller.refused_by[ADA] = None
    assert partners(caller, [ada, bob]) == [bob]
    assert partners(caller, [ada]) == [ada]
    caller.held_for = ADA
    assert partners(caller, [ada, bob]) == [ada]


@pytest.mark.parametrize(
    ("strategy", "ada", "bob"),
    [
        (Strategy.LONGEST_IDLE, {"idle_since_ms": 1}, {"idle_since_ms": 2}),
        (Strategy.LEAST_OCCUPIED, {"handling_ms": 1, "ready_ms": 9}, {"handling_ms": 1, "ready_ms": 8}),
        (Strategy.FEWEST_CONTACTS, {"contacts_today": 1}, {"contacts_today": 2}),
        (Strategy.ROUND_ROBIN, {"turns": {}}, {"turns": {GENERAL: 1}}),
        (Strategy.ROUND_ROBIN, {"turns": {GENERAL: 1, SALES: 9}}, {"turns": {GENERAL: 2}}),
    ],
)
def test_a_strategy_puts_ada_before_bob(strategy: Strategy, ada: dict[str, object], bob: dict[str, object]) -> None:
    config = dataclasses.replace(queue("general"), strategy=strategy)
    first, second = _worker("ada"), _worker("bob")
    for worker, values in ((first, ada), (second, bob)):
        for field, value in values.items():
            setattr(worker, field, value)
    assert by_strategy(first, _caller(), config, 0) < by_strategy(second, _caller(), config, 0)


def test_strategies_that_look_at_skills_or_at_the_list() -> None:
    caller = _caller(skills=skills(billing=1))
    ada, bob = _worker("ada", billing=9, german=1), _worker("bob", billing=8)

    def first(strategy: Strategy, ranked: tuple[AgentId, ...] = ()) -> str:
        config = dataclasses.replace(queue("general"), strategy=strategy, ranked=ranked)
        return min((ada, bob), key=lambda worker: by_strategy(worker, caller, config, 0)).id

    assert first(Strategy.MOST_PROFICIENT) == "ada"
    assert first(Strategy.LEAST_FLEXIBLE) == "bob"
    assert first(Strategy.RANKED, (BOB, ADA)) == "bob"
    assert first(Strategy.RANKED, (ADA,)) == "ada"


def test_the_draw_is_by_seed_contact_offer_and_agent() -> None:
    config = dataclasses.replace(queue("general"), strategy=Strategy.RANDOM)
    caller, ada = _caller(), _worker("ada")
    draw = by_strategy(ada, caller, config, 7)
    assert draw == by_strategy(ada, caller, config, 7)
    caller.offers = 1
    assert len({draw, by_strategy(ada, caller, config, 7), by_strategy(ada, caller, config, 8)}) == 3


def test_proficiency_takes_the_best_of_each_group_that_counts() -> None:
    needs = Needs((GENERAL,), skills(billing=3), (skills(german=5, dutch=2),))
    assert proficiency(_worker("ada", billing=4, german=4, dutch=2, sales=9), needs) == 4 + 2
    assert proficiency(_worker("ada", billing=4, german=6, dutch=2), needs) == 4 + 6


def test_occupancy_is_in_millionths_and_nothing_yet_is_none() -> None:
    ada = _worker("ada")
    assert occupancy(ada) == 0
    ada.handling_ms, ada.ready_ms = 1, 2
    assert occupancy(ada) == 333_333


def test_of_equal_pairs_preferred_skills_decide_then_strategy_idle_and_name() -> None:
    config = configuration(agent("ada"), agent("bob"))
    caller = _caller(preferred=(Skill(skills(german=3)[0].name, 3),))
    ada, bob = _worker("ada"), _worker("bob", german=3)
    assert rank(bob, caller, config) < rank(ada, caller, config)
    bob = _worker("bob", german=2)
    assert rank(ada, caller, config) < rank(bob, caller, config)
    assert queue_of(caller, config).name == "general"
