"""The house's laws that no library keeps: how long files and functions get, and that each source file has its tests.

`make check` runs this as `python -m scripts.check_laws`; it prints what breaks a law, by file and line, and exits with
1. The other laws are kept by import-linter, mypy and ruff, all of them set in pyproject.toml.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

MAX_FILE_LINES = 450
MAX_TEST_FILE_LINES = 600  # a story that is told in full may take more room than the code
MAX_FUNCTION_LINES = 80
SOURCES = ("callcenter", "lab", "benchmarks", "scripts", "tests")
PAGES = ("web/src", "web/tests")
# Tested as a whole: what a migration does shows only after the ones before it.
TESTED_TOGETHER = {"callcenter/stores/migrations": "tests/stores/test_migrations.py"}


def broken_laws(root: Path) -> list[str]:
    """What breaks a law in the project at `root`, one line each."""
    files = [path for folder in SOURCES for path in sorted((root / folder).rglob("*.py"))]
    found: list[str] = []
    for path in files:
        name = path.relative_to(root).as_posix()
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text, name)
        found += _too_long(name, text, tree)
        if name.startswith("callcenter/") and _does_something(tree):
            found += _untested(root, name)
    for path in (path for folder in PAGES for path in sorted((root / folder).rglob("*.ts*"))):
        found += _too_many_lines(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))
    return found


def _too_many_lines(name: str, text: str) -> Iterator[str]:
    lines = len(text.splitlines())
    bound = MAX_TEST_FILE_LINES if name.startswith(("tests/", "web/tests/")) else MAX_FILE_LINES
    if lines > bound:
        yield f"{name}:1: {lines} lines, at most {bound}. Find the two ideas in it and give each a file"


def _too_long(name: str, text: str, tree: ast.Module) -> Iterator[str]:
    yield from _too_many_lines(name, text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            length = node.end_lineno - node.lineno + 1
            if length > MAX_FUNCTION_LINES:
                remedy = "Name a part of it and take it out"
                yield f"{name}:{node.lineno}: {node.name} has {length} lines, at most {MAX_FUNCTION_LINES}. {remedy}"


def _does_something(tree: ast.Module) -> bool:
    """False for vocabularies, protocols and empty packages: there is nothing in them to test."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return not all(
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)  # a docstring, or `...`
        for function in functions
        for statement in function.body
    )


def _untested(root: Path, name: str) -> Iterator[str]:
    for folder, test in TESTED_TOGETHER.items():
        if name.startswith(f"{folder}/"):
            if not (root / test).is_file():
                yield f"{name}:1: no {test}. Write it"
            return
    inner = Path(name).relative_to("callcenter")
    stem = inner.parent.name if inner.stem == "__init__" else inner.stem
    folder_of_tests = root / "tests" / inner.parent
    if not (folder_of_tests / f"test_{stem}.py").is_file() and not any(folder_of_tests.glob(f"test_{stem}_*.py")):
        expected = (Path("tests") / inner.parent / f"test_{stem}.py").as_posix()
        yield f"{name}:1: no {expected}. Write the tests that stand for this file"


def main() -> int:
    found = broken_laws(Path(__file__).resolve().parent.parent)
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
