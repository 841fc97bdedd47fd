from datetime import UTC

from callcenter.retention.report import in_short, lines_of
from callcenter.retention.rows import Counts
from callcenter.retention.run import Done
from tests.retention.world import SETTINGS, bounds


def test_report_says_from_when_and_how_much() -> None:
    done = Done(bounds(statistics_days=None), False, Counts({"contact": 3, "part": 0}, {"note": 1}), {"a.jsonl": 2})
    assert list(lines_of(done, SETTINGS, UTC)) == [
        "Personal data: kept for 90 days; what is from before 2026-08-22 00:00 UTC goes.",
        "Contacts: kept for 400 days; what is from before 2025-10-16 00:00 UTC goes.",
        "Figures: kept for ever.",
        "Rows blanked: 1 of note.",
        "Rows removed: 3 of contact.",
        "a.jsonl: 2 lines were blanked or left out.",
        "Left alone: the audit log, customers' own records, backups, the daemon's log, and what the PBX keeps.",
    ]
    assert in_short(done) == "Rows blanked: 1 of note; Rows removed: 3 of contact; 2 lines of a.jsonl"


def test_of_nothing_it_says_so() -> None:
    lines = list(lines_of(Done(bounds(), True), SETTINGS, UTC))
    assert lines[0] == "Nothing is changed."
    assert "Nothing is too old." in lines
    assert in_short(Done(bounds(), False)) == "nothing is too old"
