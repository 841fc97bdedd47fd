"""An audit of a whole log: one that is right agrees, and each kind of damage is found and named."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.commands import RecordContact
from callcenter.crm.sample import load_sample
from callcenter.reconcile import audit as reconcile_audit
from callcenter.reconcile import metrics
from callcenter.reconcile.audit import Asked, audit
from callcenter.reconcile.findings import Findings, State
from callcenter.retention.bounds import Bounds
from callcenter.retention.run import run
from callcenter.stores.tables import ContactRow
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.reconcile.damage import DAMAGES, done
from tests.reconcile.logs import END_MS, SEED, Told, simulated, write

HOUR_MS = 3_600_000


async def audited(engine: AsyncEngine, told: Told, **changes: Any) -> Findings:
    async def look() -> metrics.Exposition:
        return metrics.read(told.exposition)

    return await audit(engine, replace(Asked(now_ms=END_MS, looks=[look]), **changes))


def labels(sample: str) -> set[str]:
    """Its name and its labels, in no order."""
    return {part.strip(" }") for part in sample.replace("{", ",").split(",")}


def words_of(findings: Findings) -> list[str]:
    return [str(one) for tally in findings.tallies.values() for one in tally.shown]


@pytest.mark.parametrize("seed", [SEED, 12, 14, 42])
@run_async
async def test_a_log_that_is_right_agrees_with_all_that_is_told_of_it(seed: int, database_url: str) -> None:
    told = simulated(seed)
    async with migrated(database_url) as database:
        await write(database.engine, told)
        findings = await audited(database.engine, told)
        assert words_of(findings) == []
        assert findings.differences == 0
        compared = {check for check, tally in findings.tallies.items() if tally.compared}
        assert compared >= {check for check in findings.tallies if not check.startswith("pbx-")}


@run_async
async def test_each_kind_of_damage_is_found_and_named(database_url: str) -> None:
    told = simulated(SEED)
    async with migrated(database_url) as database:
        await write(database.engine, told)
        assert (await audited(database.engine, told)).differences == 0
        for damage in DAMAGES:
            async with done(database.engine, damage) as subject:
                findings = await audited(database.engine, told, show=1_000)
            named = [one.subject for one in findings.tallies[damage.check].shown]
            assert any(subject in one for one in named), f"{damage.what}: {subject} is not in {named}"
        assert (await audited(database.engine, told)).differences == 0


@run_async
async def test_a_range_counts_what_lies_in_it_and_who_came_before_it(database_url: str) -> None:
    told = simulated(SEED)
    async with migrated(database_url) as database:
        await write(database.engine, told)
        first = (END_MS - 24 * HOUR_MS) // 900_000 * 900_000
        whole = await audited(database.engine, told, looks=())
        for begun_ms in range(first, END_MS, 6 * HOUR_MS):
            part = await audited(database.engine, told, looks=(), from_ms=begun_ms, to_ms=begun_ms + 6 * HOUR_MS)
            assert words_of(part) == []
        halves = [
            await audited(database.engine, told, looks=(), from_ms=begun, to_ms=ended)
            for begun, ended in ((None, first + 12 * HOUR_MS), (first + 12 * HOUR_MS, None))
        ]
        for check in ("contact-times", "figure-queue", "figure-agent"):
            together = sum(half.tallies[check].compared for half in halves)
            assert together == whole.tallies[check].compared, check


@run_async
async def test_contacts_from_before_there_were_facts_are_left_out_and_counted(database_url: str) -> None:
    told = simulated(SEED)
    async with migrated(database_url) as database:
        await load_sample(database.engine)
        async with database.engine.begin() as connection:
            early = select(func.count()).select_from(ContactRow).where(ContactRow.id.like("sample-%"))
            shift = update(ContactRow).where(ContactRow.id.like("sample-%"))
            await connection.execute(shift.values(arrived_ms=ContactRow.arrived_ms - 20 * 365 * 24 * HOUR_MS))
            count = await connection.scalar(early)
        await write(database.engine, told)
        findings = await audited(database.engine, told)
        assert words_of(findings) == []
        assert findings.tallies["metrics"].compared > 0
        [note] = findings.notes
        assert f": {count:,} contacts from before that" in note
        with_them = await audited(database.engine, told, looks=(), from_ms=1)
        assert with_them.tallies["parts"].differences > 0


@run_async
async def test_counters_of_two_moments_are_those_of_the_range(database_url: str) -> None:
    told = simulated(SEED)
    none = metrics.Exposition({}, {"queue": frozenset(), "tier": frozenset()})

    async def before() -> metrics.Exposition:
        return none

    async def after() -> metrics.Exposition:
        return metrics.read(told.exposition)

    async with migrated(database_url) as database:
        await write(database.engine, told)
        agree = await audited(database.engine, told, looks=(before, after), from_ms=1, to_ms=END_MS)
        assert (agree.tallies["metrics"].differences, agree.tallies["metrics"].compared > 0) == (0, True)
        less = await audited(database.engine, told, looks=(before, after), from_ms=END_MS - 1, to_ms=END_MS)
        assert less.tallies["metrics"].differences > 0


@run_async
async def test_a_counter_that_is_off_by_one_is_found(database_url: str) -> None:
    told = simulated(SEED)
    counters = [one for one in told.exposition.splitlines() if one.startswith("callcenter_contacts_total{")]
    line = next(one for one in counters if not one.endswith(" 0.0"))
    name, value = line.rsplit(" ", 1)
    wrong = replace(told, exposition=told.exposition.replace(line, f"{name} {float(value) + 1}"))
    async with migrated(database_url) as database:
        await write(database.engine, told)
        findings = await audited(database.engine, wrong)
        [difference] = findings.tallies["metrics"].shown
        assert labels(difference.subject) == labels(name)
        assert float(difference.found) == float(difference.counted) + 1 == float(value) + 1


@run_async
async def test_once_old_contacts_are_removed_the_rest_agrees_still(database_url: str, tmp_path: Path) -> None:
    told = simulated(SEED)
    times = [record.ended_ms for batch in told.batches for record in batch if isinstance(record, RecordContact)]
    middle_ms = sorted(times)[len(times) // 2] // 900_000 * 900_000
    async with migrated(database_url) as database:
        await write(database.engine, told)
        await audited(database.engine, told)  # all figures are worked out
        bounds = Bounds(personal_ms=middle_ms, contacts_ms=middle_ms, statistics_ms=None, today="2031-01-01")
        done = await run(database.engine, tmp_path, bounds, now_ms=END_MS, dry_run=False)
        assert done.counts.removed["contact"] > 0
        findings = await audited(database.engine, told)
        assert words_of(findings) == []
        assert [note.split(":")[0][:10] for note in findings.notes] == ["begins at "]
        assert findings.tallies["metrics"].state is State.NOT_COMPARED
        assert 0 < findings.tallies["contact-times"].compared < len(times)


@run_async
async def test_figures_that_are_to_be_worked_out_anew_are_left_out(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: object) -> int:
        return 0

    told = simulated(SEED)
    async with migrated(database_url) as database:
        await write(database.engine, told)
        await audited(database.engine, told)
        monkeypatch.setattr(reconcile_audit, "refresh", nothing)  # all of this comes after it
        async with database.engine.begin() as connection:
            await connection.execute(text("INSERT INTO stale_quarter SELECT DISTINCT quarter_ms FROM figure_queue"))
            await connection.execute(text("DELETE FROM figure_queue"))
        findings = await audited(database.engine, told)
        assert words_of(findings) == []
        assert findings.tallies["figure-queue"].compared == 0
        assert findings.tallies["reports"].state is State.NOT_COMPARED
        assert [note.partition(" ")[2] for note in findings.notes] == [
            "quarters of an hour are being worked out anew, and were left out"
        ]
