import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.admin import staff, staff_csv
from callcenter.admin.files import AgentEntry, AgentsFile
from callcenter.admin.staff_csv import CellMistake, Plan, Row
from tests.admin.people import A_HASH, people

ANNA = AgentEntry(
    id="anna",
    name="Anna Berg",
    device="PJSIP/1001",
    skills={"sales": 9, "german": 5},
    queues={"sales": 1, "general": 1},
)
BELA = AgentEntry(id="bela", name="Bela", roles=("supervisor",), password_hash=A_HASH)
STAFF = AgentsFile(agents=(ANNA, BELA))
HEADER = "id,name,roles,queue_groups,device,auto_answer,skills,queues"


def planned(table: str | bytes, *, prune: bool = False, who: AgentsFile = STAFF) -> Plan:
    return staff_csv.plan(table.encode() if isinstance(table, str) else table, who, prune=prune)


def test_the_table_has_a_row_for_each_person_and_no_password() -> None:
    text = staff_csv.written(STAFF)
    assert text.startswith("\ufeffid,name,roles,queue_groups,device,auto_answer,skills,queues\r\n")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows[0] == {
        "id": "anna",
        "name": "Anna Berg",
        "roles": "agent",
        "queue_groups": "",
        "device": "PJSIP/1001",
        "auto_answer": "",
        "skills": "sales:9 german:5",
        "queues": "sales general",
    }
    assert "argon2" not in text


@given(people(), st.sampled_from([",", ";", "\t"]), st.booleans())
def test_what_was_exported_changes_nothing_when_it_comes_back(who: AgentsFile, sign: str, marked: bool) -> None:
    text = staff_csv.written(who).removeprefix("\ufeff")
    again = io.StringIO()
    csv.writer(again, delimiter=sign, quoting=csv.QUOTE_ALL).writerows(csv.reader(io.StringIO(text, newline="")))
    plan = planned(("\ufeff" if marked else "") + again.getvalue(), prune=True, who=who)
    assert plan.mistakes == ()
    assert [(row.id, row.what) for row in plan.rows] == [(person.id, "unchanged") for person in who.agents]
    assert plan.edits.touched == ()
    assert plan.passwords == {}


@given(people(), people())
def test_a_table_of_others_makes_the_staff_that_it_was_written_from(one: AgentsFile, other: AgentsFile) -> None:
    """All but the passwords, which no table has."""
    plan = planned(staff_csv.written(other), prune=True, who=one)
    after = staff.text_of(staff.edited(staff.entries_of(one), plan.edits).values())
    made = {it.id: it.model_copy(update={"password_hash": None}) for it in staff.parsed({staff.FILE: after}).agents}
    for person in other.agents:
        wanted = person.model_copy(update={"password_hash": None})
        assert (sorted(made[person.id].roles), made[person.id].skills) == (sorted(wanted.roles), wanted.skills)
        assert (made[person.id].device, made[person.id].queues) == (wanted.device, wanted.queues)
    assert made.keys() == {person.id for person in other.agents}


@given(st.text())
def test_a_harmless_cell_reads_back_the_same(cell: str) -> None:
    shown = staff_csv.harmless(cell)
    assert shown[:1] not in ("=", "+", "-", "@", "\t", "\r")
    assert staff_csv.plain(shown) == cell


@pytest.mark.parametrize("formula", ["=1+1", "+49", "-2", "@SUM(A1)", "\tx", "'=x", "''@"])
def test_a_cell_that_looks_like_a_formula_is_made_harmless(formula: str) -> None:
    assert staff_csv.harmless(formula) == f"'{formula}"


def test_rows_are_told_one_by_one() -> None:
    plan = planned(
        f"{HEADER}\nanna,Anna Berg,agent,,PJSIP/1001,,sales:8,sales general\nzoe,Zoe,,,PJSIP/3,,,sales\n", prune=True
    )
    assert plan.rows == (
        Row(2, "anna", "changed", {"skills": ({"sales": 9, "german": 5}, {"sales": 8})}),
        Row(3, "zoe", "added", {"name": (None, "Zoe"), "device": (None, "PJSIP/3"), "queues": ({}, {"sales": 1})}),
        Row(0, "bela", "removed"),
    )
    assert plan.edits.patch == {"anna": {"skills": {"sales": "8"}}}
    assert plan.edits.remove == ("bela",)
    assert planned(f"{HEADER}\n").edits.remove == (), "without prune nobody goes"


@pytest.mark.parametrize(
    ("table", "changed"),
    [
        ("id,skills\nanna,\n", {"skills": None}),
        ("id;name\nanna;Anna B\n", {"name": "Anna B"}),
        ("ID , Name\n\nanna , Anna B\n,,\n", {"name": "Anna B"}),
        ('id,skills\nanna,"sales=9,\ngerman=5, dutch=1"\n', {"skills": {"sales": "9", "german": "5", "dutch": "1"}}),
        ("id,roles\nanna,none\n", {"roles": []}),
        ("id,queues\nanna,sales:1 general:2\n", {"queues": {"sales": "1", "general": "2"}}),
        ("id,queues\nanna,general;sales\n", None),
        ("id\nanna\n", None),
    ],
)
def test_columns_that_are_left_out_say_nothing(table: str, changed: dict[str, Any] | None) -> None:
    plan = planned(table)
    assert plan.mistakes == ()
    assert plan.edits.patch == ({} if changed is None else {"anna": changed})


@pytest.mark.parametrize(
    ("table", "mistake"),
    [
        ("", (1, "id", "there is no column `id`")),
        ("name\nAnna\n", (1, "id", "there is no column `id`")),
        ("id,skils\n", (1, "skils", "there is no column `skils`")),
        ("id,id\n", (1, "id", "the column `id` is there twice")),
        ("id,name\n,Anna\n", (2, "id", "is empty")),
        ("id\nanna\n\nanna\n", (4, "id", "`anna` is in row 2 already")),
        ("id,skills\nanna,sales\n", (2, "skills", "`sales` is no name with a level")),
        ("id,skills\nanna,sales:9 sales:8\n", (2, "skills", "`sales` is there twice")),
        ("id,queues\nanna,sales:1 general\n", (2, "queues", "`general` is no name with a level")),
        ("id,name\nanna,Anna,x\n", (2, "", "has 3 cells, and there are 2 columns")),
        ('id,name\nanna,"Anna\n', (1, "", "is not CSV (unexpected end of data)")),
        ("id,password\nanna,short\n", (2, "password", "A password has 8 to 256 characters (it is not shown)")),
        (b"id,name\nanna,\xff\n", (2, "", "is not UTF-8 (byte 0xff)")),
    ],
)
def test_a_mistake_has_a_row_a_column_and_a_remedy(table: str | bytes, mistake: tuple[int, str, str]) -> None:
    (found,) = planned(table).mistakes
    assert (found.row, found.column, found.what) == mistake
    assert found.remedy


def test_every_mistake_of_a_table_is_told() -> None:
    plan = planned("id,skills,password\n,x,\nanna,y,1\nanna,z,\n")
    assert [(it.row, it.column) for it in plan.mistakes] == [(2, "id"), (3, "password"), (3, "skills"), (4, "id")]


def test_a_password_is_taken_and_never_shown() -> None:
    plan = planned("id,password\nanna,a fine password\nbela,another fine one\n")
    assert plan.passwords == {"anna": "a fine password", "bela": "another fine one"}
    assert [(row.id, row.what, row.fields) for row in plan.rows] == [
        ("anna", "changed", {"password": ("none", "new")}),
        ("bela", "changed", {"password": ("set", "new")}),
    ]
    assert "fine" not in repr(plan)
    assert plan.edits.touched == ()


def test_tables_have_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staff_csv, "MAX_ROWS", 3)
    monkeypatch.setattr(staff_csv, "MAX_PASSWORDS", 1)
    assert planned("id\na\nb\nc\n").mistakes == (CellMistake(3, "", "has 4 rows", "Import at most 3 at a time"),)
    (found,) = planned("id,password\nanna,12345678\nbela,12345678\n").mistakes
    assert found.what == "there are 2 new passwords"


def test_every_key_of_a_person_but_the_hash_is_a_column() -> None:
    assert {*staff_csv.COLUMNS, staff.HASH} == {*AgentEntry.model_fields}
