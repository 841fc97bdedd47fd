"""Administering the staff over HTTP: who works here, with which roles, skills, queues and phone, and the plain lists.

The one idea: whoever asks names the version that was looked at. Where somebody else has changed the same person since,
the answer says who and when, and nothing is overwritten. A password's hash is in no answer.
"""

from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import asdict
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Path, Query, Request, Response

from callcenter.admin import lists, staff, staff_csv
from callcenter.admin.files import ADMIN, AGENT, SUPERVISOR, VIEWER, AgentEntry
from callcenter.admin.staff import Difference, Edits, NoSuchPersonError
from callcenter.admin.versions import RuleVersion
from callcenter.desktop.access import audit
from callcenter.desktop.access.needs import needs
from callcenter.desktop.access.permissions import Caller, Permission
from callcenter.desktop.api.answers import responses
from callcenter.desktop.api.door import Door
from callcenter.desktop.api.staff_bodies import (
    Bulk,
    Changed,
    Compared,
    Device,
    Devices,
    Import,
    ImportRow,
    Message,
    NewPassword,
    Patch,
    Person,
    Put,
    Rollback,
    SetList,
    StaffAnswer,
    StaffList,
    Version,
    Versions,
    VersionTold,
)
from callcenter.desktop.desk import Desk, RulesConflictError, RulesRefusedError
from callcenter.desktop.errors import ApiError
from callcenter.desktop.staff import (
    Change,
    Imported,
    NoSuchVersionError,
    Outcome,
    Staff,
    StaffConflictError,
    StaffMistake,
    StaffRefusedError,
)
from callcenter.types import AgentId

PUBLISH_LIMIT_S = 60.0  # many passwords, or large rules, take a while; calls go on meanwhile
MAX_MISTAKES = 200
MAX_VERSIONS = 200
ROLES = (AGENT, SUPERVISOR, ADMIN, VIEWER)
LISTS = {"skills": lists.SKILLS, "dispositions": lists.DISPOSITIONS, "not-ready-reasons": lists.REASONS}

T = TypeVar("T")
Sees = Annotated[Caller, needs(Permission.SEE_STAFF, Permission.MANAGE_STAFF)]
Manages = Annotated[Caller, needs(Permission.MANAGE_STAFF)]
Publishes = Annotated[Caller, needs(Permission.PUBLISH_RULES)]
PersonPath = Annotated[str, Path(min_length=1, max_length=64)]
ListPath = Annotated[str, Path(pattern="^(skills|dispositions|not-ready-reasons)$")]
BasedOn = Annotated[int, Query(ge=0, le=2**31 - 1)]


class StaffApi:
    """The handlers; `router()` puts them at their addresses."""

    def __init__(self, desk: Desk, door: Door) -> None:
        self._desk = desk
        self._door = door

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/api/v1/staff", tags=["staff"])
        refusals = responses(404, 409, 422)
        routes: list[tuple[str, str, Callable[..., Any]]] = [
            ("GET", "", self.staff),
            ("PUT", "/people/{id}", self.put),
            ("PATCH", "/people/{id}", self.patch),
            ("DELETE", "/people/{id}", self.delete),
            ("POST", "/people/{id}/password", self.set_password),
            ("POST", "/bulk", self.bulk),
            ("GET", "/versions", self.versions),
            ("GET", "/diff", self.diff),
            ("POST", "/rollback", self.roll_back),
            ("GET", "/devices", self.devices),
            ("GET", "/lists/{name}", self.plain_list),
            ("PUT", "/lists/{name}", self.set_list),
        ]
        for method, path, handler in routes:
            router.add_api_route(path, handler, methods=[method], responses=refusals, max_body_size=staff_csv.MAX_BYTES)
        table = {"content": {"text/csv": {"schema": {"type": "string"}}}}
        router.add_api_route(
            "/agents.csv",
            self.export,
            methods=["GET"],
            response_class=Response,
            responses={200: {"description": "the staff as a table", **table}},
        )
        router.add_api_route(
            "/import",
            self.import_table,
            methods=["POST"],
            responses=refusals,
            max_body_size=staff_csv.MAX_BYTES,
            openapi_extra={"requestBody": {"required": True, **table}},
        )
        return router

    @property
    def _staff(self) -> Staff:
        return self._desk.staff

    # ---- reading

    async def staff(self, _: Sees) -> StaffAnswer:
        """Everybody who works here, and what can be chosen from. Never a password or its hash."""
        return StaffAnswer(
            version=_told(self._staff.in_force),
            people=[_person(entry) for entry in self._staff.people.agents],
            roles=list(ROLES),
            queue_groups=sorted(self._desk.access.queue_groups),
            queues=[queue.name for queue in self._desk.overview().queues],
            skills=list(self._staff.plain_list(lists.SKILLS).values),
        )

    async def devices(self, _: Sees) -> Devices:
        """The phones, whose they are, and what the PBX last said of them (null: of nobody who takes contacts)."""
        status = {view.id: view.device for view in self._desk.overview().agents}
        found = [
            Device(device=entry.device, agent=entry.id, status=status.get(AgentId(entry.id)))
            for entry in self._staff.people.agents
            if entry.device is not None
        ]
        return Devices(devices=sorted(found, key=lambda it: it.device))

    async def versions(self, _: Sees, limit: Annotated[int, Query(ge=1, le=MAX_VERSIONS)] = 20) -> Versions:
        """The last versions, the newest first: who, when, why, and whom it was about (+ new, ~ changed, - gone)."""
        found = await self._done(self._staff.versions(limit))
        return Versions(versions=[_told(version) for version in found])

    async def diff(
        self,
        _: Sees,
        before: Annotated[int, Query(alias="from", ge=0, le=2**31 - 1)],
        to: Annotated[int, Query(ge=0, le=2**31 - 1)],
    ) -> Compared:
        """What is another from one version to the other, person by person; 0 is nobody."""
        return Compared(changes=_changes(await self._done(self._staff.compare(before, to))))

    # ---- changing

    async def put(self, by: Manages, id: PersonPath, body: Put) -> Changed:
        """Add somebody, or say anew who somebody is. The password stays, unless a new one is given."""
        words = f"added {id}" if all(it.id != id for it in self._staff.people.agents) else f"changed {id}"
        passwords = {} if body.password is None else {id: body.password}
        return await self._change(by, Edits(put={id: body.entry()}), body, words, passwords)

    async def patch(self, by: Manages, id: PersonPath, body: Patch) -> Changed:
        """Change what is given, and nothing else; null is the default. `password: null` takes the password away."""
        passwords = {} if body.password is None else {id: body.password}
        return await self._change(by, Edits(patch={id: body.entry()}), body, f"changed {id}", passwords)

    async def delete(self, by: Manages, id: PersonPath, based_on: BasedOn, message: Message = "") -> Changed:
        """Remove somebody. Who talks is signed out when the contact is over."""
        return await self._change(by, Edits(remove=(id,)), Version(based_on=based_on, message=message), f"removed {id}")

    async def set_password(self, by: Manages, id: PersonPath, body: NewPassword) -> Changed:
        """Set somebody's password. All sessions of that person end."""
        change = Change(by.id, body.message or f"new password for {id}")
        outcome = await self._done(self._staff.change(Edits(), change, {id: body.password}))
        return _changed(outcome, f"password of {id}")

    async def bulk(self, by: Manages, body: Bulk) -> Changed:
        """Many changes at once: all of them, or none."""
        edits, passwords = body.edits()
        words = f"changed {len(edits.touched)} people"
        return await self._change(by, edits, body, words, passwords)

    async def roll_back(self, by: Manages, body: Rollback) -> Changed:
        """Put the people of an older version in force again, as a new version. Passwords stay those of today."""
        change = Change(by.id, body.message or f"back to version {body.number}", body.based_on)
        return _changed(await self._done(self._staff.roll_back(body.number, change)), f"version {body.number}")

    async def _change(
        self, by: Caller, edits: Edits, body: Version, words: str, passwords: dict[str, str] | None = None
    ) -> Changed:
        change = Change(by.id, body.message or words, body.based_on)
        return _changed(await self._done(self._staff.change(edits, change, passwords)), ", ".join(edits.touched))

    # ---- tables

    async def export(self, _: Sees) -> Response:
        """The staff as a table for a spreadsheet: UTF-8 with a byte order mark, commas, no passwords."""
        return Response(
            staff_csv.written(self._staff.people),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="agents.csv"'},
        )

    async def import_table(
        self,
        request: Request,
        by: Manages,
        *,
        dry_run: bool = True,
        prune: bool = False,
        message: Message = "",
        based_on: BasedOn | None = None,
    ) -> Import:
        """Take a table, all of it or nothing; or, with `dry_run`, say row by row what that would do.

        `prune` removes whom the table does not name.
        """
        change = None if dry_run else Change(by.id, message or "imported a table", based_on)
        found = await self._done(self._staff.import_table(await request.body(), change, prune=prune))
        told = _imported(found, dry_run)
        if found.mistakes and not dry_run:
            first = found.mistakes[0]
            raise ApiError(
                422,
                f"Nothing was imported. Row {first.row}, {first.column or 'the row'}: {first.what}",
                f"{first.remedy}. A dry run shows all mistakes.",
                details={"mistakes": told.mistakes},
            )
        if found.outcome is not None:
            _tell_audit(found.outcome, "table")
        return told

    # ---- what stands in the rules

    async def plain_list(self, _: Sees, name: ListPath) -> StaffList:
        """The skills, dispositions or reasons for not being ready, and who and what names each."""
        found = self._staff.plain_list(LISTS[name])
        return StaffList(
            values=list(found.values),
            used_by={value: [dict(it) for it in users] for value, users in found.used_by.items() if users},
            rules_version=self._desk.rules.in_force.number,
        )

    async def set_list(self, by: Publishes, name: ListPath, body: SetList) -> StaffList:
        """Publish the rules with this list in place of the old one. What is in use cannot be left out."""
        change = Change(by.id, body.message or f"changed the {name}", body.based_on)
        before = self._staff.plain_list(LISTS[name]).values
        try:
            await self._done(self._staff.set_list(LISTS[name], body.values, change))
        except RulesRefusedError as error:
            raise _refused([StaffMistake(line) for line in error.mistakes]) from None
        except RulesConflictError as error:
            raise _conflict(error.newer, ()) from None
        audit.tell(subject=name, before=list(before), after=body.values)
        return await self.plain_list(by, name)

    # ---- what they share

    async def _done(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return await self._door.wait_for(work, PUBLISH_LIMIT_S)
        except NoSuchPersonError as error:
            raise ApiError(404, f"There is nobody called {error}.", "GET /api/v1/staff lists everybody.") from None
        except NoSuchVersionError as error:
            raise ApiError(404, f"There is no version {error}.", "GET /api/v1/staff/versions lists them all.") from None
        except StaffRefusedError as error:
            raise _refused(error.mistakes) from None
        except StaffConflictError as error:
            raise _conflict(error.newer, error.ids) from None


def _refused(mistakes: Sequence[StaffMistake]) -> ApiError:
    first = mistakes[0]
    about = f"{first.id}: " if first.id is not None else f"{first.where}: " if first.where else ""
    told = [{**asdict(mistake), "key": _key(mistake.key)} for mistake in mistakes[:MAX_MISTAKES]]
    return ApiError(
        422,
        f"Nothing was changed. {about}{first.what}",
        first.remedy or "Mend that and try again.",
        details={"mistakes": told, "mistakes_left_off": len(mistakes) - len(told)},
    )


def _key(key: str | None) -> str | None:
    return staff.PASSWORD if key == staff.HASH else key


def _conflict(newer: Sequence[RuleVersion], ids: Sequence[str]) -> ApiError:
    wrong = "There is no version of that number."
    if newer:
        other = next((it for it in newer if any(sign[1:] in ids for sign in it.changed)), newer[0])
        what = ", ".join(ids) or "the same"
        wrong = f"{other.author} has changed {what} meanwhile, in version {other.number}: {other.message}"
    return ApiError(
        409,
        wrong,
        "Look at what is there now, and change that. Nothing was overwritten.",
        details={"ids": list(ids), "newer": [asdict(version) for version in newer]},
    )


def _changed(outcome: Outcome, subject: str) -> Changed:
    _tell_audit(outcome, subject)
    return Changed(version=_told(outcome.version), changes=_changes(outcome.differences))


def _tell_audit(outcome: Outcome, subject: str) -> None:
    before, after = (
        {it.id: {key: values[side] for key, values in it.fields.items()} for it in outcome.differences}
        for side in (0, 1)
    )
    audit.tell(subject=f"{subject} (version {outcome.version.number})"[:200], before=before, after=after)


def _told(version: RuleVersion) -> VersionTold:
    return VersionTold(**asdict(version))


def _changes(differences: Iterable[Difference]) -> list[dict[str, Any]]:
    return [{"id": it.id, "kind": it.kind, "fields": _fields(it.fields.items())} for it in differences]


def _fields(fields: Iterable[tuple[str, tuple[Any, Any]]]) -> dict[str, dict[str, Any]]:
    return {key: {"from": was, "to": now} for key, (was, now) in fields}


def _imported(found: Imported, dry_run: bool) -> Import:
    rows = [ImportRow(row=it.row, id=it.id, what=it.what, fields=_fields(it.fields.items())) for it in found.plan.rows]
    counts = {what: sum(it.what == what for it in rows) for what in ("added", "changed", "unchanged", "removed")}
    return Import(
        dry_run=dry_run,
        based_on=found.based_on,
        version=None if found.outcome is None else _told(found.outcome.version),
        counts=counts,
        rows=rows,
        mistakes=[asdict(mistake) for mistake in found.mistakes[:MAX_MISTAKES]],
        mistakes_left_off=max(0, len(found.mistakes) - MAX_MISTAKES),
    )


def _person(entry: AgentEntry) -> Person:
    plain = entry.model_dump(mode="json", exclude={staff.HASH})
    return Person(**plain, password_set=entry.password_hash is not None)
