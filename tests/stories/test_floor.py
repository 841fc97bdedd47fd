"""What supervisors order on the floor, with real phones, voices and a daemon that dies in the middle of it."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from callcenter.crm.sample import sample_numbers
from lab.audio import handset, until_heard
from lab.center import AgentSpec
from lab.sipp import Caller, Phones, What
from tests.helpers import run_async
from tests.pbx_fixtures import NewPbx
from tests.stories.conftest import SetStage
from tests.stories.stage import Stage, agent, ended, routing, supervisor

pytestmark = pytest.mark.pbx

CALLER = Caller(sample_numbers("standard")[0], "8003")
CUSTOMER_HZ, AGENT_HZ, SUPERVISOR_HZ = 600, 1_000, 1_400
BOSS = AgentSpec("sue", "1020", {}, (), roles=("supervisor",))


@run_async
async def test_a_supervisor_hears_a_conversation_while_the_daemon_dies_and_speaks_in_it_afterwards(
    stage: SetStage,
) -> None:
    async with (
        handset(CUSTOMER_HZ) as customer,
        handset(AGENT_HZ) as agent_ear,
        handset(SUPERVISOR_HZ) as boss_ear,
        stage([agent("anna", 1001), agent("bela", 1002), BOSS]) as on,
    ):
        await on.phones(Phones.answering(on.pbx.sip_port, ["1001"], after_ms=1_500, media_port=agent_ear.port))
        boss = await on.phones(Phones.answering(on.pbx.sip_port, ["1020"], media_port=boss_ear.port))
        anna = await on.seat("anna")
        await on.device(1001, "free")
        sue = await on.center.login("sue")
        on.call(CALLER, hold_ms=30_000, media_port=customer.port)
        await anna.until_state("talking")
        await until_heard(lambda: agent_ear.hears(CUSTOMER_HZ) and customer.hears(AGENT_HZ), "each other")
        contact = anna.state["contact"]
        await sue.post("agents/anna/listen", mode="whisper")
        both = (CUSTOMER_HZ, AGENT_HZ)
        await until_heard(lambda: all(boss_ear.hears(tone) for tone in both), "customer and agent")
        await until_heard(lambda: agent_ear.hears(SUPERVISOR_HZ), "the supervisor at the agent's ear")
        await on.center.kill()
        await until_heard(lambda: not boss_ear.hears(50) and boss_ear.hears(CUSTOMER_HZ), "them while nobody is there")
        assert not customer.hears(SUPERVISOR_HZ)
        await on.center.start()
        sue = await on.center.login("sue")
        [now] = (await sue.get("listening"))["listening"]
        assert (now["by"], now["agent"], now["mode"], now["hears"]) == ("sue", "anna", "whisper", True)
        await sue.post("agents/anna/listen", mode="barge")
        await until_heard(lambda: customer.hears(SUPERVISOR_HZ), "the supervisor at the customer's ear")
        assert len(boss.steps(What.RINGING)) == 1
        await sue.post("agents/anna/listen/stop")
        await boss.until(What.ENDED)
        assert (await sue.get("listening"))["listening"] == []
        await until_heard(lambda: customer.hears(AGENT_HZ) and not customer.hears(SUPERVISOR_HZ), "the agent alone")
        await sue.leave()
        assert await on.decisions(contact) == [("routed", None), *[("listened", "sue")] * 3]


@run_async
async def test_a_message_outlives_the_daemon_and_skills_that_are_set_count_at_once(stage: SetStage) -> None:
    learner = AgentSpec("anna", "1001", {"billing": 1}, ("support",))
    async with stage([learner, agent("bela", 1002), supervisor()]) as on:
        await on.phones(Phones.answering(on.pbx.sip_port, ["1001"], talk_ms=200))
        anna, sue = await on.seat("anna", ready=False), await on.seat("sue", ready=False)
        await on.device(1001, "free")
        sent = (await sue.post("messages", to={"agents": ["anna"]}, text="Ask for the invoice number"))["message"]
        assert sent["unread"] == ["anna"]
        on.call(CALLER)
        [contact] = await on.waiting(sue, 1)
        await anna.ready()
        [reason] = [one for one in (await sue.why(contact["id"]))["agents"] if one["agent"] == "anna"]
        assert reason["reason"] == "skill"
        await on.center.kill()
        await on.center.start()
        sue = await on.seat("sue", ready=False)
        [still] = (await sue.get("messages"))["messages"]
        assert (still["id"], still["unread"]) == (sent["id"], ["anna"])
        await sue.post("agents/anna/skills", skills={"support": 5})
        [row] = await on.contacts(ended(1))
        assert (row.agent, row.outcome) == ("anna", "answered")
        await on.no_channel()


@run_async
async def test_a_contact_that_nobody_may_take_is_given_to_an_agent_who_accepts_it_on_the_page(
    new_pbx: NewPbx, tmp_path: Path
) -> None:
    pbx = new_pbx(agents=20, extra={"manager.conf": "[callcenter](+)\nwrite = call,originate,system\n"})
    await asyncio.to_thread(pbx.start)
    told = replace(AgentSpec("anna", "1001", {"billing": 1}, ("billing",)), auto_answer="notify")
    async with Stage(
        pbx, tmp_path, [told, agent("bela", 1002), BOSS], routing=routing(support={"offer_timeout_s": 20})
    ) as on:
        phones = await on.phones(Phones.told(pbx.sip_port, ["1001"], talk_ms=300))
        anna, sue = await on.seat("anna"), await on.center.login("sue")
        await on.device(1001, "free")
        on.call(CALLER)
        contact = (await on.waiting(sue, 1))[0]["id"]
        assert (await sue.post(f"contacts/{contact}/take", agent="anna"))["state"] == "offered"
        await anna.until(lambda: anna.pop is not None, "the pop")
        assert anna.pop is not None
        assert (anna.pop["accept"], anna.pop["given_by"]) == (True, "sue")
        await phones.until(What.RINGING)
        await anna.post("calls/accept", offer=anna.pop["offer"])
        [row] = await on.contacts(ended(1))
        assert (row.agent, row.outcome) == ("anna", "answered")
        await sue.leave()
        assert await on.decisions(row.id) == [("routed", None), ("given", "sue")]
