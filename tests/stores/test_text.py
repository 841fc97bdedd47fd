from hypothesis import given
from hypothesis import strategies as st

from callcenter.stores.text import clean_text

ANY_TEXT = st.text(st.characters(exclude_categories=()))  # lone surrogates included


def test_nul_and_lone_surrogates_are_replaced() -> None:
    assert clean_text("a\0b\ud800c\udfffd") == "a\ufffdb\ufffdc\ufffdd"


def test_other_odd_characters_stay() -> None:
    assert clean_text("a\u2028b\r\n\u202e\U0001f600") == "a\u2028b\r\n\u202e\U0001f600"


def test_long_text_is_cut_to_its_limit() -> None:
    assert clean_text("x" * 10, 10) == "x" * 10
    assert clean_text("x" * 11, 10) == "x" * 9 + "\u2026"


@given(ANY_TEXT, st.integers(1, 20))
def test_result_is_utf8_without_nul_within_its_limit_and_stays_as_it_is(text: str, limit: int) -> None:
    cleaned = clean_text(text, limit)
    assert len(cleaned) <= limit
    assert "\0" not in cleaned
    cleaned.encode()
    assert clean_text(cleaned, limit) == cleaned
