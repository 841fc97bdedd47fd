"""What is in force of one kind, the rules or the staff, and how it becomes a version in the database.

One idea: both kinds live by the same rule. What a person wrote into files counts where nobody has seen it yet; files
that have been a version before are older than the newest version, and that one counts. What is in force while the
database is away has the number 0 until it can be kept.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from callcenter.admin import staff, staff_copy
from callcenter.admin import versions as rule_files
from callcenter.admin.versions import Files, RuleFilesError, RuleVersion
from callcenter.settings import Settings
from callcenter.stores.rule_versions import Versions

log = logging.getLogger(__name__)

FILE_AUTHOR = "(file)"
AT_START, AT_RELOAD = "read at start", "reload"


@dataclass(frozen=True, slots=True)
class Unkept:
    """What is in force and could not be kept yet."""

    files: Files
    message: str
    at_ms: int


class Kept:
    """One kind. `kind` is its name in messages; `read` reads its files as the settings name them, raising
    RuleFilesError."""

    def __init__(self, kind: str, versions: Versions, read: Callable[[Settings], dict[str, str]], at_ms: int) -> None:
        self.kind = kind
        self.versions = versions
        self._read = read
        self.in_force = RuleVersion(0, FILE_AUTHOR, at_ms, AT_START, 0)
        self.files: Files | None = None  # those in force; None: they stand on the disk and cannot be kept
        self._unkept: Unkept | None = None

    @property
    def is_kept(self) -> bool:
        return self._unkept is None

    def readable(self, settings: Settings) -> Files | None:
        """The files on the disk, None where they cannot be kept, which the log says: they count all the same."""
        try:
            return self._read(settings)
        except RuleFilesError as error:
            log.warning("the %s on disk will not be kept as a version: %s", self.kind, error)
            return None

    def read_from_disk(self, files: Files | None, message: str, at_ms: int) -> None:
        """These are in force from now on, without a number until `keep` has kept them."""
        self.files = files
        self.in_force = RuleVersion(0, FILE_AUTHOR, at_ms, message, 0)
        self._unkept = None if files is None else Unkept(files, message, at_ms)

    def published(self, files: Files, version: RuleVersion) -> None:
        self.files, self.in_force, self._unkept = files, version, None

    async def newer(self) -> tuple[RuleVersion, Files] | None:
        """The newest version, where a start has read the files of an older one; None where the files on disk count.

        So a crash undoes neither what was published nor a rollback. Files that nobody has seen yet are somebody's edit.
        """
        unkept = self._unkept
        if unkept is None or unkept.message != AT_START:
            return None
        newest = await self.versions.newest()
        if newest is None or await self.versions.has_files(newest, unkept.files):
            return None
        if not await self.versions.has_had_files(unkept.files):
            return None
        return newest, await self.versions.files(newest.number) or {}

    async def keep(self) -> bool:
        """Make what is in force and was not kept a version: the newest where that has the same files, else a new one.

        False where there was nothing to keep. Raises DatabaseUnavailableError, and NotTheNewestError for another try.
        """
        unkept = self._unkept
        if unkept is None:
            return False
        version = newest = await self.versions.newest()
        if version is None or not await self.versions.has_files(version, unkept.files):
            parent = 0 if newest is None else newest.number
            version = await self.versions.append(
                unkept.files, parent=parent, author=FILE_AUTHOR, at_ms=unkept.at_ms, message=unkept.message
            )
            if newest is not None and newest.author != FILE_AUTHOR:
                log.warning(
                    "the %s on disk are not those of version %d by %s (%s); from now on they count, as version %d",
                    *(self.kind, newest.number, newest.author, newest.message, version.number),
                )
        self.published(unkept.files, version)
        return True


def rules_on_disk(settings: Settings) -> dict[str, str]:
    return rule_files.read(settings.routing)


def staff_on_disk(settings: Settings) -> dict[str, str]:
    """The people who count: of agents.yaml, or of the copy that stands in for it."""
    path = staff_path(settings)
    try:
        return {staff.FILE: staff_copy.text(path)}
    except UnicodeDecodeError as error:
        raise RuleFilesError(f"{path} is not UTF-8 ({error.reason}); save it as UTF-8") from error
    except OSError as error:
        raise RuleFilesError(f"{path} cannot be read ({error}); let the daemon's user read it") from error


def staff_path(settings: Settings) -> Path:
    return staff_copy.in_force(settings.agents, settings.data_dir)
