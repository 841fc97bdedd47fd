from typing import Annotated

import pytest
from pydantic import BeforeValidator, Field

from callcenter.admin.schema import Listed, Model, Name, Text, did_you_mean, validate
from callcenter.admin.yaml_source import parse


class Inner(Model):
    level: Annotated[int, Field(ge=1, le=10)] = 1
    word: Text = "x"


class Outer(Model):
    name: Name = Field(description="the name, such as `name: x`")
    secret: str | None = Field(default=None, repr=False)
    share: float = 1.0
    inner: Inner = Inner()
    maybe: Inner | None = None
    several: tuple[Inner, ...] = ()
    by_name: dict[Name, Inner] = Field(default_factory=dict)
    some: Annotated[tuple[Name, ...], BeforeValidator(lambda value: [value] if isinstance(value, str) else value)] = (
        Field(default=("x",), min_length=1)
    )


def told(text: str) -> list[str]:
    _, mistakes = validate(Outer, parse(text, "f"))
    return [str(mistake) for mistake in mistakes]


def test_texts_become_the_types_that_the_schema_names() -> None:
    made, mistakes = validate(Outer, parse("name: no\nshare: 0.5\ninner: {level: 7}\nby_name: {a: }\n", "f"))
    assert mistakes == []
    assert made == Outer(name="no", share=0.5, inner=Inner(level=7), by_name={"a": Inner()})


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("{}", "f:1:1: name: is missing. Add it: the name, such as `name: x`"),
        ("nmae: b", "f:1:1: nmae: is not a known key. Did you mean `name`?"),
        ("name: a\nnmae: b", "f:2:1: nmae: is not a known key. Did you mean `name`?"),
        ("name: a\ninner:\n  zzzz: 1", "f:3:3: inner.zzzz: is not a known key. Known here: level, word"),
        ("name: a\nmaybe:\n  leve: 1", "f:3:3: maybe.leve: is not a known key. Did you mean `level`?"),
        (
            "name: a\nseveral:\n  - {level: 1}\n  - levl: 1",
            "f:4:5: several[1].levl: is not a known key. Did you mean `level`?",
        ),
        (
            "name: a\ninner:\n  level: x",
            "f:3:10: inner.level: is 'x'. It should be a whole number from 1 to 10",
        ),
        ("name: a\ninner:\n  level: 11", "f:3:10: inner.level: is '11'. It should be a whole number from 1 to 10"),
        ("name: a\ninner:\n  level:", "f:3:3: inner.level: has no value. It should be a whole number from 1 to 10"),
        ("name: a\ninner: [x]", "f:2:1: inner: is a list. It should be keys with values, `key: value`, one to a line"),
        ("name: a\nseveral: {}", "f:2:1: several: is a set of keys. It should be a list, such as `[a, b]`"),
        ("name: a\nsome: []", "f:2:1: some: is empty. Name at least one"),
        (
            "name: a\nsome: [b, C]",
            "f:2:11: some[1]: is 'C'. It should be a lower-case letter, then at most 31 of a-z, 0-9, _ and -",
        ),
        (
            "name: a\nsome: C",
            "f:2:7: some: is 'C'. It should be a lower-case letter, then at most 31 of a-z, 0-9, _ and -",
        ),
        ("name: a\nshare: nan", "f:2:8: share: is 'nan'. It should be a number"),
        ("name: a\nsecret: [hush]", "f:2:1: secret: is not right (its value is not shown). It should be a text"),
        (
            "name: a\nby_name:\n  Up: {}",
            "f:3:3: by_name.Up: is 'Up'. It should be a lower-case letter, then at most 31 of a-z, 0-9, _ and -",
        ),
        (
            'name: a\ninner:\n  word: "a\\nb"',
            "f:3:9: inner.word: is 'a\\nb'. It should be one line of printable characters, not empty",
        ),
        ("just a word", "f:1:1: is 'just a word'. It should be keys with values, `key: value`, one to a line"),
    ],
)
def test_a_mistake_tells_line_key_and_remedy(text: str, mistake: str) -> None:
    assert told(text) == [mistake]


def test_a_long_value_is_cut() -> None:
    assert told(f"name: a\nshare: {'x' * 100}")[0].count("x") < 70


def test_a_file_that_is_not_yaml_has_no_second_mistake() -> None:
    assert validate(Outer, parse("a: [", "f")) == (None, [])


def test_did_you_mean_offers_the_nearest_or_all() -> None:
    assert did_you_mean("gould", ["gold", "silver"]) == "Did you mean `gold`?"
    assert did_you_mean("x", ["gold", "silver"]) == "Known here: gold, silver"
    assert did_you_mean("x", [], "Add one") == "Add one"


def test_of_many_known_words_the_first_are_shown_and_the_others_counted() -> None:
    words = did_you_mean("q", [str(1_000 + number) for number in range(300)])
    assert words.startswith("Known here: 1000, 1001, ")
    assert words.endswith(", 1029 and 270 more")


def test_a_text_may_stand_alone_where_a_list_may_be_and_an_editor_knows() -> None:
    class Listing(Model):
        some: Annotated[tuple[Name, ...], Field(min_length=1), Listed()]

    made, _ = validate(Listing, parse("some: a", "f"))
    assert made == Listing(some=("a",))
    name = {"pattern": "^(?:[a-z][a-z0-9_-]{0,31})$", "type": "string"}
    drawn = Listing.model_json_schema()["properties"]["some"]
    assert drawn["anyOf"] == [name, {"items": name, "minItems": 1, "type": "array"}]


def test_a_key_that_has_another_name_in_the_model_is_known_by_what_is_written() -> None:
    class Renamed(Model):
        other: Inner = Field(default=Inner(), alias="except")

    _, mistakes = validate(Renamed, parse("except: {levl: 1}\nexcpt: 1\n", "f"))
    assert [str(mistake) for mistake in mistakes] == [
        "f:1:10: except.levl: is not a known key. Did you mean `level`?",
        "f:2:1: excpt: is not a known key. Did you mean `except`?",
    ]


def test_what_is_in_a_file_that_cannot_be_read_is_not_called_missing() -> None:
    document = parse("{}", "f")
    document.incomplete = True
    assert validate(Outer, document) == (None, [])


def test_what_yaml_refused_is_told_once() -> None:
    document = parse("name: a\nseveral: !x []\n", "f")
    assert len(document.mistakes) == 1
    assert validate(Outer, document) == (None, [])
