"""The rules in force to read, over HTTP: the texts as their authors wrote them, with version, author and message."""

from typing import Annotated

from fastapi import APIRouter

from callcenter.admin.folder import CASES, TRAFFIC
from callcenter.desktop.access.needs import needs
from callcenter.desktop.access.permissions import Caller, Permission
from callcenter.desktop.api.answers import Answer, responses
from callcenter.desktop.api.staff_bodies import VersionTold
from callcenter.desktop.desk import Desk
from callcenter.desktop.errors import ApiError


class RuleFile(Answer):
    """`kind` is rules, cases (which try the rules) or traffic (a day to simulate)."""

    name: str
    kind: str
    text: str


class FilesInForce(Answer):
    version: VersionTold
    files: list[RuleFile]


class RuleFilesApi:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/api/v1/rules", tags=["rules"])
        router.add_api_route("/in-force/files", self.files, methods=["GET"], responses=responses(409))
        return router

    async def files(self, _: Annotated[Caller, needs(Permission.SEE_RULES, Permission.PUBLISH_RULES)]) -> FilesInForce:
        """The texts of the rules in force, file by file, in the order in which they count."""
        rules = self._desk.rules
        if rules.files is None:
            raise ApiError(
                409,
                "The rules in force stand in files that cannot be kept as a version.",
                "Look at the daemon's log, put that right on its disk, and reload.",
            )
        version = rules.in_force
        told = VersionTold(
            number=version.number,
            author=version.author,
            at_ms=version.at_ms,
            message=version.message,
            parent=version.parent,
            changed=version.changed,
        )
        files = [RuleFile(name=name, kind=_kind(name), text=text) for name, text in sorted(rules.files.items())]
        return FilesInForce(version=told, files=files)


def _kind(name: str) -> str:
    return "cases" if name == CASES else "traffic" if name.startswith(TRAFFIC) else "rules"
