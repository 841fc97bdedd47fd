"""Agents who choose their phones, at a real PBX: where it rings, and that the choice outlives the daemon."""

import pytest

from callcenter.crm.sample import sample_numbers
from lab.daemon_process import DaemonFailed
from lab.sipp import Caller, Phones, What
from tests.helpers import run_async
from tests.stories.conftest import SetStage
from tests.stories.stage import agent, ended

pytestmark = pytest.mark.pbx

NUMBERS = sample_numbers("standard")
PHONE = {"device": "PJSIP/1002", "chosen": True}


@run_async
async def test_it_rings_at_the_phone_that_was_chosen_and_the_choice_outlives_the_daemon(stage: SetStage) -> None:
    async with stage([agent("anna", 1001), agent("bela", 1002)]) as on:
        first = await on.phones(Phones.answering(on.pbx.sip_port, ["1001"], talk_ms=200))
        second = await on.phones(Phones.answering(on.pbx.sip_port, ["1002"], talk_ms=200))
        anna = await on.seat("anna")
        await on.device(1001, "free")
        assert (await anna.post("device", device="PJSIP/1002"))["chosen"]
        await anna.until(lambda: {"type": "phone", "phone": PHONE} in anna.messages, "the chosen phone")
        on.call(Caller(NUMBERS[0], "8003"))
        [row] = await on.contacts(ended(1))
        assert (row.agent, row.outcome) == ("anna", "answered")
        assert (len(first.steps(What.RINGING)), len(second.steps(What.RINGING))) == (0, 1)

        await on.center.kill()
        await on.center.start()
        anna = await on.seat("anna")
        bela = await on.seat("bela", ready=False)
        assert (await anna.get("me"))["device"] == "PJSIP/1002"
        assert (await bela.get("me"))["device"] is None
        with pytest.raises(DaemonFailed, match=r"409.*Anna has the phone PJSIP/1002"):
            await bela.post("device", device=None)
        on.call(Caller(NUMBERS[1], "8003"))
        await on.contacts(ended(2))
        assert (len(first.steps(What.RINGING)), len(second.steps(What.RINGING))) == (0, 2)

        assert (await bela.post("device", device="PJSIP/1001"))["device"] == "PJSIP/1001"
        await anna.not_ready("break")
        await bela.ready()
        on.call(Caller(NUMBERS[2], "8003"))
        rows = await on.contacts(ended(3))
        assert [row.agent for row in rows] == ["anna", "anna", "bela"]
        assert (len(first.steps(What.RINGING)), len(second.steps(What.RINGING))) == (1, 2)
        await on.no_channel()
