"""The audit log over HTTP: who changed what, from where, and what it was before.

The one idea: the log is read by key from the newest back. A page of it ends with a cursor, which stays right however
much is written meanwhile.
"""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from callcenter.desktop.access.needs import needs
from callcenter.desktop.access.permissions import Caller, Permission
from callcenter.desktop.access.store import AuditQuery
from callcenter.desktop.api.answers import Answer
from callcenter.desktop.api.door import Body, Door
from callcenter.desktop.desk import Desk
from callcenter.records import RecordChange

MAX_RECORDS = 500
LIMIT_S = 10.0
MAX_MS = 2**62

Text = Annotated[str, Field(max_length=256, pattern=r"^[^\x00]*$")]
Moment = Annotated[int, Field(ge=0, le=MAX_MS)]


class Wanted(Body):
    """What to look for; what is left out may be anything. `to_ms` is the first moment that is not looked at any more,
    `cursor` the `next` of an answer."""

    by: Text | None = None
    action: Text | None = None
    subject: Text | None = None
    from_ms: Moment | None = None
    to_ms: Moment | None = None
    cursor: Moment | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_RECORDS)] = 100


class Change(Answer):
    """`by` asked for `action` on `subject` through `via`, a session or token, from `address`. What was before and what
    was asked for is JSON without secrets. `outcome`: "done", "asked" (a record before the change), or what became of
    it."""

    number: int
    id: str
    at_ms: int
    by: str
    via: str
    address: str
    action: str
    subject: str
    before: Any = None
    after: Any = None
    outcome: str


class AuditAnswer(Answer):
    records: list[Change]
    next: int | None = Field(description="the `cursor` of what is older than these; null: there is nothing older")


class AuditApi:
    def __init__(self, desk: Desk, door: Door) -> None:
        self._desk = desk
        self._door = door

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/api/v1/audit", tags=["access"])
        router.add_api_route("", self.find, methods=["GET"], name="audit")
        return router

    async def find(
        self, by: Annotated[Caller, needs(Permission.SEE_AUDIT)], wanted: Annotated[Wanted, Query()]
    ) -> AuditAnswer:
        """The records that fit, the newest first."""
        limit = wanted.limit
        query = AuditQuery(
            wanted.by, wanted.action, wanted.subject, wanted.from_ms, wanted.to_ms, wanted.cursor, limit + 1
        )
        found = await self._door.wait_for(self._desk.access.audit.find(query), LIMIT_S)
        shown = found[:limit]
        return AuditAnswer(
            records=[_told(number, change) for number, change in shown],
            next=shown[-1][0] if len(found) > limit else None,
        )


def _told(number: int, change: RecordChange) -> Change:
    return Change(
        number=number,
        id=change.id,
        at_ms=change.at_ms,
        by=change.by,
        via=change.via,
        address=change.address,
        action=change.action,
        subject=change.subject,
        before=None if change.before is None else json.loads(change.before),
        after=None if change.after is None else json.loads(change.after),
        outcome=change.outcome,
    )
