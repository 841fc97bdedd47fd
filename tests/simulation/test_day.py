from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from callcenter.simulation.compare_callers import Caller, draw_callers
from callcenter.simulation.compare_traffic import HALF_HOUR_MS, MINUTE_MS, shifts_of
from callcenter.simulation.day import Day, DayLog, Fate
from callcenter.simulation.erlang import m_m_n_m
from callcenter.types import AWAY, Configuration, Overflow
from tests.simulation.comparing import DAY, GOLD, SALES, STANDARD, SUPPORT, configuration, picky, traffic

MIDNIGHT_MS = 1_795_392_000_000
EIGHT_MS = 16 * HALF_HOUR_MS


def play(made: Configuration | None = None, callers: list[Caller] | None = None, **changes: Any) -> DayLog:
    made = made or configuration()
    file = traffic(**changes)
    callers = draw_callers(file, 0) if callers is None else callers
    ticks: list[None] = []
    log = Day(made, file, MIDNIGHT_MS, DAY).play(callers, shifts_of(file, made.agents), lambda: ticks.append(None))
    assert len(log.ends) == len(callers) == len(ticks)
    return log


def caller(number: int = 0, at_ms: int = EIGHT_MS, **changes: Any) -> Caller:
    """Somebody who calls 100, waits a minute at most, and talks and is written up for an average time."""
    plain = Caller(number, at_ms, "100", "+1", None, None, None, 60_000, 0.5, 0.5, number)
    return replace(plain, **changes)


def test_each_caller_ends_once_and_tells_its_queue_and_tier() -> None:
    callers = draw_callers(traffic(), 0)
    log = play(callers=callers)
    for one, end in zip(callers, log.ends, strict=True):
        assert end.at_ms == one.at_ms
        assert end.queue == (SALES if one.dialled == "100" else SUPPORT)
        assert end.tier == (GOLD if (one.record or {}).get("") == "gold" else STANDARD)
    fates = Counter(end.fate for end in log.ends)
    assert fates[Fate.ANSWERED] > 200
    assert fates[Fate.SENT_AWAY] == 0


def test_nobody_is_answered_before_the_shifts_begin_and_everybody_leaves_in_the_end() -> None:
    early = [caller(0, EIGHT_MS - 50_000), caller(1, EIGHT_MS - 90_000, patience_ms=30_000), caller(2, 23 * 3_600_000)]
    first, second, third = play(callers=early).ends
    assert (first.fate, 50_000 <= first.waited_ms < 60_000) == (Fate.ANSWERED, True)
    assert (second.fate, second.waited_ms) == (Fate.ABANDONED, 30_000)
    assert (third.fate, third.waited_ms) == (Fate.ABANDONED, 60_000)


def test_times_of_work_are_those_of_talk_and_wrap_up_and_never_more_than_the_shift() -> None:
    log = play(callers=[caller()], staffing=[{"agents": ["agent3"], "hours": "07:50-08:40"}])
    time = log.times[configuration().agents[3].id]
    # the median of an exponential time is its mean times the logarithm of 2
    assert sum(time.handling) == pytest.approx((180 + 20) * 693, rel=0.01)
    ringing_ms = 50 * MINUTE_MS - sum(time.handling) - sum(time.ready)
    assert ringing_ms == log.ends[0].waited_ms
    assert time.ready[15] == 10 * MINUTE_MS
    assert [slot for slot, ms in enumerate(time.ready) if ms] == [15, 16, 17]


def test_wrap_up_ends_at_the_queues_own_time_at_the_latest() -> None:
    log = play(callers=[caller(wrap_up=0.99)], staffing=[{"agents": ["agent3"], "hours": "08:00-09:00"}])
    handling_ms = sum(log.times[configuration().agents[3].id].handling)
    assert handling_ms == pytest.approx(180 * 693 + 30_000, rel=0.01)


def test_talk_is_as_long_as_talks_of_that_queue_are() -> None:
    by_queue = {
        "default": {"talk": {"mean_s": "60"}, "wrap_up": {"mean_s": "1"}},
        "queues": {"support": {"talk": {"mean_s": "600"}, "wrap_up": {"mean_s": "1"}}},
    }
    callers = [caller(0), caller(1, dialled="200")]
    log = play(callers=callers, handling=by_queue)
    handled = sorted(sum(time.handling) for time in log.times.values())[-2:]
    assert handled == [pytest.approx(61 * 693, rel=0.01), pytest.approx(601 * 693, rel=0.01)]


def test_an_agent_who_lets_it_ring_is_ready_again_and_gets_the_call_then() -> None:
    offers = {"unanswered": "0.9", "ready_again_s": "30"}
    patient = [caller(number, patience_ms=3_600_000) for number in range(20)]
    log = play(callers=patient, offers=offers, staffing=[{"agents": ["agent3"], "hours": "08:00-12:00"}])
    answered = [end for end in log.ends if end.fate is Fate.ANSWERED]
    assert 5 < len(answered) < 20
    assert any(end.waited_ms > 20_000 + 30_000 for end in answered)


def test_who_declines_only_makes_callers_wait() -> None:
    asked = play(offers={"declined": "0.5"}).ends
    smooth = play().ends
    assert sum(end.waited_ms for end in asked) > sum(end.waited_ms for end in smooth)


def test_a_caller_who_overflows_to_a_message_is_sent_away() -> None:
    made = configuration(tuple(replace(rule, overflow=Overflow(30_000)) for rule in picky()))
    night = [caller(0, 0), caller(1, 0, patience_ms=10_000)]
    log = play(made, callers=night)
    assert [(end.fate, end.waited_ms) for end in log.ends] == [(Fate.SENT_AWAY, 30_000), (Fate.ABANDONED, 10_000)]


def test_a_caller_whom_a_rule_sends_away_does_not_wait() -> None:
    made = configuration(tuple(replace(rule, queue=AWAY, skills=(), relaxations=(), away="closed") for rule in picky()))
    [end] = play(made, callers=[caller()]).ends
    assert (end.fate, end.waited_ms, end.queue, end.in_time) == (Fate.SENT_AWAY, 0, None, False)


def test_the_same_day_played_again_is_the_same_to_the_millisecond() -> None:
    assert play() == play()


def test_agents_without_a_configured_phone_work_as_all_others_do() -> None:
    made = configuration()
    agents = tuple(replace(agent, device=replace(agent.device, device="")) for agent in made.agents)
    assert play(replace(made, agents=agents)) == play(made)


def test_attributes_reach_the_rules_as_what_they_are_declared_to_be() -> None:
    from callcenter.types import Attribute, AttributeKind, RuleConfig

    rich = RuleConfig("rich", SUPPORT, 50, when="customer.spend >= 1000")
    made = configuration((rich, *picky()), attributes=(Attribute("spend", AttributeKind.NUMBER, 0.0),))
    callers = [caller(0, record={"spend": "2500"}), caller(1, record={"spend": "10"}), caller(2)]
    assert [end.queue for end in play(made, callers=callers).ends] == [SUPPORT, SALES, SALES]


def test_a_day_of_chance_alone_is_what_queueing_theory_says() -> None:
    """One queue, the same rate all day, all times exponential, answered nearly at once: Erlang A."""
    agents, load, talk_s, patience_s = 8, 7.0, 180, 120
    made = configuration(())
    made = replace(made, queues=tuple(replace(queue, wrap_up_ms=0) for queue in made.queues))
    changes = {
        "arrivals": {"00:00-24:00": str(load / talk_s * 1_800)},
        "mix": [{"dialled": "200"}],
        "patience": {"mean_s": str(patience_s)},
        "handling": {"default": {"talk": {"mean_s": str(talk_s)}}},
        "offers": {"answer": {"mean_s": "0.1"}},
        "staffing": [{"hours": "00:00-24:00"}],
    }
    ends = [end for number in range(3) for end in play(made, draw_callers(traffic(**changes), number), **changes).ends]
    theory = m_m_n_m(agents, load, talk_s * 1_000, patience_s * 1_000)
    abandoned = sum(end.fate is Fate.ABANDONED for end in ends) / len(ends)
    waited_ms = sum(end.waited_ms for end in ends) / len(ends)
    assert len(ends) == pytest.approx(3 * 86_400 * load / talk_s, rel=0.03)
    assert abandoned == pytest.approx(theory.abandoned, rel=0.1)
    assert waited_ms == pytest.approx(theory.mean_wait_ms, rel=0.1)
