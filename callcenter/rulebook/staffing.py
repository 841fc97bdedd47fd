"""The `Staff` of the desk: entries are changed, tables imported, older versions brought back.

One idea: whatever is asked for comes down to one text of agents.yaml, made from the newest version while nobody else
can publish, and that text is published as rules are. Two people who change different entries do not meet; who changes
an entry that another has changed since it was looked at is told, and overwrites nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from argon2 import PasswordHasher

from callcenter.admin import lists, staff, staff_csv
from callcenter.admin.files import ADMIN, AgentsFile
from callcenter.admin.staff import FILE, HASH, PASSWORD, Difference, Edits, Entry
from callcenter.admin.staff_csv import CellMistake, Plan
from callcenter.admin.versions import Files, RuleVersion
from callcenter.desktop.desk import RulesDraft, RulesRefusedError
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
from callcenter.rulebook.publishing import MAX_NEWER, Publishing, told
from callcenter.stores.rule_versions import NotTheNewestError
from callcenter.types import AgentId

Entries = dict[str, Entry]
After = Callable[[RuleVersion | None, Entries], Awaitable[Entries]]  # from the newest version and its people


class Staffing:
    def __init__(self, publishing: Publishing) -> None:
        self._publishing = publishing
        self._kept = publishing.staff
        self._hasher = PasswordHasher()

    @property
    def in_force(self) -> RuleVersion:
        return self._kept.in_force

    @property
    def people(self) -> AgentsFile:
        return self._publishing.loaded.staff

    async def versions(self, limit: int) -> tuple[RuleVersion, ...]:
        with told("staff"):
            return await self._kept.versions.latest(limit)

    async def compare(self, before: int, after: int) -> tuple[Difference, ...]:
        with told("staff"):
            old, new = await self._entries(before), await self._entries(after)
        return staff.differences(old, new)

    # ---- changes

    async def change(self, edits: Edits, change: Change, passwords: Mapping[str, str] | None = None) -> Outcome:
        if passwords:
            edits = _with_hashes(edits, await asyncio.to_thread(self._hashes, passwords))

        async def after(newest: RuleVersion | None, now: Entries) -> Entries:
            if change.based_on is not None and change.based_on != (newest.number if newest else 0):
                await self._see_that_nobody_else_changed(edits.touched, now, change.based_on)
            return staff.edited(now, edits)

        return await self._publish(after, change)

    async def roll_back(self, number: int, change: Change) -> Outcome:
        async def after(newest: RuleVersion | None, now: Entries) -> Entries:
            if change.based_on is not None and change.based_on != (newest.number if newest else 0):
                raise StaffConflictError(await self._newer(change.based_on))
            return staff.keeping_passwords(await self._entries(number), now)

        if number < 1:
            raise NoSuchVersionError(number)
        return await self._publish(after, change)

    async def _publish(self, after: After, change: Change) -> Outcome:
        made = _Made()

        async def edit(newest: RuleVersion | None) -> Files:
            now = await self._now(newest)
            made.after = _in_one_form(await after(newest, now))
            made.differences = staff.differences(now, made.after)
            _see_that_somebody_administers(now, made.after)
            return _files(made.after) if made.differences or newest is None else await self._files_of(newest)

        try:
            version = await self._publishing.publish_as(self._kept, edit, change.author, change.message)
        except RulesRefusedError as error:
            raise StaffRefusedError(_mistakes(error, list(made.after))) from None
        except NotTheNewestError:
            raise StaffConflictError(await self.versions(1)) from None
        return Outcome(version, made.differences)

    async def _see_that_nobody_else_changed(self, ids: Sequence[str], now: Entries, based_on: int) -> None:
        try:
            seen = await self._entries(based_on)
        except NoSuchVersionError:
            raise StaffConflictError((), ids) from None
        changed = [id for id in ids if seen.get(id) != now.get(id)]
        if changed:
            raise StaffConflictError(await self._newer(based_on), changed)

    def _hashes(self, passwords: Mapping[str, str]) -> dict[str, str]:
        return {id: self._hasher.hash(password) for id, password in passwords.items()}

    # ---- versions

    async def _newer(self, than: int) -> tuple[RuleVersion, ...]:
        return await self._kept.versions.latest(MAX_NEWER, above=than)

    async def _now(self, newest: RuleVersion | None) -> Entries:
        return staff.entries_of(self.people) if newest is None else await self._read(await self._files_of(newest))

    async def _files_of(self, version: RuleVersion) -> Files:
        if version == self._kept.in_force and self._kept.files is not None:
            return self._kept.files
        return await self._kept.versions.files(version.number) or {}

    async def _entries(self, number: int) -> Entries:
        """The people of a version, nobody for 0. Raises NoSuchVersionError and StaffRefusedError."""
        if number == 0:
            return {}
        files = await self._kept.versions.files(number)
        if files is None:
            raise NoSuchVersionError(number)
        return await self._read(files)

    async def _read(self, files: Files) -> Entries:
        try:
            return staff.entries_of(await asyncio.to_thread(staff.parsed, files))
        except (ValueError, KeyError) as error:
            what = f"that version cannot be read any more: {error}"
            raise StaffRefusedError([StaffMistake(what, "Choose another version")]) from None

    # ---- tables

    async def import_table(self, raw: bytes, change: Change | None, *, prune: bool) -> Imported:
        based_on = self.in_force.number
        plan = await asyncio.to_thread(staff_csv.plan, raw, self.people, prune=prune)
        if plan.mistakes:
            return Imported(plan, plan.mistakes, based_on)
        try:
            if change is None:
                await self._try(plan)
                return Imported(plan, (), based_on)
            seen = based_on if change.based_on is None else change.based_on
            outcome = await self.change(plan.edits, replace(change, based_on=seen), plan.passwords)
        except StaffRefusedError as error:
            return Imported(plan, tuple(_in_cell(mistake, plan) for mistake in error.mistakes), based_on)
        return Imported(plan, (), based_on, outcome)

    async def _try(self, plan: Plan) -> None:
        now = staff.entries_of(self.people)
        after = _in_one_form(staff.edited(now, plan.edits))
        _see_that_somebody_administers(now, after)
        try:
            await self._publishing.try_staff(_files(after))
        except RulesRefusedError as error:
            raise StaffRefusedError(_mistakes(error, list(after))) from None

    # ---- what stands in the rules

    def plain_list(self, name: str) -> PlainList:
        loaded = self._publishing.loaded
        if name == lists.DISPOSITIONS:
            return PlainList(loaded.dispositions)
        if name == lists.REASONS:
            return PlainList(loaded.not_ready_reasons)
        had = {skill for person in loaded.staff.agents for skill in person.skills}
        values = loaded.skills or tuple(sorted(had))
        return PlainList(values, {skill: self._users(skill) for skill in values})

    def _users(self, skill: str) -> list[dict[str, str]]:
        loaded = self._publishing.loaded
        levels = {AgentId(it.id): it.skills[skill] for it in loaded.staff.agents if skill in it.skills}
        return lists.users(loaded.configuration, skill, levels)

    async def set_list(self, name: str, values: Sequence[str], change: Change) -> RuleVersion:
        now = self.plain_list(name)
        used = [(value, now.used_by.get(value)) for value in now.values if value not in values]
        refused = [StaffMistake(*_in_use(value, users)) for value, users in used if users]
        files = self._publishing.files
        if files is None:
            what = "the rules in force stand in files that cannot be kept as a version"
            refused.append(StaffMistake(what, "Look at the log, put that right, and reload"))
        if refused or files is None:
            raise StaffRefusedError(refused)
        try:
            changed = await asyncio.to_thread(lists.with_list, files, name, values)
        except lists.NoPlaceError as error:
            raise StaffRefusedError([StaffMistake(str(error))]) from None
        based_on = self._publishing.in_force.number if change.based_on is None else change.based_on
        return await self._publishing.publish(RulesDraft(changed, change.author, change.message, based_on))


class _Made:
    """What an edit came to, for those who tell of it."""

    def __init__(self) -> None:
        self.after: Entries = {}
        self.differences: tuple[Difference, ...] = ()


def _in_one_form(entries: Entries) -> Entries:
    """As they are read again, `5` and not "5"; as they were asked for where they have mistakes."""
    try:
        return staff.entries_of(staff.parsed(_files(entries)))
    except ValueError:
        return entries


def _files(entries: Entries) -> Files:
    return {FILE: staff.text_of(entries.values())}


def _with_hashes(edits: Edits, hashes: Mapping[str, str]) -> Edits:
    put = {id: {**entry, HASH: hashes[id]} if id in hashes else entry for id, entry in edits.put.items()}
    patch = dict(edits.patch)
    for id, password_hash in hashes.items():
        if id not in put:
            patch[id] = {**patch.get(id, {}), HASH: password_hash}
    return replace(edits, put=put, patch=patch)


def _see_that_somebody_administers(before: Entries, after: Entries) -> None:
    """Nobody may shut everybody out, themselves included; a file is still edited as its author likes."""
    if _administrators(before) and not _administrators(after):
        what = f"nobody with the role `{ADMIN}` and a password would be left"
        remedy = "Give somebody else both first, for all queues"
        raise StaffRefusedError([StaffMistake(what, remedy)])


def _administrators(entries: Entries) -> list[str]:
    return [
        id
        for id, entry in entries.items()
        if ADMIN in entry.get("roles", ()) and HASH in entry and not entry.get("queue_groups")
    ]


def _mistakes(error: RulesRefusedError, ids: Sequence[str]) -> list[StaffMistake]:
    if not error.found:
        return [StaffMistake(line) for line in error.mistakes]
    found = []
    for mistake in error.found:
        id, key = staff.spot(mistake, ids)
        place = ":".join(str(part) for part in (mistake.file, mistake.line, mistake.column) if part)
        detail = mistake.key.partition(".")[2] if id is not None else mistake.key
        what = f"{detail}: {mistake.wrong}" if detail else mistake.wrong
        found.append(StaffMistake(what, mistake.remedy, id, key, "" if id is not None else place))
    return found


def _in_cell(mistake: StaffMistake, plan: Plan) -> CellMistake:
    row = plan.row_of.get(mistake.id, 0) if mistake.id is not None else 0
    column = PASSWORD if mistake.key == HASH else mistake.key or ""
    what = " ".join(part for part in (mistake.where, mistake.what) if part)
    return CellMistake(row, column, what, mistake.remedy)


def _in_use(value: str, users: Sequence[Mapping[str, str]]) -> tuple[str, str]:
    shown = "; ".join(f"{it['kind']} {it['name']} ({it['how']})" for it in users[:10])
    more = f"; and {len(users) - 10} more" if len(users) > 10 else ""
    return f"`{value}` is in use: {shown}{more}", "Take it from them first, then remove it"
