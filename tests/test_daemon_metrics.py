"""The daemon as a process: what it has counted outlives it, and a real Prometheus reads it and draws the dashboards."""

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from callcenter.metrics.contacts import CONTACTS
from callcenter.metrics.families import Counted
from callcenter.metrics.offers import OFFERS
from callcenter.queues.service_level import Formula
from lab.center import Center
from lab.simulated import SimulatedPbx
from tests.helpers import run_async
from tests.prometheus_fixtures import PrometheusServer, scraping
from tests.test_daemon import ROUTING, VISITOR, center_in

pytestmark = pytest.mark.redis

ROOT = Path(__file__).parents[1]
RULES = [ROOT / "config" / "prometheus" / f"callcenter.{name}.yml" for name in ("rules", "alerts")]
DASHBOARDS = sorted((ROOT / "config" / "grafana").glob("*.json"))
COUNTED = tuple(
    f"callcenter_{told.name}_{'total' if isinstance(told, Counted) else 'seconds'}" for told in (*CONTACTS, *OFFERS)
)
ANSWERED = 'callcenter_queue_left_total{outcome="answered",queue="general",tier="standard"}'
ABANDONED = 'callcenter_queue_left_total{outcome="short_abandoned",queue="general",tier="standard"}'
PARTS = 'callcenter_handle_seconds_count{queue="general"}'


async def counted(center: Center) -> dict[str, float]:
    """All that the core has counted; what a start itself may bring is left out."""
    return {
        sample: value
        for sample, value in (await center.metrics()).items()
        if sample.startswith(COUNTED) and not sample.startswith("callcenter_events_ignored")
    }


async def some_calls(center: Center, pbx: SimulatedPbx, answered: int, short: int) -> None:
    """One caller hangs up before anybody is there, then others are answered."""
    pbx.call(replace(VISITOR, patience_s=0.3))
    await center.until_metric(ABANDONED, short)
    anna = await center.seat("anna")
    await anna.ready()
    for number in (answered - 1, answered):
        pbx.call(VISITOR)
        await center.until_metric(PARTS, number)
    await anna.not_ready("break")
    await anna.leave()


@run_async
async def test_what_was_counted_goes_on_where_it_stood_when_the_daemon_is_killed(tmp_path: Path) -> None:
    async with center_in(tmp_path, settings={"metrics": {"agents": True}}) as (center, pbx):
        await center.start()
        await some_calls(center, pbx, answered=2, short=1)
        before = await counted(center)
        assert (before[ANSWERED], before[ABANDONED], before[PARTS]) == (2, 1, 2)
        assert before['callcenter_answer_seconds_bucket{le="20.0",queue="general",tier="standard"}'] == 2
        await center.kill()
        await center.start()
        assert await counted(center) == before
        assert (await center.metrics())['callcenter_agent_answered_total{agent="anna"}'] == 2
        await some_calls(center, pbx, answered=4, short=2)
        await center.stop()
        await center.start()
        after = await counted(center)
        assert (after[ANSWERED], after[ABANDONED], after[PARTS]) == (4, 2, 4)
        assert 'callcenter_journal_append_seconds_count{place="redis"}' in await center.metrics()


def asks(dashboard: Path) -> Iterator[str]:
    """The dashboard's expressions as Grafana sends them."""
    drawn = json.loads(dashboard.read_text(encoding="utf-8"))
    for panel in drawn["panels"]:
        for target in panel["targets"]:
            yield target["expr"].replace("$queue", ".*").replace("$__rate_interval", "4s")


@pytest.mark.prometheus
@run_async
async def test_a_real_prometheus_sees_no_reset_and_answers_the_dashboards(
    tmp_path: Path, prometheus_executable: Path
) -> None:
    async with center_in(tmp_path) as (center, pbx):
        queues = {"general": {**ROUTING["queues"]["general"], "overflow": {"after_s": 600, "to": "away"}}}
        rules = [{"name": "everybody", "route": {"queue": "general"}}]
        center.routing = {**ROUTING, "version": 2, "queues": queues, "rules": rules}
        await center.start()
        target = center.url.removeprefix("http://")
        with scraping(prometheus_executable, tmp_path / "prometheus", target, *RULES) as server:

            async def until(promql: str, value: float) -> None:
                await asyncio.to_thread(server.until, promql, value)

            await until('up{job="callcenter"}', 1)
            await some_calls(center, pbx, answered=2, short=1)
            await until("sum(callcenter_contacts_total)", 3)
            await center.kill()
            await until('up{job="callcenter"}', 0)
            await center.start()
            await some_calls(center, pbx, answered=4, short=2)
            await until("sum(callcenter_contacts_total)", 6)
            await until("sum(resets(callcenter_contacts_total[10m]))", 0)
            await until("sum(resets(callcenter_queue_left_total[10m]))", 0)
            await until("count(queue:callcenter_service_level_of_answered:ratio_rate15m)", 1)
            anna = await center.seat("anna")
            await anna.ready()
            await until("count(callcenter_estimated_wait_seconds)", 1)  # somebody is at work
            await until("count(callcenter_ami_lag_seconds_count)", 1)  # the PBX has answered a ping
            await asyncio.to_thread(_look, server)
            await anna.leave()


def _look(server: PrometheusServer) -> None:
    """At everything that is shipped."""
    assert {group["name"] for group in server.ask("rules")["groups"]} >= {"callcenter_page", "callcenter_ticket"}
    for group in server.ask("rules")["groups"]:
        for rule in group["rules"]:
            assert rule["health"] in ("ok", "unknown"), rule  # unknown: its turn has not come yet
    recorded = [f"queue:callcenter_service_level_{formula.value}:ratio_rate15m" for formula in Formula]
    assert [server.values(name) for name in recorded].count({}) == 0
    assert server.values(recorded[0]) == {(("__name__", recorded[0]), ("queue", "general")): 1.0}
    assert len(DASHBOARDS) == 3
    known = set(server.ask("label/__name__/values"))
    for dashboard in DASHBOARDS:
        for promql in asks(dashboard):
            server.values(promql)  # Prometheus would refuse what it cannot parse
            for name in re.findall(r"\b(?:queue:)?callcenter_\w+(?::\w+)?", promql):
                assert name in known, f"{dashboard.name}: {name} in {promql}"
