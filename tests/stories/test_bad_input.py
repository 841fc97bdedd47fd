"""What callers, networks and admins get wrong: a clear message each, and calls go on."""

import pytest
from sqlalchemy import text

from callcenter.crm.sample import sample_numbers
from lab.pbx import Pbx
from lab.sipp import Caller, Phones, What
from tests.helpers import run_async
from tests.stories.conftest import SetStage
from tests.stories.stage import Stage, agent, ended, routing
from tests.stories.wire import Wire

pytestmark = pytest.mark.pbx

NUMBER = sample_numbers("gold")[0]
HOSTILE_NAMES = {
    "U+2028": '"Eve\u2028Event: Hangup"'.encode(),
    "event": b'"Event: Hangup Uniqueid: 1"',
    "invalid UTF-8": b'"caf\xe9 \xff\xfe"',
    "carriage return": b'"Eve\rEvent: Hangup"',
    "escape": b'"a\x1bb"',
    "markup": b'"<script>alert(1)</script>"',
}
REFUSED_NAMES = {  # Asterisk itself answers such a call with nothing or an error: it never gets to us
    "folded line": b'"Eve\r\n Event: Hangup"',
    "line feed": b'"Eve\nEvent: Hangup"',
}


@pytest.mark.parametrize("name", HOSTILE_NAMES.values(), ids=HOSTILE_NAMES)
@run_async
async def test_hostile_caller_id_does_no_harm(stage: SetStage, name: bytes) -> None:
    async with stage([agent("anna", 1001)]) as on:
        await on.phones(Phones.answering(on.pbx.sip_port, ["1001"], talk_ms=200))
        anna = await on.seat("anna")
        await on.device(1001, "free")
        on.call(Caller(NUMBER, "8003"), name=name)
        [row] = await on.contacts(ended(1))
        assert (row.outcome, row.caller, row.tier) == ("answered", NUMBER, "gold")
        assert row.caller_name.isprintable()
        on.call(Caller(NUMBER, "8003"))
        rows = await on.contacts(ended(2))
        assert rows[1].outcome == "answered"
        await anna.until_state("ready")


@pytest.mark.parametrize("name", REFUSED_NAMES.values(), ids=REFUSED_NAMES)
@run_async
async def test_caller_id_that_the_pbx_refuses_stops_nobody_else(stage: SetStage, name: bytes) -> None:
    async with stage([agent("anna", 1001)]) as on:
        await on.phones(Phones.answering(on.pbx.sip_port, ["1001"], talk_ms=200))
        await on.seat("anna")
        await on.device(1001, "free")
        hostile = on.call(Caller(NUMBER, "8003"), name=name)
        await hostile.until(What.CALLED)
        on.call(Caller("+12025550199", "8003"))
        [row] = await on.contacts(ended(1))
        assert (row.outcome, row.caller) == ("answered", "+12025550199")


@run_async
async def test_wrong_secret_is_said_and_the_pages_work(pbx: Pbx, stage: SetStage) -> None:
    on = stage([agent("anna", 1001)], ami_secret="wrong")
    await on.prepare()
    await on.center.start(synced=False)
    try:
        parts = await on.center.until(lambda parts: "secret" in parts["pbx"]["words"], "the wrong secret to be said")
        assert not parts["pbx"]["ok"]
        anna = await on.seat("anna", ready=False)
        await anna.ready()
        await anna.until_state("ready")
        on.center.ami_secret = pbx.ami_secret
        await on.center.stop()
        await on.center.start()
    finally:
        await on.__aexit__()


@run_async
async def test_pbx_that_is_down_at_the_start_is_waited_for(pbx: Pbx, stage: SetStage) -> None:
    wire = Wire(pbx.ami_port)
    await wire.mend()
    await wire.cut()
    on = stage([agent("anna", 1001)], ami_port=wire.port)
    await on.prepare()
    await on.center.start(synced=False)
    try:
        parts = await on.center.until(lambda parts: str(wire.port) in parts["pbx"]["words"], "the PBX to be missed")
        assert not parts["pbx"]["ok"]
        assert parts["engine"]["ok"]
        await wire.mend()
        await on.center.until(lambda parts: bool(parts["pbx"]["ok"]), "the PBX to be synced")
        await _one_call_is_answered(on)
    finally:
        await on.__aexit__()
        await wire.cut()


@pytest.mark.postgres
@run_async
async def test_slow_database_delays_no_call_and_the_record_follows(stage: SetStage, postgres_url: str) -> None:
    rules = routing(support={"offer_timeout_s": 10})
    async with stage([agent("anna", 1001)], routing=rules, database_url=postgres_url) as on:
        await on.phones(Phones.answering(on.pbx.sip_port, ["1001"], after_ms=4_000, talk_ms=200))
        anna = await on.seat("anna")
        await on.device(1001, "free")
        async with on.database.engine.begin() as transaction:
            await transaction.execute(text("LOCK TABLE customer IN ACCESS EXCLUSIVE MODE"))
            on.call(Caller(NUMBER, "8003"))
            await anna.until_state("reserved")
            assert anna.pop is not None
            assert (anna.pop["identified"], anna.pop["tier"]) == (False, "standard")
        await anna.until(lambda: bool(anna.pop and anna.pop["identified"]), "the late record")
        assert anna.pop["tier"] == "gold"
        [row] = await on.contacts(ended(1))
        assert (row.outcome, row.tier) == ("answered", "gold")


async def _one_call_is_answered(on: Stage) -> None:
    await on.phones(Phones.answering(on.pbx.sip_port, ["1001"], talk_ms=200))
    await on.seat("anna")
    await on.device(1001, "free")
    on.call(Caller(NUMBER, "8003"))
    [row] = await on.contacts(ended(1))
    assert row.outcome == "answered"
