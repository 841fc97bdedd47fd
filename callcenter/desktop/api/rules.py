"""Publishing rules over HTTP, which versions there are, and which one is in force. For supervisors.

The one idea: a request says which version it was made from. Where that is no longer the newest, it is answered with who
published what meanwhile, and nothing is overwritten.
"""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, Field, ValidationError
from pydantic_core import PydanticCustomError

from callcenter.admin import versions as rule_files
from callcenter.admin.versions import MAX_AUTHOR, MAX_BYTES, MAX_MESSAGE, RuleFilesError, RuleVersion
from callcenter.desktop.api.door import Body, Door
from callcenter.desktop.desk import Desk, RulesConflictError, RulesDraft, RulesRefusedError
from callcenter.desktop.errors import ApiError

PUBLISH_LIMIT_S = 60.0  # to check rules of MAX_BYTES takes a while; calls go on meanwhile
MAX_MISTAKES = 200
MAX_VERSIONS = 200


def _one_line(text: str) -> str:
    if not text.isprintable() or not text.strip():
        raise PydanticCustomError("line", "It should be one line of printable characters")
    return text.strip()


OneLine = AfterValidator(_one_line)


class Publish(Body):
    """`author` is who wrote the rules, where that is somebody else than who is signed in."""

    files: dict[str, str]
    message: Annotated[str, Field(max_length=MAX_MESSAGE), OneLine]
    based_on: Annotated[int, Field(ge=0, strict=True)]
    reroute_waiting: bool = False
    author: Annotated[str, Field(max_length=MAX_AUTHOR), OneLine] | None = None


class RulesApi:
    """The handlers; `router()` puts them at their addresses."""

    def __init__(self, desk: Desk, door: Door) -> None:
        self._desk = desk
        self._door = door

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/api/rules")
        router.add_api_route("", self.publish, methods=["POST"], max_body_size=MAX_BYTES)
        router.add_api_route("", self.in_force, methods=["GET"])
        router.add_api_route("/versions", self.versions, methods=["GET"])
        return router

    # ---- handlers

    async def in_force(self, request: Request) -> dict[str, Any]:
        self._door.supervisor(request)
        return {"version": _told(self._desk.rules.in_force)}

    async def versions(
        self, request: Request, limit: Annotated[int, Query(ge=1, le=MAX_VERSIONS)] = 20
    ) -> dict[str, Any]:
        self._door.supervisor(request)
        found = await self._door.wait_for(self._desk.rules.versions(limit), PUBLISH_LIMIT_S)
        return {"versions": [_told(version) for version in found]}

    async def publish(self, request: Request) -> dict[str, Any]:
        login = self._door.supervisor(request)
        body = _read(await request.body())  # not before it is known who sends so much
        author = login.id if body.author in (None, login.id) else f"{body.author} (as {login.id})"
        draft = RulesDraft(body.files, author, body.message, body.based_on, body.reroute_waiting)
        try:
            version = await self._door.wait_for(self._desk.rules.publish(draft), PUBLISH_LIMIT_S)
        except RulesRefusedError as error:
            raise _refused(error) from None
        except RulesConflictError as error:
            raise _conflict(body.based_on, error) from None
        return {"version": _told(version)}


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
    return ApiError(409, wrong, remedy, details={"newer": [_told(version) for version in error.newer]})


def _told(version: RuleVersion) -> dict[str, Any]:
    return asdict(version)
