"""What a login or a token may do, and of whom: roles, permissions, queue groups, masked numbers.

The one idea: code asks for a permission and never for a role. A role is a name for some permissions, a token's scope is
one of them, and both come to the same value, the `Caller`. A caller that is limited to some queues holds none of the
permissions that concern the whole center, whatever its roles.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import phonenumbers

from callcenter.types import AgentId, QueueName


class Permission(StrEnum):
    TAKE_CONTACTS = "take_contacts"  # to be an agent: the own state, the own calls
    SEE_FLOOR = "see_floor"
    SEE_CONTACTS = "see_contacts"  # the log, and why a contact stands where it stands
    SEE_REPORTS = "see_reports"  # figures, of the own queues' contacts and agents
    SEE_NUMBERS = "see_numbers"  # of others' callers; the own caller's number is seen anyway
    SEE_CUSTOMERS = "see_customers"  # of others' contacts
    MANAGE_CONTACTS = "manage_contacts"  # move, re-prioritise, take, withdraw
    MANAGE_AGENTS = "manage_agents"  # their states and skills while they work
    MANAGE_QUEUES = "manage_queues"  # open and close
    LISTEN = "listen"
    SEND_MESSAGES = "send_messages"
    STOP_OFFERING = "stop_offering"
    SEE_RULES = "see_rules"
    PUBLISH_RULES = "publish_rules"
    SEE_STAFF = "see_staff"
    MANAGE_STAFF = "manage_staff"
    MANAGE_TOKENS = "manage_tokens"
    MANAGE_WEBHOOKS = "manage_webhooks"
    SEE_AUDIT = "see_audit"


# Of the whole center, and so for nobody who is limited to some of its queues.
CENTER_WIDE = frozenset(
    {
        Permission.STOP_OFFERING,
        Permission.PUBLISH_RULES,
        Permission.MANAGE_STAFF,
        Permission.MANAGE_TOKENS,
        Permission.MANAGE_WEBHOOKS,
        Permission.SEE_AUDIT,
    }
)

AGENT, SUPERVISOR, ADMIN, VIEWER = "agent", "supervisor", "admin", "viewer"

_VIEWER = frozenset({Permission.SEE_FLOOR, Permission.SEE_CONTACTS, Permission.SEE_REPORTS, Permission.SEE_RULES})
_SUPERVISOR = _VIEWER | {
    Permission.SEE_NUMBERS,
    Permission.SEE_CUSTOMERS,
    Permission.MANAGE_CONTACTS,
    Permission.MANAGE_AGENTS,
    Permission.MANAGE_QUEUES,
    Permission.LISTEN,
    Permission.SEND_MESSAGES,
    Permission.STOP_OFFERING,
    Permission.PUBLISH_RULES,
    Permission.SEE_STAFF,
}
ROLES: Mapping[str, frozenset[Permission]] = {
    AGENT: frozenset({Permission.TAKE_CONTACTS}),
    VIEWER: _VIEWER,
    SUPERVISOR: _SUPERVISOR,
    ADMIN: frozenset(Permission) - {Permission.TAKE_CONTACTS},
}


def permissions_of(roles: Collection[str], limited: bool = False) -> frozenset[Permission]:
    """What these roles come to; `limited`: to some queues."""
    held = frozenset[Permission]().union(*(ROLES.get(role, frozenset()) for role in roles))
    return held - CENTER_WIDE if limited else held


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. `queues` are those whose floor it may see and touch, None: all. `session` and `token` are ids.

    `id` is what decisions and the audit log name: a login's id, or `token:NAME` for a token that acts for nobody.
    """

    id: AgentId
    name: str
    permissions: frozenset[Permission]
    queues: frozenset[QueueName] | None = None
    roles: tuple[str, ...] = ()
    queue_groups: tuple[str, ...] = ()
    session: str | None = None
    token: str | None = None

    def may(self, *any_of: Permission) -> bool:
        """Whether it holds one of these; of none: it does."""
        return not any_of or not self.permissions.isdisjoint(any_of)

    @property
    def credential(self) -> str:
        """Which credential was used, for the audit log: enough to find it, nothing to use it with."""
        if self.token is not None:
            return f"token {self.token}"
        return f"session {hashlib.sha256((self.session or '').encode()).hexdigest()[:12]}"

    @property
    def key(self) -> str:
        """What its WebSockets are closed by, when the session or token is over."""
        return self.session or f"token {self.token}"

    def reaches(self, queues: Collection[QueueName]) -> bool:
        """Whether something of these queues is its business. What is of no queue yet is nobody's who is limited."""
        return self.queues is None or any(queue in self.queues for queue in queues)


def may_see_customer(caller: Caller, agents: Collection[AgentId | None]) -> bool:
    """Whether `caller` may see who the customer of a contact is. `agents`: those whose contact it is, or was."""
    return caller.may(Permission.SEE_CUSTOMERS) or (caller.may(Permission.TAKE_CONTACTS) and caller.id in agents)


def number_for(caller: Caller, number: str | None, agents: Collection[AgentId | None] = ()) -> str | None:
    """A customer's number as `caller` may see it: whole, or masked. `agents`: those whose contact it is, or was."""
    if caller.may(Permission.SEE_NUMBERS) or (caller.may(Permission.TAKE_CONTACTS) and caller.id in agents):
        return number
    return mask(number)


MASK = "•••••"  # as long for each number: its length tells something, too


@lru_cache(maxsize=10_000)
def mask(number: str | None) -> str | None:
    """`+4930901234` as `+49•••••1234`: its country, and enough to tell two callers apart. None stays None."""
    if number is None:
        return None
    digits = [character for character in number if character.isdecimal()]
    shown = "".join(digits[-4:]) if len(digits) >= 9 else "".join(digits[-2:]) if len(digits) >= 6 else ""
    return f"{_country(number)}{MASK}{shown}"


def _country(number: str) -> str:
    try:
        return f"+{phonenumbers.parse(number).country_code}" if number.startswith("+") else ""
    except phonenumbers.NumberParseException:
        return ""
