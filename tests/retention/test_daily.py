"""The daemon's own run: at its hour, once, made up for if missed, and not while the log lacks what is still to come."""

from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Any, cast

import pytest

from callcenter.retention.daily import LOOK_EVERY_S, Daily
from callcenter.retention_settings import RetentionSettings
from callcenter.settings import Settings
from callcenter.stores.contact_log import ContactLog
from callcenter.stores.database import open_database
from callcenter.stores.health import Health
from callcenter.stores.tables import ContactRow
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.retention.world import DAY_MS, NOW_MS, SETTINGS, fill, ids

HOUR_MS = 3_600_000


class EnoughError(Exception):
    """The test has seen enough."""


@dataclass
class LogOfTest:
    ok: bool = True
    pending: int = 0

    def health(self) -> Health:
        return Health(self.ok, "")


@dataclass
class House:
    """A daemon's part, whose clock goes on by its rests."""

    engine: Any
    folder: Path
    retention: RetentionSettings = SETTINGS
    now_ms: int = NOW_MS - DAY_MS
    looks: int = 100
    log: LogOfTest = field(default_factory=LogOfTest)
    runs: list[int] = field(default_factory=list)
    rows: int = 0
    last_ms: int = -1

    async def sleep(self, seconds: float) -> None:
        self.now_ms += round(seconds * 1_000)
        self.looks -= 1
        if self.looks < 0:
            raise EnoughError

    def tell(self, removed: int, blanked: int, last_ms: int) -> None:
        if last_ms == self.now_ms:
            self.runs.append(last_ms)
        self.rows += removed + blanked
        self.last_ms = last_ms

    async def go_on(self, looks: int) -> None:
        self.looks = looks
        daily = Daily(
            self.engine,
            Settings(data_dir=self.folder, retention=self.retention),
            lambda: self.now_ms,
            cast(ContactLog, self.log),
            self.tell,
            zone=UTC,
            sleep=self.sleep,
        )
        with pytest.raises(EnoughError):
            await daily.go_on()


def looks_of(ms: int) -> int:
    return round(ms / (LOOK_EVERY_S * 1_000))


@run_async
async def test_it_runs_each_day_at_its_hour(tmp_path: Path) -> None:
    async with migrated(f"sqlite:///{tmp_path}/test.sqlite3") as database:
        await fill(database.engine, (1, 500))
        house = House(database.engine, tmp_path)
        await house.go_on(looks_of(3 * DAY_MS))  # from 3:00:05 on
        assert [at_ms - NOW_MS for at_ms in house.runs] == [pytest.approx(n * DAY_MS, abs=300_000) for n in range(3)]
        assert await ids(database.engine, ContactRow) == {"c1"}
        assert house.rows > 5
        assert house.last_ms == house.runs[-1]


@run_async
async def test_run_that_was_missed_is_made_up_for_soon_after_the_next_start(tmp_path: Path) -> None:
    async with migrated(f"sqlite:///{tmp_path}/test.sqlite3") as database:
        house = House(database.engine, tmp_path)
        await house.go_on(looks_of(DAY_MS + HOUR_MS))
        assert len(house.runs) == 1
        house.now_ms += 2 * DAY_MS + 5 * HOUR_MS
        await house.go_on(looks_of(HOUR_MS))
        assert len(house.runs) == 2
        assert house.now_ms - house.runs[1] >= HOUR_MS - 300_000


@run_async
async def test_it_waits_for_a_log_that_lacks_records(tmp_path: Path) -> None:
    async with migrated(f"sqlite:///{tmp_path}/test.sqlite3") as database:
        house = House(database.engine, tmp_path)
        house.log.pending = 5_000
        await house.go_on(looks_of(DAY_MS + HOUR_MS))
        house.log.pending, house.log.ok = 0, False
        await house.go_on(looks_of(HOUR_MS))
        assert house.runs == []
        house.log.ok = True
        await house.go_on(looks_of(DAY_MS))
        assert len(house.runs) == 1


@run_async
async def test_database_that_is_away_is_tried_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    database = open_database(f"sqlite:///{tmp_path}/none/test.sqlite3")
    try:
        await House(database.engine, tmp_path).go_on(3)
        assert "will be later" in caplog.text
    finally:
        await database.close()


@run_async
async def test_where_everything_is_kept_nobody_looks(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/none/test.sqlite3")
    log = cast(ContactLog, LogOfTest())
    await Daily(database.engine, Settings(data_dir=tmp_path), lambda: NOW_MS, log).go_on()
    await database.close()
