import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.numbers import country_code, to_e164


@pytest.mark.parametrize(
    ("raw", "region", "expected"),
    [
        ("+12125550123", "US", "+12125550123"),
        ("2125550123", "US", "+12125550123"),
        ("12125550123", "US", "+12125550123"),
        ("(212) 555-0123", "US", "+12125550123"),
        ("  +1 212 555 0123 ", "DE", "+12125550123"),
        ("011493023125012", "US", "+493023125012"),
        ("00493023125012", "DE", "+493023125012"),
        ("030 23125012", "DE", "+493023125012"),
        ("447700900123", "US", "+447700900123"),  # E.164 without its plus
        ("07700 900123", "GB", "+447700900123"),
        ("sip:+12125550123@10.0.0.1:5060;user=phone", "US", "+12125550123"),
        ("SIPS:+12125550123@host", "US", "+12125550123"),
        ("tel:+1-212-555-0123;ext=5", "US", "+12125550123"),
        ("+12125550123@host", "US", "+12125550123"),
        ("\uff12\uff11\uff12\uff15\uff15\uff15\uff10\uff11\uff12\uff13", "US", "+12125550123"),  # full-width digits
    ],
)
def test_public_number_in_any_spelling(raw: str, region: str, expected: str) -> None:
    assert to_e164(raw, region) == expected


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "",
        "   ",
        "anonymous",
        "Anonymous@anonymous.invalid",
        "sip:anonymous@anonymous.invalid",
        "restricted",
        "unavailable",
        "asterisk",
        "1-800-FLOWERS",
        "0",
        "0000000000",
        "+10000000000",
        "100",
        "1001",
        "911",
        "+911",
        "*97",
        "5550123",
        "sip:",
        "+",
        "++++",
        "\0",
        "\ud800",
        "\u2028",
        "2125550123\r\nEvent: x",
        "1" * 40,
        "1" * 20_000,
    ],
)
def test_withheld_internal_and_short_are_nobodys_number(raw: str | None) -> None:
    assert to_e164(raw, "US") is None


@pytest.mark.parametrize("raw", ["1001", "112", "110", "20", "4711"])
def test_extension_is_no_number_even_where_short_ones_exist(raw: str) -> None:
    assert to_e164(raw, "DE") is None


@given(st.text(st.characters(exclude_categories=())), st.sampled_from(["US", "GB", "DE", "FR", "BR"]))
def test_any_text_is_a_number_or_none(raw: str, region: str) -> None:
    number = to_e164(raw, region)
    assert number is None or (number[0] == "+" and number[1:].isdecimal() and number.isascii() and len(number) <= 16)


@given(st.integers(1, 10**15).map(lambda n: f"+{n}"), st.sampled_from(["US", "GB", "DE", "FR", "BR"]))
def test_number_in_e164_stays_as_it_is(raw: str, region: str) -> None:
    number = to_e164(raw, region)
    assert number is None or to_e164(number, region) == number


def test_a_country_has_a_code() -> None:
    assert [country_code(region) for region in ("US", "DE", "XX")] == ["+1", "+49", "+"]
