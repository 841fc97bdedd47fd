"""The formulas against values that were published, and against each other where two of them must agree."""

from statistics import NormalDist

import pytest

from callcenter.simulation.erlang import Figures, erlang_b, erlang_c, m_m_n, m_m_n_m, m_m_n_r, separate_groups

HOUR_MS, MINUTE_MS = 3_600_000, 60_000


@pytest.mark.parametrize(("agents", "load"), [(10, 4.46), (20, 12.03), (100, 84.06)])
def test_erlang_b_as_in_the_traffic_tables(agents: int, load: float) -> None:
    """The classical tables' loads at which one call in a hundred is lost."""
    assert erlang_b(agents, load) == pytest.approx(0.01, abs=0.0001)


def test_erlang_c_of_the_eye_clinic() -> None:
    """Gross and Harris, "Fundamentals of Queueing Theory": 3 ophthalmologists, 6 patients an hour, 20 minutes each."""
    figures = m_m_n(3, 2, HOUR_MS / 3, 0)
    assert figures.waiting == pytest.approx(4 / 9)
    assert figures.mean_wait_ms == pytest.approx(4 / 27 * HOUR_MS)
    assert figures.in_time == pytest.approx(1 - 4 / 9)


def test_one_agent_is_as_busy_as_the_load() -> None:
    assert erlang_c(1, 0.7) == pytest.approx(0.7)


def test_too_much_load_for_erlang_c_is_refused() -> None:
    with pytest.raises(ValueError, match="10 erlang is too much for 10 agents"):
        erlang_c(10, 10)


def test_fifty_agents_with_and_without_patience() -> None:
    """Mandelbaum and Zeltyn 2005, after Garnett, Mandelbaum and Reiman 2002: 48 calls of 1 minute a minute.

    Erlang C: an average wait of 20.8 s; Erlang A with a patience of 2 minutes: 3.7 s, and 3.1 % abandon.
    """
    assert m_m_n(50, 48, MINUTE_MS, 0).mean_wait_ms == pytest.approx(20_800, abs=50)
    impatient = m_m_n_m(50, 48, MINUTE_MS, 2 * MINUTE_MS)
    assert impatient.mean_wait_ms == pytest.approx(3_700, abs=50)
    assert impatient.abandoned == pytest.approx(0.031, abs=0.0005)


@pytest.mark.parametrize("patience", [0.5, 1.0, 2.0])
def test_erlang_a_of_many_agents_comes_near_to_the_limit_of_garnett_mandelbaum_and_reiman(patience: float) -> None:
    """2002: P{W > 0} -> 1 / (1 + c h(beta / c) / h(-beta)); c^2 = service / patience, h is the normal hazard rate."""
    agents, load = 2_000, 1_980.0
    beta, c = (agents - load) / load**0.5, patience**-0.5
    limit = 1 / (1 + c * _hazard(beta / c) / _hazard(-beta))
    assert m_m_n_m(agents, load, 1.0, patience).waiting == pytest.approx(limit, rel=0.03)


def _hazard(x: float) -> float:
    normal = NormalDist()
    return normal.pdf(x) / normal.cdf(-x)


def test_patience_without_end_is_erlang_c() -> None:
    endless = m_m_n_m(10, 8, MINUTE_MS, 1e15)
    assert endless.waiting == pytest.approx(erlang_c(10, 8))
    assert endless.mean_wait_ms == pytest.approx(m_m_n(10, 8, MINUTE_MS, 0).mean_wait_ms)


def test_patience_as_long_as_a_call_is_a_crowd_without_a_queue() -> None:
    """With equal rates M/M/n+M is M/M/infinity (Palm 1957): the number inside is Poisson distributed."""
    assert m_m_n_m(1, 1, 1.0, 1.0).waiting == pytest.approx(1 - 2.718281828**-1)


def test_places_for_nobody_else_is_erlang_b_and_for_everybody_erlang_c() -> None:
    assert m_m_n_r(10, 8, MINUTE_MS, 10).refused == pytest.approx(erlang_b(10, 8))
    assert m_m_n_r(10, 8, MINUTE_MS, 10).waiting == 0
    roomy = m_m_n_r(10, 8, MINUTE_MS, 1_000)
    assert roomy.waiting == pytest.approx(erlang_c(10, 8))
    assert roomy.mean_wait_ms == pytest.approx(m_m_n(10, 8, MINUTE_MS, 0).mean_wait_ms)


def test_one_separate_group_is_alone() -> None:
    one, alone = separate_groups(1, 5, 4, MINUTE_MS, 8), m_m_n_r(5, 4, MINUTE_MS, 8)
    assert (one.refused, one.waiting, one.mean_wait_ms) == pytest.approx(
        (alone.refused, alone.waiting, alone.mean_wait_ms)
    )


def test_separate_groups_with_room_for_all_are_erlang_c_each() -> None:
    assert separate_groups(3, 2, 1, MINUTE_MS, 150).waiting == pytest.approx(erlang_c(2, 1))


def test_separate_groups_as_their_joint_process_says() -> None:
    """The shares of time by brute force: step the joint chain of two groups until nothing changes any more."""
    expected = _two_groups_by_brute_force(agents=2, load=1.5, places=5)
    found = separate_groups(2, 2, 1.5, 1.0, 5)
    assert (found.refused, found.waiting, found.mean_wait_ms) == pytest.approx(
        (expected.refused, expected.waiting, expected.mean_wait_ms), rel=1e-6
    )


def _two_groups_by_brute_force(agents: int, load: float, places: int) -> Figures:
    states = [(one, other) for one in range(places + 1) for other in range(places + 1 - one)]
    shares = dict.fromkeys(states, 1 / len(states))
    step = 0.1
    for _ in range(4_000):
        change = dict.fromkeys(states, 0.0)
        for (one, other), share in shares.items():
            moves: list[tuple[tuple[int, int], float]] = [
                ((one - 1, other), min(one, agents)),
                ((one, other - 1), min(other, agents)),
            ]
            if one + other < places:
                moves += [((one + 1, other), load), ((one, other + 1), load)]
            for target, rate in moves:
                if rate:
                    change[target] += share * rate * step
                    change[one, other] -= share * rate * step
        shares = {state: share + change[state] for state, share in shares.items()}
    refused = sum(share for (one, other), share in shares.items() if one + other == places)
    found_busy = sum(share for (one, other), share in shares.items() if one >= agents and one + other < places)
    in_queue = sum(share * max(one - agents, 0) for (one, _), share in shares.items())
    return Figures(refused, found_busy / (1 - refused), 0.0, in_queue / (load * (1 - refused)), None)


def test_thousands_of_agents_overflow_nothing() -> None:
    assert 0 < m_m_n_m(5_000, 5_000, 1.0, 1.0).waiting < 1
    assert 0 < m_m_n_r(5_000, 4_990, 1.0, 5_100).refused < 0.1
