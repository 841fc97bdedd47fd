"""Figures of the day: counted when it happens, begun anew at midnight, and the same whatever dies in between."""

import re
from collections import Counter
from dataclasses import replace

import msgspec
import pytest

from callcenter.commands import AgentChanged, Command, OfferClosed, RecordContact, RecordDecision, RecordSegment
from callcenter.engine import Engine
from callcenter.events import AgentNotReady, AgentSignedIn, AgentSignedOut, DayBegan, TimePassed, WrapUpEnded
from callcenter.overview import QueueView
from callcenter.queues.tally import MAX_MISSED, WINDOW_MS, AgentFigures, Missed
from callcenter.simulation.world import World
from callcenter.state import Saved
from callcenter.types import (
    AgentId,
    AgentState,
    ContactId,
    DecisionKind,
    LegEnd,
    OfferState,
    Outcome,
    QueueState,
    SegmentKind,
)
from tests.playbook import (
    Playbook,
    agent,
    answered,
    arrived,
    configuration,
    left,
    leg_ended,
    moved,
    overflow,
    queue,
    queue_set,
    ringing,
    rule,
    withdrawn,
)

CONFIG = configuration(
    agent("ada", "general"), agent("sam", "sales"), queues=(queue("general"), queue("sales")), rules=(rule("all"),)
)


def seen(story: Playbook, name: str = "general") -> QueueView:
    views = story.engine.overview(story.START_MS + story.now_ms).queues
    return next(view for view in views if view.name == name)


def figures(story: Playbook, name: str = "ada") -> AgentFigures:
    return story.engine.snapshot().tally.agents[AgentId(name)].figures


def test_who_is_answered_counts_at_the_answer_and_not_at_the_end() -> None:
    patient = replace(CONFIG, queues=(queue("general", offer_timeout_ms=60_000), queue("sales")))
    story = Playbook.open(patient).at(1_000, arrived("anna")).at(21_000, answered("anna.1"))
    assert (seen(story).today.answered, seen(story).today.answered_within) == (1, 1)  # at the threshold, to the ms
    assert seen(story).today.average_speed_of_answer_ms == 20_000
    story.at(30_000, left("anna"), WrapUpEnded(AgentId("ada"), ContactId("anna"), None))
    story.at(40_000, arrived("ben")).at(60_001, answered("ben.1"))
    assert (seen(story).today.answered, seen(story).today.answered_within) == (2, 1)
    assert seen(story).recent == seen(story).today


def test_who_hangs_up_counts_apart_where_it_was_at_once() -> None:
    story = Playbook(CONFIG).at(0, arrived("anna"), arrived("ben"), arrived("carl"))
    story.at(4_999, left("anna")).at(5_000, left("ben")).at(20_001, left("carl"))
    today = seen(story).today
    assert (today.short_abandoned, today.abandoned, today.abandoned_within) == (1, 2, 2)


def test_who_overflows_counts_in_the_queue_that_it_leaves_and_then_where_it_is_answered() -> None:
    config = replace(CONFIG, queues=(replace(queue("general"), overflow=overflow(10_000, "sales")), queue("sales")))
    story = Playbook(config).at(0, arrived("anna")).wait_until(10_000)
    assert seen(story).today.overflowed == 1
    assert seen(story, "sales").waiting == 1
    story.at(12_000, left("anna"))
    assert (seen(story, "sales").today.abandoned, seen(story).today.abandoned) == (1, 0)


def test_who_is_sent_away_after_its_wait_has_overflowed_too() -> None:
    config = replace(CONFIG, queues=(replace(queue("general"), overflow=overflow(10_000)), queue("sales")))
    assert seen(Playbook(config).at(0, arrived("anna")).wait_until(10_000)).today.overflowed == 1


def test_who_is_moved_withdrawn_or_turned_away_is_nobody_elses_failure() -> None:
    story = Playbook(CONFIG).at(0, arrived("anna"), arrived("ben"), arrived("carl"))
    story.at(1_000, moved("anna", "sales"), withdrawn("ben"), queue_set("general", QueueState.CLOSED))
    assert seen(story).today.others == 3
    assert seen(story, "sales").today.others == 0


def test_the_last_quarter_of_an_hour_forgets_and_the_day_does_not() -> None:
    story = Playbook.open(CONFIG).at(1_000, arrived("anna"), left("anna"))
    assert seen(story).recent.short_abandoned == 1
    story.at(WINDOW_MS, TimePassed())
    assert seen(story).recent.short_abandoned == 1
    story.at(WINDOW_MS + 61_000, TimePassed())
    assert seen(story).recent.short_abandoned == 0
    assert seen(story).today.short_abandoned == 1
    story.at(2 * WINDOW_MS, arrived("ben"), left("ben"))
    assert len(story.engine.snapshot().tally.queues[seen(story).name].steps) == 1  # what is over is not kept


def test_an_agents_day_is_the_time_in_each_state() -> None:
    story = Playbook.open(CONFIG)  # READY at 0
    story.at(10_000, arrived("anna"), ringing("anna.1")).at(12_000, answered("anna.1")).at(42_000, left("anna"))
    story.at(50_000, WrapUpEnded(AgentId("ada"), ContactId("anna"), "sold"))
    story.at(60_000, AgentNotReady(AgentId("ada"), "lunch")).at(90_000, AgentSignedOut(AgentId("ada")))
    day = figures(story)
    assert (day.ready_ms, day.reserved_ms, day.talk_ms, day.wrap_up_ms, day.not_ready_ms) == (
        20_000, 2_000, 30_000, 8_000, 30_000,
    )  # fmt: skip
    assert (day.answered, day.missed, day.handle_ms, day.signed_in_ms) == (1, 0, 38_000, 90_000)
    assert day.occupancy == pytest.approx(38 / (38 + 20))
    assert (seen(story).today.parts, seen(story).today.average_handle_ms) == (1, 38_000)
    assert seen(story).recent.handle_ms == 38_000
    assert (day.state, day.since_ms) == (AgentState.LOGGED_OUT, None)


def test_an_agent_is_told_what_it_missed_since_it_signed_in_and_why() -> None:
    story = Playbook.open(CONFIG).at(1_000, arrived("anna")).at(2_000, leg_ended("anna.1", LegEnd.BUSY))
    story.at(13_000, TimePassed()).at(20_000, leg_ended("anna.2", LegEnd.NO_ANSWER))
    ada = story.engine.agent(AgentId("ada"))
    assert ada is not None
    assert [(one.reason, one.at_ms - story.START_MS) for one in ada.missed] == [
        ("expired", 20_000),
        ("declined", 2_000),
    ]
    assert ada.figures.missed == 2
    story.at(30_000, AgentSignedOut(AgentId("ada")), AgentSignedIn(AgentId("ada")))
    ada = story.engine.agent(AgentId("ada"))
    assert ada is not None
    assert ada.missed == ()
    assert ada.figures.missed == 2  # of the day


def test_what_an_agent_missed_has_a_bound() -> None:
    story = Playbook.open(CONFIG).at(100, arrived("anna"))
    for number in range(1, MAX_MISSED + 5):
        story.at(number * 11_000, TimePassed()).at(number * 11_000 + 1, leg_ended(f"anna.{number}", LegEnd.BUSY))
    missed = story.engine.snapshot().tally.agents[AgentId("ada")].missed
    assert len(missed) == MAX_MISSED
    assert missed[0] == Missed(story.START_MS + story.now_ms, missed[0].queue, None, "declined")


def test_a_caller_who_hangs_up_is_not_what_the_agent_missed() -> None:
    story = Playbook.open(CONFIG).at(1_000, arrived("anna"), ringing("anna.1")).at(2_000, left("anna"))
    assert figures(story).missed == 0


def test_the_day_begins_anew_and_the_present_state_goes_on() -> None:
    story = Playbook.open(CONFIG).at(100, DayBegan("2026-11-21")).at(10_000, arrived("anna"), answered("anna.1"))
    story.at(40_000, DayBegan("2026-11-22")).at(40_000, DayBegan("2026-11-22"))
    assert (figures(story).talk_ms, figures(story).answered, seen(story).today.answered) == (0, 0, 0)
    assert seen(story).recent.answered == 1
    story.at(45_000, left("anna"))
    assert figures(story).talk_ms == 5_000  # of today only
    assert figures(story).since_ms == story.START_MS


# ---- what dies in between changes nothing


def figures_of(engine: Engine, now_ms: int) -> object:
    seen = engine.overview(now_ms)
    return [(one.name, one.today, one.recent) for one in seen.queues], [
        (one.figures, one.missed) for one in seen.agents
    ]


@pytest.mark.parametrize("seed", range(70, 76))
def test_a_killed_daemon_comes_back_with_the_same_figures_wherever_it_was_killed(seed: int) -> None:
    """At each event: what a snapshot of some time before and the journal's events after it give."""
    world = World(seed, audit=True)
    live = Engine.fresh(world.config)
    world.live(200)
    snapshot, tail = msgspec.json.encode(live.snapshot()), []
    for number, (now_ms, event) in enumerate(world.journal):
        live.handle(now_ms, event)
        tail.append((now_ms, event))
        if number % 7 == 6:  # killed here
            restarted = Engine(msgspec.json.decode(snapshot, type=Saved))
            for then_ms, journalled in tail:
                restarted.handle(then_ms, journalled)
            assert figures_of(restarted, now_ms) == figures_of(live, now_ms)
        if number % 40 == 39:
            snapshot, tail = msgspec.json.encode(live.snapshot()), []
    assert live.snapshot().tally.queues


def recount(journal: list[tuple[int, Command]]) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Answered and missed by agent, ended by queue and outcome, from the log's own records alone."""
    answered_by, missed_by, ended = Counter[str](), Counter[str](), Counter[str]()
    for _, command in journal:
        match command:
            case OfferClosed(state=OfferState.ACCEPTED):
                answered_by[command.agent] += re.search(r"-c\d+$", command.contact) is None  # else a consultation
            case OfferClosed(state=OfferState.DECLINED | OfferState.EXPIRED | OfferState.FAILED):
                missed_by[command.agent] += 1
            case RecordContact(outcome=Outcome.ABANDONED, queue=str()):
                ended["abandoned"] += 1
            case RecordSegment(kind=SegmentKind.WAITING, result="abandoned"):
                ended["abandoned"] += 1  # while it waited again, after a talk
            case RecordDecision(kind=DecisionKind.OVERFLOWED):
                ended["overflowed"] += 1
    return answered_by, missed_by, ended


@pytest.mark.parametrize("seed", range(80, 90))
def test_figures_equal_a_naive_recount_of_the_log(seed: int) -> None:
    world = World(seed, audit=True)
    engine = Engine.fresh(world.config)
    world.live(400)
    told: list[tuple[int, Command]] = []
    began = 0
    for now_ms, event in world.journal:
        day = engine.snapshot().day
        commands = engine.handle(now_ms, event)
        if engine.snapshot().day != day:
            began = len(told)
        told += [(now_ms, command) for command in commands]
    answered_by, missed_by, ended = recount(told[began:])
    saved = engine.snapshot()
    for name, tally in saved.tally.agents.items():
        assert (tally.figures.answered, tally.figures.missed) == (answered_by[name], missed_by[name])
        states = [command.state for _, command in told if isinstance(command, AgentChanged) and command.agent == name]
        assert tally.figures.state is states[-1]
    today = [tally.today for tally in saved.tally.queues.values()]
    assert sum(one.abandoned + one.short_abandoned for one in today) == ended["abandoned"]
    assert sum(one.overflowed for one in today) == ended["overflowed"]
    assert sum(one.answered for one in today) == answered_by.total()
