from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from callcenter.admin.yaml_source import (
    MAX_BYTES,
    MAX_DEPTH,
    Document,
    Key,
    Mark,
    Mistake,
    Scalar,
    dotted,
    in_order,
    parse,
    read,
)

ROOT = Path(__file__).parents[2]


def lines(document: Document) -> list[str]:
    return [str(mistake) for mistake in document.mistakes]


def test_plain_words_stay_the_text_that_was_written() -> None:
    document = parse("country: no\ndialled: [8001, 0800, +491, 1e3, 12:30:45, on]\nday: 2026-01-01\n", "f")
    assert document.data == {
        "country": "no",
        "dialled": ["8001", "0800", "+491", "1e3", "12:30:45", "on"],
        "day": "2026-01-01",
    }
    assert document.mistakes == []


def test_nothing_is_none_unless_it_is_quoted() -> None:
    assert parse("a:\nb: ~\nc: null\nd: ''\ne: 'null'\n", "f").data == {
        "a": None,
        "b": None,
        "c": None,
        "d": "",
        "e": "null",
    }


def test_each_value_knows_its_place_and_a_missing_one_the_line_around_it() -> None:
    document = parse("# first\na:\n  b: 1\n  c:\n    - x\n    - y\n", "f")
    assert document.mark(("a", "b")) == ("f", 3, 6)
    assert document.mark(("a", Key("b"))) == ("f", 3, 3)
    assert document.mark(("a", "c")) == ("f", 4, 3)
    assert document.mark(("a", "c", 1)) == ("f", 6, 7)
    assert document.mark(("a", "c", 7, "d")) == ("f", 4, 3)
    assert document.mark(("z",)) == ("f", 2, 1)


def test_a_text_is_kept_as_it_was_written_too() -> None:
    document = parse("a: 'it''s'\nb: |\n  x\nc: y\n", "f")
    assert document.scalars[("a",)] == Scalar(Mark("f", 1, 4), "'it''s'", "'")
    assert document.scalars[("b",)] == Scalar(Mark("f", 2, 4), "|\n  x\n", "|")
    assert document.scalars[("c",)] == Scalar(Mark("f", 4, 4), "y", None)


def test_mistakes_are_put_in_the_order_of_reading() -> None:
    late, early = Mistake("f", 10, "a", "is late", "Wait", 3), Mistake("f", 9, "b", "is early", "Wait", 30)
    assert in_order([late, Mistake("g", 1, "a", "x", "y"), early]) == [early, late, Mistake("g", 1, "a", "x", "y")]
    assert str(late) == "f:10:3: a: is late. Wait"
    assert Mistake("f", 1, "", "is gone", "").text == "is gone"


def test_a_key_that_stands_twice_is_reported_with_both_lines() -> None:
    assert lines(parse("a: 1\nb: 2\na: 3\n", "f.yaml")) == [
        "f.yaml:3:1: a: stands here for the second time, first on line 1. Keep one of the two"
    ]


def test_a_syntax_error_is_reported_with_line_and_column() -> None:
    (mistake,) = parse("a: 1\nb: [1, 2\nc: 3\n", "f.yaml").mistakes
    assert (mistake.file, mistake.line, mistake.column, mistake.key) == ("f.yaml", 3, 2, "")
    assert "is not valid YAML" in mistake.wrong


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("a: &x 1\nb: *x\n", "is a YAML alias"),
        ("a: &x [*x]\n", "is a YAML alias"),
        ("a: !!python/object:os.system 1\n", "has the YAML tag !!python/object:os.system"),
        ("a: !secret 1\n", "has the YAML tag !secret"),
        ("? [a, b]\n: 1\n", "a key that is not a plain word"),
        ("a: {<<: {b: 1}}\n", "a key that is not a plain word"),
        ("a: 1\n---\nb: 2\n", "is not valid YAML"),
        ('a: "\\U00110000"\n', "is not valid YAML"),
        ("a: \x07\n", "holds the character"),
        ("[" * 5_000, "nested too deeply"),
        ("[" * (MAX_DEPTH + 2) + "]" * (MAX_DEPTH + 2), "nested too deeply"),
    ],
)
def test_what_a_settings_file_may_not_hold_is_a_mistake(text: str, wrong: str) -> None:
    mistakes = parse(text, "f").mistakes
    assert mistakes
    assert wrong in str(mistakes[0])


def test_what_is_beyond_the_bound_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "big.yaml"
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    assert "is larger than" in lines(read(path))[0]
    path.write_bytes(b"#" * MAX_BYTES)
    assert lines(read(path)) == []


def test_a_file_that_cannot_be_read_is_a_mistake(tmp_path: Path) -> None:
    assert "no such file" in lines(read(tmp_path / "nowhere.yaml"))[0]
    assert "cannot be read" in lines(read(tmp_path))[0]
    assert "cannot be read" in lines(read(Path("a\0b")))[0]
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("a: 1\nname: Jürgen\n".encode("latin-1"))
    assert lines(read(latin)) == [f"{latin}:2: byte 0xfc is not UTF-8. Save the file as UTF-8"]


def test_values_are_found_whatever_shape_the_file_has() -> None:
    document = parse("a: [x, {b: y}]\n", "f")
    assert document.at("a", 1, "b") == "y"
    assert document.at("a", 9) is None
    assert document.at("a", "b") is None
    assert document.text("a") is None
    assert list(document.texts("a")) == [(("a", 0), "x")]
    assert list(document.texts("a", 0)) == [(("a", 0), "x")]
    assert (document.count("a"), document.count("a", 0), document.keys("a", 1), document.keys("a")) == (2, 0, ["b"], [])


def test_a_mistake_without_line_or_key_reads_well() -> None:
    assert str(Mistake("f", 0, "", "is gone", "Make it")) == "f: is gone. Make it"
    assert dotted(("rules", 2, "route", "queue")) == "rules[2].route.queue"


@given(st.text(alphabet="abn:-[]{}#&*!|>'\"%@,?~\\\n\t \x07\ud800é0", max_size=60))
def test_no_text_makes_parse_raise(text: str) -> None:
    document = parse(text, "f")
    assert all(mistake.file == "f" and mistake.line >= 0 and mistake.wrong for mistake in document.mistakes)


# ---- libyaml and PyYAML's own parser


def read_by_both(text: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Document, Document]:
    with monkeypatch.context() as patch:
        patch.setattr(yaml, "__with_libyaml__", False)
        own = parse(text, "f")
    return parse(text, "f"), own


SAMPLES = [path.read_text(encoding="utf-8-sig") for path in sorted(ROOT.glob("tests/broken_rules/*.yaml"))]
SAMPLES += [path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("rules/*.yaml"))]


@pytest.mark.parametrize(
    "text", [*SAMPLES, "a: é # x\nb: |\n  ä\n\nc: >-\n  x\n\n  y\n\n\nd: 'x\n  y'\ne: x\n  y\n\nf: 🎉\n"]
)
def test_it_does_not_matter_which_of_the_two_has_read_a_file(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    quick, own = read_by_both(text, monkeypatch)
    assert quick == own


@pytest.mark.parametrize(
    "text",
    [
        "a:\tb",
        "a: {b?c: d}",
        "a: !\n",
        "a: [!x, b]",
        "- |# no header",
        "a: x\u2028y",
        "\ufeffa: b",
        "a: {b:}",
        "- [",
        "?",
    ],
)
def test_what_the_two_read_differently_is_read_by_one(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    quick, own = read_by_both(text, monkeypatch)
    assert quick == own


def test_libyaml_reads_what_both_read_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml.SafeLoader, "get_single_node", None)
    assert parse("when: customer.tier != 'gold'\n", "f").data == {"when": "customer.tier != 'gold'"}
