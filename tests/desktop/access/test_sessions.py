"""Sessions: what makes a cookie worth something, and what ends it."""

from dataclasses import replace

import pytest

from callcenter.desktop.access import sessions
from callcenter.desktop.access.sessions import IDLE_MS, MAX_MS, Session, Sessions
from callcenter.desktop.desk import AgentLogin
from callcenter.types import AgentId, AgentState
from tests.desktop.fake_desk import ANNA, BORIS, HASH

SECRET = b"s" * 32
LOGIN = AgentLogin(ANNA, "Anna", HASH)
AGENTS = {ANNA: LOGIN}
NOW_MS = 1_763_000_000_000
STEP_MS = IDLE_MS // 2


def kept(secret: bytes = SECRET, state: AgentState = AgentState.LOGGED_OUT) -> Sessions:
    return Sessions(secret, state_of=lambda _: state)


def followed(kept: Sessions, cookie: str, until_ms: int, login: AgentLogin = LOGIN) -> Session | None:
    """What the cookie is worth at `until_ms` after steps that are never idle."""
    for after_ms in range(0, until_ms, STEP_MS):
        kept.read(cookie, {login.id: login}, NOW_MS + after_ms)
    return kept.read(cookie, {login.id: login}, NOW_MS + until_ms)


def test_a_cookie_names_its_agent_also_after_a_restart() -> None:
    session = kept().read(kept().issue(LOGIN, NOW_MS), AGENTS, NOW_MS)
    assert session is not None
    assert session.login is LOGIN


@pytest.mark.parametrize("cookie", [None, "", "x", "a.b.c", "\x00", "é" * 10])
def test_nonsense_is_no_session(cookie: str | None) -> None:
    assert kept().read(cookie, AGENTS, NOW_MS) is None


def test_a_cookie_of_another_secret_is_no_session() -> None:
    assert kept().read(kept(b"t" * 32).issue(LOGIN, NOW_MS), AGENTS, NOW_MS) is None


def test_a_new_password_ends_the_sessions_of_the_old_one() -> None:
    cookie = kept().issue(LOGIN, NOW_MS)
    assert kept().read(cookie, {ANNA: replace(LOGIN, password_hash="other")}, NOW_MS) is None


def test_an_agent_who_is_gone_has_no_session() -> None:
    assert kept().read(kept().issue(LOGIN, NOW_MS), {AgentId("boris"): LOGIN}, NOW_MS) is None


def test_a_session_that_asks_for_nothing_ends_and_stays_ended() -> None:
    known = kept()
    cookie = known.issue(LOGIN, NOW_MS)
    assert known.read(cookie, AGENTS, NOW_MS)
    assert known.read(cookie, AGENTS, NOW_MS + IDLE_MS)
    assert known.read(cookie, AGENTS, NOW_MS + 2 * IDLE_MS), "each request counts anew"
    assert known.read(cookie, AGENTS, NOW_MS + 3 * IDLE_MS + 1) is None
    assert known.read(cookie, AGENTS, NOW_MS + 3 * IDLE_MS + 2) is None


def test_who_takes_contacts_is_at_work_however_still_the_page_is() -> None:
    known = kept(state=AgentState.READY)
    cookie = known.issue(LOGIN, NOW_MS)
    assert known.read(cookie, AGENTS, NOW_MS)
    assert known.read(cookie, AGENTS, NOW_MS + 5 * IDLE_MS)


def test_a_screen_on_the_wall_need_not_be_touched_but_ends() -> None:
    viewer = replace(LOGIN, roles=("viewer",))
    known = kept()
    cookie = known.issue(viewer, NOW_MS)
    assert known.read(cookie, {ANNA: viewer}, NOW_MS)
    assert known.read(cookie, {ANNA: viewer}, NOW_MS + 5 * IDLE_MS)
    assert known.read(cookie, {ANNA: viewer}, NOW_MS + MAX_MS + 1) is None


def test_a_session_ends_after_its_longest_time_also_after_a_restart() -> None:
    cookie = kept().issue(LOGIN, NOW_MS)
    assert followed(kept(), cookie, MAX_MS)
    assert followed(kept(), cookie, MAX_MS + 1) is None
    assert kept().read(cookie, AGENTS, NOW_MS + MAX_MS + 1) is None
    assert followed(kept(state=AgentState.READY), cookie, MAX_MS + 1) is None


@pytest.mark.parametrize("state", sessions.BUSY)
def test_nobody_is_signed_out_in_the_middle_of_a_contact(state: AgentState) -> None:
    known = kept(state=state)
    cookie = known.issue(LOGIN, NOW_MS)
    assert followed(known, cookie, MAX_MS + 3_600_000)
    assert list(known.take_over(NOW_MS + MAX_MS + 3_600_000)) == []


def test_sessions_that_are_over_are_told_once_with_who_has_none_left() -> None:
    known = kept()
    agents = {**AGENTS, BORIS: replace(LOGIN, id=BORIS)}
    first, second, other = (known.issue(agents[agent], NOW_MS) for agent in (ANNA, ANNA, BORIS))
    ids = [known.read(cookie, agents, NOW_MS) for cookie in (first, second, other)]
    later_ms = NOW_MS + IDLE_MS + 1
    assert known.read(second, agents, later_ms - 10)
    assert list(known.take_over(later_ms)) == [(ids[0].id, ANNA, False), (ids[2].id, BORIS, True)]  # type: ignore[union-attr]
    assert list(known.take_over(later_ms)) == []
    assert known.read(second, agents, later_ms)
    assert known.read(first, agents, later_ms) is None


def test_what_is_remembered_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MAX_REVOKED", 2)
    monkeypatch.setattr(sessions, "MAX_HEARD", 2)
    known = kept()
    cookies = [known.issue(LOGIN, NOW_MS) for _ in range(3)]
    for cookie in cookies:
        known.read(cookie, AGENTS, NOW_MS)
    assert len(list(known.take_over(NOW_MS + IDLE_MS + 1))) == 2, "the first was forgotten, its time begins anew"
    for cookie in cookies:
        if session := known.read(cookie, AGENTS, NOW_MS):
            known.revoke(session.id)
    assert [known.read(cookie, AGENTS, NOW_MS) is None for cookie in cookies] == [False, True, True]


def test_a_short_secret_is_refused_with_a_remedy() -> None:
    with pytest.raises(ValueError, match=r"session_secret_file.*at least 32.*openssl"):
        Sessions(b"short")
