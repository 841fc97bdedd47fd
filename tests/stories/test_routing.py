"""Who gets the call: item 5 of what the first release must do, with real calls."""

import pytest

from callcenter.crm.sample import sample_accounts, sample_customers, sample_numbers, shared_numbers
from lab.sipp import Caller, Phones, What
from tests.helpers import run_async
from tests.stories.conftest import SetStage
from tests.stories.stage import agent, ended, routing

pytestmark = pytest.mark.pbx

GOLD = sample_numbers("gold")[0]
STANDARD = sample_numbers("standard")[0]


@run_async
async def test_gold_caller_is_known_and_popped_before_the_answer(stage: SetStage) -> None:
    customer = next(one for one in sample_customers() if GOLD in one.numbers)
    async with stage([agent("anna", 1001)]) as on:
        await on.phones(Phones.answering(on.pbx.sip_port, ["1001"], after_ms=700, talk_ms=500))
        anna = await on.seat("anna")
        await on.device(1001, "free")
        on.call(Caller(GOLD, "8003"))
        await anna.until_state("reserved")
        assert anna.pop is not None, "the pop comes first"
        assert anna.pop["tier"] == "gold"
        assert [found["name"] for found in anna.pop["customers"]] == [customer.name]
        assert (anna.pop["rule"], anna.pop["because"]) == ("support, valued", "tier is gold and dialled is 8003")
        await anna.until(lambda: anna.recent is not None, "the last contacts")
        assert anna.state["state"] == "reserved"
        await anna.until_state("talking")
        await anna.until_state("ready")
        [row] = await on.contacts(ended(1))
        assert (row.tier, row.queue, row.rule, row.agent) == ("gold", "support", "support, valued", "anna")
        assert row.outcome == "answered"
        kinds = [kind for kind, _, _ in await on.segments(row.id)]
        assert kinds == ["waiting", "offer", "talk", "wrap_up"]
        metrics = await on.center.metrics()
        assert metrics['callcenter_contacts_total{outcome="answered",queue="support",tier="gold"}'] == 1
        await on.no_channel()


@run_async
async def test_gold_overtakes_standard(stage: SetStage) -> None:
    async with stage([agent("anna", 1001)]) as on:
        await on.phones(Phones.answering(on.pbx.sip_port, ["1001"], talk_ms=300))
        anna = await on.seat("anna", ready=False)
        await on.device(1001, "free")
        for number, waiting in ((STANDARD, 1), (GOLD, 2)):
            on.call(Caller(number, "8003"))
            await on.center.until_metric('callcenter_contacts_waiting{queue="support"}', waiting)
        await anna.ready()
        rows = await on.contacts(ended(2))
        served = sorted(rows, key=lambda row: row.connected_ms or 0)
        assert [row.tier for row in served] == ["gold", "standard"]
        assert [row.tier for row in rows] == ["standard", "gold"]


@run_async
async def test_longest_idle_agent_is_first(stage: SetStage) -> None:
    async with stage([agent("anna", 1001), agent("bela", 1002), agent("carl", 1003)]) as on:
        await on.phones(Phones.answering(on.pbx.sip_port, ["1001", "1002", "1003"], talk_ms=200))
        for name in ("carl", "anna", "bela"):
            await on.seat(name)
        for phone in (1001, 1002, 1003):
            await on.device(phone, "free")
        for count in range(4):
            on.call(Caller(STANDARD, "8003"))
            await on.contacts(ended(count + 1))
        rows = await on.contacts(ended(4))
        assert [row.agent for row in rows] == ["carl", "anna", "bela", "carl"]


@run_async
async def test_agent_without_the_skill_is_never_offered(stage: SetStage) -> None:
    agents = [agent("anna", 1001, support=2), agent("bela", 1002, billing=9), agent("carl", 1003, support=5)]
    async with stage(agents) as on:
        phones = await on.phones(Phones.answering(on.pbx.sip_port, ["1001", "1002", "1003"], talk_ms=200))
        for name in ("anna", "bela", "carl"):
            await on.seat(name)
        await on.device(1003, "free")
        on.call(Caller(GOLD, "8003"))
        [row] = await on.contacts(ended(1))
        assert row.agent == "carl"
        on.call(*[Caller(GOLD, "8003")] * 4, rate=10)
        await on.contacts(ended(5))
        assert {step.own for step in phones.steps(What.RINGING)} == {"1003"}


@run_async
async def test_account_from_the_ivr_tells_who_of_several_it_is(stage: SetStage) -> None:
    number = shared_numbers()[0]
    account = sample_accounts("platinum")[0]
    async with stage([agent("anna", 1001)]) as on:
        await on.phones(Phones.answering(on.pbx.sip_port, ["1001"], after_ms=200, talk_ms=200))
        anna = await on.seat("anna")
        await on.device(1001, "free")
        on.call(Caller(number, "8003"))
        await anna.until(lambda: anna.pop is not None, "the pop")
        assert anna.pop is not None
        assert len(anna.pop["customers"]) > 1
        await on.contacts(ended(1))
        on.call(Caller(number, "8003", account=account, intent="renew", language="es"))
        rows = await on.contacts(ended(2))
        assert (rows[1].tier, rows[1].account, rows[1].intent, rows[1].language) == ("platinum", account, "renew", "es")
        assert rows[1].customer_id is not None
        assert rows[0].customer_id is None


@run_async
async def test_unknown_and_withheld_numbers_are_served_as_standard(stage: SetStage) -> None:
    async with stage([agent("anna", 1001)]) as on:
        await on.phones(Phones.answering(on.pbx.sip_port, ["1001"], talk_ms=200))
        anna = await on.seat("anna")
        await on.device(1001, "free")
        on.call(Caller("+12025550199", "8003"))
        await on.contacts(ended(1))
        on.call(Caller("anonymous", "8003"))
        rows = await on.contacts(ended(2))
        assert [row.tier for row in rows] == ["standard", "standard"]
        assert [row.caller for row in rows] == ["+12025550199", None]
        assert anna.state["state"] == "ready"


@run_async
async def test_unknown_dialled_number_goes_to_the_default_queue_and_is_counted(stage: SetStage) -> None:
    async with stage([agent("anna", 1001)]) as on:
        await on.phones(Phones.answering(on.pbx.sip_port, ["1001"], talk_ms=200))
        await on.seat("anna")
        await on.device(1001, "free")
        on.call(Caller(STANDARD, "4711"))
        [row] = await on.contacts(ended(1))
        assert (row.queue, row.outcome, row.dialled) == ("general", "answered", "4711")
        metrics = await on.center.metrics()
        assert metrics["callcenter_contacts_default_queue_total"] == 1


@run_async
async def test_wrap_up_ends_with_a_disposition_or_at_its_deadline(stage: SetStage) -> None:
    rules = routing(billing={"wrap_up_s": 2})
    async with stage([agent("anna", 1001)], routing=rules) as on:
        await on.phones(Phones.answering(on.pbx.sip_port, ["1001"], talk_ms=200))
        anna = await on.seat("anna")
        await on.device(1001, "free")
        on.call(Caller(STANDARD, "8002"))
        await anna.until_state("wrap_up")
        assert anna.state["deadline_ms"] - anna.state["since_ms"] == 2_000
        await anna.end_wrap_up("resolved")
        await anna.until_state("ready")
        on.call(Caller(STANDARD, "8002"))
        await anna.until_state("wrap_up")
        await anna.until_state("ready")
        rows = await on.contacts(lambda rows: len(rows) == 2 and all(row.handled_ms is not None for row in rows))
        assert [row.disposition for row in rows] == ["resolved", None]
        assert rows[1].handled_ms is not None
        assert rows[1].handled_ms >= 2_000
