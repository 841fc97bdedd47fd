"""Reports for the API of a running daemon, which has calls to route meanwhile.

The one idea: a report is made in a thread of its own, with an event loop and a connection of its own, so that neither
its thousands of rows nor a slow database are in the way of a call. Only a few are made at a time.
"""

import asyncio
from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.desktop.desk import DeskUnavailableError
from callcenter.desktop.reporting import ReportForm, ReportMade, ReportRefusedError, ReportWanted
from callcenter.reports.asked import Asked, AskedError, Words, read
from callcenter.reports.exports import ParquetMissingError, as_json, csv_text, parquet_bytes
from callcenter.reports.page import page_of
from callcenter.reports.reading import read as read_figures
from callcenter.reports.report import Report, made
from callcenter.settings import Settings
from callcenter.stores.database import DATABASE_ERRORS, DatabaseUnavailableError, in_short, open_existing

MAX_AT_ONCE = 2

_MEDIA_TYPES = {
    ReportForm.JSON: "application/json",
    ReportForm.CSV: "text/csv; charset=utf-8",
    ReportForm.PARQUET: "application/vnd.apache.parquet",
    ReportForm.HTML: "text/html; charset=utf-8",
}


async def report_of(engine: AsyncEngine, asked: Asked) -> Report:
    """Raises AskedError where it would be too large, and what the database raises."""
    return made(asked, await read_figures(engine, asked))


class ReportService:
    """The desk's `Reports`. `zone` tells the usual time zone of now."""

    def __init__(self, settings: Settings, zone: Callable[[], str], now_ms: Callable[[], int]) -> None:
        self._settings = settings
        self._zone = zone
        self._now_ms = now_ms
        self._under_way = 0

    async def make(self, wanted: ReportWanted) -> ReportMade:
        words = Words(
            wanted.kind.value,
            wanted.from_,
            wanted.to,
            wanted.by,
            wanted.group,
            wanted.zone,
            wanted.formula,
            wanted.within_days,
        )
        if self._under_way >= MAX_AT_ONCE:
            raise DeskUnavailableError(f"{MAX_AT_ONCE} reports are being made already, and no more at a time")
        self._under_way += 1
        try:
            return await asyncio.to_thread(self._make, words, wanted, self._zone(), self._now_ms())
        except (AskedError, ParquetMissingError) as error:
            raise ReportRefusedError(str(error)) from None
        except DatabaseUnavailableError as error:
            raise DeskUnavailableError(str(error)) from None
        except DATABASE_ERRORS as error:
            raise DeskUnavailableError(f"the database cannot be used: {in_short(error)}") from None
        finally:
            self._under_way -= 1

    def _make(self, words: Words, wanted: ReportWanted, zone: str, now_ms: int) -> ReportMade:
        asked = read(words, zone=zone, now_ms=now_ms, queues=wanted.queues, agents=wanted.agents)
        report = asyncio.run(self._read(asked))
        media_type = _MEDIA_TYPES[wanted.form]
        name = f"{asked.kind}-{asked.grid.local(asked.grid.from_ms):%Y-%m-%d}.{wanted.form}"
        match wanted.form:
            case ReportForm.JSON:
                return ReportMade(as_json(report), b"", media_type, name)
            case ReportForm.CSV:
                return ReportMade({}, csv_text(report).encode(), media_type, name)
            case ReportForm.PARQUET:
                return ReportMade({}, parquet_bytes(report), media_type, name)
            case ReportForm.HTML:
                return ReportMade({}, page_of(report).encode(), media_type, name)

    async def _read(self, asked: Asked) -> Report:
        database = open_existing(self._settings.database.url, self._settings.data_dir)
        try:
            return await report_of(database.engine, asked)
        finally:
            await database.close()
