"""When things die in mid-traffic: no caller lost, no place lost, nothing left over."""

import asyncio
import time

import pytest

from callcenter.crm.sample import sample_numbers
from lab.pbx import Pbx
from lab.sipp import Caller, Phones, What
from tests.helpers import run_async
from tests.pbx_fixtures import NewPbx
from tests.stories.conftest import SetStage
from tests.stories.stage import Stage, agent, ended, routing
from tests.stories.wire import Wire

pytestmark = pytest.mark.pbx

NUMBERS = [number for tier in ("platinum", "gold", "silver", "standard") for number in sample_numbers(tier)]
AGENTS = [agent(f"agent{n}", 1000 + n, support=5, billing=5) for n in range(1, 21)]
BUSY_ROUTING = routing(support={"wrap_up_s": 0, "offer_timeout_s": 5}, billing={"wrap_up_s": 0, "offer_timeout_s": 5})


def callers(count: int) -> list[Caller]:
    return [Caller(NUMBERS[n % len(NUMBERS)], ("8003", "8002", "4711")[n % 3]) for n in range(count)]


async def everyone_ready(on: Stage, *, after_ms: int, talk_ms: int) -> Phones:
    names = [spec.phone for spec in on.center.agents]
    phones = await on.phones(Phones.answering(on.pbx.sip_port, names, after_ms=after_ms, talk_ms=talk_ms))
    await asyncio.gather(*(on.seat(spec.id) for spec in on.center.agents))
    for name in names:
        await on.device(int(name), "free")
    return phones


async def nothing_left_over(on: Stage) -> None:
    """No channel at the PBX, no contact or offer in the engine, every agent READY."""
    await on.no_channel()
    count = len(on.center.agents)
    await on.center.until_metric('callcenter_agents{state="ready"}', count)
    for state in ("reserved", "talking", "wrap_up"):
        await on.center.until_metric(f'callcenter_agents{{state="{state}"}}', 0)
    for queue in ("support", "billing", "general"):
        await on.center.until_metric(f'callcenter_contacts_waiting{{queue="{queue}"}}', 0)
        await on.center.until_metric(f'callcenter_contacts_connected{{queue="{queue}"}}', 0)


@run_async
async def test_two_hundred_calls_at_ten_a_second_leave_nothing_over(stage: SetStage) -> None:
    async with stage(AGENTS, routing=BUSY_ROUTING) as on:
        phones = await everyone_ready(on, after_ms=200, talk_ms=1_000)
        on.call(*callers(200), rate=10)
        rows = await on.contacts(ended(200), limit_s=60)
        await nothing_left_over(on)
        rows = await on.contacts(lambda rows: all(row.handled_ms is not None for row in rows))
        assert len(rows) == 200
        assert {row.outcome for row in rows} == {"answered"}
        assert len({row.id for row in rows}) == 200
        for row in rows:
            kinds = [kind for kind, _, _ in await on.segments(row.id)]
            assert kinds == ["waiting", "offer", "talk", "wrap_up"], row.id
        assert len(phones.steps(What.RINGING)) == 200
        metrics = await on.center.metrics()
        answered = sum(
            value
            for name, value in metrics.items()
            if name.startswith("callcenter_contacts_total") and 'outcome="answered"' in name
        )
        assert answered == 200


@run_async
async def test_ami_link_cut_for_five_seconds_costs_nobody_the_place(pbx: Pbx, stage: SetStage) -> None:
    wire = Wire(pbx.ami_port)
    await wire.mend()
    async with stage(AGENTS[:4], routing=BUSY_ROUTING, ami_port=wire.port) as on:
        await everyone_ready(on, after_ms=300, talk_ms=2_000)
        calling = on.call(*callers(40), rate=5)
        await calling.until(What.ANSWERED, 10)
        await wire.cut()
        await on.center.until(lambda parts: not parts["pbx"]["ok"], "the PBX to be lost")
        await calling.until(What.ANSWERED, 30)  # they go on coming, and hear music
        await asyncio.sleep(5)  # the cut itself: that long, whatever happens
        await wire.mend()
        rows = await on.contacts(ended(40), limit_s=60)
        await nothing_left_over(on)
        assert {row.outcome for row in rows} == {"answered"}
        assert len(rows) == 40
        assert (await on.center.metrics())['callcenter_ami_reconnects_total{pbx="main"}'] == 1
    await wire.cut()


@pytest.mark.parametrize("how", ["restart", "crash"])
@run_async
async def test_pbx_restarts_in_mid_traffic(new_pbx: NewPbx, stage: SetStage, how: str) -> None:
    pbx = new_pbx(agents=4)
    await asyncio.to_thread(pbx.start)
    async with stage(AGENTS[:4], routing=BUSY_ROUTING, ami_port=pbx.ami_port, ami_secret=pbx.ami_secret) as on:
        on.pbx = pbx
        await everyone_ready(on, after_ms=300, talk_ms=3_000)
        calling = on.call(*callers(8), rate=20)
        await calling.until(What.ANSWERED, 8)
        await on.center.until_metric('callcenter_agents{state="talking"}', 4)
        if how == "crash":
            await asyncio.to_thread(pbx.wait_phones_written, pbx.agents)
            await asyncio.to_thread(pbx.kill)
            await asyncio.to_thread(pbx.start)
        else:
            await asyncio.to_thread(pbx.restart)
        await on.center.until(lambda parts: bool(parts["pbx"]["ok"]), "the PBX to be synced again")
        rows = await on.contacts(ended(8))
        assert {row.outcome for row in rows} == {"answered", "lost" if how == "crash" else "abandoned"}
        await nothing_left_over(on)
        on.call(*callers(8), rate=20)
        rows = await on.contacts(ended(16), limit_s=30)
        assert {row.outcome for row in rows[8:]} == {"answered"}
        await nothing_left_over(on)


@run_async
async def test_daemon_dies_and_callers_keep_their_places(stage: SetStage) -> None:
    async with stage(AGENTS[:1], routing=BUSY_ROUTING) as on:
        await on.phones(Phones.answering(on.pbx.sip_port, ["1001"], talk_ms=300))
        seat = await on.seat("agent1", ready=False)
        await on.device(1001, "free")
        gold, standard = sample_numbers("gold"), sample_numbers("standard")
        calling = on.call(Caller(standard[0], "8003"), Caller(standard[1], "8003"), Caller(gold[0], "8003"), rate=2)
        await calling.until(What.ANSWERED, 3)
        await on.center.until_metric('callcenter_contacts_waiting{queue="support"}', 3)
        await on.center.kill()
        await seat.leave()
        await on.center.start()
        await on.center.until_metric('callcenter_contacts_waiting{queue="support"}', 3)
        await on.seat("agent1")
        rows = await on.contacts(ended(3))
        served = sorted(rows, key=lambda row: row.connected_ms or 0)
        assert [row.caller for row in served] == [gold[0], standard[0], standard[1]]
        assert [row.caller for row in rows] == [standard[0], standard[1], gold[0]]
        assert {row.outcome for row in rows} == {"answered"}


@run_async
async def test_daemon_dies_while_a_phone_rings_and_the_conversation_that_begins_goes_on(stage: SetStage) -> None:
    async with stage(AGENTS[:1], routing=routing(support={"wrap_up_s": 0, "offer_timeout_s": 2})) as on:
        phones = await on.phones(Phones.answering(on.pbx.sip_port, ["1001"], after_ms=1_000, talk_ms=15_000))
        seat = await on.seat("agent1")
        await on.device(1001, "free")
        on.call(Caller(sample_numbers("gold")[0], "8003"))
        [rang] = await phones.until(What.RINGING)
        await on.center.kill()
        await seat.leave()
        await phones.until(What.ANSWERED)
        await asyncio.sleep(rang.at_s + 2 - time.time())  # the offer's deadline passes, and nobody is there to see it
        await on.center.start()
        seat = await on.seat("agent1", ready=False)
        await seat.until_state("talking")
        await seat.until_state("ready", limit_s=30)
        [row] = await on.contacts(ended(1))
        assert (row.outcome, row.agent, row.offers) == ("answered", "agent1", 1)
        [hung_up] = phones.steps(What.HUNG_UP)
        assert hung_up.at_s - phones.steps(What.ANSWERED)[0].at_s > 14
