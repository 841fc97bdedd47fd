"""The benchmark of the rules on few of them: all engines are given the same, and what decides otherwise is left out."""

import json
import subprocess
import sys
import venv
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner

from benchmarks import rules
from benchmarks.rules import (
    configuration,
    drawn_callers,
    drawn_rules,
    for_peers,
    main,
    measure,
    measure_peer,
    peer_python,
)

WRITTEN = drawn_rules(120, Random(3))
CALLERS = drawn_callers(60, Random(4))


def test_the_rules_in_pythons_words_decide_as_ours() -> None:
    figures, decided = measure(WRITTEN, CALLERS)
    codes = [compile(rule.python, "<rule>", "eval") for rule in WRITTEN]
    config = configuration(WRITTEN)
    for caller, found in zip(CALLERS, decided, strict=True):
        facts = for_peers(config, caller)
        assert found == next((index for index, code in enumerate(codes) if eval(code, dict(facts))), None)
    assert None in decided
    assert len(set(decided)) > 5
    assert figures.keys() == {
        "p50_us",
        "p99_us",
        "with_facts_p50_us",
        "with_facts_p99_us",
        "rules_per_s",
        "compile_ms",
    }


def test_each_rule_has_as_many_parts_in_all_words() -> None:
    for rule in WRITTEN:
        assert rule.cel.count(" && ") >= rule.python.count(" and ")
        assert rule.zen.count(" and ") >= rule.python.count(" and ")
        assert "." not in rule.zen


def test_the_last_line_is_json_with_the_figures_that_were_asked_for() -> None:
    shown = CliRunner().invoke(main, ["--rules", "20", "--contacts", "10", "--no-peers"], catch_exceptions=False).output
    told = json.loads(shown.splitlines()[-1])
    assert {"p50_us", "p99_us", "rules_per_s", "peers"} <= told.keys()
    assert told["peers"] == {}


def test_a_peer_that_cannot_be_installed_is_left_out_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(command: list[str], **_: object) -> None:
        raise subprocess.CalledProcessError(1, command, stderr="looking\nno such version\n")

    monkeypatch.setattr(venv, "create", lambda *_, **__: None)
    monkeypatch.setattr(subprocess, "run", fails)
    assert peer_python(tmp_path, "nobody", "1.0") is None
    assert capsys.readouterr().out == "nobody 1.0 cannot be installed and is left out: no such version\n"


def test_a_peer_that_is_installed_is_not_installed_again(tmp_path: Path) -> None:
    (tmp_path / "engine-1.0").mkdir()
    (tmp_path / "engine-1.0" / "installed").touch()
    assert peer_python(tmp_path, "engine", "1.0") == tmp_path / "engine-1.0" / "bin" / "python"


@pytest.mark.parametrize(
    ("told", "figures", "said"),
    [
        ({"times_ns": [1_000, 3_000], "decided": [0, None]}, {"p50_us": 3.0, "p99_us": 3.0}, ""),
        ({"times_ns": [1_000, 3_000], "decided": [0, 1]}, None, "engine decided otherwise and is left out\n"),
    ],
)
def test_a_peer_counts_only_if_it_decides_the_same(
    told: dict[str, object],
    figures: dict[str, float] | None,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    script = tmp_path / "peer.py"
    script.write_text(f"print({json.dumps(told)!r})")
    monkeypatch.setattr(rules, "PEER_SCRIPT", script)
    assert measure_peer(Path(sys.executable), "engine", {"decided": [0, None]}) == figures
    assert capsys.readouterr().out == said


def test_a_peer_that_fails_is_left_out_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "peer.py"
    script.write_text("raise SystemExit('it is broken')")
    monkeypatch.setattr(rules, "PEER_SCRIPT", script)
    assert measure_peer(Path(sys.executable), "engine", {"decided": []}) is None
    assert capsys.readouterr().out == "engine failed and is left out: it is broken\n"
