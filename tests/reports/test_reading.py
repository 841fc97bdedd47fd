"""The figures of a small morning, counted by hand, on both databases."""

from dataclasses import replace
from typing import Any

import pytest

from callcenter.facts import VisitEnd
from callcenter.reports import reading
from callcenter.reports.asked import Asked, AskedError, Words, read
from callcenter.reports.report import Report
from callcenter.reports.service import report_of
from callcenter.stores.contact_rows import write_batch
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.reports.world import BERLIN, DAY, NOW_MS, at, fill, left, visit

MINUTE_MS = 60_000


def asked(kind: str, now_ms: int = NOW_MS, **words: Any) -> Asked:
    only = {name: words.pop(name) for name in ("queues", "agents") if name in words}
    return read(Words(kind, **({"from_": DAY} | words)), zone=BERLIN, now_ms=now_ms, **only)


async def made(url: str, *questions: Asked) -> list[Report]:
    async with migrated(url) as database:
        await fill(database.engine)
        return [await report_of(database.engine, question) for question in questions]


def cells(report: Report, *keys: str) -> dict[tuple[str, ...], tuple[Any, ...]]:
    """The columns of these keys, by interval and groups; the total is under ("total",)."""
    places = [[column.key for column in report.columns].index(key) for key in keys]
    rows = {}
    for row in report.rows:
        interval = () if report.asked.grid.by is None else (row.interval.label[11:] or row.interval.label,)
        rows[*interval, *(group or "" for group in row.groups)] = tuple(row.cells[place] for place in places)
    rows["total",] = tuple(report.total[place] for place in places)
    return rows


@run_async
async def test_what_became_of_the_callers_by_queue_and_half_hour(database_url: str) -> None:
    (report,) = await made(database_url, asked("queues", by="30m", group="queue"))
    counted = cells(
        report, "offered", "answered", "abandoned", "short_abandoned", "overflowed", "others", "waiting"
    )  # fmt: skip
    assert counted == {
        ("08:00", "sales"): (4, 1, 1, 1, 1, 0, 0),
        ("08:00", "support"): (1, 1, 0, 0, 0, 0, 0),
        ("08:30", "sales"): (3, 1, 0, 0, 0, 1, 1),
        ("08:30", "support"): (2, 1, 1, 0, 0, 0, 0),
        ("total",): (10, 4, 2, 1, 1, 1, 1),
    }
    levels = cells(report, "service_level", "asa_ms", "longest_wait_ms", "mean_abandon_wait_ms")
    assert levels == {
        ("08:00", "sales"): (0.5, 5_000, 60_000, 40_000),
        ("08:00", "support"): (0.0, 120_000, 120_000, None),
        ("08:30", "sales"): (1.0, 10_000, 15_000, None),
        ("08:30", "support"): (0.0, 25_000, 30_000, 30_000),
        ("total",): (2 / 6, 40_000, 120_000, 35_000),
    }


@run_async
async def test_each_formula_counts_for_itself(database_url: str) -> None:
    usual, other = await made(database_url, asked("queues", group="none"), asked("queues", formula="of_answered"))
    levels = cells(
        usual,
        "service_level",
        "service_level_of_answered",
        "service_level_of_offered",
        "service_level_of_offered_without_short",
        "service_level_abandoned_in_time_as_met",
        "service_level_with_overflowed",
    )
    assert levels["total",] == (2 / 6, 2 / 4, 2 / 7, 2 / 6, 3 / 7, 2 / 7)
    assert levels[()] == levels["total",]
    assert cells(other, "service_level")["support",] == (0.0,)
    assert cells(other, "service_level")["sales",] == (1.0,)


@run_async
async def test_handling_is_counted_where_the_answer_was(database_url: str) -> None:
    (report,) = await made(database_url, asked("queues", group="queue"))
    counted = cells(
        report, "parts", "aht_ms", "mean_talk_ms", "mean_hold_ms", "mean_wrap_up_ms", "transfers", "consults"
    )
    assert counted == {
        ("sales",): (2, 135_000, 90_000, 15_000, 30_000, 0, 0),
        ("support",): (2, 187_500, 150_000, 17_500, 20_000, 1, 1),
        ("total",): (4, 161_250, 120_000, 16_250, 25_000, 1, 1),
    }


@run_async
async def test_other_groups(database_url: str) -> None:
    (report,) = await made(database_url, asked("queues", group="entry,tier"))
    assert [group.value for group in report.groups] == ["tier", "entry"]
    assert cells(report, "offered", "service_level") == {
        ("gold", "8001"): (3, 2 / 3),
        ("standard", "8001"): (7, 0.0),
        ("total",): (10, 2 / 6),
    }


@run_async
async def test_agents_times_are_split_at_the_borders_and_go_on_until_now(database_url: str) -> None:
    (report,) = await made(database_url, asked("agents", by="30m"))
    times = cells(report, "signed_in_ms", "time_ready_ms", "time_talking_ms", "time_wrap_up_ms", "time_not_ready_ms")
    s = 1_000
    assert times == {
        ("07:30", "ann"): (600 * s, 600 * s, 0, 0, 0),
        ("07:30", "bob"): (300 * s, 300 * s, 0, 0, 0),
        ("08:00", "ann"): (1_800 * s, 1_620 * s, 150 * s, 30 * s, 0),
        ("08:00", "bob"): (1_800 * s, 1_650 * s, 120 * s, 30 * s, 0),
        ("08:30", "ann"): (1_800 * s, 310 * s, 60 * s, 30 * s, 1_400 * s),
        ("08:30", "bob"): (1_200 * s, 975 * s, 215 * s, 10 * s, 0),
        ("total",): (7_500 * s, 5_455 * s, 545 * s, 100 * s, 1_400 * s),
    }
    assert cells(report, "time_not_ready_lunch_ms")["08:30", "ann"] == (1_400 * s,)
    assert cells(report, "occupancy")["08:00", "ann"] == (180 / 1_800,)
    assert cells(report, "occupancy")["07:30", "bob"] == (0.0,)


@run_async
async def test_offers_and_what_came_of_them(database_url: str) -> None:
    (report,) = await made(database_url, asked("agents"))
    counted = cells(report, "offers", "accepted", "declined", "expired", "withdrawn", "failed", "mean_ring_ms")
    assert counted == {
        ("ann",): (3, 2, 1, 0, 0, 0, 4_000),
        ("bob",): (4, 2, 0, 1, 1, 0, 4_000),
        ("total",): (7, 4, 1, 1, 1, 0, 4_000),
    }
    credited = cells(report, "parts", "aht_ms", "transfers", "consults")
    assert credited == {("ann",): (2, 135_000, 0, 0), ("bob",): (2, 187_500, 1, 1), ("total",): (4, 161_250, 1, 1)}


@run_async
async def test_by_queue_an_agent_has_no_time(database_url: str) -> None:
    (report,) = await made(database_url, asked("agents", group="agent,queue"))
    assert "signed_in_ms" not in [column.key for column in report.columns]
    assert cells(report, "offers", "parts") == {
        ("ann", "sales"): (3, 2),
        ("bob", "sales"): (2, 0),
        ("bob", "support"): (2, 2),
        ("total",): (7, 4),
    }
    assert "An agent's time is of no queue" in report.notes[-1]


@run_async
async def test_dispositions_and_who_gave_them(database_url: str) -> None:
    alone, grouped = await made(database_url, asked("dispositions"), asked("dispositions", group="agent,tier"))
    assert cells(alone, "parts", "aht_ms") == {
        ("",): (1, 225_000),
        ("sold",): (2, 135_000),
        ("solved",): (1, 150_000),
        ("total",): (4, 161_250),
    }
    assert alone.rows[0].groups == (None,)
    assert list(cells(grouped, "parts")) == [
        ("gold", "ann", "sold"), ("gold", "bob", ""), ("standard", "bob", "solved"), ("total",),
    ]  # fmt: skip


@run_async
async def test_who_called_again(database_url: str) -> None:
    week, day = await made(database_url, asked("customers"), asked("customers", within_days=1))
    keys = ("contacts", "answered", "resolved", "first_contact_resolution", "repeated", "repeat_share")
    # c1 is followed by c5, c4 by c7; c0 was three days before c1. The call out counts for nobody.
    assert cells(week, *keys)["total",] == (6, 3, 1, 1 / 3, 3, 3 / 6)
    assert cells(day, *keys)["total",] == (6, 3, 1, 1 / 3, 2, 2 / 6)
    assert "who calls again takes away" in week.notes[-1]


@run_async
async def test_nothing_is_nothing_and_not_zero_per_cent(database_url: str) -> None:
    before, empty = await made(
        database_url, asked("queues", from_="2026-11-01", by="60m"), asked("queues", queues=["golf"])
    )
    for report in (before, empty):
        assert report.rows == ()
        assert cells(report, "offered", "service_level", "asa_ms", "aht_ms", "longest_wait_ms") == {
            ("total",): (0, None, None, None, None)
        }


@run_async
async def test_a_report_can_be_cut_to_some_queues_and_agents(database_url: str) -> None:
    queues, agents, customers = await made(
        database_url,
        asked("queues", queues=["support"]),
        asked("agents", queues=["sales"], agents=["bob"]),
        asked("customers", queues=["support"]),
    )
    assert list(cells(queues, "offered")) == [("support",), ("total",)]
    assert cells(agents, "offers", "parts", "signed_in_ms") == {
        ("bob",): (2, 0, 3_300_000), ("total",): (2, 0, 3_300_000),
    }  # fmt: skip
    assert cells(customers, "contacts")["total",] == (2,)
    assert queues.notes == (
        "The range is not over: these are the figures of 2026-11-02 09:00.", "Only what is of these queues: support.",
    )  # fmt: skip


@run_async
async def test_days_weeks_and_months_are_put_together(database_url: str) -> None:
    words: dict[str, Any] = {"from_": "2026-10-26", "to": "2026-12-01", "now_ms": at("09:00:00", "2026-12-20")}
    days, weeks, months = await made(
        database_url, *(asked("customers", by=by, **words) for by in ("day", "week", "month"))
    )
    assert cells(days, "contacts", "repeated") == {
        ("2026-10-30",): (1, 0), ("2026-11-02",): (6, 3), ("total",): (7, 3),
    }  # fmt: skip
    assert cells(weeks, "contacts") == {("2026-W44",): (1,), ("2026-W45",): (6,), ("total",): (7,)}
    assert cells(months, "contacts") == {("2026-10",): (1,), ("2026-11",): (6,), ("total",): (7,)}
    assert months.notes == ()


@run_async
async def test_the_longest_wait_of_a_week_is_that_of_its_longest_day(database_url: str) -> None:
    async with migrated(database_url) as database:
        await fill(database.engine)
        later = replace(left(visit("c9", "sales", "08:00:00"), VisitEnd.ABANDONED, 50), began_ms=NOW_MS + 86_400_000)
        async with database.engine.begin() as connection:
            await write_batch(connection, [later], lambda caller: caller)
        week = asked("queues", to="2026-11-09", by="week", group="none", now_ms=NOW_MS + 86_400_000)
        report = await report_of(database.engine, week)
    assert cells(report, "offered", "longest_wait_ms") == {("2026-W45",): (11, 120_000), ("total",): (11, 120_000)}


@run_async
async def test_too_many_rows_are_refused(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_ROWS", 3)
    with pytest.raises(AskedError, match=r"more than 3 rows\. Ask for longer intervals"):
        await made(database_url, asked("queues", by="15m"))
