"""What an audit has found, for people and for programs."""

import msgspec

from callcenter.reconcile.findings import CHECKS, Findings
from callcenter.reconcile.told import lines_of, value_of


def findings() -> Findings:
    found = Findings(show=1)
    found.looked("visits", 1_234)
    found.not_compared("metrics", "no --metrics was given")
    return found


def test_all_checks_are_in_the_table_and_it_ends_with_the_verdict() -> None:
    lines = list(lines_of(findings(), (None, 1_777_890_600_000)))
    assert lines[0] == "Audit of the beginning of the log to 2026-05-04T10:30:00Z"
    assert {line.split()[0] for line in lines[3 : 3 + len(CHECKS)]} == set(CHECKS)
    assert any(line.split() == ["visits", "1,234", "0"] for line in lines)
    assert any(line.endswith("not compared: no --metrics was given") for line in lines)
    assert lines[-1] == "All that was compared agrees."


def test_differences_are_told_with_both_values_and_the_rest_is_counted() -> None:
    found = findings()
    found.differs("figure-queue", "2026-05-04T10:30Z sales", "offered", 3, 4, ("c1", "c2"))
    found.differs("figure-queue", "2026-05-04T10:45Z sales", "offered", 3, 4)
    found.notes.append("it was late")
    lines = list(lines_of(found, (None, None)))
    assert "  2026-05-04T10:30Z sales: offered: counted 3, found 4 (c1, c2)" in lines
    assert "  and 1 more" in lines
    assert "Note: it was late." in lines
    assert lines[-1].startswith("2 differences")


def test_a_program_gets_the_same() -> None:
    found = findings()
    found.differs("visits", "c1", "queue", "sales", None)
    value = msgspec.json.decode(msgspec.json.encode(value_of(found, (1, 2))))
    assert (value["agrees"], value["from_ms"], value["to_ms"], value["differences"]) == (False, 1, 2, 1)
    [visits] = [one for one in value["checks"] if one["check"] == "visits"]
    assert (visits["state"], visits["compared"], visits["words"]) == ("differs", 1_234, CHECKS["visits"])
    assert visits["shown"] == [
        {"subject": "c1", "what": "queue", "counted": "sales", "found": "nothing", "contacts": []}
    ]
