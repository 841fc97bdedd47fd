"""Publishing rules over HTTP, which versions there are, and which one is in force. For supervisors.

The one idea: a request says which version it was made from. Where that is no longer the newest, it is answered with who
published what meanwhile, and nothing is overwritten.
"""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, Field, ValidationError

from callcenter.admin import versions as rule_files
from callcenter.admin.versions import MAX_AUTHOR, MAX_BYTES, MAX_MESSAGE, RuleFilesError, RuleVersion
from callcenter.desktop.access import audit
from callcenter.desktop.access.needs import needs
from callcenter.desktop.access.permissions import Caller, Permission
from callcenter.desktop.api.answers import Answer, json_body, responses
from callcenter.desktop.api.door import Body, Door, one_line
from callcenter.desktop.desk import Desk, RulesConflictError, RulesDraft, RulesRefusedError
from callcenter.desktop.errors import ApiError

PUBLISH_LIMIT_S = 60.0  # to check rules of MAX_BYTES takes a while; calls go on meanwhile
MAX_MISTAKES = 200
MAX_VERSIONS = 200


OneLine = AfterValidator(one_line)


class Publish(Body):
    """`author` is who wrote the rules, where that is somebody else than who is signed in."""

    files: dict[str, str]
    message: Annotated[str, Field(max_length=MAX_MESSAGE), OneLine]
    based_on: Annotated[int, Field(ge=0, strict=True)]
    reroute_waiting: bool = False
    author: Annotated[str, Field(max_length=MAX_AUTHOR), OneLine] | None = None


class Version(Answer):
    """A version of the rules. 0 is one that could not be kept (yet), and no version's parent."""

    number: int
    author: str
    at_ms: int
    message: str
    parent: int
    changed: list[str]


class VersionAnswer(Answer):
    version: Version


class VersionsAnswer(Answer):
    versions: list[Version]


class RulesApi:
    """The handlers; `router()` puts them at their addresses."""

    def __init__(self, desk: Desk, door: Door) -> None:
        self._desk = desk
        self._door = door

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/api/v1/rules", tags=["rules"])
        router.add_api_route(
            "",
            self.publish,
            methods=["POST"],
            max_body_size=MAX_BYTES,
            name="publish_rules",
            responses=responses(409, 413),
            openapi_extra=json_body(Publish),
        )
        router.add_api_route("", self.in_force, methods=["GET"], name="rules_in_force")
        router.add_api_route("/versions", self.versions, methods=["GET"], name="rule_versions")
        return router

    # ---- handlers

    async def in_force(self, by: Annotated[Caller, needs(Permission.SEE_RULES)]) -> VersionAnswer:
        """Which version of the rules counts now."""
        return VersionAnswer(version=_told(self._desk.rules.in_force))

    async def versions(
        self,
        by: Annotated[Caller, needs(Permission.SEE_RULES)],
        limit: Annotated[int, Query(ge=1, le=MAX_VERSIONS)] = 20,
    ) -> VersionsAnswer:
        """The last versions of the rules, the newest first."""
        found = await self._door.wait_for(self._desk.rules.versions(limit), PUBLISH_LIMIT_S)
        return VersionsAnswer(versions=[_told(version) for version in found])

    async def publish(self, request: Request, by: Annotated[Caller, needs(Permission.PUBLISH_RULES)]) -> VersionAnswer:
        """Check rules and put them in force at once, all or none. 409 where others have published meanwhile."""
        body = _read(await request.body())  # not before it is known who sends so much
        author = by.id if body.author in (None, by.id) else f"{body.author} (as {by.id})"
        draft = RulesDraft(body.files, author, body.message, body.based_on, body.reroute_waiting)
        audit.tell(before={"version": self._desk.rules.in_force.number})
        await self._door.note_first()
        try:
            version = await self._door.wait_for(self._desk.rules.publish(draft), PUBLISH_LIMIT_S)
        except RulesRefusedError as error:
            raise _refused(error) from None
        except RulesConflictError as error:
            raise _conflict(body.based_on, error) from None
        return VersionAnswer(version=_told(version))


def _read(raw: bytes) -> Publish:
    try:
        body = Publish.model_validate_json(raw)
        rule_files.check(body.files, "the request")
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_url=False)) from None
    except RuleFilesError as error:
        raise ApiError(422, f"These files cannot be kept: {error}.", "Mend that and publish again.") from None
    return body


def _refused(error: RulesRefusedError) -> ApiError:
    told = list(error.mistakes[:MAX_MISTAKES])
    left_off = len(error.mistakes) - len(told)
    if left_off:
        told.append(f"and {left_off} more")
    return ApiError(
        422,
        f"The rules are not right; those in force stay. {error.mistakes[0]}",
        "Mend them, try them with `callcenter rules check` and `callcenter rules test`, and publish again.",
        details={"mistakes": told},
    )


def _conflict(based_on: int, error: RulesConflictError) -> ApiError:
    newest = error.newer[0] if error.newer else None
    if newest is None:
        wrong = f"There is no version {based_on}."
        remedy = "Look at `callcenter rules log`, and name the version that yours was made from."
    else:
        at = datetime.fromtimestamp(newest.at_ms / 1_000, UTC).isoformat(" ", "seconds").removesuffix("+00:00")
        wrong = (
            f"Yours was made from version {based_on}, and {newest.author} has published version {newest.number} "
            f"at {at} UTC: {newest.message}"
        )
        diff = f"callcenter rules diff {based_on or 'folder'} {newest.number}"
        remedy = f"Look at `{diff}`, take it over into yours, and publish with --expect {newest.number}."
    return ApiError(
        409, wrong, remedy, details={"newer": [_told(version).model_dump(mode="json") for version in error.newer]}
    )


def _told(version: RuleVersion) -> Version:
    return Version(**asdict(version))
