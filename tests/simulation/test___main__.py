"""What `python -m callcenter.simulation` says."""

import pytest

from callcenter.simulation.__main__ import main
from callcenter.simulation.canaries import CANARIES


def _main(*arguments: str) -> tuple[int, str]:
    lines: list[str] = []
    status = main(list(arguments), lines.append)
    return status, "\n".join(str(line) for line in lines)


def test_a_good_seed_ends_with_a_summary() -> None:
    status, said = _main("--seed", "5", "--events", "200")
    assert status == 0
    assert said.startswith("state ")
    assert "events/s" in said.splitlines()[-1]
    assert "answered" in said


def test_several_seeds_without_the_auditor() -> None:
    status, said = _main("--seed", "5", "--seeds", "3", "--events", "100", "--no-audit")
    assert status == 0
    assert said.endswith("seeds 3: ok")


def test_a_failing_seed_ends_with_how_to_reproduce_it_and_a_short_story() -> None:
    with CANARIES["shortest_idle_goes_first"]():
        status, said = _main("--seed", "0", "--seeds", "20", "--events", "300")
    assert status == 1
    first, *rest = said.splitlines()
    assert first.startswith("FAILED the right agent goes first")
    assert "python -m callcenter.simulation --seed" in first
    assert "ContactArrived" in "".join(rest)


def test_a_failure_of_the_world_alone_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callcenter.simulation.world.digest_of", lambda engine: str(id(engine)))
    status, said = _main("--seed", "0", "--seeds", "30", "--events", "300")
    assert status == 1
    assert "snapshot + tail is the live state" in said
    assert "the events alone don't show it" in said


def test_numbers_that_make_no_sense_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        _main("--events", "0")
    assert "should be at least 1" in capsys.readouterr().err
