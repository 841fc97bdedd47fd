"""The daemon as a process, its customers in a CRM that is not ours: routed, remembered, missed, and erased."""

import asyncio
import contextlib
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from callcenter.crm.keys import LOWEST
from callcenter.stores.database import open_database
from callcenter.stores.tables import ContactRow
from lab.center import Center
from lab.daemon_process import all_ready
from lab.simulated import Visitor
from tests.crm.foreign import make_sqlite
from tests.helpers import run_async
from tests.test_daemon import ROUTING, center_in

pytestmark = pytest.mark.redis

ANN = Visitor("(202) 555-0101", "8001", "", "", "", "", patience_s=60.0)
BEN = Visitor("+12025550102", "8001", "", "", "", "", patience_s=60.0)
RULES: dict[str, Any] = {
    **ROUTING,
    "version": 2,
    "tiers": ["platinum", "gold", "standard"],
    "attributes": {"spend": {"type": "number", "default": 0}},
    "rules": [
        {"name": "big spenders", "when": "customer.spend > 1000", "route": {"queue": "general", "priority": 60}},
        {"name": "platinum", "when": {"tier": "platinum"}, "route": {"queue": "general", "priority": 50}},
    ],
}


def crm(url: str) -> dict[str, Any]:
    return {
        "source": "sql",
        "url": url,
        "sql": {
            "table": "Kunden Stamm",
            "columns": {
                "id": "Kd UUID",
                "account": "kd_nr",
                "name": ["vorname", "Nachname"],
                "numbers": ["Tel. privat", "tel_mobil"],
                "tier": "klasse",
            },
            "attributes": {"spend": "umsatz"},
            "number_format": ["national", "###.###.####", "e164"],
        },
        "tiers": {"A": "platinum", "B": "gold", "C": "standard"},
        "cache": {"ttl_s": 0, "unknown_ttl_s": 0},
    }


@contextlib.asynccontextmanager
async def running(folder: Path, url: str) -> AsyncIterator[tuple[Center, Any]]:
    async with center_in(folder, settings={"crm": crm(url)}) as (center, pbx):
        center.routing = RULES
        await center.start()
        await center.until(all_ready, "every part to be well")
        yield center, pbx


async def logged(center: Center, count: int) -> list[Any]:
    """The contacts in the log, when there are so many."""
    database = open_database(f"sqlite:///{center.database_file}")
    try:
        for _ in range(200):
            async with database.engine.connect() as connection:
                rows = (await connection.execute(select(ContactRow).order_by(ContactRow.arrived_ms))).all()
            if len(rows) >= count:
                return list(rows)
            await asyncio.sleep(0.05)
    finally:
        await database.close()
    raise AssertionError(f"{len(rows)} contacts are in the log, and not {count}\n{center.log()}")


async def erase(center: Center, whom: str) -> str:
    """`callcenter customers erase`, in a process of its own beside the daemon."""
    command = ("callcenter", "customers", "erase", whom, "--config", str(center.config_file))
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).parent / command[0], *command[1:], stdout=asyncio.subprocess.PIPE
    )
    told, _ = await process.communicate()
    assert process.returncode == 0
    return told.decode()


@run_async
async def test_a_crms_customers_are_routed_by_tier_and_attribute_and_known_again(tmp_path: Path) -> None:
    file = tmp_path / "crm.sqlite3"
    async with running(tmp_path, make_sqlite(file)) as (center, pbx):
        anna = await center.seat("anna")
        await anna.ready()
        pbx.call(ANN)
        await anna.until(lambda: anna.pop is not None, "a pop")
        assert anna.pop is not None
        (customer,) = anna.pop["customers"]
        assert (customer["name"], customer["account"], anna.pop["tier"]) == ("Ann O'Hara", "1001", "platinum")
        assert (anna.pop["rule"], anna.pop["priority"]) == ("big spenders", 60)
        (first,) = await logged(center, 1)
        assert first.customer_id >= LOWEST
        await anna.until_state("ready")
        anna.recent = None
        pbx.call(ANN)
        await anna.until(lambda: anna.recent is not None and bool(anna.recent["contacts"]), "the contact before")
        first, second = await logged(center, 2)
        assert first.customer_id == second.customer_id
        metrics = await center.metrics()
        assert metrics['callcenter_customer_source_seconds_count{outcome="found",source="sql"}'] == 2
        assert metrics['callcenter_lookup_seconds_count{outcome="found"}'] == 2
        await anna.until_state("ready")
        # The CRM goes away: who has called lately is known all the same, who has not is not.
        with sqlite3.connect(file) as connection:
            connection.execute('ALTER TABLE "Kunden Stamm" RENAME TO "away"')
        pbx.call(ANN)
        await center.until_metric('callcenter_customer_cache_total{result="stale"}', 1)
        await anna.until_state("talking")
        assert anna.pop["tier"] == "platinum"
        pbx.call(BEN)
        *_, third, ben = await logged(center, 4)
        assert (third.customer_id, third.tier) == (first.customer_id, "platinum")
        assert (ben.customer_id, ben.tier) == (None, "standard")
        assert "a customer is taken as the customer base said it" in center.log()
        await anna.leave()


@run_async
async def test_a_customer_is_erased_beside_a_daemon_that_runs(tmp_path: Path) -> None:
    async with running(tmp_path, make_sqlite(tmp_path / "crm.sqlite3")) as (center, pbx):
        anna = await center.seat("anna")
        await anna.ready()
        pbx.call(ANN)
        (before,) = await logged(center, 1)
        await anna.until_state("ready")
        told = await erase(center, "1001")
        assert told.startswith(f"1001 (Ann O'Hara): known to the contact log as {before.customer_id}\n")
        assert "Removed: 1 row of customer_key" in told
        assert "Journal: holds" in told
        assert "events about them" in told
        (after,) = await logged(center, 1)
        assert (after.caller, after.number, after.because) == (None, None, None)
        assert after.customer_id < 0
        assert (after.queue, after.outcome, after.arrived_ms) == (before.queue, before.outcome, before.arrived_ms)
        pbx.call(ANN)
        _, again = await logged(center, 2)
        assert again.customer_id not in (before.customer_id, after.customer_id)
        assert again.customer_id >= LOWEST, "the CRM still knows them, and who calls again is a customer again"
        await anna.leave()
