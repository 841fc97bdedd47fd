"""The reports of a generated day, each held against the recount row by row and value by value.

`make bench-report-day` does it with 30,000 contacts, the tests with fewer.
"""

import asyncio
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.report_day import RecordedWorld, Writing, told
from benchmarks.report_recount import Recount, Rows, differences
from callcenter.reports.asked import Asked, Words, read
from callcenter.reports.exports import as_json
from callcenter.reports.service import report_of
from callcenter.stores.database import open_database
from callcenter.stores.migrations import migrate

MAX_SHOWN = 20
ZONES = ("Europe/Berlin", "Australia/Lord_Howe")  # both are set in the days of the generated one, or at other hours
# Kind, intervals, groups.
Questions = Sequence[tuple[str, str | None, str]]
QUESTIONS: Questions = (
    ("queues", "15m", "queue,tier,entry"),
    ("queues", "30m", "queue"),
    ("queues", "60m", "none"),
    ("queues", "day", "tier"),
    ("queues", None, "entry"),
    ("agents", "30m", "agent"),
    ("agents", "60m", "none"),
    ("agents", "day", "agent,queue"),
    ("agents", "month", "agent"),
    ("dispositions", "60m", "queue,agent"),
    ("dispositions", "week", "tier,entry"),
    ("customers", "30m", "none"),
    ("customers", "60m", "queue,tier,agent"),
    ("customers", "day", "entry,disposition"),
)


@dataclass(slots=True)
class Compared:
    rows: int = 0
    values: int = 0
    found: list[str] = field(default_factory=list)


async def compare(
    engine: AsyncEngine, database: Path, now_ms: int, zones: Sequence[str] = ZONES, questions: Questions = QUESTIONS
) -> Compared:
    """Every report of `questions`, in each zone, over four days around the generated one."""
    compared = Compared()
    for zone in zones:
        recount: Recount | None = None
        for kind, by, group in questions:
            words = Words(kind, "2026-10-24", "2026-10-28", by, group)
            asked = read(words, zone=zone, now_ms=now_ms)
            shown = as_json(await report_of(engine, asked))
            if recount is None:
                recount = Recount(database, zone, asked.grid.from_ms, asked.grid.to_ms, now_ms)
            found, values = differences(shown, _counted(recount, asked))
            compared.rows += len(shown["rows"])
            compared.values += values
            compared.found += [f"{zone} {kind} by {by}, {group}: {one}" for one in found]
    return compared


def _counted(recount: Recount, asked: Asked) -> Rows:
    by, groups = asked.grid.by, tuple(group.value for group in asked.groups)
    interval = None if by is None else by.value
    match asked.kind.value:
        case "queues":
            return recount.queues(interval, groups)
        case "agents":
            return recount.agents(interval, groups)
        case "dispositions":
            return recount.dispositions(interval, groups)
        case _:
            return recount.customers(interval, groups, asked.within_days)


async def check(contacts: int, seed: int, say: Callable[[str], None]) -> dict[str, Any]:
    """The figures of one day: how much there was, how much of the reports was compared, and what differs."""
    began_s = time.monotonic()
    world = RecordedWorld(seed, contacts)
    world.play()
    kinds = told(world.records)
    say(f"{contacts:,} contacts, {world.handled:,} events, {world.crashes} restarts: {kinds}")
    figures: dict[str, Any] = {"contacts": contacts, "records": len(world.records), "restarts": world.crashes}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "day.sqlite3"
        database = open_database(f"sqlite:///{file}")
        try:
            await migrate(database.engine)
            writing = Writing(database.engine, Path(folder), world.records)
            figures |= {"rows": 0, "values": 0, "differences": 0}
            for share in (0.6, 1.0):
                await writing.write_up_to(int(share * len(world.records)))
                say(f"written {share:.0%} after {time.monotonic() - began_s:.0f} s")
                compared = await compare(database.engine, file, world.now_ms)
                say(f"{compared.rows:,} rows, {compared.values:,} values, {len(compared.found)} differences")
                for line in compared.found[:MAX_SHOWN]:
                    say(line)
                figures["rows"] += compared.rows
                figures["values"] += compared.values
                figures["differences"] += len(compared.found)
            figures["writers_deaths"] = writing.deaths
        finally:
            await database.close()
    return figures | {"seconds": round(time.monotonic() - began_s)}


@click.command()
@click.option("--contacts", type=click.IntRange(100, 1_000_000), default=30_000, show_default=True)
@click.option("--seed", default=1, show_default=True)
def main(contacts: int, seed: int) -> None:
    """Each report of a generated day, while it goes on and when it is over, against a recount of the raw facts.

    Ends with 1 where something differs.
    """
    figures = asyncio.run(check(contacts, seed, lambda words: click.echo(words, err=True)))
    click.echo(json.dumps(figures))
    if figures["differences"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
