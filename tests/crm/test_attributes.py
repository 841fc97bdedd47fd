import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.crm.attributes import read
from callcenter.types import Attribute, AttributeKind, AttributeValue

DECLARED = {
    one.name: one
    for one in (
        Attribute("spend", AttributeKind.NUMBER, 0.0),
        Attribute("vip", AttributeKind.FLAG, False),
        Attribute("since", AttributeKind.DATE, ""),
        Attribute("city", AttributeKind.TEXT, ""),
        Attribute("segment", AttributeKind.TEXT, "", ("", "retail", "business")),
    )
}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("spend", "1250.5", 1250.5),
        ("spend", " 12 ", 12.0),
        ("spend", "-3", -3.0),
        ("spend", "1e3", 1000.0),
        ("vip", "true", True),
        ("vip", "False", False),
        ("vip", "1", True),
        ("vip", " no ", False),
        ("since", "2026-12-24", "2026-12-24"),
        ("since", " 2024-02-29 ", "2024-02-29"),
        ("since", "2024-02-29T18:30:00Z", "2024-02-29"),
        ("city", " Bad Tölz ", " Bad Tölz "),
        ("city", "", ""),
        ("segment", "retail", "retail"),
        ("segment", "", ""),
    ],
)
def test_text_becomes_a_value_of_the_kind_declared(name: str, text: str, value: AttributeValue) -> None:
    values, wrong = read(DECLARED, [(name, text)])
    assert (values, wrong) == ({name: value}, [])
    assert type(values[name]) is type(value)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("spend", "much", "`spend` is not a number, such as 1250.5"),
        ("spend", "1.250,50", "not a number"),
        ("spend", "1_000", "not a number"),
        ("spend", "nan", "not a number"),
        ("spend", "1e999", "not a number"),
        ("spend", "", "not a number"),
        ("vip", "perhaps", "`vip` is not `true` or `false`"),
        ("vip", "", "`vip` is not"),
        ("since", "24.12.2026", "`since` is not a date, such as 2026-12-24"),
        ("since", "20261224", "not a date"),
        ("since", "2027-02-29", "not a date"),
        ("since", "2026-12-24 10:00:00", "not a date"),
        ("city", "x" * 1_001, "`city` is not a text of at most 1000 characters"),
        ("segment", "Retail", "`segment` is not one of the texts declared"),
    ],
)
def test_text_that_is_no_value_of_its_kind_is_left_out_and_told_without_it(name: str, text: str, words: str) -> None:
    values, (wrong,) = read(DECLARED, [(name, text)])
    assert values == {}
    assert words in wrong
    assert not text or text not in wrong


def test_each_is_judged_by_itself_and_what_is_not_declared_is_passed_over() -> None:
    texts = [("vip", "yes"), ("spend", "x"), ("shoe_size", "44"), ("city", "Ulm")]
    assert read(DECLARED, texts) == ({"city": "Ulm", "vip": True}, ["`spend` is not a number, such as 1250.5"])
    assert list(read(DECLARED, texts)[0]) == ["city", "vip"]
    assert read({}, texts) == ({}, [])


@given(st.lists(st.tuples(st.sampled_from([*DECLARED, "other"]), st.text()), unique_by=lambda pair: pair[0]))
def test_any_text_is_a_value_of_its_kind_or_told(texts: list[tuple[str, str]]) -> None:
    values, wrong = read(DECLARED, texts)
    assert len(values) + len(wrong) == sum(name != "other" for name, _ in texts)
    assert all(type(value) is type(DECLARED[name].default) for name, value in values.items())
