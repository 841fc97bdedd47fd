"""Passwords: equal treatment, bounds, and a loop that goes on."""

import asyncio

import pytest
from argon2 import extract_parameters

from callcenter.desktop.access import passwords
from callcenter.desktop.access.passwords import MAX_KEYS, WINDOW_MS, Attempts, Passwords, TooManyAttemptsError
from callcenter.desktop.desk import AgentLogin
from callcenter.types import AgentId
from tests.desktop.fake_desk import ANNA, HASH, PASSWORD
from tests.helpers import run_async

LOGIN = AgentLogin(ANNA, "Anna", HASH)
AGENTS = {ANNA: LOGIN}


def test_attempts_slide_out_of_the_window_one_by_one() -> None:
    attempts = Attempts()
    for now_ms in (0, 1_000, 2_000):
        attempts.take({"key": 3}, now_ms)
    with pytest.raises(TooManyAttemptsError) as refused:
        attempts.take({"key": 3}, 10_000)
    assert refused.value.wait_s == 50
    attempts.take({"key": 3}, WINDOW_MS)
    with pytest.raises(TooManyAttemptsError):
        attempts.take({"key": 3}, WINDOW_MS)


def test_a_refused_attempt_costs_nothing_under_its_other_keys() -> None:
    attempts = Attempts()
    attempts.take({"full": 1, "other": 2}, 0)
    for _ in range(5):
        with pytest.raises(TooManyAttemptsError):
            attempts.take({"full": 1, "other": 2}, 0)
    attempts.take({"other": 2}, 0)


def test_keys_are_bounded_and_the_one_used_longest_ago_goes() -> None:
    attempts = Attempts()
    attempts.take({"first": 1}, 0)
    for number in range(MAX_KEYS):
        attempts.take({f"key {number}": 1}, 0)
    assert len(attempts) == MAX_KEYS
    attempts.take({"first": 1}, 0)


@run_async
async def test_right_passwords_are_never_counted() -> None:
    checker = Passwords(AGENTS)
    for _ in range(3 * passwords.PER_ADDRESS):
        assert await checker.check("anna", LOGIN, PASSWORD, "192.0.2.1", 0)
    checker.close()


@run_async
async def test_one_address_cannot_try_every_agent() -> None:
    checker = Passwords(AGENTS)
    for number in range(passwords.PER_ADDRESS):
        assert not await checker.check(f"agent {number}", None, "guess", "192.0.2.1", 0)
    with pytest.raises(TooManyAttemptsError):
        await checker.check("anna", LOGIN, PASSWORD, "192.0.2.1", 0)
    assert await checker.check("anna", LOGIN, PASSWORD, "192.0.2.2", 0)
    checker.close()


@run_async
async def test_many_addresses_cannot_try_one_agent() -> None:
    checker = Passwords(AGENTS)
    for number in range(passwords.PER_AGENT):
        assert not await checker.check("anna", LOGIN, "guess", f"192.0.2.{number}", 0)
    with pytest.raises(TooManyAttemptsError):
        await checker.check("anna", LOGIN, PASSWORD, "198.51.100.1", 0)
    checker.close()


def test_nobody_costs_what_an_agent_costs() -> None:
    checker = Passwords(AGENTS)
    assert extract_parameters(checker._nobody) == extract_parameters(HASH)
    checker.close()


@run_async
async def test_a_hash_that_is_none_is_logged_and_matches_nothing(caplog: pytest.LogCaptureFixture) -> None:
    broken = AgentLogin(AgentId("carl"), "Carl", "plain text")
    checker = Passwords({broken.id: broken})
    assert not await checker.check("carl", broken, "plain text", "192.0.2.1", 0)
    assert "'carl'" in caplog.text
    assert "hash-password" in caplog.text
    checker.close()


@run_async
async def test_checks_under_way_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "MAX_CHECKS", 2)
    checker = Passwords(AGENTS)
    checks = [checker.check("anna", LOGIN, PASSWORD, "192.0.2.1", 0) for _ in range(4)]
    outcomes = await asyncio.gather(*checks, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [bool, bool, TooManyAttemptsError, TooManyAttemptsError]
    checker.close()
