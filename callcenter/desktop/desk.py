"""What the daemon hands to the desktop shell, and all that the shell may ask of it.

The one idea: the pages never reach into the engine. They read pictures (`overview`), hand in events (`submit`), and
get commands through the hub; this protocol is the whole of the doorway.
"""

from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from callcenter.admin.versions import RuleVersion
from callcenter.events import Event
from callcenter.overview import Overview
from callcenter.routing.explain import Explanation
from callcenter.types import AgentId, ContactId

ROLE_AGENT = "agent"
ROLE_SUPERVISOR = "supervisor"


class DeskUnavailableError(Exception):
    """An event could not be taken, such as when the journal is down. Its text says what and, if known, until when."""


@dataclass(frozen=True, slots=True)
class AgentLogin:
    """Who may sign in. `password_hash` is argon2's. The role "agent" takes contacts, "supervisor" gives orders."""

    id: AgentId
    name: str
    password_hash: str
    roles: Collection[str] = (ROLE_AGENT,)


@dataclass(frozen=True, slots=True)
class Health:
    ok: bool
    words: str


@dataclass(frozen=True, slots=True)
class RecentContact:
    """One of a customer's last contacts, as a screen pop lists it. Words are shown as they are."""

    arrived_ms: int
    queue: str | None
    agent: str | None
    outcome: str
    disposition: str | None
    talked_ms: int | None  # None where nobody answered


@dataclass(frozen=True, slots=True)
class RulesDraft:
    """Rules that somebody wants to publish. `based_on` is the number of the version that they were made from.

    `files` are names and texts, checked for being storable, not for what they say.
    """

    files: Mapping[str, str]
    author: str
    message: str
    based_on: int
    reroute_waiting: bool = False


class RulesRefusedError(Exception):
    """The rules are not right. `mistakes` has all that is wrong with them, a line each; those in force stay."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = tuple(mistakes)


class RulesConflictError(Exception):
    """Others have published meanwhile: `newer` has their versions, the newest first. Nothing was changed."""

    def __init__(self, newer: Sequence[RuleVersion]) -> None:
        super().__init__(f"{len(newer)} newer versions")
        self.newer = tuple(newer)


class Rules(Protocol):
    @property
    def in_force(self) -> RuleVersion: ...

    async def versions(self, limit: int) -> Sequence[RuleVersion]:
        """The newest first. Raises DeskUnavailableError while the database is away."""

    async def publish(self, draft: RulesDraft) -> RuleVersion:
        """Check, keep and take them at once; return the version that is in force then.

        Raises RulesRefusedError, RulesConflictError, or DeskUnavailableError, and then has changed nothing.
        """


class Desk(Protocol):
    @property
    def agents(self) -> Mapping[AgentId, AgentLogin]: ...

    @property
    def dispositions(self) -> Sequence[str]: ...

    @property
    def not_ready_reasons(self) -> Sequence[str]: ...

    @property
    def session_secret(self) -> bytes:
        """At least 32 random bytes that outlive a restart, else every sign-in is lost with it."""

    @property
    def rules(self) -> Rules: ...

    def now_ms(self) -> int: ...

    def overview(self) -> Overview: ...

    def explain(self, contact: ContactId) -> Explanation | None:
        """Why this contact stands where it stands now; None for one that the engine does not know (any more)."""

    def health(self) -> Mapping[str, Health]:
        """One entry for each of pbx, redis, sql and engine."""

    async def submit(self, event: Event) -> None:
        """Return once the engine has handled the event. Raises DeskUnavailableError when it cannot be taken now."""

    def recent_contacts(self, customer_ids: Sequence[int], caller: str | None) -> Awaitable[Sequence[RecentContact]]:
        """The last contacts of these customers, or of this number where there is no customer; newest first."""
