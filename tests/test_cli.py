import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner

import callcenter
from callcenter.admin.yaml_source import Mistake
from callcenter.cli import main
from callcenter.settings import SettingsError

SAMPLE = Path(__file__).parent.parent / "config/callcenter.yaml"


def test_check_says_ok_and_what_is_doubtful() -> None:
    result = CliRunner().invoke(main, ["check", "--config", str(SAMPLE)], env={"CALLCENTER_PBX__SECRET": "x"})
    assert result.exit_code == 0
    assert result.stdout == "OK: 12 agents, 4 queues, 16 rules\n"
    assert "Warning: " in result.stderr


def test_check_lists_every_mistake_and_fails(tmp_path: Path) -> None:
    path = tmp_path / "callcenter.yaml"
    path.write_text("pbx: {prot: 1}\nlog_level: loud\n")
    result = CliRunner().invoke(main, ["check", "--config", str(path)])
    assert result.exit_code == 1
    assert f"{path}:1:7: pbx.prot: is not a known key. Did you mean `port`?" in result.stderr
    assert f"{path}:2:12: log_level: is 'loud'." in result.stderr
    assert "Traceback" not in result.output


def test_a_password_becomes_a_hash_that_it_fits() -> None:
    result = CliRunner().invoke(main, ["hash-password"], input="correct horse\n")
    assert result.exit_code == 0
    assert PasswordHasher().verify(result.stdout.strip(), "correct horse")


@pytest.mark.parametrize("password", ["", "short", "x" * 257])
def test_a_password_out_of_bounds_is_refused(password: str) -> None:
    result = CliRunner().invoke(main, ["hash-password"], input=password + "\n")
    assert result.exit_code == 1
    assert "a password has 8 to 256 characters" in result.stderr


def test_run_hands_the_file_to_the_daemon_and_tells_mistakes_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def run(config: Path) -> None:
        raise SettingsError([Mistake(str(config), 1, "a", "is wrong", "Mend it")])

    process = SimpleNamespace(run=run)
    monkeypatch.setitem(sys.modules, "callcenter.process", process)
    monkeypatch.setattr(callcenter, "process", process, raising=False)
    result = CliRunner().invoke(main, ["run", "--config", "there.yaml"])
    assert result.exit_code == 1
    assert result.stderr == "Error: 1 mistake in the settings:\n  there.yaml:1: a: is wrong. Mend it\n"


def test_every_command_of_rules_is_listed_and_there() -> None:
    told = CliRunner().invoke(main, ["rules", "--help"])
    assert told.exit_code == 0
    for name in ("check", "diff", "explain", "log", "publish", "rollback", "simulate", "test"):
        assert f"\n  {name} " in told.stdout
        assert CliRunner().invoke(main, ["rules", name, "--help"]).stdout.startswith(f"Usage: main rules {name} ")
    assert CliRunner().invoke(main, ["rules", "nonsense"]).exit_code == 2
