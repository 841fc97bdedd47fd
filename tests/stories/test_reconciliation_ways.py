"""Every way that a call can go at the PBX: held, transferred, consulted, three at once, to a number, out. The log and
the PBX's own records agree about each."""

import asyncio
from pathlib import Path

import pytest

from lab.center import Seat
from lab.sipp import Caller, Callers, Phones
from tests.helpers import run_async
from tests.pbx_fixtures import NewPbx
from tests.stories.stage import Stage, agent, ended
from tests.stories.test_reconciliation import command

pytestmark = pytest.mark.pbx

CREW = [agent("anna", 1001), agent("bela", 1002)]
SETTINGS = {"calls": {"outbound": {"extensions": ["1XXX"]}}}
TALK_S = 1.2  # longer than what may be told either way


async def talk(on: Stage, seat: Seat, number: int) -> tuple[Callers, str]:
    """A caller who has this agent now, and the contact."""
    calling = on.call(Caller(f"+49300001{number:03d}", "8003"))
    await seat.until_state("talking")
    await asyncio.sleep(TALK_S)
    contact: str = seat.state["contact"]
    return calling, contact


async def held_and_handed_over(on: Stage, anna: Seat, bela: Seat) -> None:
    """On hold, with a colleague meanwhile, then all three, then the colleague alone."""
    calling, contact = await talk(on, anna, 1)
    await bela.ready()
    await on.device(1002, "free")
    await anna.post("calls/consult", contact=contact, to={"agent": "bela"})
    await bela.until_state("talking")
    await asyncio.sleep(TALK_S)
    await anna.post("calls/conference", contact=contact)
    await asyncio.sleep(TALK_S)
    await anna.post("calls/consult/complete", contact=contact)
    await bela.until(lambda: bela.state["contact"] == contact, "the contact itself")
    await asyncio.sleep(TALK_S)
    await bela.post("calls/hang-up", contact=contact)
    await calling.finished()


async def handed_to_a_number_and_back(on: Stage, anna: Seat, bela: Seat) -> None:
    """The number refuses: a colleague gets the caller from the queue."""
    calling, contact = await talk(on, anna, 2)
    await bela.ready()
    await bela.until_state("ready")
    await anna.post("calls/transfer", contact=contact, to={"number": "1009"})
    await bela.until_state("talking")
    await asyncio.sleep(TALK_S)
    await bela.post("calls/hang-up", contact=contact)
    await calling.finished()


async def called_out(anna: Seat) -> None:
    """One who answers, and one who does not."""
    await anna.post("calls/dial", number="1010", queue="support")
    await anna.until_state("talking")
    await asyncio.sleep(2 * TALK_S)
    await anna.post("calls/hang-up", contact=anna.state["contact"])
    await anna.until_state("ready")
    await anna.post("calls/dial", number="1009", queue="support")
    await anna.until_state("talking")
    await anna.until_state("ready")


@run_async
async def test_every_way_a_call_can_go_is_the_same_in_the_log_and_at_the_pbx(new_pbx: NewPbx, tmp_path: Path) -> None:
    pbx = new_pbx(agents=12, records=True)
    await asyncio.to_thread(pbx.start)
    async with Stage(pbx, tmp_path, CREW, settings=SETTINGS) as on:
        await on.phones(Phones.answering(pbx.sip_port, ["1001", "1002", "1010"], after_ms=100))
        await on.phones(Phones.refusing(pbx.sip_port, ["1009"]))
        gone = on.call(Caller("+49300001000", "8003"), hold_ms=1_500)
        await gone.finished()
        anna, bela = await on.seat("anna"), await on.seat("bela", ready=False)
        await on.device(1001, "free")

        await held_and_handed_over(on, anna, bela)
        await bela.not_ready("break")
        await handed_to_a_number_and_back(on, anna, bela)
        await bela.not_ready("break")
        await bela.until_state("not_ready")
        calling, contact = await talk(on, anna, 3)
        await anna.post("calls/transfer", contact=contact, to={"number": "1010"})
        await anna.until_state("ready")
        await called_out(anna)
        await asyncio.to_thread(pbx.hang_up_all)
        await calling.finished()
        rows = await on.contacts(ended(6))
        assert sorted(row.outcome for row in rows) == ["abandoned", *["answered"] * 4, "unreached"]

        records = ["--cdr", str(pbx.cdr_file), "--cel", str(pbx.cel_file)]
        status, output = await command(on, "audit", "--metrics", f"{on.center.url}/metrics", *records)
        assert status == 0, output
