"""What the daemon hands to the desktop shell, and all that the shell may ask of it.

The one idea: the pages never reach into the engine. They read pictures (`overview`), hand in events (`submit`), and
get commands through the hub; this protocol is the whole of the doorway.
"""

from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from callcenter.admin.versions import Files, RuleVersion
from callcenter.admin.yaml_source import Mistake
from callcenter.call_settings import Outbound
from callcenter.desktop.floor import Floor
from callcenter.desktop.reporting import Reports
from callcenter.desktop.staff import Staff
from callcenter.events import Event
from callcenter.overview import AgentView, Overview
from callcenter.records import RecordChange
from callcenter.routing.explain import Explanation
from callcenter.scripts import Script
from callcenter.stories import Logged, LoggedNote, Story, Wanted
from callcenter.types import AgentId, ContactId, PbxName, QueueName

if TYPE_CHECKING:
    from callcenter.desktop.access.store import Access

ROLE_AGENT = "agent"
ROLE_SUPERVISOR = "supervisor"


class DeskUnavailableError(Exception):
    """An event could not be taken, such as when the journal is down. Its text says what and, if known, until when."""


@dataclass(frozen=True, slots=True)
class AgentLogin:
    """Who may sign in. `password_hash` is argon2's; what the roles may do is said in `access.permissions`.

    `queues` are those of its queue groups, whose floor it may see and lead; None: all queues.
    """

    id: AgentId
    name: str
    password_hash: str
    roles: Collection[str] = (ROLE_AGENT,)
    queue_groups: Collection[str] = ()
    queues: frozenset[QueueName] | None = None


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
    contact: str | None = None
    notes: Sequence[LoggedNote] = ()  # the oldest first
    follow_up_on: str | None = None


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
    """The rules, or the staff, are not right; those in force stay.

    `mistakes` has all that is wrong with them, a line each; `found` the same by place, where it stands in a file.
    """

    def __init__(self, mistakes: Sequence[str], found: Sequence[Mistake] = ()) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = tuple(mistakes)
        self.found = tuple(found)


class RulesConflictError(Exception):
    """Others have published meanwhile: `newer` has their versions, the newest first. Nothing was changed."""

    def __init__(self, newer: Sequence[RuleVersion]) -> None:
        super().__init__(f"{len(newer)} newer versions")
        self.newer = tuple(newer)


class Rules(Protocol):
    @property
    def in_force(self) -> RuleVersion: ...

    @property
    def files(self) -> Files | None:
        """The texts of those in force by name; None where they cannot be kept and stand on the disk only."""

    async def versions(self, limit: int) -> Sequence[RuleVersion]:
        """The newest first. Raises DeskUnavailableError while the database is away."""

    async def publish(self, draft: RulesDraft) -> RuleVersion:
        """Check, keep and take them at once; return the version that is in force then.

        Raises RulesRefusedError, RulesConflictError, or DeskUnavailableError, and then has changed nothing.
        """


class Contacts(Protocol):
    """Contacts by what was recorded about them. What is read raises DeskUnavailableError while the database is away."""

    async def story(self, contact: ContactId) -> Story | None:
        """One that goes on or is over; None where nobody knows it."""

    async def find(self, wanted: Wanted) -> Sequence[Logged]:
        """Those that are over, the newest first."""

    def number(self, text: str) -> str | None:
        """A number as somebody writes it in E.164, None where it is none."""


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

    @property
    def staff(self) -> Staff: ...

    @property
    def floor(self) -> Floor: ...

    @property
    def book(self) -> Contacts: ...

    @property
    def reports(self) -> Reports: ...

    @property
    def pbx(self) -> PbxName:
        """Where the agents' phones are."""

    @property
    def outbound(self) -> Outbound:
        """Which numbers may be called."""

    @property
    def crm_link(self) -> str | None:
        """The template of the address at which the CRM shows a customer, see `links`."""

    def script(self, queue: QueueName) -> Script | None:
        """What agents follow with the contacts of this queue."""

    def now_ms(self) -> int: ...

    def overview(self) -> Overview: ...

    async def draw(self) -> Overview:
        """The same by and by: nobody who is calling waits for it."""

    def agent(self, agent: AgentId) -> AgentView | None:
        """One agent of the overview, for less; None for one that the engine does not know (yet)."""

    def explain(self, contact: ContactId) -> Explanation | None:
        """Why this contact stands where it stands now; None for one that the engine does not know (any more)."""

    def health(self) -> Mapping[str, Health]:
        """One entry for each of pbx, redis, sql and engine."""

    @property
    def access(self) -> "Access": ...

    async def submit(self, event: Event, change: RecordChange | None = None) -> str | None:
        """Return once the engine has handled the event; `change` is kept with it, for the audit log.

        What is returned is why the event was ignored, None where it was not.
        Raises DeskUnavailableError when it cannot be taken now.
        """

    def recent_contacts(self, customer_ids: Sequence[int], caller: str | None) -> Awaitable[Sequence[RecentContact]]:
        """The last contacts of these customers, or of this number where there is no customer; newest first."""
