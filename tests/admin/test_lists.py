import pytest
import yaml

from callcenter.admin import lists
from callcenter.admin.lists import DISPOSITIONS, REASONS, SKILLS, NoPlaceError, with_list
from callcenter.admin.yaml_source import parse
from callcenter.types import AgentId, Configuration, QueueName, Relaxation, RuleConfig, Skill, SkillName


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("skills: [a, b]\n", "skills: [x, y-1]\n"),
        ("skills:\n  - a\n  - b\n\n# of queues\nqueues: {}\n", "skills: [x, y-1]\n\n# of queues\nqueues: {}\n"),
        ("skills:\n- a\n  # the last\n", "skills: [x, y-1]\n  # the last\n"),
        ("skills:\n- a # one\n- b # two", "skills: [x, y-1]"),
        ("skills:\nqueues: {}\n", "skills: [x, y-1]\nqueues: {}\n"),
        ("skills: # all\nqueues: {}\n", "skills: [x, y-1] # all\nqueues: {}\n"),
        ("skills: ~ # all\n", "skills: [x, y-1] # all\n"),
        ("'skills' : [\n  a,\n  b,\n] # all\n", "'skills' : [x, y-1] # all\n"),
        ("queues: {}", "queues: {}\nskills: [x, y-1]\n"),
        ("# 'skills: [a]' would be one\r\nqueues: {skills: [a]}\r\n", None),
        ("", "skills: [x, y-1]\n"),
    ],
)
def test_only_the_list_is_written_anew(text: str, expected: str | None) -> None:
    (changed,) = with_list({"a.yaml": text}, SKILLS, ["x", "y-1"]).values()
    assert changed == (text + "skills: [x, y-1]\n" if expected is None else expected)
    assert yaml.safe_load(changed)["skills"] == ["x", "y-1"]


def test_the_list_is_changed_in_the_file_that_has_it_and_added_to_the_first() -> None:
    files = {
        "cases.yaml": "skills: []\n",
        "traffic.yaml": "skills: []\n",
        "b.yaml": "dispositions: [a]\n",
        "a.yaml": "x: 1\n",
    }
    assert with_list(files, DISPOSITIONS, ["sold"]) == {**files, "b.yaml": "dispositions: [sold]\n"}
    assert with_list(files, REASONS, []) == {**files, "a.yaml": "x: 1\nnot_ready_reasons: []\n"}


@pytest.mark.parametrize("value", ["two words", 'a "b" \\ c', "x: y", "a, b", "", "ä", "no\x00", "\U0001f600"])
def test_any_text_is_written_so_that_the_checks_can_say_what_is_wrong_with_it(value: str) -> None:
    written = parse(with_list({"a.yaml": ""}, SKILLS, [value])["a.yaml"], "a.yaml")
    assert written.at("skills", 0) == value


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"cases.yaml": ""}, "there is no file of rules"),
        ({"a.yaml": "skills: [\n"}, "cannot be read as YAML"),
        ({"a.yaml": "{skills: [a]}"}, "one section after the other"),
    ],
)
def test_where_there_is_no_place_that_is_told(files: dict[str, str], words: str) -> None:
    with pytest.raises(NoPlaceError, match=words):
        with_list(files, SKILLS, ["x"])


def test_who_and_what_names_a_skill() -> None:
    german = SkillName("german")
    rules = (
        RuleConfig(
            "first",
            QueueName("sales"),
            1,
            (Skill(german, 5),),
            any_of=((Skill(german, 3), Skill(SkillName("dutch"), 1)),),
            preferred=(Skill(german, 9),),
            relaxations=(Relaxation(1, lower=(Skill(german, 2),)), Relaxation(2, drop=(german,))),
        ),
        RuleConfig("second", QueueName("sales"), 1),
    )
    configuration = Configuration((), "", QueueName("sales"), (), rules, (), 1)  # type: ignore[arg-type]
    assert lists.users(configuration, "german", {AgentId("anna"): 10}) == [
        {"kind": "agent", "name": "anna", "how": "level 10"},
        {
            "kind": "rule",
            "name": "first",
            "queue": "sales",
            "how": "asks for level 5, asks for level 3, or another skill, prefers level 9, "
            "is content with level 2 later, drops it later",
        },
    ]
    assert lists.users(configuration, "latin", {}) == []
