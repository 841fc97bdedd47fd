from callcenter.crm_settings import CrmSettings
from callcenter.customers.erasure import Erased
from callcenter.customers.report import Report, lines_of
from callcenter.customers.subject import Subject
from callcenter.customers.traces import FileTraces, JournalTraces

OWN, FOREIGN = CrmSettings(), CrmSettings.model_validate({"source": "http"})
ANN = Subject("US", ids={7}, accounts={"1001"}, numbers={"+12025550101"}, name="Ann")
DONE = Erased(
    {"customer": 1, "customer_number": 2, "customer_key": 0}, {"contact": 3, "decision": 0}, ["1002"], ["1002", "1004"]
)
NOT_LOOKED_AT = (
    "Not looked at: backups, the daemon's log, and what the PBX keeps (call records, recordings, voicemail)."
)


def report(**changes: object) -> Report:
    values: dict[str, object] = {
        "subject": ANN,
        "done": DONE,
        "files": FileTraces(),
        "journal": JournalTraces(),
        "audited": 0,
        "problem": None,
        "dry_run": False,
    }
    return Report(**(values | changes))  # type: ignore[arg-type]


def test_what_was_done() -> None:
    assert list(lines_of(report(), OWN, 5_000)) == [
        "1001 (Ann): known to the contact log as 7",
        "Numbers: +12025550101",
        "Removed: 1 row of customer, 2 rows of customer_number.",
        "Contact log: personal data blanked in 3 rows of contact; queues, times and outcomes stay.",
        "1002 has one of these numbers too, and stays; calls from it in nobody's name were blanked.",
        "Contacts from these numbers that are of 1002, 1004 stay as they are.",
        "Journal: holds nothing of theirs.",
        NOT_LOOKED_AT,
    ]


def test_what_would_be_done() -> None:
    files = FileTraces({"contact-log.refused.jsonl": 2})
    assert list(lines_of(report(dry_run=True, files=files), OWN, 5_000)) == [
        "1001 (Ann): known to the contact log as 7. Nothing is changed",
        "Numbers: +12025550101",
        "Would be removed: 1 row of customer, 2 rows of customer_number.",
        "Contact log: personal data would be blanked in 3 rows of contact; queues, times and outcomes stay.",
        "1002 has one of these numbers too, and stays; calls from it in nobody's name would be blanked.",
        "Contacts from these numbers that are of 1002, 1004 stay as they are.",
        "contact-log.refused.jsonl: 2 lines would be mended or left out.",
        "Journal: holds nothing of theirs.",
        NOT_LOOKED_AT,
    ]


def test_where_there_is_nothing() -> None:
    nobody = Subject("US", numbers={"+12025550177"})
    assert list(lines_of(report(subject=nobody, done=Erased()), OWN, 5_000))[:4] == [
        "+12025550177: no record here",
        "Numbers: +12025550177",
        "Nothing to remove.",
        "Contact log: holds nothing of theirs.",
    ]


def test_what_is_left_where_and_until_when() -> None:
    files = FileTraces({"contact-log.refused.jsonl": 1}, {"journal-gap.aside.jsonl": 4, "journal-gap.jsonl": 0})
    journal = JournalTraces(events=12, all_events=3_800, per_hour=600.0, snapshot=True, unwritten=3)
    told = list(lines_of(report(files=files, journal=journal, audited=2, problem="answered 503"), FOREIGN, 5_000))
    assert told[6:] == [
        "contact-log.refused.jsonl: 1 lines were mended or left out.",
        "journal-gap.aside.jsonl: 4 lines are about them and are still needed: they go to the journal or the log when "
        "the daemon runs and Redis is there. Do this again then.",
        "Journal: 3 records about them wait to be written to the contact log. Do this again when the log has them.",
        "Journal: holds 12 events about them and a snapshot that has them. The next snapshot, 1200 events from now, in "
        "about 2.0 h at the present rate, takes their place, without a contact that is over by then. Redis' "
        "append-only file is rid of it when Redis next rewrites it (BGREWRITEAOF).",
        "Audit log: 2 of its rows name a number of theirs; nothing in it can be changed.",
        "The CRM could not be asked: answered 503. What only it knows was not looked for; do this again.",
        "The CRM's own record is not ours to erase; a running daemon remembers it for 3600 s (crm.cache).",
        NOT_LOOKED_AT,
    ]


def test_a_journal_that_cannot_be_looked_at() -> None:
    told = list(lines_of(report(journal="Redis has not answered"), OWN, 5_000))
    assert "Journal: could not be looked at (Redis has not answered). It forgets an event 5000 events later." in told


def test_a_journal_whose_rate_is_not_known() -> None:
    journal = JournalTraces(events=0, all_events=9_000, snapshot=True)
    (line,) = [line for line in lines_of(report(journal=journal), OWN, 5_000) if line.startswith("Journal")]
    assert "holds 0 events about them and a snapshot that has them. The next snapshot, 0 events from now, takes" in line
