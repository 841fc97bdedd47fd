"""Reports for the daemon's API: made beside its loop, a few at a time, and refused in words that can be told."""

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from callcenter.desktop.desk import DeskUnavailableError
from callcenter.desktop.reporting import ReportForm, ReportKind, ReportRefusedError, ReportWanted
from callcenter.reports import service
from callcenter.reports.asked import Asked
from callcenter.reports.report import Report
from callcenter.reports.service import MAX_AT_ONCE, ReportService
from callcenter.settings import Settings
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.reports.world import BERLIN, DAY, NOW_MS, fill


def of(url: str) -> ReportService:
    settings = Settings.model_validate({"database": {"url": url}})
    return ReportService(settings, lambda: BERLIN, lambda: NOW_MS)


def wanted(form: ReportForm = ReportForm.JSON, **changes: Any) -> ReportWanted:
    return ReportWanted(**({"kind": ReportKind.QUEUES, "form": form, "from_": DAY, "by": "30m"} | changes))


@run_async
async def test_each_form_is_made(database_url: str) -> None:
    async with migrated(database_url) as database:
        await fill(database.engine)
        reports = of(database_url)
        told = await reports.make(wanted())
        assert [row["offered"] for row in told.told["rows"]] == [4, 1, 3, 2]
        json.dumps(told.told)
        assert (told.media_type, told.file_name) == ("application/json", "queues-2026-11-02.json")
        files = {form: await reports.make(wanted(form)) for form in ReportForm if form is not ReportForm.JSON}
    assert files[ReportForm.CSV].body.startswith("\ufefffrom,to,queue".encode())
    assert files[ReportForm.PARQUET].body.startswith(b"PAR1")
    assert files[ReportForm.HTML].body.startswith(b"<!DOCTYPE html>")
    assert files[ReportForm.HTML].file_name == "queues-2026-11-02.html"


@run_async
async def test_a_report_is_cut_to_who_asks(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/test.sqlite3"
    async with migrated(url) as database:
        await fill(database.engine)
        told = await of(url).make(wanted(by=None, queues=["support"]))
        agents = await of(url).make(wanted(kind=ReportKind.AGENTS, by=None, agents=["bob"]))
        own = await of(url).make(wanted(kind=ReportKind.AGENTS, by="60m", group="none", agents=["bob"]))
    assert [row["queue"] for row in told.told["rows"]] == ["support"]
    assert [row["agent"] for row in agents.told["rows"]] == ["bob"]
    assert own.told["group"] == []
    assert own.told["total"] == agents.told["total"], "without the column of the agent it is still bob alone"


@run_async
async def test_what_there_is_not_is_refused_and_a_database_that_is_away_is_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "test.sqlite3"
    reports = of(f"sqlite:///{file}")
    with pytest.raises(ReportRefusedError, match="'45m' is no interval"):
        await reports.make(wanted(by="45m"))
    with pytest.raises(DeskUnavailableError, match="there is no database"):
        await reports.make(wanted())
    file.touch()
    with pytest.raises(DeskUnavailableError, match="the database cannot be used: no such table"):
        await reports.make(wanted())


@run_async
async def test_only_a_few_are_made_at_a_time_and_none_in_the_daemons_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, goes_on, threads = threading.Semaphore(0), threading.Event(), set[int]()

    async def held_up(_: object, asked: Asked) -> Report:
        threads.add(threading.get_ident())
        begun.release()
        goes_on.wait(20)
        raise OSError("the end of the test")

    monkeypatch.setattr(service, "report_of", held_up)
    (tmp_path / "test.sqlite3").touch()
    reports = of(f"sqlite:///{tmp_path}/test.sqlite3")
    under_way = [asyncio.create_task(reports.make(wanted())) for _ in range(MAX_AT_ONCE)]
    for _ in under_way:
        assert await asyncio.to_thread(begun.acquire, timeout=20)
    with pytest.raises(DeskUnavailableError, match="2 reports are being made already"):
        await reports.make(wanted())
    goes_on.set()
    ended = await asyncio.gather(*under_way, return_exceptions=True)
    assert all(isinstance(one, DeskUnavailableError) for one in ended)
    assert len(threads) == MAX_AT_ONCE
    assert threading.get_ident() not in threads
    with pytest.raises(DeskUnavailableError, match="the end of the test"):
        await reports.make(wanted())
