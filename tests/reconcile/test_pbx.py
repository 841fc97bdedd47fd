"""Contacts beside the PBX's own records."""

from pathlib import Path
from typing import Any

import pytest

from callcenter.numbers import to_e164
from callcenter.reconcile.calls import Call, Calls
from callcenter.reconcile.findings import Findings
from callcenter.reconcile.pbx import PbxCheck
from callcenter.reconcile.rows import Log, Range, one_moment
from callcenter.stores.contact_rows import write_batch
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.reconcile.made import C, answered, contact
from tests.stores.records import contact as record

ABANDONED = {"outcome": "abandoned", "connected_ms": None, "agent": None}
TALKED = Call("1.1", 0, 20_000, ours=True, bridged=True, talk_began_ms=5_000, talk_ms=15_000)
HUNG_UP = Call("1.1", 0, 20_000, ours=True)


async def found(
    tmp_path: Path, calls: list[Call], *logs: Log, kind: str = "CEL", between: Range = (None, None)
) -> tuple[list[tuple[str, str, str]], Findings]:
    findings, known = Findings(), Calls(kind, tmp_path)
    with known:
        for call in calls:
            known.add(call)
            known.covers(call.began_ms)
            known.covers(call.ended_ms or call.began_ms)
        known.flush()
        async with migrated(f"sqlite:///{tmp_path}/log.sqlite3") as database:
            async with database.engine.begin() as connection:
                await write_batch(connection, [record("main-9.9-1")], lambda caller: to_e164(caller, "US"))
            async with one_moment(database.engine) as connection:
                check = PbxCheck(known, "main", between, findings)
                await check.page(connection, logs)
                await check.finish(connection)
    shown = [(one.check, one.subject, one.what) for tally in findings.tallies.values() for one in tally.shown]
    return shown, findings


@run_async
async def test_contact_that_is_in_the_records_as_it_is_in_the_log_agrees(tmp_path: Path) -> None:
    shown, findings = await found(tmp_path, [TALKED], answered())
    assert (shown, findings.notes) == ([], [])
    compared = {check: tally.compared for check, tally in findings.tallies.items() if check.startswith("pbx")}
    assert compared == {"pbx-unknown": 1, "pbx-outcome": 1, "pbx-times": 1, "pbx-not-here": 1}


@pytest.mark.parametrize(
    ("changes", "call", "expected"),
    [
        ({}, HUNG_UP, [("pbx-outcome", "CEL: outcome")]),
        (ABANDONED, TALKED, [("pbx-outcome", "CEL: outcome")]),
        ({**ABANDONED, "outcome": "fallback"}, TALKED, []),  # the PBX's own queue has answered
        (ABANDONED, Call("1.1", 0, 20_000, True, True, 19_500, 500), []),  # an answer that crossed the hang-up
        ({"arrived_ms": -3_001}, TALKED, [("pbx-times", "CEL: arrived_ms")]),
        ({"ended_ms": 23_001}, TALKED, [("pbx-times", "CEL: ended_ms")]),
        ({**ABANDONED, "ended_ms": 16_000}, HUNG_UP, [("pbx-times", "CEL: ended_ms")]),
        ({"connected_ms": 8_001}, TALKED, [("pbx-times", "CEL: connected_ms")]),
        ({}, Call("1.1", 0, 20_000, True, True, 5_000, 11_999), [("pbx-times", "CEL: talk")]),
        ({}, Call("1.1", 0, None, True, True), []),  # of a CDR: no times of talk
        ({"direction": "out"}, HUNG_UP, []),  # and of a call out no bridge
    ],
)
@run_async
async def test_contact_that_the_pbx_saw_otherwise_is_named(
    tmp_path: Path, changes: dict[str, Any], call: Call, expected: list[tuple[str, str]]
) -> None:
    shown, _ = await found(tmp_path, [call], answered(contact=contact(**changes)))
    assert shown == [(check, C, what) for check, what in expected]


@run_async
async def test_contact_without_a_call_is_named_where_the_records_cover_it(tmp_path: Path) -> None:
    around = [Call("0.1", -100, 0), Call("2.2", 0, 50_000)]
    shown, _ = await found(tmp_path, around, answered())
    assert shown == [("pbx-unknown", C, "CEL: record")]
    for changes in ({"outcome": "lost", "connected_ms": None}, {"direction": "out", "connected_ms": None}):
        shown, _ = await found(tmp_path, around, answered(contact=contact(**changes)))
        assert shown == []
    shown, findings = await found(tmp_path, [Call("2.2", 60_000, 61_000)], answered(), kind="CDR")
    assert shown == []
    assert [note.split(":")[0] for note in findings.notes] == [
        "1 contacts were not compared with the CDR file",
        "CDR times are read as UTC",
    ]


@run_async
async def test_call_that_has_no_contact_is_named(tmp_path: Path) -> None:
    calls = [
        Call("5.5", 1_000, 2_000, ours=True),
        Call("6.6", 1_000, 2_000),  # it was never for the call center
        Call("7.7", 1_000, None, ours=True),  # it goes on
        Call("9.9", 1_000, 2_000, ours=True),  # its contact is in the log, outside of the range
    ]
    shown, _ = await found(tmp_path, calls)
    assert shown == [("pbx-not-here", "main-5.5-1", "CEL: contact")]
    shown, _ = await found(tmp_path, calls, between=(1_001, None))
    assert shown == []
    shown, _ = await found(tmp_path, calls, between=(None, 5_000))
    assert shown == []


@run_async
async def test_contacts_of_another_pbx_are_left_out(tmp_path: Path) -> None:
    shown, findings = await found(tmp_path, [HUNG_UP], answered(contact=contact(pbx="second")))
    assert findings.tallies["pbx-unknown"].compared == 0
    assert shown == [("pbx-not-here", "main-1.1-1", "CEL: contact")]
