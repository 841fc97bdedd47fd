"""Visits and parts beside the recount, and agents' stretches beside each other."""

from types import SimpleNamespace
from typing import Any

from callcenter.reconcile.facts import Stretches, compare_parts, compare_visits
from callcenter.reconcile.findings import Findings
from callcenter.reconcile.recount import parts_of, visits_of
from callcenter.reconcile.rows import Log
from tests.reconcile.made import answered, contact, decision, part, visit


def found(log: Log) -> list[tuple[str, str, str]]:
    findings = Findings()
    compare_visits(log, visits_of(log), findings)
    compare_parts(log, parts_of(log), findings)
    return [(one.what, one.counted, one.found) for tally in findings.tallies.values() for one in tally.shown]


def test_facts_that_are_right_agree() -> None:
    assert found(answered()) == []


def test_column_that_differs_is_named_with_both_values() -> None:
    assert found(answered(visits=[visit(waited_ms=4_000)])) == [("visit 1: waited_ms", "5000", "4000")]
    assert found(answered(parts=[part(hold_ms=7)])) == [("part 1: hold_ms", "0", "7")]
    assert found(answered(parts=[part(transfer="queue")])) == [("part 1: transfer", "nothing", "queue")]
    assert found(answered(contact=contact(dialled="801")))[0] == ("visit 1: entry", "801", "800")


def test_row_that_is_missing_or_too_many_is_named() -> None:
    assert found(answered(visits=[])) == [("visit 1", "sales from 0 to 5000, agent ann", "nothing")]
    assert found(answered(parts=[part(), part(2)])) == [("part 2", "nothing", "sales from 5000 to 30000, agent ann")]


def test_words_that_were_erased_leave_the_transfer_to_the_part() -> None:
    log = answered(parts=[part(transfer="number")])
    log.decisions.append(decision(2, "transferred", 20_000, made_by="ann", words="(erased)"))
    findings = Findings()
    compare_parts(log, parts_of(log), findings)
    assert findings.differences == 0


def stretch(agent: str, began_ms: int, ended_ms: int | None) -> Any:
    return SimpleNamespace(agent=agent, began_ms=began_ms, ended_ms=ended_ms, state="ready", reason=None)


def test_stretches_of_one_agent_do_not_overlap() -> None:
    findings = Findings()
    follow = Stretches(findings)
    for row in (stretch("ann", 0, 5), stretch("bob", 3, 9), stretch("ann", 5, 5), stretch("ann", 8, None)):
        follow.follow(row)
    assert findings.differences == 0
    follow.follow(stretch("bob", 8, 7))
    shown = [(one.subject, one.counted, one.found) for one in findings.tallies["stretches"].shown]
    assert shown == [("bob from 8 (ready)", "8 or later", "7"), ("bob from 3 (ready)", "8 or sooner", "9")]
    follow.follow(stretch("ann", 9, 10))
    assert findings.tallies["stretches"].shown[-1].found == "nothing"
