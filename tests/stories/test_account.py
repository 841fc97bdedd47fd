"""SIPp's account beside a contact log that is right, and beside logs that are not: each is found out."""

from typing import Any

import pytest

from callcenter.stores.tables import ContactRow, SegmentRow
from lab.sipp import Step, What
from tests.stories.account import Account, incomplete, wrong_dispositions

JANE, JOHN = "+49300000001", "+49300000002"


def steps(own: str, other: str, *seen: tuple[What, float]) -> list[Step]:
    return [Step(what, at_s, f"call-{own}-{other}", own, other) for what, at_s in seen]


def account(**changes: Any) -> Account:
    """Jane talks from 11 to 13, John hangs up at 15."""
    made = Account(**changes)
    phones = steps("1001", JANE, (What.RINGING, 10.5), (What.ANSWERED, 11.0), (What.HUNG_UP, 13.0))
    callers = steps(JANE, "8003", (What.CALLED, 10.0), (What.ANSWERED, 10.0), (What.ENDED, 13.0))
    callers += steps(JOHN, "8003", (What.CALLED, 10.0), (What.ANSWERED, 10.0), (What.HUNG_UP, 15.0))
    made.add(callers, phones)
    return made


def row(caller: str, outcome: str, ended_ms: int, **changes: Any) -> ContactRow:
    return ContactRow(id=caller, caller=caller, outcome=outcome, arrived_ms=10_000, ended_ms=ended_ms, **changes)


def jane(**changes: Any) -> ContactRow:
    return row(
        JANE, **{"outcome": "answered", "ended_ms": 13_000, "agent": "agent1001", "connected_ms": 11_000, **changes}
    )


def john(**changes: Any) -> ContactRow:
    return row(JOHN, **{"outcome": "abandoned", "ended_ms": 15_000, **changes})


def test_log_that_is_right_is_taken() -> None:
    account().compare([jane(), john()])


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([jane()], "is not in the log"),
        ([jane(), john(), john()], "in the log twice"),
        ([jane(), john(), row("+49300000003", "lost", 15_000)], "SIPp does not know"),
        ([jane(outcome="abandoned"), john()], "should be answered"),
        ([jane(), john(outcome="answered")], "should be abandoned"),
        ([jane(), john(outcome="lost")], "should be abandoned"),
        ([jane(agent="agent1002"), john()], "another agent"),
        ([jane(connected_ms=30_000), john()], "the talk began at another time"),
        ([jane(ended_ms=30_000), john()], "left at another time"),
        ([jane(), john(ended_ms=30_000)], "left at another time"),
    ],
)
def test_log_that_is_wrong_is_found_out(rows: list[ContactRow], words: str) -> None:
    with pytest.raises(AssertionError, match=words):
        account().compare(rows)


def test_what_happened_while_nobody_looked_may_be_noted_later_and_not_before() -> None:
    account(away=[(14.0, 40.0)]).compare([jane(), john(ended_ms=40_000)])
    with pytest.raises(AssertionError, match="left at another time"):
        account(away=[(14.0, 40.0)]).compare([jane(), john(ended_ms=60_000)])


def test_who_is_cut_off_by_the_death_of_the_pbx_is_lost_or_was_answered() -> None:
    made = Account(deaths=[(12.0, 14.0)], away=[(12.0, 14.0)])
    phones = steps("1001", JANE, (What.RINGING, 10.5), (What.ANSWERED, 11.0))
    for number in (JANE, JOHN):
        made.add(steps(number, "8003", (What.CALLED, 10.0), (What.ANSWERED, 10.0)), phones)
    made.compare([jane(), john(outcome="lost")])
    with pytest.raises(AssertionError, match="should be lost"):
        made.compare([jane(), john(outcome="abandoned")])
    assert made.unended(phones) == []
    assert account().unended(phones) == phones[:1]


def segment(number: int, kind: str, started_ms: int, ended_ms: int, agent: str | None = None) -> SegmentRow:
    return SegmentRow(contact_id=JANE, number=number, kind=kind, started_ms=started_ms, ended_ms=ended_ms, agent=agent)


def test_stretches_that_lack_something_are_found_out() -> None:
    waits = segment(1, "waiting", 10_000, 11_000)
    offer = segment(2, "offer", 10_500, 11_000, "agent1001")
    talk = segment(3, "talk", 11_000, 13_000, "agent1001")
    wrap_up = segment(4, "wrap_up", 13_000, 14_000, "agent1001")
    one = jane(offers=1)
    assert incomplete(one, [waits, offer, talk, wrap_up]) is None
    assert incomplete(one, [waits, offer, talk]) is not None
    assert incomplete(one, [waits, talk, wrap_up]) == "a number is missing"
    assert incomplete(jane(offers=2), [waits, offer, talk, wrap_up]) == "there should be 2 offers"
    assert incomplete(john(offers=1), [waits, offer, talk, wrap_up]) is not None


def test_disposition_that_was_confirmed_must_be_there() -> None:
    rows = [jane(disposition="sold"), john(disposition=None)]
    assert wrong_dispositions(rows, {JANE: "sold"}, {}) == []
    assert wrong_dispositions(rows, {JANE: "resolved"}, {}) == [(JANE, "sold")]
    assert wrong_dispositions(rows, {}, {JANE: "sold"}) == []
    assert wrong_dispositions(rows, {}, {}) == [(JANE, "sold")]
    assert wrong_dispositions(rows, {JANE: "sold", "another": "sold"}, {}) == [("another", None)]
