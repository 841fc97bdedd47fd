"""What a waiting caller hears on a real PBX: greeting, announcements, place, music; and that no answer waits for it."""

import asyncio
from typing import Any

import pytest

from callcenter.crm.sample import sample_numbers
from lab.pbx import Pbx
from lab.sipp import Caller, Phones, What
from tests.helpers import run_async
from tests.lab.ami_probe import AmiProbe, eventually, value
from tests.stories.conftest import SetStage
from tests.stories.stage import Stage, agent, ended, routing

pytestmark = pytest.mark.pbx

FIRST, SECOND = (Caller(number, "8003") for number in sample_numbers("standard")[:2])
LONG = "queue-periodic-announce"  # twelve seconds
TREATMENT = {
    "music": "jazz",
    "greeting": "queue-thankyou",
    "announce": {"every_s": 10, "sounds": [LONG], "position": True},
}
RULES = {**routing(support={"treatment": TREATMENT, "offer_timeout_s": 20}), "version": 2}
LINES = {
    **RULES,
    "queues": {**RULES["queues"], "support": {"treatment": {"announce": {"every_s": 10, "position": True}}}},
}


async def _announcer(ami: AmiProbe, room: str, after: int = 0) -> str:
    """Wait until an announcer is in the caller's bridge, beside the caller; returns its channel's id."""
    entered = await ami.until(
        lambda frame: (
            value(frame, "Event") == "BridgeEnter"
            and value(frame, "BridgeName") == room
            and "-says" in value(frame, "Uniqueid")
        ),
        limit_s=15.0,
        after=after,
    )
    assert value(entered, "BridgeTechnology") == "holding_bridge"
    assert value(entered, "BridgeNumChannels") == "2"
    return value(entered, "Uniqueid")


async def _plays(pbx: Pbx, what: str) -> None:
    """Wait until some channel plays that."""

    async def playing() -> bool:
        return what in await asyncio.to_thread(pbx.cli, "core show channels concise")

    await eventually(playing, limit_s=15.0)


async def _nothing_left(on: Stage) -> None:
    await on.no_channel()

    async def no_bridge() -> bool:
        lines = await asyncio.to_thread(on.pbx.cli, "bridge show all")
        return not [line for line in lines.splitlines() if "holding" in line or "simple" in line]

    await eventually(no_bridge)


async def _room(on: Stage, seat: Any, count: int) -> str:
    waiting = await on.waiting(seat, count)
    name: str = waiting[-1]["id"]
    return name.removeprefix("main-")


@run_async
async def test_an_answer_in_the_middle_of_an_announcement_connects_at_once(stage: SetStage, pbx: Pbx) -> None:
    async with (
        stage([agent("anna", 1001)], routing=RULES) as on,
        await AmiProbe.connect(pbx.ami_port, pbx.ami_secret) as ami,
    ):
        phone = await on.phones(Phones.answering(pbx.sip_port, ["1001"], after_ms=300, talk_ms=1_500))
        anna = await on.seat("anna", ready=False)
        await on.device(1001, "free")
        on.call(FIRST)
        room = await _room(on, anna, 1)
        greeting = await _announcer(ami, room)
        await _plays(pbx, "queue-thankyou")
        await ami.event("Hangup", Uniqueid=greeting)  # to its end: the caller waits
        await _plays(pbx, "m(jazz)S(5)")
        announcement = await _announcer(ami, room, after=len(ami.frames))
        await _plays(pbx, LONG)
        before = len(ami.frames)
        await anna.ready()
        together = await ami.until(
            lambda frame: (
                value(frame, "Event") == "BridgeEnter"
                and value(frame, "BridgeNumChannels") == "2"
                and value(frame, "BridgeTechnology") != "holding_bridge"
            ),
            limit_s=5.0,
            after=before,
        )
        assert value(together, "BridgeType") == "basic"
        assert not [
            f for f in ami.seen("Hangup", Uniqueid=announcement) if ami.frames.index(f) < ami.frames.index(together)
        ]
        await ami.event("Hangup", Uniqueid=announcement, limit_s=3.0)  # it does not go on to an empty room
        [answered] = await phone.until(What.ANSWERED)
        [row] = await on.contacts(ended(1))
        assert (row.outcome, row.agent) == ("answered", "anna")
        assert abs((row.connected_ms or 0) / 1_000 - answered.at_s) < 0.5
        await _nothing_left(on)


@run_async
async def test_the_second_in_line_moves_up_when_the_first_is_answered(stage: SetStage, pbx: Pbx) -> None:
    async with (
        stage([agent("anna", 1001)], routing=LINES) as on,
        await AmiProbe.connect(pbx.ami_port, pbx.ami_secret) as ami,
    ):
        await on.phones(Phones.answering(pbx.sip_port, ["1001"]))
        anna = await on.seat("anna", ready=False)
        await on.device(1001, "free")
        on.call(FIRST, hold_ms=40_000)
        await on.waiting(anna, 1)
        on.call(SECOND, hold_ms=26_000)
        room = await _room(on, anna, 2)
        await _announcer(ami, room)
        await _plays(pbx, "queue-thereare")
        await _plays(pbx, "SayNumber!2")
        await anna.ready()
        await anna.until_state("talking")
        await _announcer(ami, room, after=len(ami.frames))
        await _plays(pbx, "queue-youarenext")
        await on.contacts(lambda rows: "abandoned" in [row.outcome for row in rows], limit_s=30.0)
