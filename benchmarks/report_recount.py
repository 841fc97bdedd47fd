"""The reports' figures once more, by DuckDB, from the raw facts alone: contact, visit, part, segment, agent_stretch.

Written from docs/reports.md and docs/service_level.md, and not from the code that it is held against: it knows nothing
of quarters of an hour and tables of figures, finds local time by DuckDB's own time zones, and a customer's next contact
by a window over all contacts.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pyarrow

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
TABLES = ("contact", "visit", "part", "segment", "agent_stretch")
STEPS_MS = {"15m": HOUR_MS // 4, "30m": HOUR_MS // 2, "60m": HOUR_MS}
STATES = ("ready", "reserved", "talking", "wrap_up", "not_ready")
BECAME = ("answered", "abandoned", "short_abandoned", "overflowed", "others", "waiting")
ENDS = ("accepted", "declined", "expired", "withdrawn", "failed")

Key = tuple[Any, ...]
Rows = dict[Key, dict[str, Any]]

MACROS = """
CREATE MACRO clock(ms) AS timezone('{zone}', make_timestamptz(ms * 1000));
CREATE MACRO ahead_ms(ms) AS epoch_ms(clock(ms)) - ms;
CREATE MACRO step_begin(ms, step) AS (ms + ahead_ms(ms)) // step * step - ahead_ms(ms);
CREATE MACRO calendar_begin(ms, unit) AS epoch_ms(timezone('{zone}', date_trunc(unit, clock(ms))));
"""
OF_VISITS = """
count(*) AS offered,
count(*) FILTER (outcome = 'answered') AS answered,
count(*) FILTER (outcome = 'answered' AND waited_ms <= service_level_ms) AS in_time,
sum(waited_ms) FILTER (outcome = 'answered') AS answer_wait,
count(*) FILTER (outcome = 'abandoned' AND waited_ms >= short_abandon_ms) AS abandoned,
sum(waited_ms) FILTER (outcome = 'abandoned' AND waited_ms >= short_abandon_ms) AS abandon_wait,
count(*) FILTER (outcome = 'abandoned' AND waited_ms < short_abandon_ms) AS short,
count(*) FILTER (outcome = 'abandoned' AND waited_ms <= service_level_ms) AS gone_in_time,
count(*) FILTER (outcome = 'overflowed') AS overflowed,
count(*) FILTER (outcome = 'other') AS others,
count(*) FILTER (ended_ms IS NULL) AS waiting,
max(waited_ms) AS longest
"""
OF_PARTS = """
count(*) FILTER (direction = 'in') AS parts,
sum(talk_ms) FILTER (direction = 'in') AS talk,
sum(hold_ms) FILTER (direction = 'in') AS hold,
sum(wrap_up_ms) FILTER (direction = 'in') AS wrap_up,
sum(ring_ms) FILTER (direction = 'in') AS ring,
count(*) FILTER (direction = 'in' AND transfer IS NOT NULL) AS transfers,
sum(consults) FILTER (direction = 'in') AS consults,
count(*) FILTER (direction = 'out') AS out_parts,
sum(ended_ms - began_ms) FILTER (direction = 'out') AS out_time
"""


class Recount:
    """Of the database of a day; `by` None is the range as one interval, from `from_ms` to before `to_ms`."""

    def __init__(self, database: Path, zone: str, from_ms: int, to_ms: int, now_ms: int) -> None:
        self._from_ms, self._to_ms, self._now_ms = from_ms, to_ms, now_ms
        self._duck = duckdb.connect()
        self._duck.execute(MACROS.format(zone=zone))
        with sqlite3.connect(database) as facts:
            for table in TABLES:
                found = facts.execute(f"SELECT * FROM {table}")  # noqa: S608 - our own names
                names = [column[0] for column in found.description]
                columns = list(zip(*found.fetchall(), strict=True)) or [()] * len(names)
                self._duck.register(table, pyarrow.table(dict(zip(names, map(list, columns), strict=True))))

    # ---- the reports

    def queues(self, by: str | None, groups: tuple[str, ...]) -> Rows:
        rows = self._sums(by, groups, "visit", "began_ms", OF_VISITS)
        self._join(rows, self._sums(by, groups, "part", "began_ms", OF_PARTS))
        return {key: _of_queue(sums) | _of_parts(sums) for key, sums in rows.items()}

    def agents(self, by: str | None, groups: tuple[str, ...]) -> Rows:
        rows = self._sums(by, groups, "part", "began_ms", OF_PARTS)
        ends = ", ".join(f"count(*) FILTER (result = '{end}') AS {end}" for end in ENDS)
        offers = "(SELECT * FROM segment WHERE kind = 'offer' AND agent IS NOT NULL)"
        self._join(rows, self._sums(by, groups, offers, "ended_ms", ends))
        reasons: list[tuple[str, str]] = []
        if "queue" not in groups:
            reasons = self._join_times(rows, by, groups)
        return {key: _of_agent(sums, groups, reasons) | _of_parts(sums) for key, sums in rows.items()}

    def dispositions(self, by: str | None, groups: tuple[str, ...]) -> Rows:
        rows = self._sums(by, groups, "part", "began_ms", OF_PARTS)
        return {key: _of_parts(sums) for key, sums in rows.items()}

    def customers(self, by: str | None, groups: tuple[str, ...], days: int) -> Rows:
        """Who it was says the customer's id or, where nobody knows it, the number; of neither there is no other."""
        who = "CASE WHEN customer_id IS NOT NULL THEN 'c' || customer_id ELSE 'n' || number END"
        ordered = "OVER (PARTITION BY who ORDER BY arrived_ms, id)"
        contacts = f"""(
            SELECT *, CASE WHEN who IS NOT NULL THEN lag(arrived_ms) {ordered} END AS before,
                CASE WHEN who IS NOT NULL THEN lead(arrived_ms) {ordered} END AS after
            FROM (SELECT *, {who} AS who, dialled AS entry FROM contact WHERE direction = 'in')
        )"""  # noqa: S608 - our own names
        within = days * DAY_MS
        sums = f"""
            count(*) AS contacts,
            count(*) FILTER (outcome = 'answered') AS answered,
            count(*) FILTER (outcome = 'answered' AND (after IS NULL OR after - arrived_ms > {within})) AS resolved,
            count(*) FILTER (before IS NOT NULL AND arrived_ms - before <= {within}) AS repeated
        """
        rows = self._sums(by, groups, contacts, "arrived_ms", sums)
        for of in rows.values():
            of["first_contact_resolution"] = _share(of["resolved"], of["answered"])
            of["repeat_share"] = _share(of["repeated"], of["contacts"])
        return rows

    # ---- how

    def _sums(self, by: str | None, groups: tuple[str, ...], table: str, at: str, sums: str) -> Rows:
        inside = f"{at} >= {self._from_ms} AND {at} < {self._to_ms}"
        keys = [self._begin(by, at), *(f"nullif({group}, '')" for group in groups)]
        query = f"SELECT {', '.join(keys)}, {sums} FROM {table} WHERE {inside} GROUP BY ALL"  # noqa: S608 - as above
        return self._rows(query, len(keys))

    def _join_times(self, rows: Rows, by: str | None, groups: tuple[str, ...]) -> list[tuple[str, str]]:
        """Each stretch is cut into quarters of an hour, and so at each border that an interval may have."""
        quarter = STEPS_MS["15m"]
        cut = f"""(
            SELECT agent, state, coalesce(reason, '') AS reason,
                greatest(began_ms, unnest(range(began_ms // {quarter} * {quarter}, until, {quarter}))) AS began,
                least(until, unnest(range(began_ms // {quarter} * {quarter}, until, {quarter})) + {quarter}) AS ended
            FROM (SELECT *, coalesce(ended_ms, {self._now_ms}) AS until FROM agent_stretch)
        )"""  # noqa: S608 - our own names
        told = self._sums(by, (*groups, "state", "reason"), cut, "began", "sum(ended - began) AS spent")
        reasons = set()
        for (*key, state, reason), sums in told.items():
            of = rows.setdefault(tuple(key), {})
            for name in (f"time_{state}_ms", *([f"time_{state}_{reason}_ms"] if reason else [])):
                of[name] = of.get(name, 0) + sums["spent"]
            if reason:
                reasons.add((state, reason))
        return sorted(reasons)

    def _begin(self, by: str | None, at: str) -> str:
        if by is None:
            return str(self._from_ms)
        begin = f"step_begin({at}, {STEPS_MS[by]})" if by in STEPS_MS else f"calendar_begin({at}, '{by}')"
        return f"greatest({begin}, {self._from_ms})"

    def _rows(self, query: str, keys: int) -> Rows:
        found = self._duck.execute(query)
        names = [column[0] for column in found.description or ()][keys:]
        return {
            tuple(row[:keys]): {name: int(value or 0) for name, value in zip(names, row[keys:], strict=True)}
            for row in found.fetchall()
        }

    @staticmethod
    def _join(rows: Rows, others: Rows) -> None:
        for key, sums in others.items():
            rows.setdefault(key, {}).update(sums)


# ---- formulas


def _share(part: int, of: int) -> float | None:
    return float(Fraction(part, of)) if of else None


def _mean(total: int, count: int) -> int | None:
    return round(Fraction(total, count)) if count else None


def _of_queue(sums: Mapping[str, int]) -> dict[str, Any]:
    of = _Sums(sums)
    answered, abandoned, short, overflowed = of["answered"], of["abandoned"], of["short"], of["overflowed"]
    everybody, met = answered + abandoned + short, of["in_time"]
    levels = {
        "of_answered": (met, answered),
        "of_offered": (met, everybody),
        "of_offered_without_short": (met, answered + abandoned),
        "abandoned_in_time_as_met": (met + of["gone_in_time"], everybody),
        "of_offered_with_overflowed": (met, everybody + overflowed),
        "with_overflowed": (met, answered + abandoned + overflowed),
        "abandoned_in_time_as_met_with_overflowed": (met + of["gone_in_time"], everybody + overflowed),
    }
    return {
        "offered": of["offered"],
        "answered": answered,
        "abandoned": abandoned,
        "short_abandoned": short,
        "overflowed": overflowed,
        "others": of["others"],
        "waiting": of["waiting"],
        "service_level": _share(*levels["of_offered_without_short"]),
        **{f"service_level_{name}": _share(*level) for name, level in levels.items()},
        "asa_ms": _mean(of["answer_wait"], answered),
        "mean_abandon_wait_ms": _mean(of["abandon_wait"], abandoned),
        "longest_wait_ms": of["longest"] if of["offered"] > of["waiting"] else None,
    }


def _of_parts(sums: Mapping[str, int]) -> dict[str, Any]:
    of = _Sums(sums)
    return {
        "parts": of["parts"],
        "aht_ms": _mean(of["talk"] + of["hold"] + of["wrap_up"], of["parts"]),
        "mean_talk_ms": _mean(of["talk"], of["parts"]),
        "mean_hold_ms": _mean(of["hold"], of["parts"]),
        "mean_wrap_up_ms": _mean(of["wrap_up"], of["parts"]),
        "transfers": of["transfers"],
        "consults": of["consults"],
        "out_parts": of["out_parts"],
        "mean_out_ms": _mean(of["out_time"], of["out_parts"]),
    }


def _of_agent(sums: Mapping[str, int], groups: tuple[str, ...], reasons: Iterable[tuple[str, str]]) -> dict[str, Any]:
    of = _Sums(sums)
    told: dict[str, Any] = {
        "offers": sum(of[end] for end in ENDS),
        **{end: of[end] for end in ENDS},
        "mean_ring_ms": _mean(of["ring"], of["parts"]),
    }
    if "queue" in groups:
        return told
    handling = of["time_talking_ms"] + of["time_wrap_up_ms"]
    return {
        **told,
        "signed_in_ms": sum(of[f"time_{state}_ms"] for state in STATES),
        **{f"time_{state}_ms": of[f"time_{state}_ms"] for state in STATES},
        **{f"time_{state}_{reason}_ms": of[f"time_{state}_{reason}_ms"] for state, reason in reasons},
        "occupancy": _share(handling, handling + of["time_ready_ms"]),
    }


class _Sums:
    """0 for what there is nothing of."""

    def __init__(self, sums: Mapping[str, int]) -> None:
        self._sums = sums

    def __getitem__(self, name: str) -> int:
        return self._sums.get(name, 0)


# ---- holding one against the other


def differences(told: Mapping[str, Any], counted: Rows) -> tuple[list[str], int]:
    """In what a report (as JSON has it) differs from the recount, a line each, and how many values were compared."""
    found, compared = [], 0
    keys = [column["key"] for column in told["columns"]]
    rows: Rows = {(row["from_ms"], *(row[group] for group in told["group"])): row for row in told["rows"]}
    found += [f"{key}: only in the report" for key in rows.keys() - counted.keys()]
    found += [f"{key}: only in the recount" for key in counted.keys() - rows.keys()]
    for row in told["rows"] if told["report"] == "queues" else ():
        if row["offered"] != sum(row[end] for end in BECAME):
            found.append(f"{row['label']}: what became of the offered does not add up")
    for key in rows.keys() & counted.keys():
        missing = set(keys) ^ counted[key].keys()
        if missing:
            found.append(f"{key}: columns differ: {sorted(missing)}")
        for name in counted[key].keys() & rows[key].keys():
            compared += 1
            if rows[key][name] != counted[key][name]:
                found.append(f"{key} {name}: {rows[key][name]} in the report, {counted[key][name]} counted")
    return found, compared
