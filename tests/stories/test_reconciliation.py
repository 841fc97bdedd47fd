"""Five hundred real calls, and five accounts of them that agree: SIPp's, the PBX's own records, Prometheus, the report
and the log. `callcenter audit` says so, and says otherwise once one of them is another."""

import asyncio
import csv
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from callcenter.stores.migrations import migrate
from lab.center import AgentSpec, Seat
from lab.pbx import Pbx
from lab.sipp import Caller, Callers, Phones, Step, What
from tests.helpers import run_async
from tests.pbx_fixtures import NewPbx
from tests.stories.account import Account
from tests.stories.stage import ROUTING as RULES
from tests.stories.stage import Stage, ended

pytestmark = pytest.mark.pbx

ANSWERED, HANDED_ON, HANGING_UP = 380, 20, 100
CALLS = ANSWERED + HANDED_ON + HANGING_UP
STAYS = CALLS + HANDED_ON  # who is handed on waits in a second queue
CREW = [AgentSpec(f"agent{phone}", str(phone), {}, ("support",)) for phone in range(1001, 1023)]
FRONT = [AgentSpec(f"agent{phone}", str(phone), {}, ("front",)) for phone in range(1031, 1035)]
QUEUE = {"offer_timeout_s": 10, "wrap_up_s": 0, "service_level_s": 20}
DIALLED = {"8003": "support", "8009": "front", "8002": "general"}  # in the last one nobody works
ROUTING: dict[str, Any] = {
    **RULES,
    "queues": {queue: dict(QUEUE) for queue in DIALLED.values()},
    "rules": [
        {"name": queue, "when": {"dialled": number}, "route": {"queue": queue, "priority": 20}}
        for number, queue in DIALLED.items()
    ],
}


class Empty(Stage):
    """Without sample customers: those have called before, and nobody has seen it."""

    async def prepare(self) -> None:
        await migrate(self.database.engine)


def callers(count: int, dialled: str, first: int) -> list[Caller]:
    return [Caller(f"+4930{first + number:07d}", dialled) for number in range(count)]


async def hand_on(seat: Seat) -> None:
    """Whoever this agent gets is transferred to the crew at once; until it is cancelled."""
    handed: set[str | None] = {None}
    while True:
        await seat.until(
            lambda: seat.state["state"] == "talking" and seat.state["contact"] not in handed, "a caller", 120
        )
        contact = seat.state["contact"]
        handed.add(contact)
        await seat.post("calls/transfer", contact=contact, to={"queue": "support"})


async def everyone(on: Stage) -> tuple[Phones, Phones, list[Seat]]:
    sip_port = on.pbx.sip_port
    crew = Phones.answering(sip_port, [spec.phone for spec in CREW], after_ms=200, talk_ms=900)
    front = Phones.answering(sip_port, [spec.phone for spec in FRONT], after_ms=100)
    for phones in (crew, front):
        await on.phones(phones)
    seats = await asyncio.gather(*(on.seat(spec.id) for spec in (*CREW, *FRONT)))
    for spec in (*CREW, *FRONT):
        await on.device(int(spec.phone), "free")
    return crew, front, seats[len(CREW) :]


async def command(on: Stage, *arguments: str) -> tuple[int, str]:
    """Run `callcenter …` as an operator would: its status, and what it printed."""
    line = [sys.executable, "-m", "callcenter", *arguments, "--config", str(on.center.config_file)]
    process = await asyncio.create_subprocess_exec(
        *line, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


async def place_calls(on: Stage) -> list[Callers]:
    """About 15 a second, of three kinds at once."""
    calling = [
        on.call(*callers(ANSWERED, "8003", 1_000), rate=11),
        on.call(*callers(HANGING_UP, "8002", 5_000), rate=3, hold_ms=1_500),  # nobody has the skill
        on.call(*callers(HANDED_ON, "8009", 9_000), rate=1),
    ]
    await asyncio.gather(*(one.finished(limit_s=120) for one in calling))
    return calling


def counts(steps: list[Step]) -> dict[What, int]:
    return {what: sum(step.what is what for step in steps) for what in What}


def of_cdr(pbx: Pbx) -> tuple[set[str], set[str]]:
    """The callers' channels in the PBX's records, and those of them that were bridged with somebody."""
    with pbx.cdr_file.open(newline="") as file:
        rows = [row for row in csv.reader(file) if row[5].startswith("PJSIP/trunk-")]
    return {row[16] for row in rows}, {row[16] for row in rows if row[6]}


def total(metrics: dict[str, float], name: str, label: str = "") -> float:
    return sum(value for key, value in metrics.items() if key.startswith(f"callcenter_{name}{{") and label in key)


async def report(on: Stage) -> dict[str, int]:
    """All queues together, by column."""
    status, output = await command(on, "report", "queues", "--group", "none", "--format", "json")
    assert status == 0, output
    told: dict[str, int] = json.loads(output)["total"]
    return told


@run_async
async def test_five_accounts_of_five_hundred_calls_agree(new_pbx: NewPbx, tmp_path: Path) -> None:
    pbx = new_pbx(agents=40, records=True)
    await asyncio.to_thread(pbx.start)
    async with Empty(pbx, tmp_path, [*CREW, *FRONT], routing=ROUTING) as on:
        crew, front, seats = await everyone(on)
        handing = [asyncio.ensure_future(hand_on(seat)) for seat in seats]
        calling = await place_calls(on)
        rows = await on.contacts(ended(CALLS), limit_s=60)
        for task in handing:
            task.cancel()
        await on.no_channel()
        await on.center.until_metric('callcenter_agents{state="ready"}', len(CREW) + len(FRONT))
        await on.center.until_metric("callcenter_contact_log_pending", 0)
        rows = await on.contacts(lambda rows: all(row.handled_ms is not None for row in rows if row.agent))

        # SIPp's own account: when each caller came and went, and which phone had whom.
        called = [step for one in calling for step in one.steps()]
        phones = [*crew.steps(), *front.steps()]
        sipp = counts(called)
        assert (sipp[What.CALLED], sipp[What.ANSWERED], sipp[What.REFUSED]) == (CALLS, CALLS, 0)
        assert (sipp[What.ENDED], sipp[What.HUNG_UP]) == (ANSWERED + HANDED_ON, HANGING_UP)
        assert (counts(crew.steps())[What.ANSWERED], counts(front.steps())[What.ANSWERED]) == (
            ANSWERED + HANDED_ON,
            HANDED_ON,
        )
        account = Account()
        account.add(called, phones)
        account.compare(rows)

        # The log, the PBX, Prometheus and the report say the same.
        outcomes = [row.outcome for row in rows]
        assert (outcomes.count("answered"), outcomes.count("abandoned")) == (ANSWERED + HANDED_ON, HANGING_UP)
        there, bridged = of_cdr(pbx)
        assert there == {row.channel for row in rows}
        assert bridged == {row.channel for row in rows if row.outcome == "answered"}
        metrics = await on.center.metrics()
        assert total(metrics, "contacts_total") == CALLS
        assert total(metrics, "contacts_total", 'outcome="answered"') == ANSWERED + HANDED_ON
        assert total(metrics, "queue_left_total") == STAYS
        assert total(metrics, "queue_left_total", 'outcome="answered"') == ANSWERED + 2 * HANDED_ON
        assert total(metrics, "transfers_total") == HANDED_ON
        told = await report(on)
        assert (told["offered"], told["answered"]) == (STAYS, ANSWERED + 2 * HANDED_ON)
        assert told["abandoned"] + told["short_abandoned"] == HANGING_UP
        assert (told["overflowed"], told["others"], told["waiting"]) == (0, 0, 0)
        assert (told["parts"], told["transfers"]) == (ANSWERED + 2 * HANDED_ON, HANDED_ON)

        await audits(on, pbx, tmp_path)


async def audits(on: Stage, pbx: Pbx, folder: Path) -> None:
    """All agrees; and a caller who is taken out of the PBX's records is named."""
    given = ("audit", "--metrics", f"{on.center.url}/metrics", "--cdr", str(pbx.cdr_file), "--cel", str(pbx.cel_file))
    status, output = await command(on, *given)
    assert status == 0, output
    status, output = await command(on, *given, "--format", "json")
    compared = {one["check"]: one["compared"] for one in json.loads(output)["checks"]}
    assert compared["contact-times"] == CALLS
    assert compared["visits"] == STAYS
    assert compared["pbx-unknown"] == compared["pbx-outcome"] == compared["pbx-not-here"] == 2 * CALLS  # CDR and CEL
    assert all(compared.values()), compared

    lines = pbx.cdr_file.read_text().splitlines(keepends=True)
    uniqueid = next(csv.reader(lines[len(lines) // 2 :]))[19]
    less = folder / "less.csv"
    less.write_text("".join(line for line in lines if f'"{uniqueid}"' not in line))
    status, output = await command(on, "audit", "--cdr", str(less))
    assert (status, f"main-{uniqueid}-1: CDR: record" in output) == (1, True), output
