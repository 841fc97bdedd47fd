"""What a run tells: what has gone, or would go, from when, and what it leaves alone."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo

from callcenter.retention.run import Done
from callcenter.retention_settings import RetentionSettings


def lines_of(done: Done, retention: RetentionSettings, zone: tzinfo | None = None) -> Iterator[str]:
    """The report as lines for a terminal; moments are shown in `zone`, None: the machine's."""
    bounds = done.bounds
    if done.dry_run:
        yield "Nothing is changed."
    for what, days, before_ms in (
        ("Personal data", retention.personal_days, bounds.personal_ms),
        ("Contacts", retention.contacts_days, bounds.contacts_ms),
        ("Figures", retention.statistics_days, bounds.statistics_ms),
    ):
        if before_ms is None:
            yield f"{what}: kept for ever."
        else:
            yield f"{what}: kept for {days} days; what is from before {_moment(before_ms, zone)} goes."
    would = "would be " if done.dry_run else ""
    yield from _counted(f"{would}blanked", done.counts.blanked)
    yield from _counted(f"{would}removed", done.counts.removed)
    for name, count in done.files.items():
        yield f"{name}: {count} lines {would or 'were '}blanked or left out."
    if not done.anything:
        yield "Nothing is too old."
    yield "Left alone: the audit log, customers' own records, backups, the daemon's log, and what the PBX keeps."


def in_short(done: Done) -> str:
    """One line for a log."""
    parts = [*_counted("blanked", done.counts.blanked), *_counted("removed", done.counts.removed)]
    parts += [f"{count} lines of {name}" for name, count in done.files.items()]
    return "; ".join(part.rstrip(".") for part in parts) or "nothing is too old"


def _counted(verb: str, counts: Mapping[str, int]) -> Iterator[str]:
    rows = ", ".join(f"{count} of {table}" for table, count in counts.items() if count)
    if rows:
        yield f"Rows {verb}: {rows}."


def _moment(at_ms: int, zone: tzinfo | None) -> str:
    return datetime.fromtimestamp(at_ms / 1_000, UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M %Z")
