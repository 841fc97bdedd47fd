"""What an audit has found, as people and as programs read it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from callcenter.reconcile.findings import CHECKS, Difference, Findings, State, Tally
from callcenter.reconcile.rows import Range

_COLUMN = max(len(check) for check in CHECKS)


def lines_of(findings: Findings, between: Range) -> Iterator[str]:
    """A table of the checks, then each check that has found a difference with those that are told in full."""
    yield f"Audit of {_moment(between[0], 'the beginning of the log')} to {_moment(between[1], 'its end')}"
    yield ""
    yield f"{'check':<{_COLUMN}}  {'compared':>12}  {'differences':>12}"
    for check, tally in findings.tallies.items():
        yield f"{check:<{_COLUMN}}  {_counts(tally)}"
    for check, tally in findings.tallies.items():
        if tally.differences:
            yield ""
            yield from _of_check(check, tally)
    for note in findings.notes:
        yield ""
        yield f"Note: {note}."
    yield ""
    count = findings.differences
    yield f"{count:,} differences; docs/audit.md says what to do." if count else "All that was compared agrees."


def _counts(tally: Tally) -> str:
    if tally.state is State.NOT_COMPARED:
        return f"{'-':>12}  not compared: {tally.not_compared}"
    return f"{tally.compared:>12,}  {tally.differences:>12,}"


def _of_check(check: str, tally: Tally) -> Iterator[str]:
    yield f"{check}: {CHECKS[check]}"
    for one in tally.shown:
        named = f" ({', '.join(one.contacts)})" if one.contacts else ""
        yield f"  {one.subject}: {one.what}: counted {one.counted}, found {one.found}{named}"
    if rest := tally.differences - len(tally.shown):
        yield f"  and {rest:,} more"


def value_of(findings: Findings, between: Range) -> dict[str, Any]:
    """For JSON. Times are ms of UTC, None: open."""
    return {
        "agrees": not findings.differences,
        "from_ms": between[0],
        "to_ms": between[1],
        "differences": findings.differences,
        "checks": [
            {
                "check": check,
                "words": CHECKS[check],
                "state": tally.state.value,
                "compared": tally.compared,
                "differences": tally.differences,
                "not_compared": tally.not_compared,
                "shown": [_value(one) for one in tally.shown],
            }
            for check, tally in findings.tallies.items()
        ],
        "notes": findings.notes,
    }


def _value(one: Difference) -> dict[str, Any]:
    return {
        "subject": one.subject,
        "what": one.what,
        "counted": one.counted,
        "found": one.found,
        "contacts": list(one.contacts),
    }


def _moment(at_ms: int | None, otherwise: str) -> str:
    return otherwise if at_ms is None else f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
