"""What an erasure tells: what was done, what is left where and until when, and what it did not look at."""

from collections.abc import Iterator
from dataclasses import dataclass

from callcenter.crm_settings import CrmSettings
from callcenter.customers.erasure import Erased
from callcenter.customers.subject import Subject
from callcenter.customers.traces import FileTraces, JournalTraces


@dataclass(frozen=True, slots=True)
class Report:
    """`journal` is words where it could not be looked at; `audited` rows of the audit log name a number of theirs;
    `problem` says why the CRM could not be asked."""

    subject: Subject
    done: Erased
    files: FileTraces
    journal: JournalTraces | str
    audited: int
    problem: str | None
    dry_run: bool


def lines_of(report: Report, crm: CrmSettings, snapshot_every: int) -> Iterator[str]:
    """The report as lines for a terminal."""
    yield from _of_rows(report)
    yield from _of_files(report.files, report.dry_run)
    yield from _of_journal(report.journal, snapshot_every)
    if report.audited:
        yield f"Audit log: {report.audited} of its rows name a number of theirs; nothing in it can be changed."
    if report.problem is not None:
        yield f"The CRM could not be asked: {report.problem}. What only it knows was not looked for; do this again."
    if crm.source != "own":
        kept_s = max(crm.cache.ttl_s, crm.cache.stale_s)
        yield f"The CRM's own record is not ours to erase; a running daemon remembers it for {kept_s:g} s (crm.cache)."
    yield "Not looked at: backups, the daemon's log, and what the PBX keeps (call records, recordings, voicemail)."


def _of_rows(report: Report) -> Iterator[str]:
    subject, done, dry_run = report.subject, report.done, report.dry_run
    who = ", ".join(sorted(subject.accounts)) or ", ".join(sorted(subject.numbers))
    name = f" ({subject.name})" if subject.name else ""
    ids = ", ".join(str(id_) for id_ in sorted(subject.ids))
    known = f"known to the contact log as {ids}" if ids else "no record here"
    yield f"{who}{name}: {known}{'. Nothing is changed' if dry_run else ''}"
    if subject.numbers:
        yield f"Numbers: {', '.join(sorted(subject.numbers))}"
    if removed := _counted(done.removed):
        yield f"{'Would be removed' if dry_run else 'Removed'}: {removed}."
    else:
        yield "Nothing to remove."
    if blanked := _counted(done.blanked):
        blanked_now = "would be blanked" if dry_run else "blanked"
        yield f"Contact log: personal data {blanked_now} in {blanked}; queues, times and outcomes stay."
    else:
        yield "Contact log: holds nothing of theirs."
    if done.shared:
        were = "would be" if dry_run else "were"
        others = ", ".join(done.shared)
        yield f"{others} has one of these numbers too, and stays; calls from it in nobody's name {were} blanked."
    if done.callers:
        yield f"Contacts from these numbers that are of {', '.join(done.callers)} stay as they are."


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(
        f"{count} {'row' if count == 1 else 'rows'} of {table}" for table, count in counts.items() if count
    )


def _of_files(files: FileTraces, dry_run: bool) -> Iterator[str]:
    for name, count in files.mended.items():
        if count:
            yield f"{name}: {count} lines {'would be' if dry_run else 'were'} mended or left out."
    for name, count in files.waiting.items():
        if count:
            yield (
                f"{name}: {count} lines are about them and are still needed: they go to the journal or the log when "
                "the daemon runs and Redis is there. Do this again then."
            )


def _of_journal(journal: JournalTraces | str, snapshot_every: int) -> Iterator[str]:
    if isinstance(journal, str):
        yield f"Journal: could not be looked at ({journal}). It forgets an event {snapshot_every} events later."
        return
    if journal.unwritten:
        words = "records about them wait to be written to the contact log. Do this again when the log has them."
        yield f"Journal: {journal.unwritten} {words}"
    if journal.events or journal.snapshot:
        left = max(0, snapshot_every - journal.all_events)
        hours = f", in about {left / journal.per_hour:.1f} h at the present rate" if journal.per_hour > 0 else ""
        snapshot = " and a snapshot that has them" if journal.snapshot else ""
        yield (
            f"Journal: holds {journal.events} events about them{snapshot}. The next snapshot, {left} events from "
            f"now{hours}, takes their place, without a contact that is over by then. Redis' append-only file is rid of "
            "it when Redis next rewrites it (BGREWRITEAOF)."
        )
    elif not journal.unwritten:
        yield "Journal: holds nothing of theirs."
