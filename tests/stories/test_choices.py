"""Whom a contact goes to, with real phones: relaxation, preferred agents, several phones at once, strategies."""

from typing import Any

import pytest
from sqlalchemy import update

from callcenter.crm.sample import sample_numbers
from callcenter.stores.tables import CustomerNumberRow, CustomerRow
from lab.center import AgentSpec
from lab.sipp import Caller, Phones, What
from tests.helpers import run_async
from tests.stories.conftest import SetStage
from tests.stories.stage import ROUTING, Stage, agent, ended, routing, until

pytestmark = pytest.mark.pbx

STANDARD = sample_numbers("standard")
RINGS_MS = 500  # long enough for a page to show it


def with_rule(**route: Any) -> dict[str, Any]:
    """The stories' rules, with one for 8004 before them."""
    rule = {"name": "tried", "when": {"dialled": "8004"}, "route": {"queue": "support", "priority": 20, **route}}
    return {**ROUTING, "rules": [rule, *ROUTING["rules"]]}


async def crew(on: Stage, *names: str) -> None:
    for name in names:
        await on.seat(name)
    for name in names:
        await on.device(int(next(one.phone for one in on.center.agents if one.id == name)), "free")


@run_async
async def test_after_a_while_less_is_asked_for(stage: SetStage) -> None:
    rules = with_rule(skills={"support": 9}, relax=[{"after_s": 1, "skills": {"support": 4}}])
    crew = [agent("anna", 1001, support=5, billing=5), agent("bela", 1002, support=9)]
    async with stage(crew, routing=rules) as on:
        await on.phones(Phones.answering(on.pbx.sip_port, ["1001"], after_ms=RINGS_MS, talk_ms=200))
        anna = await on.seat("anna")
        await on.device(1001, "free")
        on.call(Caller(STANDARD[0], "8004"))
        await anna.until_state("reserved")
        assert anna.pop is not None
        assert anna.pop["relaxed"] == ["after 1 s: support >= 4 is enough"]
        [row] = await on.contacts(ended(1))
        assert (row.agent, row.outcome) == ("anna", "answered")
        assert row.waited_ms >= 1_000
        assert [kind for kind, _ in await on.decisions(row.id)] == ["routed", "relaxed"]
        await on.no_channel()


@run_async
async def test_who_calls_again_gets_whom_they_talked_to_last(stage: SetStage) -> None:
    """bela has been idle longer when the caller calls again, and anna gets the call."""
    rules = with_rule(prefer="last_agent", prefer_for_s=10)
    async with stage([agent("anna", 1001), agent("bela", 1002)], routing=rules) as on:
        await on.phones(Phones.answering(on.pbx.sip_port, ["1001", "1002"], talk_ms=200))
        await crew(on, "anna", "bela")
        for count in (1, 2):
            on.call(Caller(STANDARD[0], "8004"))
            rows = await on.contacts(ended(count))
        assert [row.agent for row in rows] == ["anna", "anna"]
        await on.no_channel()


@run_async
async def test_a_call_is_kept_for_the_account_manager_and_let_go_in_time(stage: SetStage) -> None:
    rules = with_rule(prefer=["account_manager"], prefer_for_s=1)
    async with stage([agent("anna", 1001), agent("bela", 1002)], routing=rules) as on:
        await on.phones(Phones.answering(on.pbx.sip_port, ["1001", "1002"], talk_ms=200))
        async with on.database.engine.begin() as connection:
            of_the_caller = CustomerNumberRow.number == STANDARD[0]
            whose = CustomerRow.id.in_(
                CustomerNumberRow.__table__.select()
                .with_only_columns(CustomerNumberRow.customer_id)
                .where(of_the_caller)
            )
            await connection.execute(update(CustomerRow).where(whose).values(account_manager="bela"))
        await crew(on, "anna", "bela")
        on.call(Caller(STANDARD[0], "8004"))
        [row] = await on.contacts(ended(1))
        assert row.agent == "bela"
        bela = next(seat for seat in on._seats if seat.agent == "bela")
        await bela.not_ready("break")
        on.call(Caller(STANDARD[0], "8004"))
        rows = await on.contacts(ended(2))
        assert rows[1].agent == "anna"
        assert rows[1].waited_ms >= 1_000
        assert [kind for kind, _ in await on.decisions(rows[1].id)] == ["routed", "released"]
        await on.no_channel()


@run_async
async def test_several_phones_ring_and_the_first_answer_stops_the_others(stage: SetStage) -> None:
    rules = routing(support={"ring_at_once": 3, "offer_timeout_s": 5})
    names = {"anna": 1001, "bela": 1002, "cleo": 1003}
    async with stage([agent(name, phone) for name, phone in names.items()], routing=rules) as on:
        silent = await on.phones(Phones.silent(on.pbx.sip_port, ["1001", "1003"]))
        await on.phones(Phones.answering(on.pbx.sip_port, ["1002"], after_ms=700, talk_ms=200))
        await crew(on, *names)
        on.call(Caller(STANDARD[0], "8003"))
        [row] = await on.contacts(ended(1))
        assert (row.agent, row.outcome, row.offers) == ("bela", "answered", 3)
        offers = {who: result for kind, who, result in await on.segments(row.id) if kind == "offer"}
        assert offers == {"anna": "withdrawn", "bela": "accepted", "cleo": "withdrawn"}
        await silent.until(What.CANCELLED, 2)
        for seat in on._seats:
            await seat.until_state("ready")
        await on.no_channel()


@run_async
async def test_two_who_answer_at_once_share_one_call_and_nobody_is_blamed(stage: SetStage) -> None:
    """Both phones answer as fast as they can, ten times: each call has one agent, none is dropped or declined."""
    rules = routing(support={"ring_at_once": 2, "offer_timeout_s": 5})
    async with stage([agent("anna", 1001), agent("bela", 1002)], routing=rules) as on:
        await on.phones(Phones.answering(on.pbx.sip_port, ["1001", "1002"], after_ms=0, talk_ms=300))
        await crew(on, "anna", "bela")
        for count in range(1, 11):
            on.call(Caller(STANDARD[0], "8003"))
            rows = await on.contacts(ended(count))
            for seat in on._seats:
                await seat.until_state("ready")
        assert [row.outcome for row in rows] == ["answered"] * 10
        results = [[result for kind, _, result in await on.segments(row.id) if kind == "offer"] for row in rows]
        assert all(set(one) == {"accepted", "withdrawn"} and len(one) == 2 for one in results)
        await on.no_channel()


@run_async
async def test_an_agents_own_order_of_queues(stage: SetStage) -> None:
    """The urgent call for support came first; anna serves billing first."""
    anna = AgentSpec("anna", "1001", {"support": 5, "billing": 5}, {"billing": 1, "support": 2})
    async with stage([anna], routing=routing(billing={"wrap_up_s": 0})) as on:
        await on.phones(Phones.answering(on.pbx.sip_port, ["1001"], talk_ms=200))
        seat = await on.seat("anna", ready=False)
        await on.device(1001, "free")
        for number, dialled in ((sample_numbers("gold")[0], "8003"), (STANDARD[0], "8002")):
            calling = on.call(Caller(number, dialled))
            await calling.until(What.ANSWERED)

        async def both() -> bool:
            waiting = [queue["waiting"] for queue in (await seat.picture())["queues"]]
            return waiting.count(1) == 2

        await until(both, lambda: "both to wait", 10.0)
        await seat.ready()
        rows = await on.contacts(ended(2))
        assert [row.queue for row in sorted(rows, key=lambda row: row.connected_ms or 0)] == ["billing", "support"]
        await on.no_channel()
