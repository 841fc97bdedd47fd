"""What the desktop may ask of those who keep the staff: who works here, and how that is changed.

One idea: who asks says what shall be another, from which version that was seen, and why. What comes of it is either a
new version that is in force at once, or a refusal that names every mistake and has changed nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from callcenter.admin.files import AgentsFile
from callcenter.admin.staff import Difference, Edits
from callcenter.admin.staff_csv import CellMistake, Plan
from callcenter.admin.versions import RuleVersion


@dataclass(frozen=True, slots=True)
class Change:
    """Who changes something, why, and the number of the version that was looked at; None: whatever is newest."""

    author: str
    message: str
    based_on: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The version that is in force now, and what is another in it; nothing where it was so already."""

    version: RuleVersion
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class StaffMistake:
    """`id` and `key` say whom and what it is about, as far as it is about somebody; `where` is a place in a file."""

    what: str
    remedy: str = ""
    id: str | None = None
    key: str | None = None
    where: str = ""


class StaffRefusedError(Exception):
    """That cannot be; `mistakes` has all that is wrong with it."""

    def __init__(self, mistakes: Sequence[StaffMistake]) -> None:
        super().__init__("; ".join(mistake.what for mistake in mistakes))
        self.mistakes = tuple(mistakes)


class StaffConflictError(Exception):
    """Others have changed the same meanwhile. `ids` are whom, none: the whole; `newer` the versions, newest first."""

    def __init__(self, newer: Sequence[RuleVersion], ids: Sequence[str] = ()) -> None:
        super().__init__(f"{len(newer)} newer versions")
        self.newer = tuple(newer)
        self.ids = tuple(ids)


class NoSuchVersionError(Exception):
    """There is no version of the number that is its text."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import does, or with `version` None would do; with mistakes it does nothing."""

    plan: Plan
    mistakes: tuple[CellMistake, ...]
    based_on: int
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class PlainList:
    """One of the lists that stand in the rules. `used_by` says of each value who and what names it."""

    values: tuple[str, ...]
    used_by: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict)


class Staff(Protocol):
    """All that is awaited raises DeskUnavailableError while the database is away."""

    @property
    def in_force(self) -> RuleVersion: ...

    @property
    def people(self) -> AgentsFile: ...

    async def versions(self, limit: int) -> Sequence[RuleVersion]:
        """The newest first."""

    async def compare(self, before: int, after: int) -> Sequence[Difference]:
        """What is another from one version to the other, 0: nobody. Raises NoSuchVersionError."""

    async def change(self, edits: Edits, change: Change, passwords: Mapping[str, str] | None = None) -> Outcome:
        """Check, keep and take them at once. `passwords` are new ones by id.

        Raises NoSuchPersonError, StaffRefusedError or StaffConflictError.
        """

    async def roll_back(self, number: int, change: Change) -> Outcome:
        """The people of an older version, with the passwords of today. Raises as `change`, and NoSuchVersionError."""

    async def import_table(self, raw: bytes, change: Change | None, *, prune: bool) -> Imported:
        """Take a table in CSV, all of it or nothing; without a `change` only say what that would do.

        Raises StaffConflictError; mistakes are in what it returns.
        """

    def plain_list(self, name: str) -> PlainList: ...

    async def set_list(self, name: str, values: Sequence[str], change: Change) -> RuleVersion:
        """Publish the rules with this list. Raises StaffRefusedError, RulesRefusedError or RulesConflictError."""
