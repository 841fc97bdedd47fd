"""The benchmark of the desktops on a small floor: what it makes of its moments, and that each call pops up."""

import json
from pathlib import Path
from random import Random

import pytest
from twisted.internet.task import Clock

from benchmarks.desktop import WITH, WITHOUT, House, Turn, WatchedPbx, caller_of, delays_ms, figures, mean_lookup_ms
from benchmarks.desktop_pages import Told
from lab.simulated import Phone, Visitor
from lab.simulated_ami import Action, AmiLink
from tests.helpers import run_async


def pbx() -> WatchedPbx:
    return WatchedPbx(Clock(), Random(1), {"1001": Phone()}, secret="of-a-test")


def test_arrivals_of_a_turn_count_whenever_the_ring_came() -> None:
    turn = Turn(10.0, 20.0, 0.5)
    arrived_s = {"before": 9.9, "first": 10.0, "last": 19.9, "lost": 15.0, "after": 20.0}
    found, never = delays_ms(arrived_s, {"before": 9.95, "first": 10.5, "last": 20.9, "after": 20.1}, turn)
    assert found == pytest.approx([500, 1_000])
    assert never == 1


def test_figures_pool_the_turns_and_count_what_was_lost() -> None:
    watched = pbx()
    watched.arrived_s = {"17.1": 1.0, "17.2": 2.0, "17.3": 11.0}
    watched.ordered_s = {"17.1": 1.010, "17.2": 2.020, "17.3": 11.005}
    told = Told({"main-17.1-1": 1.008}, messages=7, characters=2_000_000, lost=1, cpu_s=0.5)
    found = figures(watched, {WITH: [Turn(0.0, 10.0, 0.4, told)], WITHOUT: [Turn(10.0, 20.0, 0.2)]})
    assert (found["calls"], found["pops"], found["pops_lost"], found["pages_lost"]) == (3, 1, 1, 1)
    assert (found["pop_p50_ms"], found["pop_p99_ms"]) == (8.0, 8.0)
    assert found["pop_after_ring_ms"] == {"p50": -2.0, "p99": -2.0}
    assert found["ring_p99_ms"] == {WITH: 20.0, WITHOUT: 5.0}
    assert found["cpu"] == {WITH: 0.4, WITHOUT: 0.2}
    assert (found["messages"], found["megabytes"], found["pages_cpu_s"]) == (7, 2.0, 0.5)
    json.dumps(found)


def test_the_pbx_notes_the_order_to_ring_under_its_caller() -> None:
    watched = pbx()
    caller = watched.call(Visitor("+12025550147", "5000"))
    assert caller is not None
    link = AmiLink(watched)
    link.send = lambda headers: None  # type: ignore[method-assign]
    variables = f"CALLCENTER_OFFER=offer-7,CALLCENTER_CALLER={caller}"
    asked = (("Action", "Originate"), ("Channel", "PJSIP/1001"), ("Context", "callcenter-agent"))
    watched.act(link, Action((*asked, ("Variable", variables))))
    assert set(watched.arrived_s) == set(watched.ordered_s) == {caller}
    assert watched.ordered_s[caller] >= watched.arrived_s[caller]
    assert caller_of(f"main-{caller}-1") == caller


def test_lookups_of_a_turn_are_the_difference_of_two_readings() -> None:
    sums, counts = 'callcenter_lookup_seconds_sum{outcome="%s"}', 'callcenter_lookup_seconds_count{outcome="%s"}'
    before = {sums % "found": 1.0, counts % "found": 10.0}
    after = {sums % "found": 1.5, counts % "found": 20.0, sums % "late": 0.5, counts % "late": 10.0, "other_sum": 9.0}
    assert mean_lookup_ms(before, after) == pytest.approx(50.0)
    assert mean_lookup_ms(after, after) == 0.0


@pytest.mark.redis
@pytest.mark.usefixtures("redis_executable")
@run_async
async def test_each_call_of_a_small_floor_pops_up_before_its_turn_is_over(tmp_path: Path) -> None:
    from twisted.internet import reactor

    house = House(reactor, tmp_path / "center", agents=3, supervisors=1, rate=1.0, ramp_s=0.1, talks_s=(0.1, 0.2))
    async with house.open() as center:
        turns = {
            WITH: [await house.turn(center, 4.0, pages=True)],
            WITHOUT: [await house.turn(center, 4.0, pages=False)],
        }
    found = figures(house.pbx, turns)
    assert found["pops"] > 0
    assert (found["pops_lost"], found["pages_lost"]) == (0, 0)
    assert turns[WITH][0].floor.messages > 0
