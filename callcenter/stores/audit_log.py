"""Reading the audit log. It is written as the contact log is (`contact_rows`); the database lets nothing change it."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.records import RecordChange
from callcenter.stores.api_tokens import reached
from callcenter.stores.tables import AuditRow


async def find(
    engine: AsyncEngine,
    *,
    by: str | None = None,
    action: str | None = None,
    subject: str | None = None,
    from_ms: int | None = None,
    to_ms: int | None = None,
    before: int | None = None,
    limit: int = 100,
) -> Sequence[tuple[int, RecordChange]]:
    """The records with their numbers, the newest first. `before`: only what has a lower number; `to_ms` is not in it.

    Raises DatabaseUnavailableError.
    """
    row = AuditRow
    statement = select(row.__table__)
    for column, value in ((row.made_by, by), (row.action, action), (row.subject, subject)):
        if value is not None:
            statement = statement.where(column == value)
    if from_ms is not None:
        statement = statement.where(row.at_ms >= from_ms)
    if to_ms is not None:
        statement = statement.where(row.at_ms < to_ms)
    if before is not None:
        statement = statement.where(row.number < before)
    async with reached(engine) as connection:
        found = await connection.execute(statement.order_by(row.number.desc()).limit(limit))
        return [
            (
                it.number,
                RecordChange(
                    it.id,
                    it.at_ms,
                    it.made_by,
                    it.via,
                    it.address,
                    it.action,
                    it.subject,
                    it.before,
                    it.after,
                    it.outcome,
                ),
            )
            for it in found
        ]
