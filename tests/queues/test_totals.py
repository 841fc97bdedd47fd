"""Totals: each command counts once, whatever dies in between, and every label and histogram has a bound."""

from collections import Counter
from dataclasses import replace

import pytest

from callcenter.commands import Command, ContactRouted, EventIgnored, OfferClosed, RecordContact, RecordDecision
from callcenter.engine import Engine
from callcenter.events import Event
from callcenter.facts import HandedTo, RecordPart, RecordVisit
from callcenter.metrics.contacts import CONTACTS
from callcenter.metrics.families import families
from callcenter.metrics.offers import OFFERS
from callcenter.queues import totals as totals_module
from callcenter.queues.totals import BASE_BOUNDS_MS, BETWEEN, OTHER, WAIT, Totals, configure, note
from callcenter.simulation.world import World
from callcenter.stores.snapshot import decode_snapshot, encode_snapshot
from callcenter.stories import QueueLeft
from callcenter.talks import Direction
from callcenter.types import (
    AgentId,
    ContactId,
    DecisionKind,
    OfferId,
    OfferState,
    Outcome,
    QueueName,
    RuleConfig,
    Tier,
)
from tests.metrics.scraping import ANSWERED
from tests.playbook import Playbook, agent, arrived, configuration, overflow, queue, rule

SALES, GENERAL, GOLD = QueueName("sales"), QueueName("general"), Tier("gold")
CONTACT = ContactId("c")
CONFIG = configuration(
    agent("ada"),
    queues=(replace(queue("general"), overflow=overflow(60_000, "sales")), queue("sales")),
    rules=(rule("all"),),
)
LEFT = QueueLeft(CONTACT, SALES, GOLD, Outcome.ANSWERED, 15_000, 20_000, 5_000)
PART = RecordPart(
    CONTACT, 1, AgentId("ada"), SALES, GOLD, "100", Direction.IN, 0, 70_000, 2_000, 40_000, 20_000, 10_000, 5_000, 2,
    HandedTo.QUEUE, "sold",
)  # fmt: skip


def told(*commands: Command) -> Totals:
    totals = Totals()
    configure(totals, CONFIG)
    for command in commands:
        note(totals, command)
    return totals


def count(totals: Totals, what: str, *labels: str) -> int:
    return totals.counts.get(what, {}).get(BETWEEN.join(labels), 0)


def exposition(totals: Totals) -> list[str]:
    """All samples of the families that come from the totals."""
    return [str(family.samples) for family in families((*CONTACTS, *OFFERS), totals)]


def exposition_of(engine: Engine) -> list[str]:
    return exposition(engine.snapshot().totals)


def test_a_stay_in_a_queue_counts_when_it_ends_by_how_it_ended_and_whether_in_time() -> None:
    totals = told(
        LEFT,
        replace(LEFT, waited_ms=20_000),  # at the threshold, to the ms
        replace(LEFT, waited_ms=20_001),
        replace(LEFT, outcome=Outcome.ABANDONED, waited_ms=4_999),
        replace(LEFT, outcome=Outcome.ABANDONED, waited_ms=5_000),
        replace(LEFT, outcome=Outcome.ABANDONED, waited_ms=30_000),
        replace(LEFT, outcome=Outcome.OVERFLOWED, to=GENERAL),
        replace(LEFT, outcome=Outcome.OVERFLOWED),
        replace(LEFT, outcome=Outcome.WITHDRAWN),
        replace(LEFT, outcome=None),
    )
    ends = {how: count(totals, "left", "sales", "gold", how) for how in ("answered", "abandoned", "short_abandoned")}
    assert ends == {"answered": 3, "abandoned": 2, "short_abandoned": 1}
    assert count(totals, "left", "sales", "gold", "overflowed") == 2
    assert count(totals, "left", "sales", "gold", "other") == 2
    assert count(totals, "answered_within", "sales", "gold") == 2
    assert count(totals, "abandoned_within", "sales", "gold") == 2
    assert count(totals, "overflows", "sales", "general") == 1
    assert count(totals, "overflows", "sales", "away") == 1
    answers, abandons = totals.times["answer"][BETWEEN.join(("sales", "gold"))], totals.times["abandon"]["sales"]
    assert (sum(answers.counts), answers.sum_ms) == (3, 55_001)
    assert (sum(abandons.counts), abandons.sum_ms) == (3, 39_999)


def test_a_part_is_told_by_its_pieces_and_as_a_whole() -> None:
    totals = told(PART, replace(PART, transfer=None, consults=0, hold_ms=0))
    sums = {what: totals.times[what]["sales"].sum_ms for what in ("talk", "hold", "wrap_up", "handle")}
    assert sums == {"talk": 80_000, "hold": 20_000, "wrap_up": 20_000, "handle": 120_000}
    assert {sum(totals.times[what]["sales"].counts) for what in sums} == {2}
    assert count(totals, "transfers", "sales", "queue") == 1
    assert count(totals, "consults", "sales") == 2


def test_routing_offers_decisions_and_ignored_events_are_counted() -> None:
    moved = RecordDecision(CONTACT, 1, DecisionKind.MOVED, 1_000, SALES, 20, "from general", "sue")
    totals = told(
        ContactRouted(CONTACT, GENERAL, GOLD, "all", matched=True, again=False),
        ContactRouted(CONTACT, SALES, GOLD, "all", matched=True, again=True),
        ContactRouted(CONTACT, GENERAL, GOLD, "default", matched=False, again=False),
        OfferClosed(OfferId("o"), CONTACT, AgentId("ada"), SALES, OfferState.ACCEPTED, 2_000),
        OfferClosed(OfferId("p"), CONTACT, AgentId("ada"), SALES, OfferState.EXPIRED, 15_000),
        moved,
        replace(moved, queue=None, kind=DecisionKind.TURNED_AWAY),
        EventIgnored("OfferEnded", "late"),
    )
    assert (
        count(totals, "routed", "general", "gold", "true") == count(totals, "routed", "general", "gold", "false") == 1
    )
    assert (count(totals, "rule_hits", "all"), count(totals, "rerouted", "sales")) == (2, 1)
    assert count(totals, "default_queue") == 1
    assert (count(totals, "offers", "sales", "accepted"), count(totals, "offers", "sales", "expired")) == (1, 1)
    assert totals.times["offer_answer"]["sales"].sum_ms == totals.times["offer_ring"]["accepted"].sum_ms == 2_000
    assert count(totals, "decisions", "sales", "moved") == count(totals, "decisions", "none", "turned_away") == 1
    assert count(totals, "ignored", "OfferEnded") == 1


def test_each_threshold_is_a_bound_of_waits_and_of_nothing_else() -> None:
    totals = Totals()
    configure(totals, replace(CONFIG, queues=(replace(queue("general"), service_level_ms=17_000, short_abandon_ms=7),)))
    assert totals.bounds_ms[WAIT] == sorted({*BASE_BOUNDS_MS[WAIT], 17_000, 7})
    assert totals.bounds_ms["ring"] == list(BASE_BOUNDS_MS["ring"])


def test_a_new_threshold_splits_no_wait_of_before_and_takes_none_back() -> None:
    totals = told(replace(LEFT, waited_ms=16_000), replace(LEFT, waited_ms=19_000))
    series, bounds = totals.times["answer"][BETWEEN.join(("sales", "gold"))], totals.bounds_ms[WAIT]

    def up_to(bound_ms: int) -> int:
        return sum(series.counts[: bounds.index(bound_ms) + 1])

    assert up_to(20_000) - up_to(15_000) == 2
    configure(totals, replace(CONFIG, queues=(replace(queue("sales"), service_level_ms=17_000),)))
    assert (up_to(15_000), up_to(17_000), up_to(20_000)) == (0, 0, 2)
    note(totals, replace(LEFT, waited_ms=16_500))
    assert (up_to(15_000), up_to(17_000), up_to(20_000)) == (0, 1, 3)
    configure(totals, CONFIG)  # the threshold is 20 s again
    assert 17_000 in bounds, "a series that goes and comes again with less would look like a restart"


def test_histograms_have_a_bound_of_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(totals_module, "MAX_BOUNDS", 20)
    totals = told(LEFT)
    for limit_ms in range(1, 100):
        configure(totals, replace(CONFIG, queues=(replace(queue("sales"), service_level_ms=limit_ms),)))
    assert len(totals.bounds_ms[WAIT]) == 20
    assert len(totals.times["answer"][BETWEEN.join(("sales", "gold"))].counts) == 21


def test_names_of_no_configuration_are_other() -> None:
    contact = replace(ANSWERED, queue=QueueName("gone"), tier=Tier("none of ours"))
    totals = told(contact, ContactRouted(CONTACT, SALES, GOLD, "a rule of before", matched=True, again=False))
    assert count(totals, "contacts", OTHER, OTHER, "answered") == 1
    assert count(totals, "rule_hits", OTHER) == 1


def test_names_and_series_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(totals_module, "MAX_NAMES", 3)
    monkeypatch.setattr(totals_module, "MAX_SERIES", 4)
    totals = told()
    for number in range(20):
        name = QueueName(f"queue {number}")
        rules = (RuleConfig(f"rule {number}", name, 0),)
        configure(totals, replace(CONFIG, queues=(replace(queue("general"), name=name),), rules=rules))
        note(totals, replace(LEFT, queue=name))
        note(totals, EventIgnored(f"event {number}", "why"))
    assert list(totals.queues) == ["general", "sales", "queue 0"]
    assert list(totals.rules) == ["all", "rule 0", "rule 1"]
    assert totals.counts["ignored"] == {**{f"event {number}": 1 for number in range(4)}, OTHER: 16}


def test_a_copy_stays_as_it_was() -> None:
    totals = told(LEFT, PART)
    copy = totals.copy()
    assert copy == totals
    before = exposition(copy)
    note(totals, LEFT)
    note(totals, PART)
    configure(totals, replace(CONFIG, queues=(replace(queue("new"), service_level_ms=17_000),)))
    assert exposition(copy) == before


def world_of(seed: int) -> World:
    world = World(seed, audit=True)
    world.live(400)
    return world


@pytest.mark.parametrize("seed", [3, 11, 24, 57])
def test_a_kill_at_any_point_loses_no_count_and_counts_nothing_twice(seed: int) -> None:
    """Killed and recovered from its snapshot and the events after it, the core tells exactly what it told before."""
    world = world_of(seed)
    live = Engine.fresh(world.engine.snapshot().configuration)
    snapshot, tail = encode_snapshot(live.snapshot()), list[tuple[int, Event]]()
    for place, (now_ms, event) in enumerate(world.journal):
        live.handle(now_ms, event)
        tail.append((now_ms, event))
        if place % 7 == 0:
            recovered = Engine(decode_snapshot(snapshot))
            for then_ms, again in tail:
                recovered.handle(then_ms, again)
            assert exposition_of(recovered) == exposition_of(live)
        if place % 23 == 0:
            snapshot, tail = encode_snapshot(live.snapshot()), []
    assert live.snapshot().totals.counts["contacts"]


@pytest.mark.parametrize("seed", [3, 24])
def test_counts_equal_a_naive_recount_of_what_the_core_has_said(seed: int) -> None:
    world = world_of(seed)
    engine = Engine.fresh(world.engine.snapshot().configuration)
    said = [command for now_ms, event in world.journal for command in engine.handle(now_ms, event)]
    totals = engine.snapshot().totals

    def together(what: str, place: int) -> dict[str, int]:
        counts: Counter[str] = Counter()
        for labels, counted in totals.counts.get(what, {}).items():
            if counted:
                counts[labels.split(BETWEEN)[place]] += counted
        return dict(counts)

    contacts = [command for command in said if isinstance(command, RecordContact)]
    assert together("contacts", 2) == Counter(record.outcome.value for record in contacts)
    offers = [command for command in said if isinstance(command, OfferClosed)]
    assert together("offers", 1) == Counter(offer.state.value for offer in offers)
    stays = [command for command in said if isinstance(command, QueueLeft)]
    assert sum(together("left", 0).values()) == len(stays)
    in_time = [stay for stay in stays if stay.waited_ms <= stay.service_level_ms]
    assert together("answered_within", 0) == Counter(stay.queue for stay in in_time if stay.outcome is Outcome.ANSWERED)
    parts = [command for command in said if isinstance(command, RecordPart)]
    assert sum(sum(times.counts) for times in totals.times.get("handle", {}).values()) == len(parts)


@pytest.mark.parametrize("seed", [1, 8, 33])
def test_stays_are_the_visits_of_the_log(seed: int) -> None:
    """Metrics and reports come from different words of the core; they must be of one opinion."""
    world = world_of(seed)
    engine = Engine.fresh(world.engine.snapshot().configuration)
    visits: Counter[tuple[str, str]] = Counter()
    for now_ms, event in world.journal:
        for command in engine.handle(now_ms, event):
            if isinstance(command, RecordVisit) and command.outcome is not None:
                visits[command.queue, command.outcome.value] += 1
    stays: Counter[tuple[str, str]] = Counter()
    for labels, counted in engine.snapshot().totals.counts["left"].items():
        name, _, end = labels.split(BETWEEN)
        stays[name, "abandoned" if end == "short_abandoned" else end] += counted
    assert stays == visits


def test_an_overflow_is_told_with_where_it_went() -> None:
    story = Playbook(CONFIG).at(0, arrived("anna")).wait_until(60_000)
    assert count(story.engine.snapshot().totals, "overflows", "general", "sales") == 1
