"""The staff of a desk of the tests: people are changed in memory, and nothing is checked."""

import asyncio
from collections.abc import Mapping, Sequence

from callcenter.admin import staff, staff_csv
from callcenter.admin.files import AgentsFile
from callcenter.admin.staff import Difference, Edits
from callcenter.admin.versions import RuleVersion
from callcenter.desktop.staff import (
    Change,
    Imported,
    NoSuchVersionError,
    Outcome,
    PlainList,
    StaffConflictError,
    StaffMistake,
    StaffRefusedError,
)

AT_MS = 1_763_000_000_000


class FakeStaff:
    """Implements `Staff`. `refuse` is raised instead of any change."""

    def __init__(self, people: AgentsFile) -> None:
        self.kept = [(RuleVersion(1, "(file)", AT_MS, "read at start", 0), people)]
        self.lists = {"skills": ("sales", "billing"), "dispositions": ("sold",), "not_ready_reasons": ("break",)}
        self.refuse: Exception | None = None

    @property
    def in_force(self) -> RuleVersion:
        return self.kept[-1][0]

    @property
    def people(self) -> AgentsFile:
        return self.kept[-1][1]

    async def versions(self, limit: int) -> Sequence[RuleVersion]:
        await asyncio.sleep(0)
        return [version for version, _ in self.kept][: -limit - 1 : -1]

    async def compare(self, before: int, after: int) -> Sequence[Difference]:
        await asyncio.sleep(0)
        one, other = (self._people(number) for number in (before, after))
        return staff.differences(staff.entries_of(one), staff.entries_of(other))

    async def change(self, edits: Edits, change: Change, passwords: Mapping[str, str] | None = None) -> Outcome:
        self._may(change)
        return self._keep(staff.edited(staff.entries_of(self.people), edits), change)

    async def roll_back(self, number: int, change: Change) -> Outcome:
        self._may(change)
        return self._keep(staff.entries_of(self._people(number)), change)

    async def import_table(self, raw: bytes, change: Change | None, *, prune: bool) -> Imported:
        plan = staff_csv.plan(raw, self.people, prune=prune)
        based_on = self.in_force.number
        if plan.mistakes or change is None:
            return Imported(plan, plan.mistakes, based_on)
        return Imported(plan, (), based_on, await self.change(plan.edits, change))

    def plain_list(self, name: str) -> PlainList:
        return PlainList(self.lists[name])

    async def set_list(self, name: str, values: Sequence[str], change: Change) -> RuleVersion:
        await asyncio.sleep(0)
        self.lists[name] = tuple(values)
        return self.in_force

    def _people(self, number: int) -> AgentsFile:
        if not 0 <= number <= len(self.kept):
            raise NoSuchVersionError(number)
        return self.kept[number - 1][1] if number else AgentsFile(agents=())

    def _may(self, change: Change) -> None:
        if self.refuse is not None:
            raise self.refuse
        if change.based_on not in (None, self.in_force.number):
            raise StaffConflictError([self.in_force])

    def _keep(self, entries: Mapping[str, staff.Entry], change: Change) -> Outcome:
        try:
            people = staff.parsed({staff.FILE: staff.text_of(entries.values())})
        except ValueError as error:
            raise StaffRefusedError([StaffMistake(str(error))]) from None
        found = staff.differences(staff.entries_of(self.people), staff.entries_of(people))
        number = self.in_force.number
        changed = tuple(f"~{it.id}" for it in found)
        self.kept.append(
            (RuleVersion(number + 1, change.author, AT_MS + number, change.message, number, changed), people)
        )
        return Outcome(self.in_force, found)
