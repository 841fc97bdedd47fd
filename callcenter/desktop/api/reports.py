"""Reports over HTTP: the figures of queues, agents, dispositions and customers.

The one idea: a report is cut to whoever asks before it is made. Who is limited to some queues gets their figures and
those of the agents who serve one of them; an agent gets its own, and so does whoever asks for no more.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from callcenter.desktop.access.guard import CSP, PLAIN_PAGE
from callcenter.desktop.access.needs import needs
from callcenter.desktop.access.permissions import Caller, Permission
from callcenter.desktop.api.answers import Answer
from callcenter.desktop.api.door import Door
from callcenter.desktop.desk import Desk
from callcenter.desktop.errors import ApiError
from callcenter.desktop.reporting import ReportForm, ReportKind, ReportRefusedError, ReportWanted

LIMIT_S = 60.0

Moment = Annotated[str, Query(max_length=32, pattern=r"^[0-9TWZ:.+ -]+$")]
Names = Annotated[str, Query(max_length=64, pattern=r"^[a-z,]+$")]
Zone = Annotated[str, Query(max_length=64, pattern=r"^[A-Za-z0-9_+/-]+$")]
Word = Annotated[str, Query(max_length=64, pattern=r"^[a-z0-9_]+$")]
MayRead = Annotated[Caller, needs(Permission.SEE_REPORTS, Permission.TAKE_CONTACTS)]


class ReportColumn(Answer):
    key: str
    unit: str = Field(description="count, ms or share (from 0 to 1)")
    formula: str


class ReportAnswer(Answer):
    """`rows` have `from`, `to` (ISO 8601), `from_ms`, `to_ms`, `label`, a key for each group and one for each column;
    null is what cannot be said. `total` is of all rows."""

    report: str
    zone: str
    from_ms: int
    to_ms: int
    by: str | None
    group: list[str]
    formula: str
    within_days: int
    columns: list[ReportColumn]
    rows: list[dict[str, Any]]
    total: dict[str, Any]
    notes: list[str]


class ReportsApi:
    def __init__(self, desk: Desk, door: Door) -> None:
        self._desk = desk
        self._door = door

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/api/v1/reports", tags=["reports"])
        files = {"text/csv": "string", "application/vnd.apache.parquet": "binary", "text/html": "string"}
        content: dict[str, Any] = {
            kind: {"schema": {"type": "string"} | ({"format": "binary"} if form == "binary" else {})}
            for kind, form in files.items()
        }
        router.add_api_route(
            "/{kind}",
            self.report,
            methods=["GET"],
            name="report",
            response_model=ReportAnswer,
            responses={200: {"content": content}},
        )
        return router

    async def report(  # noqa: PLR0917 - each is a part of the question
        self,
        by: MayRead,
        kind: ReportKind,
        from_: Annotated[Moment | None, Query(alias="from")] = None,
        to: Moment | None = None,
        interval: Annotated[Word | None, Query(alias="by")] = None,
        group: Names | None = None,
        zone: Zone | None = None,
        formula: Word | None = None,
        within_days: Annotated[int, Query(ge=1, le=366)] = 7,
        form: Annotated[ReportForm, Query(alias="format")] = ReportForm.JSON,
        own: bool = False,
    ) -> ReportAnswer | Response:
        """A report, as JSON or as a file. `from` and `to` are dates or times such as 2026-11-01 or 2026-11-01T08:30 on
        the clock of `zone`; `to` is not in it. `by` is 15m, 30m, 60m, day, week or month, `group` any of queue, tier,
        entry, agent, disposition, with commas, or none. An agent gets the report `agents`, of itself;
        with `own` so does who may see more.
        """
        own = own or not by.may(Permission.SEE_REPORTS)
        if own and kind is not ReportKind.AGENTS:
            raise ApiError(403, "You may see your own figures only.", "Ask for the report `agents`.")
        wanted = ReportWanted(
            kind,
            form,
            from_=from_,
            to=to,
            by=interval,
            group=group,
            zone=zone,
            formula=formula,
            within_days=within_days,
            queues=None if own or by.queues is None else sorted(by.queues),
            agents=[by.id] if own else self._agents(by, kind),
        )
        try:
            made = await self._door.wait_for(self._desk.reports.make(wanted), LIMIT_S)
        except ReportRefusedError as error:
            wrong, _, remedy = str(error).partition(". ")
            raise ApiError(422, f"{wrong}.", f"{remedy or 'Look at docs/reports.md'}.") from None
        if form is ReportForm.JSON:
            return ReportAnswer.model_validate(made.told)
        seen = form is ReportForm.HTML  # the others are kept as files
        headers = {"Content-Disposition": f'{"inline" if seen else "attachment"}; filename="{made.file_name}"'}
        if seen:
            headers[CSP] = PLAIN_PAGE
        return Response(made.body, media_type=made.media_type, headers=headers)

    def _agents(self, by: Caller, kind: ReportKind) -> list[str] | None:
        if kind is not ReportKind.AGENTS or by.queues is None:
            return None
        return [view.id for view in self._desk.overview().agents if by.reaches(view.queues)]
