from pathlib import Path

import pytest

from callcenter.admin import versions as rule_files
from callcenter.admin.folder import MAX_FILES
from callcenter.admin.versions import MAX_BYTES, RuleFilesError


def test_a_folder_is_its_yaml_files_cases_included_and_nothing_hidden(tmp_path: Path) -> None:
    for name in ("queues.yaml", "cases.yaml", ".#queues.yaml", "notes.txt"):
        (tmp_path / name).write_text(f"# {name} ü\r\n", newline="")
    (tmp_path / "old.yaml").mkdir()
    assert rule_files.read(tmp_path) == {"cases.yaml": "# cases.yaml ü\r\n", "queues.yaml": "# queues.yaml ü\r\n"}


def test_one_file_takes_the_cases_beside_it_and_no_other(tmp_path: Path) -> None:
    for name in ("routing.yaml", "cases.yaml", "agents.yaml"):
        (tmp_path / name).write_text(name)
    assert set(rule_files.read(tmp_path / "routing.yaml")) == {"routing.yaml", "cases.yaml"}
    (tmp_path / "cases.yaml").unlink()
    assert set(rule_files.read(tmp_path / "routing.yaml")) == {"routing.yaml"}


def test_what_was_written_is_read_back_to_the_byte(tmp_path: Path) -> None:
    files = {"a.yaml": "x: 1\r\ny: 'ü\u2028'", "b.yaml": ""}
    rule_files.write(files, tmp_path)
    assert rule_files.read(tmp_path) == files


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("Routing.yaml", b"", "'Routing.yaml'"),
        ("a b.yaml", b"", "'a b.yaml'"),
        ("x" * 60 + ".yaml", b"", "cannot be kept"),
        ("routing.yml", b"", "holds no *.yaml file"),
        ("routing.yaml", b"\xff", "not UTF-8"),
        ("routing.yaml", b"#" * (MAX_BYTES + 1), "more than 1048576 bytes"),
    ],
)
def test_what_cannot_be_kept_is_told(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(RuleFilesError) as caught:
        rule_files.read(tmp_path)
    assert told in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(RuleFilesError, match="name the folder of the rules"):
        rule_files.read(tmp_path / "none")


@pytest.mark.parametrize(
    "name", ["../a.yaml", "/a.yaml", "a/b.yaml", ".a.yaml", "a.yaml\n", "a.yaml.txt", "\0.yaml", ""]
)
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    with pytest.raises(RuleFilesError, match="cannot be kept"):
        rule_files.check({name: ""}, "the request")


def test_bounds_hold_for_what_is_sent_too() -> None:
    rule_files.check({f"{n}.yaml": "" for n in range(MAX_FILES)}, "the request")
    with pytest.raises(RuleFilesError, match="at most 200"):
        rule_files.check({f"{n}.yaml": "" for n in range(MAX_FILES + 1)}, "the request")
    with pytest.raises(RuleFilesError, match="more than 1048576 bytes"):
        rule_files.check({"a.yaml": "ü" * (MAX_BYTES // 2), "b.yaml": "x"}, "the request")


def test_digest_knows_names_and_texts_and_not_their_order() -> None:
    files = {"a.yaml": "1", "b.yaml": "2"}
    assert rule_files.digest(files) == rule_files.digest(dict(reversed(files.items())))
    others = ({"a.yaml": "1"}, {"a.yaml": "1", "b.yaml": "3"}, {"a.yaml": "2", "b.yaml": "1"}, {"a.yaml": "12"})
    assert len({rule_files.digest(other) for other in (files, *others)}) == 5


def test_changes_tell_new_changed_and_gone_files_by_name() -> None:
    before = {"gone.yaml": "1", "same.yaml": "2", "b.yaml": "3"}
    assert rule_files.changes(before, {"same.yaml": "2", "b.yaml": "4", "a.yaml": ""}) == (
        "+a.yaml",
        "~b.yaml",
        "-gone.yaml",
    )
    assert rule_files.changes(before, before) == ()


def test_diff_shows_lines_files_and_a_missing_end_of_the_last_line() -> None:
    before = {"a.yaml": "one\ntwo\n", "gone.yaml": "x\n"}
    after = {"a.yaml": "one\n2\nthree", "new.yaml": "y\n"}
    assert list(rule_files.diff(before, after, ("version 1", "folder"))) == [
        "--- version 1: a.yaml",
        "+++ folder: a.yaml",
        "@@ -1,2 +1,3 @@",
        " one",
        "-two",
        "+2",
        "+three\n\\ No newline at end of file",
        "--- version 1: gone.yaml",
        "+++ (none)",
        "@@ -1 +0,0 @@",
        "-x",
        "--- (none)",
        "+++ folder: new.yaml",
        "@@ -0,0 +1 @@",
        "+y",
    ]


def test_diff_tells_a_last_line_that_only_lost_its_end() -> None:
    assert "+a\n\\ No newline at end of file" in list(rule_files.diff({"a.yaml": "a\n"}, {"a.yaml": "a"}, ("1", "2")))
