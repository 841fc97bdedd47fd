import pytest

from callcenter.crm.spelling import spellings
from callcenter.crm_settings import NUMBER_FORMATS


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("e164", "+12025550101"),
        ("digits", "12025550101"),
        ("double_zero", "0012025550101"),
        ("international", "+1 202-555-0101"),
        ("national", "(202) 555-0101"),
        ("national_digits", "2025550101"),
        ("rfc3966", "tel:+1-202-555-0101"),
        ("###.###.####", "202.555.0101"),
        ("1 (###) ###-####", "1 (202) 555-0101"),
    ],
)
def test_a_number_in_each_format(form: str, expected: str) -> None:
    assert spellings("+12025550101", [form], "US") == (expected,)


def test_every_format_that_the_settings_allow_is_known() -> None:
    assert all(spellings("+12025550101", [form], "US") for form in NUMBER_FORMATS)


def test_the_zero_that_is_dialled_at_home_belongs_to_the_national_number() -> None:
    assert spellings("+493012345678", ["national", "national_digits", "0## ########"], "DE") == (
        "030 12345678",
        "03012345678",
    )


def test_digits_of_another_country_are_never_taken_for_one_of_ours() -> None:
    formats = [*NUMBER_FORMATS, "###-###-####"]
    assert spellings("+442079460018", formats, "US") == (
        "+442079460018",
        "442079460018",
        "00442079460018",
        "+44 20 7946 0018",
        "tel:+44-20-7946-0018",
    )
    assert spellings("+442079460018", ["national"], "US") == ()


def test_a_pattern_with_other_digits_than_the_number_has_is_left_out() -> None:
    assert spellings("+12025550101", ["###-####", "####"], "US") == ()


def test_formats_that_come_to_the_same_are_asked_once() -> None:
    assert spellings("+12025550101", ["national", "(###) ###-####", "national"], "US") == ("(202) 555-0101",)
