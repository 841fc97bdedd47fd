"""Draw the Grafana dashboards in config/grafana from the tables below.

`python -m scripts.draw_dashboards` writes them; with `--check` it changes nothing and fails where they differ. What
Grafana stores of a dashboard is long and repeats itself; here a panel is its title, its unit and its expressions. Who
changes a dashboard in Grafana keeps it under another name: a new version of these files would take its place.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callcenter.queues.service_level import Formula

TARGET = Path(__file__).resolve().parent.parent / "config" / "grafana"
WIDTH, HEIGHT = 24, 8
SOURCE = {"type": "prometheus", "uid": "${source}"}


@dataclass(frozen=True)
class Panel:
    """`asks` are PromQL and the legend of each series. `words` are shown with the panel's title."""

    title: str
    unit: str
    asks: tuple[tuple[str, str], ...]
    kind: str = "timeseries"
    width: int = 8
    stacked: bool = False
    signed: bool = False
    words: str = ""


@dataclass(frozen=True)
class Dashboard:
    """`queue` lets the viewer choose queues, and its expressions have $queue."""

    uid: str
    title: str
    words: str
    panels: tuple[Panel, ...]
    queue: bool = False


def stat(title: str, unit: str, ask: str, legend: str = "") -> Panel:
    return Panel(title, unit, ((ask, legend),), "stat", 4)


def quantiles(histogram: str, by: str = "", where: str = "") -> tuple[tuple[str, str], ...]:
    """Half, nine in ten and nearly all are below."""
    labels = f"le, {by}" if by else "le"
    legend = f"{{{{{by}}}}} " if by else ""
    rate = f"rate(callcenter_{histogram}_bucket{where}[$__rate_interval])"
    return tuple(
        (f"histogram_quantile({share}, sum by ({labels}) ({rate}))", f"{legend}p{share * 100:g}")
        for share in (0.5, 0.9, 0.99)
    )


def per(what: str, of: str, over: str = "$__rate_interval") -> str:
    return f"sum by ({of}) (increase(callcenter_{what}[{over}]))"


OPERATIONS = Dashboard(
    "callcenter-operations",
    "Call center: operations",
    "For whoever keeps the daemon running: connections, journal, database, machine.",
    (
        stat("In charge", "none", 'sum(callcenter_in_charge{job="callcenter"})'),
        stat("PBX", "none", "min by (pbx) (callcenter_pbx_up)", "{{pbx}}"),
        stat("Journal in Redis", "none", "min(callcenter_journal_up)"),
        stat("Offers are made", "none", "min(callcenter_offering)"),
        stat("Records to be written", "none", "sum(callcenter_contact_log_pending)"),
        stat("Lost for the log", "none", "sum by (kind) (callcenter_journal_lost_total)", "{{kind}}s"),
        Panel("Time for one event", "s", quantiles("decision_seconds")),
        Panel("Journal: time for a batch", "s", quantiles("journal_append_seconds", "place")),
        Panel("PBX: time to answer", "s", quantiles("ami_lag_seconds", "pbx")),
        Panel("Event loop: greatest lag", "s", (("max(callcenter_event_loop_lag_max_seconds)", "of 15 s"),)),
        Panel("Events that wait", "none", (("sum(callcenter_inbox_events)", "inbox"),)),
        Panel("File of the journal", "bytes", (("sum(callcenter_journal_gap_bytes)", "size"),)),
        Panel("Customers looked up", "none", ((per("lookup_seconds_count", "outcome"), "{{outcome}}"),), stacked=True),
        Panel("Customers: time to look up", "s", quantiles("lookup_seconds", "outcome")),
        Panel("Customer base: time to answer", "s", quantiles("customer_source_seconds", "outcome")),
        Panel("Customer base: remembered", "none", ((per("customer_cache_total", "result"), "{{result}}"),)),
        Panel("Webhooks", "none", ((per("webhook_attempts_total", "result"), "{{result}}"),)),
        Panel(
            "Breaks",
            "none",
            (
                (per("ami_reconnects_total", "pbx", "1h"), "PBX {{pbx}} connected again"),
                ("sum(increase(callcenter_pages_dropped_total[1h]))", "pages dropped"),
            ),
            words="In the last hour.",
        ),
        Panel("Events that changed nothing", "none", ((per("events_ignored_total", "event"), "{{event}}"),)),
        Panel("Clock ahead of the machine's", "s", (("max(callcenter_clock_ahead_seconds)", "ahead"),), signed=True),
        Panel(
            "Processor",
            "percentunit",
            (('rate(process_cpu_seconds_total{job="callcenter"}[$__rate_interval])', "{{instance}}"),),
        ),
        Panel("Memory", "bytes", (('process_resident_memory_bytes{job="callcenter"}', "{{instance}}"),)),
    ),
)

FLOOR = Dashboard(
    "callcenter-floor",
    "Call center: floor",
    "For who leads the floor: who waits, who works, how it goes.",
    (
        stat("Waiting", "none", "sum(callcenter_contacts_waiting)"),
        stat("Longest wait", "s", "max(callcenter_longest_wait_seconds)"),
        stat("Talking", "none", "sum(callcenter_contacts_connected)"),
        stat("Ready", "none", 'callcenter_agents{state="ready"}'),
        stat("Answered, 24 h", "none", 'sum(increase(callcenter_contacts_total{outcome="answered"}[1d]))'),
        stat("Phones not answered, 24 h", "none", "sum(increase(callcenter_rona_total[1d]))"),
        Panel("Waiting", "none", (("callcenter_contacts_waiting", "{{queue}}"),), stacked=True),
        Panel(
            "Waiting, by tier",
            "none",
            (("sum by (tier) (callcenter_contacts_waiting_by_tier)", "{{tier}}"),),
            stacked=True,
        ),
        Panel("Longest wait", "s", (("callcenter_longest_wait_seconds", "{{queue}}"),)),
        Panel(
            "Estimated wait of who comes now",
            "s",
            (("callcenter_estimated_wait_seconds", "{{queue}}"),),
            words="(waiting + 1) x average handle time / agents at work: Whitt's QL, see docs/metrics.md.",
        ),
        Panel(
            "Service level, last 15 minutes",
            "percentunit",
            (("queue:callcenter_service_level_of_offered_without_short:ratio_rate15m", "{{queue}}"),),
            words="of_offered_without_short: answered within T / (answered + abandoned), see docs/service_level.md.",
        ),
        Panel("Left their queue", "none", ((per("queue_left_total", "outcome"), "{{outcome}}"),), stacked=True),
        Panel("Agents", "none", (("callcenter_agents", "{{state}}"),), stacked=True),
        Panel("Agents not ready", "none", (("callcenter_agents_not_ready", "{{reason}}"),), stacked=True),
        Panel(
            "Signed in, by skill",
            "none",
            (("sum by (skill) (callcenter_skill_agents)", "{{skill}}"),),
            words="Who has two skills counts in both.",
        ),
        Panel("Offers", "none", ((per("offers_total", "outcome"), "{{outcome}}"),), stacked=True),
        Panel("Contacts that ended", "none", ((per("contacts_total", "outcome"), "{{outcome}}"),), stacked=True),
        Panel("Rules", "none", ((f"topk(10, {per('rule_hits_total', 'rule', '1h')})", "{{rule}}"),), words="Hour."),
    ),
)

_IN_QUEUE = '{queue=~"$queue"}'


def _of_queue(what: str, of: str) -> str:
    return per(f"{what}{_IN_QUEUE}", of)


def _average(what: str) -> str:
    rates = (f"sum(rate(callcenter_{what}_seconds_{part}{_IN_QUEUE}[$__rate_interval]))" for part in ("sum", "count"))
    return " / ".join(rates)


QUEUE = Dashboard(
    "callcenter-queue",
    "Call center: queue",
    "One queue, or several together: service level by each formula, waits, handle times, where contacts go.",
    (
        stat("Waiting", "none", f"sum(callcenter_contacts_waiting{_IN_QUEUE})"),
        stat("Longest wait", "s", f"max(callcenter_longest_wait_seconds{_IN_QUEUE})"),
        stat("Estimated wait", "s", f"max(callcenter_estimated_wait_seconds{_IN_QUEUE})"),
        stat("Talking", "none", f"sum(callcenter_contacts_connected{_IN_QUEUE})"),
        stat("Ready", "none", 'sum(callcenter_queue_agents{queue=~"$queue",state="ready"})'),
        stat("Open", "none", 'min(callcenter_queue_state{queue=~"$queue",state="open"})'),
        Panel(
            "Service level, last 15 minutes",
            "percentunit",
            tuple(
                (f"queue:callcenter_service_level_{name}:ratio_rate15m{_IN_QUEUE}", f"{{{{queue}}}} {name}")
                for name in (formula.value for formula in Formula)
            ),
            width=16,
            words="Each formula by its name, see docs/service_level.md.",
        ),
        Panel("Left the queue", "none", ((_of_queue("queue_left_total", "outcome"), "{{outcome}}"),), stacked=True),
        Panel("Wait until the answer", "s", quantiles("answer_seconds", where=_IN_QUEUE)),
        Panel("Wait until the answer, by tier, p90", "s", quantiles("answer_seconds", "tier", _IN_QUEUE)[1:2]),
        Panel("Wait until the hang-up", "s", quantiles("abandon_seconds", where=_IN_QUEUE)),
        Panel(
            "Waits until the answer",
            "s",
            ((_of_queue("answer_seconds_bucket", "le"), "{{le}}"),),
            "heatmap",
            width=16,
        ),
        Panel("Offer to answer", "s", quantiles("offer_answer_seconds", where=_IN_QUEUE)),
        Panel(
            "Average handle time",
            "s",
            tuple(
                (_average(what), words) for what, words in (("talk", "talk"), ("hold", "hold"), ("wrap_up", "wrap-up"))
            ),
            stacked=True,
        ),
        Panel("Handle time", "s", quantiles("handle_seconds", where=_IN_QUEUE)),
        Panel("Offers", "none", ((_of_queue("offers_total", "outcome"), "{{outcome}}"),), stacked=True),
        Panel(
            "Handed on, asked, widened",
            "none",
            (
                (_of_queue("transfers_total", "to"), "transfer to {{to}}"),
                (f"sum(increase(callcenter_consults_total{_IN_QUEUE}[$__rate_interval]))", "consultations"),
                (f"sum(increase(callcenter_relaxation_steps_total{_IN_QUEUE}[$__rate_interval]))", "relaxation steps"),
            ),
        ),
        Panel("Overflow", "none", ((_of_queue("overflows_total", "queue, to"), "{{queue}} to {{to}}"),)),
        Panel("Decisions", "none", ((_of_queue("contact_decisions_total", "kind"), "{{kind}}"),)),
        Panel("Agents", "none", ((f"sum by (state) (callcenter_queue_agents{_IN_QUEUE})", "{{state}}"),), stacked=True),
        Panel(
            "Agents not ready",
            "none",
            ((f"sum by (reason) (callcenter_queue_agents_not_ready{_IN_QUEUE})", "{{reason}}"),),
            stacked=True,
        ),
    ),
    queue=True,
)


# ---- as Grafana wants it


def drawing(dashboard: Dashboard) -> str:
    """The whole file."""
    variables: list[dict[str, Any]] = [
        {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus", "hide": 0}
    ]
    if dashboard.queue:
        variables.append(_queues())
    drawn = {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.words,
        "tags": ["callcenter"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "15s",
        "time": {"from": "now-3h", "to": "now"},
        "timezone": "browser",
        "templating": {"list": variables},
        "links": [{"type": "dashboards", "tags": ["callcenter"], "title": "Call center", "asDropdown": False}],
        "panels": list(_placed(dashboard.panels)),
    }
    return json.dumps(drawn, indent=2) + "\n"


def _queues() -> dict[str, Any]:
    ask = "label_values(callcenter_contacts_waiting, queue)"
    return {
        "name": "queue",
        "label": "Queue",
        "type": "query",
        "datasource": SOURCE,
        "query": {"query": ask, "refId": "queues"},
        "definition": ask,
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }


def _placed(panels: tuple[Panel, ...]) -> Iterator[dict[str, Any]]:
    """From left to right, in rows as high as what is in them."""
    x = y = row = 0
    for number, panel in enumerate(panels, start=1):
        height = HEIGHT // 2 if panel.kind == "stat" else HEIGHT
        if x + panel.width > WIDTH:
            x, y, row = 0, y + row, 0
        yield {"id": number, "gridPos": {"x": x, "y": y, "w": panel.width, "h": height}, **_drawn(panel)}
        x, row = x + panel.width, max(row, height)


def _drawn(panel: Panel) -> dict[str, Any]:
    custom: dict[str, Any] = {"fillOpacity": 30 if panel.stacked else 0, "showPoints": "never"}
    if panel.stacked:
        custom["stacking"] = {"mode": "normal", "group": "A"}
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.words,
        "datasource": SOURCE,
        "fieldConfig": {
            "defaults": {
                "unit": panel.unit,
                **({} if panel.signed else {"min": 0}),
                **({"custom": custom} if panel.kind == "timeseries" else {}),
            },
            "overrides": [],
        },
        "options": {"calculate": False} if panel.kind == "heatmap" else {},
        "targets": [
            {
                "refId": chr(ord("A") + place),
                "datasource": SOURCE,
                "expr": ask,
                "legendFormat": legend,
                **({"format": "heatmap"} if panel.kind == "heatmap" else {}),
            }
            for place, (ask, legend) in enumerate(panel.asks)
        ],
    }


def main(arguments: list[str], target: Path = TARGET) -> int:
    status = 0
    for dashboard in (OPERATIONS, FLOOR, QUEUE):
        path, page = target / f"{dashboard.uid}.json", drawing(dashboard)
        if "--check" not in arguments:
            target.mkdir(parents=True, exist_ok=True)
            path.write_text(page, encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != page:
            print(f"{path.name} differs: run `python -m scripts.draw_dashboards` and keep what it writes")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
