from pathlib import Path

import pytest

from callcenter.admin import staff_copy

SEED = "# ours\nagents: []\n"
PUBLISHED = "agents:\n- {id: anna}\n"


@pytest.fixture
def agents(tmp_path: Path) -> Path:
    path = tmp_path / "agents.yaml"
    path.write_text(SEED)
    return path


def test_the_copy_counts_until_the_file_is_edited(agents: Path, tmp_path: Path) -> None:
    assert staff_copy.in_force(agents, tmp_path) == agents
    staff_copy.keep(PUBLISHED, staff_copy.digest(agents), tmp_path)
    copy = staff_copy.in_force(agents, tmp_path)
    assert copy == tmp_path / staff_copy.NAME
    assert staff_copy.text(copy) == PUBLISHED
    assert staff_copy.text(agents) == SEED
    assert copy.stat().st_mode & 0o077 == 0, "it holds hashes of passwords"
    assert [it.name for it in tmp_path.iterdir() if it not in (copy, agents)] == []
    agents.write_text(SEED + "# edited\n")
    assert staff_copy.in_force(agents, tmp_path) == agents
    agents.write_text(SEED)
    assert staff_copy.in_force(agents, tmp_path) == copy


def test_the_copy_counts_where_there_is_no_file(agents: Path, tmp_path: Path) -> None:
    staff_copy.keep(PUBLISHED, staff_copy.digest(agents), tmp_path)
    agents.unlink()
    assert staff_copy.in_force(agents, tmp_path).name == staff_copy.NAME
    staff_copy.keep(PUBLISHED, staff_copy.digest(agents), tmp_path)
    assert staff_copy.text(staff_copy.in_force(agents, tmp_path)) == PUBLISHED


def test_the_file_itself_can_count_again(agents: Path, tmp_path: Path) -> None:
    staff_copy.keep(PUBLISHED, staff_copy.digest(agents), tmp_path)
    staff_copy.keep(None, "", tmp_path)
    staff_copy.keep(None, "", tmp_path)
    assert staff_copy.in_force(agents, tmp_path) == agents


@pytest.mark.parametrize("damaged", [b"", b"\xff\xfe", b"agents: []\n", b"# In force instead of"])
def test_a_damaged_copy_does_not_count(agents: Path, tmp_path: Path, damaged: bytes) -> None:
    (tmp_path / staff_copy.NAME).write_bytes(damaged)
    assert staff_copy.in_force(agents, tmp_path) == agents


def test_a_text_keeps_its_line_ends_and_loses_its_mark(agents: Path, tmp_path: Path) -> None:
    agents.write_bytes("\ufeffagents: []\r\n".encode())
    assert staff_copy.text(agents) == "agents: []\r\n"
    staff_copy.keep("agents: []\r\n", staff_copy.digest(agents), tmp_path)
    assert staff_copy.text(staff_copy.in_force(agents, tmp_path)) == "agents: []\r\n"
