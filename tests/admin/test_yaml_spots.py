import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.admin.yaml_source import Document, Mark, Scalar, parse
from callcenter.admin.yaml_spots import spot


def spot_of(document: Document, word: str) -> str:
    """What stands in the file at the spot where `word` stands in the value of `key`."""
    value = document.text("key")
    assert value is not None
    before = value[: value.index(word)]
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    mark = spot(document.scalars[("key",)], value, line, column)
    return document.file.splitlines()[mark.line - 1][mark.column - 1 :]


@pytest.mark.parametrize(
    "text",
    [
        "key: one two three",
        "key:   one two three # and a comment\nnext: 1",
        "key: one\n  two\n\n  three",
        "key: 'one two ''three'''",
        "key: 'one\n\n   two three'",
        'key: "one \\"two\\" \\u0074\\x68ree"',
        'key: "one\\n\\ttwo \\\n   three"',
        "key: >\n  one\n  two\n\n  three\n",
        "key: >-\n    one\n      two\n    three\nnext: 1",
        "key: |\n  one\n    two\n  three\n",
        "key: |2- # a comment\n  one\n    two three",
        "key: |\n\n\n  one two\n  three\r\n",
        "{before: 1, key: one two three, after: 2}",
    ],
)
def test_a_word_of_a_text_is_found_where_it_was_written(text: str) -> None:
    document = parse(text, text)
    assert document.mistakes == []
    assert spot_of(document, "one").startswith("one")
    assert spot_of(document, "two").startswith("two")
    assert spot_of(document, "three"[-3:]).startswith("ree")


def test_the_end_of_a_text_is_after_its_last_character() -> None:
    document = parse("key: 'one two '\n", "f")
    assert spot(document.scalars[("key",)], "one two ", 1, 99) == Mark("f", 1, 14)
    assert spot(document.scalars[("key",)], "one two ", 7, 1) == Mark("f", 1, 14)


def test_where_it_does_not_come_out_the_beginning_is_the_spot() -> None:
    assert spot(Scalar(Mark("f", 3, 9), "one", None), "two", 1, 3) == Mark("f", 3, 9)
    assert spot(Scalar(Mark("f", 3, 9), "", None), "", 1, 1) == Mark("f", 3, 9)


@given(
    value=st.text(alphabet="ab'\"\\ \n#:é\t\x85\u2028", max_size=30),
    style=st.sampled_from(["'", '"', "|", ">", None]),
    line=st.integers(1, 5),
    column=st.integers(1, 40),
)
def test_whatever_was_read_has_a_spot_in_the_file(value: str, style: str | None, line: int, column: int) -> None:
    import yaml

    text = yaml.dump({"key": value}, default_style=style, allow_unicode=True)
    document = parse(text, "f")
    read = document.text("key")
    if read is None:
        return
    mark = spot(document.scalars[("key",)], read, line, column)
    assert mark.line >= 1
    assert mark.column >= 1
    assert mark.line <= text.count("\n") + text.count("\x85") + text.count("\u2028") + 1
