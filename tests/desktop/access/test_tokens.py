"""Tokens: what they are worth, and what the copy in memory is good for."""

from dataclasses import replace

import pytest

from callcenter.desktop.access import tokens
from callcenter.desktop.access.permissions import Permission
from callcenter.desktop.access.store import ApiToken
from callcenter.desktop.access.tokens import Tokens, TooManyTokensError, digest_of
from callcenter.desktop.desk import AgentLogin, DeskUnavailableError
from tests.desktop.fake_access import FakeAccess
from tests.desktop.fake_desk import ANNA, HASH, SALES, SUPPORT, SUSAN
from tests.helpers import run_async

NOW_MS = 1_763_000_000_000
AGENTS = {ANNA: AgentLogin(ANNA, "Anna", HASH), SUSAN: AgentLogin(SUSAN, "Susan", HASH, ("supervisor",))}
WANTED = ApiToken("", "wallboard", ("see_floor",), (), None, "root", 0, NOW_MS + 1_000)
AWAY = DeskUnavailableError("the database is away")


class Made:
    def __init__(self) -> None:
        self.access = FakeAccess()
        self.tokens = Tokens(self.access.tokens)

    async def create(self, **changes: object) -> str:
        return (await self.tokens.create(replace(WANTED, **changes), NOW_MS))[1]  # type: ignore[arg-type]

    async def permissions(self, text: str, now_ms: int = NOW_MS) -> frozenset[Permission] | None:
        caller = await self.tokens.caller(text, AGENTS, self.access.queue_groups, now_ms)
        return None if caller is None else caller.permissions


@run_async
async def test_a_token_is_random_and_only_its_digest_is_kept() -> None:
    made = Made()
    first, second = await made.create(), await made.create()
    assert first != second
    assert first.startswith("cc_")
    assert len(first) >= 46, "256 bits"
    kept = [digest for _, digest in made.access.tokens.kept.values()]
    assert kept == [digest_of(first), digest_of(second)]
    assert first not in str(made.access.tokens.kept)


@run_async
async def test_a_token_has_its_scopes_until_it_expires() -> None:
    made = Made()
    text = await made.create()
    assert await made.permissions(text) == frozenset({Permission.SEE_FLOOR})
    assert await made.permissions(text, NOW_MS + 1_000) is None
    assert await made.permissions(text[:-1]) is None
    assert await made.permissions("cc_") is None
    assert await made.permissions("Basic eHg6eHg=") is None


@run_async
async def test_a_scope_that_nobody_knows_any_more_is_nothing() -> None:
    made = Made()
    assert await made.permissions(await made.create(scopes=("see_all", "see_audit"))) == frozenset(
        {Permission.SEE_AUDIT}
    )


@run_async
async def test_a_token_for_a_login_is_never_more_than_the_login() -> None:
    made = Made()
    text = await made.create(scopes=tuple(Permission), acts_for=ANNA)
    caller = await made.tokens.caller(text, AGENTS, {}, NOW_MS)
    assert caller is not None
    assert (caller.id, caller.name, caller.permissions) == (ANNA, "Anna", frozenset({Permission.TAKE_CONTACTS}))
    assert await made.tokens.caller(text, {}, {}, NOW_MS) is None, "the login is gone"
    own = await made.create(scopes=tuple(Permission))
    alone = await made.tokens.caller(own, AGENTS, {}, NOW_MS)
    assert alone is not None
    assert alone.id == "token:wallboard"
    assert Permission.TAKE_CONTACTS not in alone.permissions, "nobody is that agent"


@run_async
async def test_queue_groups_of_token_and_login_both_limit() -> None:
    made = Made()
    text = await made.create(queue_groups=("sellers",), scopes=("see_floor", "see_audit"), acts_for=SUSAN)
    login = replace(AGENTS[SUSAN], queues=frozenset({SALES, SUPPORT}))
    both = await made.tokens.caller(text, {SUSAN: login}, made.access.queue_groups, NOW_MS)
    assert both is not None
    assert (both.queues, both.permissions) == (frozenset({SALES}), frozenset({Permission.SEE_FLOOR}))
    gone = await made.tokens.caller(text, AGENTS, {}, NOW_MS)
    assert gone is not None
    assert gone.queues == frozenset(), "a group that is no more has no queues, and not all of them"


@run_async
async def test_tokens_are_good_while_sql_is_away_and_revoking_is_at_once() -> None:
    made = Made()
    text = await made.create()
    made.access.tokens.away = AWAY
    assert await made.permissions(text)
    (token_id,) = made.access.tokens.kept
    with pytest.raises(DeskUnavailableError):
        await made.tokens.revoke(token_id, NOW_MS)
    assert await made.permissions(text) is None


@run_async
async def test_before_the_first_reading_nobody_is_told_that_a_token_is_wrong() -> None:
    made = Made()
    text = await made.create()
    anew = Tokens(made.access.tokens)
    made.access.tokens.away = AWAY
    with pytest.raises(DeskUnavailableError):
        await anew.caller(text, AGENTS, {}, NOW_MS)
    made.access.tokens.away = None
    assert await anew.caller(text, AGENTS, {}, NOW_MS)


@run_async
async def test_the_table_is_read_again_now_and_then_beside_the_requests() -> None:
    made = Made()
    text = await made.create()
    assert await made.permissions(text)
    await made.tokens.settle()
    made.access.tokens.kept.clear()  # by hand
    later_ms = NOW_MS + 500
    made.tokens._read_ms = later_ms - tokens.REREAD_MS - 1
    assert await made.permissions(text, later_ms), "this one is not made to wait"
    await made.tokens.settle()
    assert await made.permissions(text, later_ms) is None


@run_async
async def test_last_use_is_noted_about_once_a_minute_and_not_lost_while_sql_is_away() -> None:
    made = Made()
    text = await made.create(expires_ms=None)
    made.access.tokens.away = AWAY
    await made.permissions(text, NOW_MS + 1)
    await made.tokens.settle()
    made.access.tokens.away = None
    assert [token.last_used_ms for token in await made.tokens.all()] == [NOW_MS + 1], "known before it is kept"
    await made.permissions(text, NOW_MS + 2)
    await made.tokens.settle()
    assert made.access.tokens.kept != {}
    await made.permissions(text, NOW_MS + 1 + tokens.NOTE_USE_MS)
    await made.tokens.settle()
    ((token, _),) = made.access.tokens.kept.values()
    assert token.last_used_ms == NOW_MS + 1 + tokens.NOTE_USE_MS


@run_async
async def test_there_is_a_bound_and_what_expired_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MAX_TOKENS", 2)
    made = Made()
    await made.create(expires_ms=NOW_MS - 1)
    await made.create()
    await made.create()
    with pytest.raises(TooManyTokensError):
        await made.create()
