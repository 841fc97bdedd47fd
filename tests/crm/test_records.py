import json
import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from callcenter.crm.records import ATTRIBUTE, MAX_NOTES, Record, RecordError, Said, numbers_in, record_of, text_of


def raw(**values: Any) -> dict[str, Said]:
    return {name: Said(f"col_{name}", value) for name, value in values.items()}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        ("", None),
        ("  ", None),
        (" Ann ", "Ann"),
        (7, "7"),
        (True, "true"),
        (False, "false"),
        (1250.5, "1250.5"),
        (1001.0, "1001"),
        (Decimal("1250.5000"), "1250.5"),
        (Decimal("1E+3"), "1000"),
        (date(2026, 12, 24), "2026-12-24"),
        (datetime.fromisoformat("2026-12-24T18:30"), "2026-12-24"),
        (uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
        (b"\x01\xff", "01ff"),
        (memoryview(b"\x01"), "01"),
        ([], None),
        (["a", 1], '["a", 1]'),
        ({"a": None}, '{"a": null}'),
    ],
)
def test_values_of_databases_and_of_json_become_texts(value: Any, text: str | None) -> None:
    assert text_of(value) == text


def test_a_record_with_all_that_there_may_be() -> None:
    given = raw(
        id=uuid.UUID(int=5),
        account=1001,
        name=["Ann", None, "O'Hara"],
        tier="A ",
        language="en",
        notes="kind",
        account_manager="anna",
        numbers=["(202) 555-0101", "none", None, "+12025550101", 12025550199],
    )
    given[ATTRIBUTE + "spend"] = Said("umsatz", Decimal("7.50"))
    given[ATTRIBUTE + "since"] = Said("seit", None)
    assert record_of(given, {"A": "platinum"}, "US") == Record(
        "00000000-0000-0000-0000-000000000005",
        "1001",
        "Ann O'Hara",
        "platinum",
        "en",
        "kind",
        "anna",
        ("+12025550101", "+12025550199"),
        {"spend": "7.5"},
    )


def test_a_record_with_the_least_that_there_must_be() -> None:
    assert record_of(raw(id="x", name=None), {}, "US") == Record("x", "", "", "")


def test_a_blank_attribute_is_none_but_in_our_own_table() -> None:
    given = {**raw(id="x", name="Ann"), f"{ATTRIBUTE}segment": Said("segment", " ")}
    assert record_of(given, {}, "US").attributes == {}
    assert record_of(given, {}, "US", own=True).attributes == {"segment": " "}


def test_text_from_outside_is_mended_and_cut() -> None:
    record = record_of(raw(id="x", name="A\0nn\ud800", notes="n" * 20_000), {}, "US")
    assert record.name == "A\N{REPLACEMENT CHARACTER}nn\N{REPLACEMENT CHARACTER}"
    assert record.notes is not None
    assert len(record.notes) == MAX_NOTES


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"id": None}, "has no col_id"),
        ({"id": " "}, "has no col_id"),
        ({"id": "x" * 257}, "col_id of a record is longer than 256"),
        ({"id": "x", "account": "1" * 65}, "col_account of a record is longer than 64"),
    ],
)
def test_what_cannot_be_told_from_others_is_no_record(values: dict[str, Any], words: str) -> None:
    with pytest.raises(RecordError, match=words):
        record_of(raw(**{"name": "Ann", **values}), {}, "US")


def test_a_single_number_and_none() -> None:
    assert numbers_in(raw(numbers="202-555-0101"), "US") == ("+12025550101",)
    assert numbers_in(raw(numbers=None), "US") == ()
    assert numbers_in({}, "US") == ()
    assert len(numbers_in(raw(numbers=json.loads("[" + ",".join(["2025550101"] * 99) + "]")), "US")) == 1
