from pathlib import Path

import pytest

from callcenter.admin import folder as rules_folder
from callcenter.admin.folder import MAX_BYTES, MAX_FILES, read
from callcenter.admin.yaml_source import Document, Key, Mark


def folder_of(folder: Path, **files: str) -> Document:
    for name, text in files.items():
        (folder / f"{name.replace('__', '-')}.yaml").write_text(text)
    return read(folder)


def told(document: Document) -> list[str]:
    return [str(mistake).replace(f"{document.file}/", "") for mistake in document.mistakes]


def test_the_files_of_a_folder_are_one_document_in_the_order_of_their_names(tmp_path: Path) -> None:
    document = folder_of(
        tmp_path,
        b="queues: {sales: {wrap_up_s: 1}}\nrules: [{name: second}, {name: third}]\n",
        a="version: 2\nqueues: {general: }\nrules: [{name: first}]\ntier_rules: [{tier: gold}]\n",
        c="version: 2\ntier_rules:\n  - tier: silver\nrules:\n",
    )
    assert document.mistakes == []
    assert document.data == {
        "version": "2",
        "queues": {"general": None, "sales": {"wrap_up_s": "1"}},
        "rules": [{"name": "first"}, {"name": "second"}, {"name": "third"}],
        "tier_rules": [{"tier": "gold"}, {"tier": "silver"}],
    }


def test_each_value_knows_its_own_file_line_and_number(tmp_path: Path) -> None:
    document = folder_of(
        tmp_path, a="rules:\n  - name: first\n", b="queues:\n  sales: {wrap_up_s: x}\nrules:\n  - name: second\n"
    )
    assert document.mark(("rules", 1, "name")) == Mark(str(tmp_path / "b.yaml"), 4, 11)
    assert document.mark(("queues", Key("sales"))) == Mark(str(tmp_path / "b.yaml"), 2, 3)
    assert str(document.mistake(("rules", 1, "name"), "is wrong", "Mend it")) == (
        f"{tmp_path}/b.yaml:4:11: rules[0].name: is wrong. Mend it"
    )
    assert str(document.mistake((), "lacks something", "Add it")) == f"{tmp_path}: lacks something. Add it"
    assert document.where(("rules", 0), ("rules", 1)) == f"in {tmp_path}/a.yaml on line 2"
    assert document.where(("queues",), ("rules", 1)) == "on line 1"


@pytest.mark.parametrize(
    ("first", "second", "mistakes"),
    [
        (
            "queues:\n  sales: {wrap_up_s: 1}\n",
            "queues:\n  general:\n  sales:\n",
            [
                "b.yaml:3:3: queues.sales: stands here for the second time, first in a.yaml on line 2. "
                "Keep one of the two"
            ],
        ),
        (
            "tiers: [gold]\n",
            "tiers: [silver]\n",
            ["b.yaml:1:1: tiers: stands here for the second time, first in a.yaml on line 1. Keep one of the two"],
        ),
        (
            "version: 2\n",
            "version: 1\n",
            ["b.yaml:1:1: version: stands here for the second time, first in a.yaml on line 1. Keep one of the two"],
        ),
        (
            "rules: []\n",
            "rules: {a: 1}\n",
            ["b.yaml:1:1: rules: stands here for the second time, first in a.yaml on line 1. Keep one of the two"],
        ),
        (
            "version: 2\n",
            "- a\n",
            ["b.yaml:1:1: holds no sections. It should be keys with values, `key: value`, one to a line"],
        ),
    ],
)
def test_what_stands_in_two_files_names_both_places(
    tmp_path: Path, first: str, second: str, mistakes: list[str]
) -> None:
    assert told(folder_of(tmp_path, a=first, b=second)) == mistakes


def test_what_is_left_out_as_the_second_one_takes_no_place_from_the_first(tmp_path: Path) -> None:
    document = folder_of(tmp_path, a="queues:\n  sales: {wrap_up_s: 1}\n", b="queues:\n  sales: {wrap_up_s: 2}\n")
    assert document.text("queues", "sales", "wrap_up_s") == "1"
    assert document.mark(("queues", "sales", "wrap_up_s")).file == str(tmp_path / "a.yaml")


def test_cases_traffic_hidden_and_other_files_are_no_rules(tmp_path: Path) -> None:
    for name in ("cases.yaml", "traffic.yaml", "traffic-monday.yaml", ".#a.yaml", "README.md"):
        (tmp_path / name).write_text("rubbish: [")
    document = folder_of(tmp_path, a="version: 2\n")
    assert (document.data, document.mistakes) == ({"version": "2"}, [])
    assert rules_folder.files_of(tmp_path) == [tmp_path / "a.yaml"]
    assert rules_folder.files_of(tmp_path / "a.yaml") == [tmp_path / "a.yaml"]


def test_a_file_that_an_admin_might_take_for_rules_is_told(tmp_path: Path) -> None:
    (tmp_path / "b.yml").write_text("version: 2\n")
    assert told(folder_of(tmp_path, a="version: 2\n")) == ["b.yml: is not read. Let its name end in .yaml"]


def test_a_file_that_cannot_be_read_leaves_the_others(tmp_path: Path) -> None:
    document = folder_of(tmp_path, a="version: 2\n", b="rules: [\n")
    assert document.incomplete
    assert document.text("version") == "2"
    assert [mistake.file for mistake in document.mistakes] == [str(tmp_path / "b.yaml")]


def test_the_bounds_of_a_folder(tmp_path: Path) -> None:
    assert told(read(tmp_path)) == [f"{tmp_path}: holds no rules. Put a file into it whose name ends in .yaml"]
    for number in range(MAX_FILES):
        (tmp_path / f"{number}.yaml").write_text("")
    assert told(read(tmp_path)) == []
    (tmp_path / "one-more.yaml").write_text("")
    assert told(read(tmp_path)) == [f"{tmp_path}: holds more than {MAX_FILES} files. Is this the right folder?"]


def test_the_files_of_a_folder_have_a_bound_together(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("#" * (MAX_BYTES - 1))
    (tmp_path / "b.yaml").write_text("#")
    assert told(read(tmp_path)) == []
    (tmp_path / "b.yaml").write_text("##")
    assert told(read(tmp_path)) == [f"{tmp_path}: holds more than {MAX_BYTES} bytes. Is this the right folder?"]


def test_a_folder_with_the_name_of_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").mkdir()
    (tmp_path / "link.yaml").symlink_to(tmp_path / "nowhere")
    first, second = read(tmp_path).mistakes
    assert "a.yaml: cannot be read" in str(first)
    assert "link.yaml: no such file" in str(second)


def test_one_file_is_read_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text("version: 2\n")
    assert read(tmp_path / "rules.yaml").data == {"version": "2"}
    assert "no such file" in str(read(tmp_path / "nowhere.yaml").mistakes[0])
    assert "cannot be read" in str(read(Path("a\0b")).mistakes[0])
