"""Which rules and which staff are in force, and how others take their place: from the files on disk, or as somebody
publishes them.

One idea: what is published is taken whole or not at all. It is checked and tried from the very texts that are kept as a
version, the version is kept, and then the engine gets it in one event. Whatever fails before that event leaves
everything as it was. One change goes after the other; that of another daemon on the same database is met by the table
(see `stores.rule_versions`). Rules and staff have versions of their own, and each is checked beside what is in force of
the other.

Without its database a daemon still starts and reloads: what it has then has the number 0 until it can be kept.
"""

import asyncio
import contextlib
import logging
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.admin import staff, staff_copy
from callcenter.admin import versions as rule_files
from callcenter.admin.versions import Files, RuleVersion
from callcenter.admin.yaml_source import Mistake
from callcenter.desktop.desk import DeskUnavailableError, RulesConflictError, RulesDraft, RulesRefusedError
from callcenter.rulebook.cases import failures
from callcenter.rulebook.keeping import AT_RELOAD, AT_START, Kept, rules_on_disk, staff_on_disk, staff_path
from callcenter.settings import Loaded, Settings, SettingsError, load
from callcenter.stores.database import DatabaseUnavailableError
from callcenter.stores.rule_versions import NotTheNewestError, RuleVersions, StaffVersions
from callcenter.types import AgentConfig

log = logging.getLogger(__name__)

MAX_NEWER = 20  # versions that somebody is told of who comes too late
START_PATIENCE_S = 1.0  # for the database to say at a start what the newest versions are
_READ_ATTEMPTS = 5

Take = Callable[[Loaded, bool], Awaitable[None]]
Edit = Callable[[RuleVersion | None], Awaitable[Files]]  # from the newest version to the files of the next


class Publishing:
    """The `Rules` of the desk. `take` puts a configuration in force; True: contacts that wait are routed anew."""

    def __init__(
        self, config_path: Path, loaded: Loaded, engine: AsyncEngine, take: Take, now_ms: Callable[[], int]
    ) -> None:
        self._config_path = config_path
        self._loaded = loaded
        self._take = take
        self._now_ms = now_ms
        self._lock = asyncio.Lock()
        self.rules = Kept("rules", RuleVersions(engine), rules_on_disk, now_ms())
        self.staff = Kept("staff", StaffVersions(engine), staff_on_disk, now_ms())
        self._both = (self.rules, self.staff)
        self._agents_read = ""  # the digest of agents.yaml as it was read last; what was edited since counts once more

    @property
    def loaded(self) -> Loaded:
        """What is in force."""
        return self._loaded

    # ---- the Rules of the desk

    @property
    def in_force(self) -> RuleVersion:
        return self.rules.in_force

    @property
    def files(self) -> Files | None:
        return self.rules.files

    async def versions(self, limit: int) -> tuple[RuleVersion, ...]:
        with told("rules"):
            return await self.rules.versions.latest(limit)

    async def publish(self, draft: RulesDraft) -> RuleVersion:
        async def files_of(newest: RuleVersion | None) -> Files:
            if draft.based_on != (newest.number if newest else 0):
                raise NotTheNewestError
            return draft.files

        try:
            return await self.publish_as(self.rules, files_of, draft.author, draft.message, draft.reroute_waiting)
        except NotTheNewestError:
            with told("rules"):
                newer = await self.rules.versions.latest(MAX_NEWER, above=draft.based_on)
            raise RulesConflictError(newer) from None

    async def publish_as(self, kept: Kept, edit: Edit, author: str, message: str, reroute: bool = False) -> RuleVersion:
        """Put in force what `edit` makes of the newest version, of the rules or of the staff.

        Raises RulesRefusedError, NotTheNewestError, DeskUnavailableError and what `edit` raises, and then has changed
        nothing.
        """
        async with self._lock:
            with told(kept.kind):
                await self._settle()
                newest = await kept.versions.newest()
                files = await edit(newest)
                loaded = await self._tried(kept, files)
                if newest is None or newest != kept.in_force or not await kept.versions.has_files(newest, files):
                    parent = newest.number if newest else 0
                    newest = await kept.versions.append(
                        files, parent=parent, author=author, at_ms=self._now_ms(), message=message
                    )
            kept.published(files, newest)
            await self._put_in_force(loaded, reroute)
        log.info("%s of version %d by %s are in force: %s", kept.kind, newest.number, newest.author, newest.message)
        return newest

    async def _tried(self, kept: Kept, files: Files) -> Loaded:
        """What these files make, beside what is in force of the other kind. Raises RulesRefusedError."""
        rules, people = (files if it is kept else it.files for it in self._both)
        tried_with = self._loaded.configuration.agents if kept is self.staff else None
        return await asyncio.to_thread(loaded_from, self._config_path, rules, people, tried_with)

    async def try_staff(self, files: Files) -> None:
        """Raises RulesRefusedError where these people could not be put in force."""
        await self._tried(self.staff, files)

    # ---- the files on the disk

    async def begin(self) -> Loaded:
        """Note the files that the daemon was started with, and return what counts: what is newer in the database, where
        that answers soon. `settle` keeps the rest once the database is prepared."""
        await asyncio.to_thread(self._note_files, AT_START)
        with contextlib.suppress(TimeoutError, DatabaseUnavailableError):
            await self._prefer_newer(START_PATIENCE_S)
        return self._loaded

    def _note_files(self, message: str) -> None:
        settings, now_ms = self._loaded.settings, self._now_ms()
        self._agents_read = _digest(settings)
        for kept in self._both:
            kept.read_from_disk(kept.readable(settings), message, now_ms)

    async def reload(self) -> Loaded:
        """Take the settings' files anew: rules, queues and agents at once, the rest at the next start.

        Raises SettingsError or RulesRefusedError, and then has changed nothing.
        """
        async with self._lock:
            loaded, found, self._agents_read = await asyncio.to_thread(self._read_steadily)
            now_ms = self._now_ms()
            for kept, files in zip(self._both, found, strict=True):
                kept.read_from_disk(files, AT_RELOAD, now_ms)
                try:
                    await kept.keep()
                except (DatabaseUnavailableError, NotTheNewestError) as error:
                    log.warning("the %s are in force and not kept as a version yet: %s", kept.kind, error)
            await self._put_in_force(loaded, False)
        return loaded

    async def settle(self) -> None:
        """Keep as a version what could not be kept so far; do nothing where that is still so. Never raises for it."""
        if all(kept.is_kept for kept in self._both) or self._lock.locked():
            return
        async with self._lock:
            try:
                await self._settle()
            except (DatabaseUnavailableError, NotTheNewestError) as error:
                log.debug("what is in force cannot be kept as a version yet: %s", error)

    async def _settle(self) -> None:
        changed = await self._prefer_newer()
        try:
            for kept in self._both:
                changed |= await kept.keep() and kept is self.rules  # their number is part of what is in force
        finally:
            if changed:
                await self._put_in_force(self._loaded, False)

    async def _prefer_newer(self, patience_s: float | None = None) -> bool:
        """Where a start has read the files of older versions, make the newest ones count; whether that was so.

        Where they do not go with what is on the disk of the other kind, those go that can.
        """
        async with asyncio.timeout(patience_s):
            newer = {kept: found for kept in self._both if (found := await kept.newer()) is not None}
        for chosen in [tuple(newer), *((kept,) for kept in newer if len(newer) > 1)]:
            rules, people = (newer[it][1] if it in chosen else it.files for it in self._both)
            try:
                if chosen:
                    loaded = await asyncio.to_thread(loaded_from, self._config_path, rules, people)
                    break
            except RulesRefusedError as error:
                words = " and ".join(f"version {newer[it][0].number} of the {it.kind}" for it in chosen)
                log.error("%s cannot be put in force again, the files on disk count: %s", words, error)
        else:
            return False
        for kept in chosen:
            version, files = newer[kept]
            kept.published(files, version)
            log.info("the %s on disk are older than version %d by %s", kept.kind, version.number, version.author)
        await self._note(loaded)
        return True

    async def expand_hours(self) -> None:
        """Work out opening hours for another year from now on; once a day is more than often enough."""
        async with self._lock:
            try:
                loaded = await asyncio.to_thread(loaded_from, self._config_path, self.rules.files, self.staff.files)
            except RulesRefusedError as error:
                log.warning("opening hours could not be worked out anew, those known go on for a year: %s", error)
                return
            made = replace(self._loaded.configuration, hours=loaded.configuration.hours, zone=loaded.configuration.zone)
            self._loaded = replace(self._loaded, configuration=made)
            await self._take(self._loaded, False)

    async def _put_in_force(self, loaded: Loaded, reroute: bool) -> None:
        await self._note(loaded)
        await self._take(self._loaded, reroute)

    async def _note(self, loaded: Loaded) -> None:
        number = self.rules.in_force.number
        self._loaded = replace(loaded, configuration=replace(loaded.configuration, version=number))
        await asyncio.to_thread(_copy_staff, loaded.settings, self.staff.files, self._agents_read)

    def _read_steadily(self) -> tuple[Loaded, list[Files | None], str]:
        """The settings' files, and the texts that they were read from: those before and after the reading are the same.

        The texts are None where they cannot be kept. The last is the digest of agents.yaml.
        """
        settings = self._loaded.settings
        files, digest = [kept.readable(settings) for kept in self._both], _digest(settings)
        for _ in range(_READ_ATTEMPTS):
            loaded = load(self._config_path)
            settings, before = loaded.settings, (files, digest)
            files, digest = [kept.readable(settings) for kept in self._both], _digest(settings)
            if (files, digest) == before:
                break
        else:
            raise RulesRefusedError([f"{settings.routing} changes while it is read; reload when you have finished"])
        failed = failures(settings.routing, loaded)
        if failed:
            raise RulesRefusedError(failed)
        return loaded, files, digest


@contextlib.contextmanager
def told(kind: str) -> Iterator[None]:
    """A database that is away, as the desk tells of it."""
    try:
        yield
    except DatabaseUnavailableError as error:
        raise DeskUnavailableError(f"{error}; the {kind} in force stay") from error


# ---- reading and writing, for a thread: large rules take seconds


def loaded_from(
    config_path: Path, rules: Files | None, people: Files | None, tried_with: tuple[AgentConfig, ...] | None = None
) -> Loaded:
    """What the settings on disk make of these rules and people, tried with the rules' cases; None: those on disk.

    The cases are not tried where they have been with these very agents: a new password is no business of theirs.
    Raises RulesRefusedError with each mistake and each case that fails; files are named as in `rules` and `people`.
    """
    with tempfile.TemporaryDirectory(prefix="callcenter-rules-") as folder:
        routing = _written(rules, Path(folder) / "rules")
        agents = _written(people, Path(folder))
        try:
            loaded = load(config_path, routing=routing, agents=agents / staff.FILE if agents else None)
        except SettingsError as error:
            found = [_shown_at(mistake, folder) for mistake in error.mistakes]
            raise RulesRefusedError([str(mistake) for mistake in found], found) from error
        failed = (
            [] if loaded.configuration.agents == tried_with else failures(routing or loaded.settings.routing, loaded)
        )
    if failed:
        raise RulesRefusedError([_shown(line, folder) for line in failed])
    return loaded


def _written(files: Files | None, folder: Path) -> Path | None:
    if files is None:
        return None
    folder.mkdir(exist_ok=True)
    rule_files.write(files, folder)
    return folder


def _shown(line: str, folder: str) -> str:
    rules = f"{folder}/rules"
    return line.replace(f"{rules}/", "").replace(rules, "the rules").replace(f"{folder}/", "")


def _shown_at(mistake: Mistake, folder: str) -> Mistake:
    file, wrong, remedy = (_shown(text, folder) for text in (mistake.file, mistake.wrong, mistake.remedy))
    return replace(mistake, file=file, wrong=wrong, remedy=remedy)


def _digest(settings: Settings) -> str:
    try:
        return staff_copy.digest(settings.agents)
    except OSError:
        return ""


def _copy_staff(settings: Settings, published: Files | None, replaced: str) -> None:
    """Let the next start know the people in force, whatever agents.yaml says and whether the database is there."""
    if published is None:
        return
    text = published[staff.FILE]
    try:
        with contextlib.suppress(FileNotFoundError):
            if staff_copy.text(staff_path(settings)) == text:
                return
            if staff_copy.text(settings.agents) == text:
                text = ""
        staff_copy.keep(text or None, replaced, settings.data_dir)
    except (OSError, UnicodeDecodeError) as error:
        log.warning("the staff in force cannot be copied for the next start (%s); the database has it", error)
