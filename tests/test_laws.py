"""Each law of the house is kept by a check, and here each check is seen to fail: one that cannot is no check."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.check_laws import MAX_FILE_LINES, MAX_FUNCTION_LINES, MAX_TEST_FILE_LINES, broken_laws

ROOT = Path(__file__).parent.parent
LIMIT_S = 300


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project's code, in a place where a law may be broken."""
    shutil.copytree(ROOT / "callcenter", tmp_path / "callcenter", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def add(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(f"\n{text}\n")


def run_tool(folder: Path, *command: str) -> tuple[int, str]:
    done = subprocess.run(
        [str(Path(sys.executable).parent / command[0]), *command[1:]],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("timers.py", "import time", "pure"),
        ("engine.py", "import random", "pure"),
        ("state.py", "import uuid", "pure"),
        ("queues/order.py", "from twisted.internet import reactor", "pure"),
        ("routing/rules.py", "from callcenter.settings import load", "pure"),
        ("routing/rules.py", "from callcenter.stores import database", "pure"),
        ("crm/directory.py", "from callcenter.desktop import hub", "layers"),
        ("metrics/now.py", "from callcenter import runner", "layers"),
        ("stores/tables.py", "from callcenter.cti import ami", "layers"),
        ("desktop/hub.py", "from callcenter.stores import history", "stores"),
        ("settings.py", "from callcenter import daemon", "layers"),
        ("daemon.py", "from callcenter.cti import ami", "ami"),
        ("desktop/hub.py", "import asterisk", "ami"),
    ],
)
def test_an_import_through_a_wall_is_found(copy: Path, file: str, line: str, contract: str) -> None:
    add(copy / "callcenter" / file, line)
    code, output = run_tool(copy, "lint-imports", "--no-cache", "--no-logo", "--contract", contract)
    assert code == 1, output
    assert "BROKEN" in output


def test_a_new_module_without_a_place_is_found(copy: Path) -> None:
    (copy / "callcenter" / "somewhere.py").write_text('"""New."""\n')
    code, output = run_tool(copy, "lint-imports", "--no-cache", "--no-logo", "--contract", "layers")
    assert code == 1, output
    assert "somewhere" in output


def test_the_walls_stand(copy: Path) -> None:
    code, output = run_tool(copy, "lint-imports", "--no-cache", "--no-logo")
    assert code == 0, output


def test_a_function_without_types_and_an_unused_import_are_found(copy: Path) -> None:
    mistake = copy / "callcenter" / "mistake.py"
    mistake.write_text('"""Wrong."""\n\nimport os\n\n\ndef untyped(x):\n    return x\n')
    assert run_tool(copy, "mypy", "--strict", "--no-incremental", str(mistake))[0] == 1
    code, output = run_tool(copy, "ruff", "check", "--no-cache", str(mistake))
    assert code == 1
    assert "F401" in output
    mistake.write_text("x = [ 1 ]\n")
    assert run_tool(copy, "ruff", "format", "--no-cache", "--check", str(mistake))[0] == 1


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def function(lines: int) -> str:
    return "def f() -> None:\n" + "    pass\n" * (lines - 1)


def test_files_at_their_bounds_break_no_law(tmp_path: Path) -> None:
    write(tmp_path, "callcenter/queues/order.py", function(MAX_FUNCTION_LINES) + "\n" * 10)
    write(tmp_path, "tests/queues/test_order.py", "#\n" * MAX_TEST_FILE_LINES)
    write(tmp_path, "callcenter/types.py", "#\n" * MAX_FILE_LINES)
    write(tmp_path, "callcenter/desktop/desk.py", "class Desk(Protocol):\n    def now_ms(self) -> int: ...\n")
    write(tmp_path, "callcenter/runner.py", function(2))
    write(tmp_path, "tests/test_runner_after_a_crash.py", "")
    write(tmp_path, "callcenter/stores/migrations/versions/0001_first.py", function(2))
    write(tmp_path, "tests/stores/test_migrations.py", "")
    assert broken_laws(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("callcenter/types.py", "#\n" * (MAX_FILE_LINES + 1), "callcenter/types.py:1: 451 lines, at most 450."),
        ("lab/pbx.py", "#\n" * (MAX_FILE_LINES + 1), "lab/pbx.py:1: 451 lines, at most 450."),
        ("web/src/app.tsx", "//\n" * (MAX_FILE_LINES + 1), "web/src/app.tsx:1: 451 lines, at most 450."),
        ("tests/test_x.py", "#\n" * (MAX_TEST_FILE_LINES + 1), "tests/test_x.py:1: 601 lines, at most 600."),
        ("lab/pbx.py", function(MAX_FUNCTION_LINES + 1), "lab/pbx.py:1: f has 81 lines, at most 80."),
        ("lab/pbx.py", "async " + function(MAX_FUNCTION_LINES + 1), "lab/pbx.py:1: f has 81 lines, at most 80."),
        ("callcenter/queues/order.py", function(2), "callcenter/queues/order.py:1: no tests/queues/test_order.py."),
        ("callcenter/crm/__init__.py", function(2), "callcenter/crm/__init__.py:1: no tests/crm/test_crm.py."),
        (
            "callcenter/stores/migrations/versions/0001_first.py",
            function(2),
            "callcenter/stores/migrations/versions/0001_first.py:1: no tests/stores/test_migrations.py.",
        ),
    ],
)
def test_what_breaks_a_law_is_told_by_file_and_line(tmp_path: Path, name: str, text: str, told: str) -> None:
    write(tmp_path, name, text)
    (line,) = broken_laws(tmp_path)
    assert line.startswith(told)
