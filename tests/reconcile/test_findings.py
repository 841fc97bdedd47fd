"""Findings are bounded, their counts are not."""

from callcenter.reconcile.findings import CHECKS, Findings, State


def test_first_differences_are_told_and_the_rest_are_counted() -> None:
    findings = Findings(show=2)
    for number in range(5):
        findings.same("visits", f"c{number}", "queue", "sales", "support")
    findings.same("visits", "c9", "queue", "sales", "sales")
    tally = findings.tallies["visits"]
    assert ([one.subject for one in tally.shown], tally.differences, findings.differences) == (["c0", "c1"], 5, 5)
    assert tally.state is State.DIFFERS


def test_check_that_had_nothing_to_compare_says_why() -> None:
    findings = Findings()
    findings.not_compared("metrics", "no text was given")
    findings.not_compared("visits", "and yet there was something")
    findings.looked("visits")
    findings.differs("reports", "x", "y", 1, None)
    findings.forget("reports", "the log has moved")
    states = [findings.tallies[check].state for check in ("metrics", "visits", "reports")]
    assert (findings.differences, states) == (0, [State.NOT_COMPARED, State.AGREES, State.NOT_COMPARED])


def test_each_check_says_what_it_holds_against_what() -> None:
    assert all(words and words[-1] != "." for words in CHECKS.values())
