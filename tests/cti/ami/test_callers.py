"""What callers say of themselves, cleaned."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.cti.ami.callers import TEXT_LIMIT, caller_id, caller_number, clean
from callcenter.cti.ami.wire import Action, encode


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Erika Mustermann", "Erika Mustermann"),
        ("a\r\nEvent: Hangup\r\n\r\nb", "aEvent: Hangupb"),
        ("a\u2028b\u2029c\x00d\x1b[31me\x7f\x85", "abcd[31me"),
        ("\u202egnp.exe", "gnp.exe"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
        ("  spaces  ", "spaces"),
        ("x" * 500, "x" * TEXT_LIMIT),
        ("", ""),
    ],
)
def test_clean(text: str, expected: str) -> None:
    assert clean(text) == expected


@pytest.mark.parametrize(
    "text", ["", "<unknown>", "anonymous", "Anonymous", "Restricted", "unavailable", "\r\n", "private"]
)
def test_withheld_and_absent_numbers_are_none(text: str) -> None:
    assert caller_number(text) is None


def test_a_number_is_kept_as_it_came() -> None:
    assert caller_number("+49 30 12345") == "+49 30 12345"


@pytest.mark.parametrize(
    ("number", "name", "expected"),
    [
        ("+4930123", "Erika", '"Erika" <+4930123>'),
        (None, "", '"anonymous" <anonymous>'),
        (None, "Erika", '"Erika" <anonymous>'),
        ("0301", "", '"0301" <0301>'),
        ("03 01", 'A" <911>, \\"', '"A 911, " <0301>'),
    ],
)
def test_caller_id(number: str | None, name: str, expected: str) -> None:
    assert caller_id(number, name) == expected


@given(st.none() | st.text(), st.text())
def test_any_caller_id_can_be_sent(number: str | None, name: str) -> None:
    text = caller_id(number, name)
    assert text.count('"') == 2
    assert text.count("<") == text.count(">") == 1
    assert encode(Action("Originate", {"CallerID": text}))
