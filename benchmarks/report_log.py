"""A year of a large center in SQL, made by the database itself: contacts, visits, parts, offers and agents' states.

One idea: what row is number r of the year is a plain function of r (`report_log.sql`), in words that PostgreSQL and
SQLite read alike. So ten million contacts take minutes and not hours, and both have the same. How many come in each
quarter of an hour goes by the time of day and the day of the week.

The rows are those that the contact log's writer would have written; the figures are left to the project's own code.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Index
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CreateIndex

from callcenter.facts import QUARTER_MS
from callcenter.stores.figure_tables import AgentStretchRow, PartRow, VisitRow
from callcenter.stores.tables import Base, ContactRow, SegmentRow

DAY_MS, HOUR_MS = 86_400_000, 3_600_000
AGENTS = 1_000
QUARTERS_AT_ONCE = 96 * 7
# Out of 100 by the hour of a working day; nights are quiet, and not still.
CURVE = (2, 1, 1, 1, 1, 2, 6, 25, 70, 100, 98, 90, 75, 78, 88, 90, 82, 65, 40, 26, 18, 12, 7, 4)
WEEKEND = 0.3
STRETCH_MS = 2 * QUARTER_MS
SHIFT_BEGINS, SHIFT_ENDS = 8, 16  # hours of UTC; half of the agents work on a day
_FILLED: tuple[type[Base], ...] = (ContactRow, VisitRow, PartRow, SegmentRow, AgentStretchRow)

Say = Callable[[str], None]


class Connection(Protocol):
    """What the drivers of both databases have in common."""

    def cursor(self) -> Any: ...
    def commit(self) -> None: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Year:
    """`contacts` in so many days that end at `until_ms`, a midnight."""

    contacts: int
    days: int
    until_ms: int

    @property
    def from_ms(self) -> int:
        return self.until_ms - self.days * DAY_MS

    def quarters(self) -> Iterator[tuple[int, int, int]]:
        """Each quarter with how many contacts come before it, and how many in it."""
        moments = range(self.from_ms, self.until_ms, QUARTER_MS)
        weights = [_weight(at_ms) for at_ms in moments]
        whole, so_far, before = sum(weights), 0.0, 0
        for at_ms, weight in zip(moments, weights, strict=True):
            so_far += weight
            upto = round(self.contacts * so_far / whole)
            yield at_ms, before, upto - before
            before = upto


def _weight(at_ms: int) -> float:
    at = datetime.fromtimestamp(at_ms / 1_000, UTC)
    return CURVE[at.hour] * (WEEKEND if at.weekday() >= 5 else 1.0)


def build(connection: Connection, dialect: Dialect, year: Year, say: Say) -> None:
    """Fill the tables of a database that has been migrated and is empty."""
    cursor = connection.cursor()
    views, each_week, at_the_end = _statements()
    indexes = _indexes()
    for index in indexes:
        cursor.execute(f"DROP INDEX {index.name}")
    quarters = list(year.quarters())
    most = max(AGENTS, *(n for _, _, n in quarters))
    _make(cursor, dialect, "bench_quarter", "quarter_ms BIGINT PRIMARY KEY, before BIGINT, n BIGINT", quarters)
    _make(cursor, dialect, "bench_number", "k BIGINT PRIMARY KEY", [(k,) for k in range(1, most + 1)])
    _make(cursor, dialect, "bench_stretch", "began_ms BIGINT, number BIGINT", list(_shifts(year)))
    for statement in views:
        cursor.execute(statement)
    connection.commit()
    for at in range(0, len(quarters), QUARTERS_AT_ONCE):
        week = quarters[at : at + QUARTERS_AT_ONCE]
        for statement in each_week:
            cursor.execute(statement.format(first=week[0][0], last=week[-1][0]))
        connection.commit()
        say(f"{week[-1][1]:,} contacts")
    for statement in at_the_end:
        cursor.execute(statement)
    connection.commit()
    say("indexes")
    for index in indexes:
        cursor.execute(str(CreateIndex(index).compile(dialect=dialect)))
        connection.commit()
    if dialect.name == "postgresql":  # whose autovacuum would do it; SQLite counts only where somebody asks it to
        cursor.execute("ANALYZE")
        connection.commit()


def make_stale(connection: Connection, from_ms: int, to_ms: int) -> None:
    """As the writer notes quarters that have new facts."""
    cursor = connection.cursor()
    for quarter_ms in range(from_ms, to_ms, QUARTER_MS):
        cursor.execute(
            f"INSERT INTO stale_quarter (quarter_ms) VALUES ({quarter_ms}) ON CONFLICT DO NOTHING"  # noqa: S608 - a number
        )
    connection.commit()


def _statements() -> tuple[list[str], list[str], list[str]]:
    """To begin with, for each week, and at the end."""
    text = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    parts = text.replace("-- at the end", "-- each week").split("-- each week")
    first, second, third = ([one.strip() for one in part.split(";\n") if one.strip()] for part in parts)
    return first, second, third


def _indexes() -> list[Index]:
    """Those that are made when all is there, which takes a fraction of the time."""
    found = [index for row in _FILLED for index in Base.metadata.tables[row.__tablename__].indexes]
    return sorted(found, key=lambda index: str(index.name))


def _shifts(year: Year) -> Iterator[tuple[int, int]]:
    """When agents' states begin, each with its number in the day."""
    for day_ms in range(year.from_ms, year.until_ms, DAY_MS):
        if datetime.fromtimestamp(day_ms / 1_000, UTC).weekday() < 5:
            shift = range(day_ms + SHIFT_BEGINS * HOUR_MS, day_ms + SHIFT_ENDS * HOUR_MS, STRETCH_MS)
            yield from ((at_ms, number) for number, at_ms in enumerate(shift, 1))


def _make(cursor: Any, dialect: Dialect, table: str, columns: str, rows: Sequence[tuple[int, ...]]) -> None:
    cursor.execute(f"CREATE TABLE {table} ({columns})")
    sign = "?" if dialect.name == "sqlite" else "%s"
    places = ", ".join(sign for _ in rows[0])
    cursor.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608 - our own names
