"""Which rules are in force, and how others take their place: from the folder on disk, or as somebody publishes them.

One idea: rules are taken whole or not at all. They are checked and tried from the very texts that are kept as a
version, the version is kept, and then the engine gets them in one event. Whatever fails before that event leaves
everything as it was. One change goes after the other; that of another daemon on the same database is met by the table
(see `stores.rule_versions`).

Without its database a daemon still starts and reloads: the rules then have the number 0 until they can be kept.
"""

import asyncio
import contextlib
import logging
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from callcenter.admin import versions as rule_files
from callcenter.admin.versions import Files, RuleFilesError, RuleVersion
from callcenter.desktop.desk import DeskUnavailableError, RulesConflictError, RulesDraft, RulesRefusedError
from callcenter.rulebook.cases import failures
from callcenter.settings import Loaded, SettingsError, load
from callcenter.stores.database import DatabaseUnavailableError
from callcenter.stores.rule_versions import NotTheNewestError, RuleVersions

log = logging.getLogger(__name__)

FILE_AUTHOR = "(file)"
AT_START, AT_RELOAD = "read at start", "reload"
MAX_NEWER = 20  # versions that somebody is told of who comes too late
_READ_ATTEMPTS = 5

Take = Callable[[Loaded, bool], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Unkept:
    """What is in force and could not be kept yet."""

    files: Files
    message: str
    at_ms: int


class Publishing:
    """The `Rules` of the desk. `take` puts a configuration in force; True: contacts that wait are routed anew."""

    def __init__(
        self, config_path: Path, loaded: Loaded, versions: RuleVersions, take: Take, now_ms: Callable[[], int]
    ) -> None:
        self._config_path = config_path
        self._loaded = loaded
        self._versions = versions
        self._take = take
        self._now_ms = now_ms
        self._lock = asyncio.Lock()
        self._unkept: _Unkept | None = None
        self._in_force = RuleVersion(0, FILE_AUTHOR, now_ms(), AT_START, 0)

    # ---- the Rules of the desk

    @property
    def in_force(self) -> RuleVersion:
        return self._in_force

    async def versions(self, limit: int) -> tuple[RuleVersion, ...]:
        with _told():
            return await self._versions.latest(limit)

    async def publish(self, draft: RulesDraft) -> RuleVersion:
        async with self._lock:
            with _told():
                try:
                    await self._settle()
                    loaded, version = await self._prepared(draft)
                except NotTheNewestError:
                    raise RulesConflictError(await self._versions.latest(MAX_NEWER, above=draft.based_on)) from None
            await self._put_in_force(loaded, version, draft.reroute_waiting)
        log.info("rules of version %d by %s are in force: %s", version.number, version.author, version.message)
        return version

    async def _prepared(self, draft: RulesDraft) -> tuple[Loaded, RuleVersion]:
        """The draft, checked and kept; the newest version again where that is in force and has the same files."""
        newest = await self._versions.newest()
        if draft.based_on != (newest.number if newest else 0):
            raise NotTheNewestError
        loaded = await asyncio.to_thread(loaded_from, self._config_path, draft.files)
        if newest is not None and newest == self._in_force and await self._versions.has_files(newest, draft.files):
            return loaded, newest
        return loaded, await self._versions.append(
            draft.files, parent=draft.based_on, author=draft.author, at_ms=self._now_ms(), message=draft.message
        )

    # ---- the folder on the disk

    async def begin(self) -> None:
        """Note the files that the daemon was started with; `settle` keeps them once the database is prepared."""
        files = await asyncio.to_thread(_readable, self._loaded.settings.routing)
        if files is not None:
            self._unkept = _Unkept(files, AT_START, self._now_ms())

    async def reload(self) -> Loaded:
        """Take the settings' files anew: rules, queues and agents at once, the rest at the next start.

        Raises SettingsError or RulesRefusedError, and then has changed nothing.
        """
        async with self._lock:
            loaded, files = await asyncio.to_thread(_read_steadily, self._config_path, self._loaded.settings.routing)
            now_ms = self._now_ms()
            self._unkept = None if files is None else _Unkept(files, AT_RELOAD, now_ms)
            version = RuleVersion(0, FILE_AUTHOR, now_ms, AT_RELOAD, 0)
            try:
                version = await self._keep() or version
            except (DatabaseUnavailableError, NotTheNewestError) as error:
                log.warning("the rules are in force and not kept as a version yet: %s", error)
            await self._put_in_force(loaded, version, False)
        return loaded

    async def settle(self) -> None:
        """Keep as a version what could not be kept so far; do nothing where that is still so. Never raises for it."""
        if self._unkept is None or self._lock.locked():
            return
        async with self._lock:
            try:
                await self._settle()
            except (DatabaseUnavailableError, NotTheNewestError) as error:
                log.debug("the rules in force cannot be kept as a version yet: %s", error)

    async def _settle(self) -> None:
        if self._unkept is not None and self._unkept.message == AT_START and await self._is_older(self._unkept):
            return
        version = await self._keep()
        if version is not None:
            await self._put_in_force(self._loaded, version, False)

    async def _is_older(self, unkept: _Unkept) -> bool:
        """Where a start has read the files of an older version, put the newest in force, as it was before the start.

        So a crash undoes neither what was published nor a rollback. Files that nobody has seen yet are somebody's edit.
        """
        newest = await self._versions.newest()
        if newest is None or await self._versions.has_files(newest, unkept.files):
            return False
        if not await self._versions.has_had_files(unkept.files):
            return False
        files = await self._versions.files(newest.number)
        try:
            loaded = await asyncio.to_thread(loaded_from, self._config_path, files or {})
        except RulesRefusedError as error:
            log.error("version %d cannot be put in force again, the files on disk count: %s", newest.number, error)
            return False
        self._unkept = None
        log.info("the files on disk are older than version %d by %s, which counts", newest.number, newest.author)
        await self._put_in_force(loaded, newest, False)
        return True

    async def expand_hours(self) -> None:
        """Work out opening hours for another year from now on; once a day is more than often enough."""
        async with self._lock:
            try:
                number = self._in_force.number
                files = await self._versions.files(number) if number else None
                if files is not None:
                    loaded = await asyncio.to_thread(loaded_from, self._config_path, files)
                else:
                    loaded = await asyncio.to_thread(load, self._config_path)
            except (DatabaseUnavailableError, RulesRefusedError, SettingsError) as error:
                log.warning("opening hours could not be worked out anew, those known go on for a year: %s", error)
                return
            made = replace(self._loaded.configuration, hours=loaded.configuration.hours, zone=loaded.configuration.zone)
            self._loaded = replace(self._loaded, configuration=made)
            await self._take(self._loaded, False)

    async def _keep(self) -> RuleVersion | None:
        """The version of what is in force and was not kept: the newest where that has the same files, else a new one.

        None where there is nothing to keep. Raises DatabaseUnavailableError, and NotTheNewestError for another try.
        """
        unkept = self._unkept
        if unkept is None:
            return None
        version = newest = await self._versions.newest()
        if version is None or not await self._versions.has_files(version, unkept.files):
            parent = 0 if newest is None else newest.number
            version = await self._versions.append(
                unkept.files, parent=parent, author=FILE_AUTHOR, at_ms=unkept.at_ms, message=unkept.message
            )
            if newest is not None and newest.author != FILE_AUTHOR:
                log.warning(
                    "the files on disk are not those of version %d by %s (%s); from now on they count, as version %d",
                    *(newest.number, newest.author, newest.message, version.number),
                )
        self._unkept = None
        return version

    async def _put_in_force(self, loaded: Loaded, version: RuleVersion, reroute: bool) -> None:
        self._loaded = replace(loaded, configuration=replace(loaded.configuration, version=version.number))
        self._in_force = version
        await self._take(self._loaded, reroute)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """A database that is away, as the desk tells of it."""
    try:
        yield
    except DatabaseUnavailableError as error:
        raise DeskUnavailableError(f"{error}; the rules in force stay") from error


# ---- reading, for a thread: large rules take seconds


def loaded_from(config_path: Path, files: Files) -> Loaded:
    """What the settings and agents on disk make of these rules, tried with their cases.

    Raises RulesRefusedError with each mistake and each case that fails; files are named as in `files`.
    """
    with tempfile.TemporaryDirectory(prefix="callcenter-rules-") as folder:
        rule_files.write(files, Path(folder))
        try:
            loaded = load(config_path, routing=Path(folder))
        except SettingsError as error:
            raise RulesRefusedError([_shown(str(mistake), folder) for mistake in error.mistakes]) from error
        failed = [_shown(line, folder) for line in failures(Path(folder), loaded)]
    if failed:
        raise RulesRefusedError(failed)
    return loaded


def _shown(line: str, folder: str) -> str:
    return line.replace(f"{folder}/", "").replace(folder, "the rules")


def _read_steadily(config_path: Path, routing: Path) -> tuple[Loaded, Files | None]:
    """The settings' files, and the texts that they were read from: those before and after the reading are the same.

    `routing` is where the rules probably are. The texts are None where they cannot be kept.
    """
    files = _readable(routing)
    for _ in range(_READ_ATTEMPTS):
        loaded = load(config_path)
        routing, before = loaded.settings.routing, files
        files = _readable(routing)
        if files == before:
            break
    else:
        raise RulesRefusedError([f"{routing} changes while it is read; reload when you have finished"])
    failed = failures(routing, loaded)
    if failed:
        raise RulesRefusedError(failed)
    return loaded, files


def _readable(routing: Path) -> Files | None:
    """The files of the rules, None where they cannot be kept, which the log says: they count all the same."""
    try:
        return rule_files.read(routing)
    except RuleFilesError as error:
        log.warning("these rules will not be kept as a version: %s", error)
        return None
