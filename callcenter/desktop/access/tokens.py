"""Tokens of the API: `Authorization: Bearer cc_...`, for programs.

The one idea: a token is 256 random bits that are told once and kept nowhere; the database has their SHA-256, and so has
this copy in memory, which requests are checked against. So the API works while SQL is away. A token's scopes are
permissions. One that acts for a login can do at most what the login can.
"""

import asyncio
import contextlib
import hashlib
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace

from callcenter.desktop.access.permissions import Caller, Permission, permissions_of
from callcenter.desktop.access.store import ApiToken, TokenStore
from callcenter.desktop.desk import AgentLogin, DeskUnavailableError
from callcenter.types import AgentId, QueueName

logger = logging.getLogger(__name__)

PREFIX = "cc_"
SECRET_BYTES = 32
MAX_TOKENS = 1_000  # that are in force; one more is refused
REREAD_MS = 60_000  # somebody may have changed the table by hand
NOTE_USE_MS = 60_000  # how exact "last used" is
ID_BYTES = 6


class TooManyTokensError(Exception):
    """There are MAX_TOKENS in force."""


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


class Tokens:
    """The tokens in force. `store` is SQL; its errors are DeskUnavailableError."""

    def __init__(self, store: TokenStore) -> None:
        self._store = store
        self._by_digest: dict[str, ApiToken] | None = None
        self._read_ms = 0
        self._used: dict[str, int] = {}  # by id: since when the table does not know
        self._noted: dict[str, int] = {}
        self._reading: asyncio.Task[None] | None = None

    async def caller(
        self,
        text: str,
        agents: Mapping[AgentId, AgentLogin],
        groups: Mapping[str, frozenset[QueueName]],
        now_ms: int,
    ) -> Caller | None:
        """Whom this token stands for; None where it is no token, or no longer one.

        Raises DeskUnavailableError where the tokens could not be read yet since the start.
        """
        if not text.startswith(PREFIX):
            return None
        if self._by_digest is None:
            await self._read(now_ms)
        elif now_ms - self._read_ms > REREAD_MS:
            self._read_beside(now_ms)
        token = (self._by_digest or {}).get(digest_of(text))
        if token is None or (token.expires_ms is not None and token.expires_ms <= now_ms):
            return None
        caller = _caller(token, agents, groups)
        if caller is not None and now_ms - max(self._noted.get(token.id, 0), token.last_used_ms or 0) >= NOTE_USE_MS:
            self._noted[token.id] = self._used[token.id] = now_ms
            self._read_beside(now_ms)
        return caller

    async def all(self) -> Sequence[ApiToken]:
        """Those in force and those that were, the newest first."""
        return [
            replace(token, last_used_ms=max(token.last_used_ms or 0, self._noted.get(token.id, 0)) or None)
            for token in await self._store.all()
        ]

    async def create(self, token: ApiToken, now_ms: int) -> tuple[ApiToken, str]:
        """Keep a token of these properties, with an id of its own; returns it and its text, which is nowhere else."""
        if self._by_digest is None:
            await self._read(now_ms)
        in_force = [one for one in (self._by_digest or {}).values() if (one.expires_ms or now_ms + 1) > now_ms]
        if len(in_force) >= MAX_TOKENS:
            raise TooManyTokensError
        text = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
        made = replace(token, id=secrets.token_hex(ID_BYTES), created_ms=now_ms)
        await self._store.add(made, digest_of(text))
        assert self._by_digest is not None
        self._by_digest[digest_of(text)] = made
        return made, text

    async def revoke(self, token_id: str, now_ms: int) -> bool:
        """From now on it is none. False where there is no such token in force. Revoked at once also where SQL then
        says that it cannot be reached: until a restart."""
        if self._by_digest is not None:
            self._by_digest = {digest: token for digest, token in self._by_digest.items() if token.id != token_id}
        return await self._store.revoke(token_id, now_ms)

    async def settle(self) -> None:
        """Wait for what goes on beside."""
        if self._reading is not None:
            await asyncio.gather(self._reading, return_exceptions=True)

    def _read_beside(self, now_ms: int) -> None:
        if self._reading is None or self._reading.done():
            self._read_ms = now_ms
            self._reading = asyncio.get_running_loop().create_task(self._try_to_read(now_ms))

    async def _try_to_read(self, now_ms: int) -> None:
        with contextlib.suppress(DeskUnavailableError):
            used, self._used = self._used, {}
            try:
                if used:
                    await self._store.note_used(used)
            except DeskUnavailableError:
                self._used = used | self._used
                raise
            await self._read(now_ms)

    async def _read(self, now_ms: int) -> None:
        found = await self._store.in_force(now_ms, MAX_TOKENS)
        self._by_digest = {digest: token for token, digest in found}
        self._read_ms = now_ms


def _caller(
    token: ApiToken, agents: Mapping[AgentId, AgentLogin], groups: Mapping[str, frozenset[QueueName]]
) -> Caller | None:
    scopes = frozenset(scope for scope in Permission if scope in token.scopes)
    queues = queues_of(token.queue_groups, groups)
    if token.acts_for is not None:
        login = agents.get(token.acts_for)
        if login is None:
            return None
        if login.queues is not None:
            queues = login.queues if queues is None else queues & login.queues
        held = permissions_of(login.roles, queues is not None)
        return Caller(
            login.id, login.name, scopes & held, queues, tuple(login.roles), token.queue_groups, token=token.id
        )
    held = permissions_of(("admin",), queues is not None)
    return Caller(
        AgentId(f"token:{token.name}"),
        token.name,
        scopes & held,
        queues,
        queue_groups=token.queue_groups,
        token=token.id,
    )


def queues_of(names: Sequence[str], groups: Mapping[str, frozenset[QueueName]]) -> frozenset[QueueName] | None:
    """The queues of these groups; None, all of them, where none is named. A group that is no more has no queues."""
    if not names:
        return None
    return frozenset[QueueName]().union(*(groups.get(name, frozenset()) for name in names))
