"""Sessions: what makes a cookie worth something, and what ends it."""

from dataclasses import replace

import pytest

from callcenter.desktop.access import sessions
from callcenter.desktop.access.sessions import Sessions
from callcenter.desktop.desk import AgentLogin
from callcenter.types import AgentId
from tests.desktop.fake_desk import ANNA, HASH

SECRET = b"s" * 32
LOGIN = AgentLogin(ANNA, "Anna", HASH)
AGENTS = {ANNA: LOGIN}


def test_a_cookie_names_its_agent_also_after_a_restart() -> None:
    session = Sessions(SECRET).read(Sessions(SECRET).issue(LOGIN), AGENTS)
    assert session is not None
    assert session.login is LOGIN


@pytest.mark.parametrize("cookie", [None, "", "x", "a.b.c", "\x00", "é" * 10])
def test_nonsense_is_no_session(cookie: str | None) -> None:
    assert Sessions(SECRET).read(cookie, AGENTS) is None


def test_a_cookie_of_another_secret_is_no_session() -> None:
    assert Sessions(SECRET).read(Sessions(b"t" * 32).issue(LOGIN), AGENTS) is None


def test_an_old_cookie_is_no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    cookie = Sessions(SECRET).issue(LOGIN)
    monkeypatch.setattr(sessions, "MAX_AGE_S", -1)
    assert Sessions(SECRET).read(cookie, AGENTS) is None


def test_a_new_password_ends_the_sessions_of_the_old_one() -> None:
    cookie = Sessions(SECRET).issue(LOGIN)
    assert Sessions(SECRET).read(cookie, {ANNA: replace(LOGIN, password_hash="other")}) is None


def test_an_agent_who_is_gone_has_no_session() -> None:
    assert Sessions(SECRET).read(Sessions(SECRET).issue(LOGIN), {AgentId("boris"): LOGIN}) is None


def test_revoked_sessions_are_remembered_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MAX_REVOKED", 2)
    kept = Sessions(SECRET)
    cookies = [kept.issue(LOGIN) for _ in range(3)]
    for cookie in cookies:
        session = kept.read(cookie, AGENTS)
        assert session is not None
        kept.revoke(session)
    assert [kept.read(cookie, AGENTS) is None for cookie in cookies] == [False, True, True]


def test_a_short_secret_is_refused_with_a_remedy() -> None:
    with pytest.raises(ValueError, match=r"session_secret_file.*at least 32.*openssl"):
        Sessions(b"short")
