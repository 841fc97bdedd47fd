"""Reports without a database: of sums that are handed in."""

from callcenter.reports.asked import Words, read
from callcenter.reports.columns import counts_of
from callcenter.reports.intervals import moment
from callcenter.reports.reading import Found
from callcenter.reports.report import Report, made

BERLIN = "Europe/Berlin"
NOW_MS = moment("2026-12-24", BERLIN)


def report(words: Words, *rows: tuple[int, tuple[str, ...], dict[str, int]], now_ms: int = NOW_MS) -> Report:
    """Each row is the number of its interval, its groups and those sums that are not 0."""
    asked = read(words, zone=BERLIN, now_ms=now_ms)
    found = Found()
    for index, groups, sums in rows:
        found.sums[index, groups] = dict.fromkeys(counts_of(asked.kind), 0) | sums
        found.reasons |= {("not_ready", "lunch"): None} if "time_not_ready_lunch_ms" in sums else {}
    return made(asked, found)


SALES = {
    "offered": 10, "answered": 8, "answered_within": 6, "answer_wait_ms": 80_000, "abandoned": 2,
    "abandon_wait_ms": 90_000, "longest_wait_ms": 61_500, "parts": 8, "talk_ms": 960_000, "wrap_up_ms": 240_000,
}  # fmt: skip


def of_a_day() -> Report:
    """Two queues by the half-hours of a day on which clocks go back; one has a name that a spreadsheet would run."""
    return report(
        Words("queues", "2026-10-25", by="30m"),
        (5, ("=sales",), {"offered": 1, "waiting": 1}),
        (4, ("=sales",), SALES),
        (6, ("<b>support</b>",), {"offered": 3, "others": 3}),
    )
