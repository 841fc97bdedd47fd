"""An agent's orders for its own call over HTTP, each with what it comes to in the engine."""

from typing import Any

import httpx
import pytest

from callcenter.events import AgentNotReady, CallerReturned
from callcenter.types import AgentId, AgentState, ContactId, DeviceStatus, QueueState
from tests.desktop.engine_desk import EngineDesk
from tests.desktop.serving import calling, sign_in
from tests.helpers import run_async
from tests.playbook import agent, answered, arrived, configuration, phone, queue, queue_set

ADA, BOB, ANNA = AgentId("ada"), AgentId("bob"), ContactId("anna")
QUEUES = (queue("general"), queue("sales"))


def talking() -> EngineDesk:
    """ada talks to anna; bob serves sales."""
    desk = EngineDesk(configuration(agent("ada"), agent("bob", "sales"), queues=QUEUES))
    desk.story.at(500, arrived("anna")).at(1_000, answered("anna.1"))
    return desk


async def post(client: httpx.AsyncClient, what: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(f"/api/v1/calls/{what}", json=body)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


async def refused(client: httpx.AsyncClient, what: str, status: int, error: str, **body: Any) -> None:
    answer = await client.post(f"/api/v1/calls/{what}", json=body)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["remedy"]


@run_async
async def test_hold_and_back() -> None:
    desk = talking()
    async with calling(desk) as client:
        await sign_in(client, ADA)
        call = (await post(client, "hold", contact="anna", hold=True))["call"]
        assert (call["contact"], call["on_hold"], call["direction"]) == ("anna", True, "in")
        call = (await post(client, "hold", contact="anna", hold=False))["call"]
        assert (call["on_hold"], call["held_since_ms"]) == (False, None)


@run_async
async def test_an_agent_orders_for_its_own_call_only() -> None:
    desk = talking()
    async with calling(desk) as client:
        await sign_in(client, BOB)
        for what, body in (("hold", {"hold": True}), ("hang-up", {}), ("transfer", {"to": {"queue": "sales"}})):
            await refused(client, what, 409, "You have no call with anna.", contact="anna", **body)
    assert desk.story.agent("ada").state is AgentState.TALKING


@run_async
async def test_transfer_to_a_queue_with_notes() -> None:
    desk = talking()
    async with calling(desk) as client:
        await sign_in(client, ADA)
        assert await post(client, "transfer", contact="anna", to={"queue": "sales"}, notes="Three.") == {"call": None}
    assert desk.story.contact("anna").queue == "sales"
    assert [note.text for note in desk.story.contact("anna").notes] == ["Three."]


@run_async
async def test_transfer_to_an_agent_and_to_a_number() -> None:
    for to, ringing in (({"agent": "bob"}, "bob"), ({"number": "1017"}, None)):
        desk = talking()
        async with calling(desk) as client:
            await sign_in(client, ADA)
            await post(client, "transfer", contact="anna", to=to)
        desk.story.at(desk.story.now_ms + 1, CallerReturned(ANNA))
        (offer,) = desk.story.engine.snapshot().offers.values()
        assert offer.agent == ringing


@pytest.mark.parametrize(
    ("to", "status", "error"),
    [
        ({"queue": "none"}, 422, "There is no queue 'none'."),
        ({"queue": "sales"}, 409, "The queue sales is closed."),
        ({"agent": "ada"}, 422, "There is no other agent 'ada'."),
        ({"agent": "bob"}, 409, "Bob is not ready."),
        ({"number": "+4930123456"}, 422, "+4930123456 may not be called."),
        ({"number": "sip:evil"}, 422, "'sip:evil' is no telephone number."),
    ],
)
@run_async
async def test_where_a_call_cannot_go_is_said_in_words(to: dict[str, Any], status: int, error: str) -> None:
    desk = talking()
    desk.story.at(2_000, queue_set("sales", QueueState.CLOSED), AgentNotReady(BOB, "lunch"))
    async with calling(desk) as client:
        await sign_in(client, ADA)
        await refused(client, "transfer", status, error, contact="anna", to=to)
    assert desk.story.agent("ada").state is AgentState.TALKING


@run_async
async def test_a_target_is_exactly_one_of_three() -> None:
    desk = talking()
    async with calling(desk) as client:
        await sign_in(client, ADA)
        for to in ({}, {"queue": "sales", "agent": "bob"}):
            answer = await client.post("/api/v1/calls/transfer", json={"contact": "anna", "to": to})
            assert answer.status_code == 422


@run_async
async def test_an_agent_whose_phone_is_busy_cannot_take_it_and_the_talk_goes_on() -> None:
    desk = talking()
    desk.story.at(2_000, phone("bob", DeviceStatus.IN_USE))
    async with calling(desk) as client:
        await sign_in(client, ADA)
        words = "The agent bob could not take it just now."
        await refused(client, "transfer", 409, words, contact="anna", to={"agent": "bob"})


@run_async
async def test_whom_a_call_may_go_to() -> None:
    desk = talking()
    async with calling(desk) as client:
        await sign_in(client, ADA)
        targets = (await client.get("/api/v1/targets")).json()
    assert [one["name"] for one in targets["queues"]] == ["general", "sales"]
    assert targets["agents"] == [{"id": "bob", "name": "Bob", "state": "ready", "free": True}]


@run_async
async def test_ask_somebody_and_hand_over() -> None:
    desk = talking()
    async with calling(desk) as client:
        await sign_in(client, ADA)
        call = (await post(client, "consult", contact="anna", to={"agent": "bob"}))["call"]
        assert (call["on_hold"], call["consult"]["state"]) == (True, "ringing")
        words = "Nobody has answered whom you ask."
        await refused(client, "consult/complete", 409, words, contact="anna")
        await refused(client, "consult", 409, "You are asking somebody already.", contact="anna", to={"queue": "sales"})
        desk.story.at(desk.story.now_ms + 1, answered("anna-c1.1"))
        call = (await post(client, "conference", contact="anna"))["call"]
        assert (call["conference"], call["on_hold"]) == (True, False)
        assert await post(client, "consult/complete", contact="anna", notes="Three.") == {"call": None}
    assert desk.story.contact("anna").agent == "bob"


@run_async
async def test_ask_somebody_and_go_back() -> None:
    desk = talking()
    async with calling(desk) as client:
        await sign_in(client, ADA)
        await refused(client, "consult/cancel", 409, "You are asking nobody.", contact="anna")
        await post(client, "consult", contact="anna", to={"number": "1017"})
        call = (await post(client, "consult/cancel", contact="anna"))["call"]
        assert (call["consult"], call["on_hold"]) == (None, False)


@run_async
async def test_an_agent_calls_a_customer() -> None:
    desk = EngineDesk(configuration(agent("ada"), queues=QUEUES))
    async with calling(desk) as client:
        await sign_in(client, ADA)
        call = (await post(client, "dial", number="(202) 555-0147", queue="sales"))["call"]
        assert (call["direction"], call["number"], call["dialling"]) == ("out", "+12025550147", True)
        assert desk.story.contact(call["contact"]).queue == "sales"
        await refused(client, "dial", 409, "You cannot call now.", number="1017")
        await refused(client, "hold", 409, "This call cannot be held now.", contact=call["contact"], hold=True)


@run_async
async def test_what_may_not_be_dialled_is_refused_in_words() -> None:
    desk = EngineDesk(configuration(agent("ada"), queues=QUEUES))
    async with calling(desk) as client:
        await sign_in(client, ADA)
        await refused(client, "dial", 422, "+4930123456 may not be called.", number="+49 30 123456")
        await refused(client, "dial", 422, "There is no queue 'none'.", number="1017", queue="none")
        desk.story.at(2_000, phone("ada", DeviceStatus.IN_USE))
        await refused(client, "dial", 409, "Your phone cannot be rung just now.", number="1017")
