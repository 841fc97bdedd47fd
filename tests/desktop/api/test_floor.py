"""Supervisors' orders over HTTP, each with what it comes to in the engine; and agents who acknowledge and accept."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from callcenter.desktop.desk import AgentLogin
from callcenter.events import AgentNotReady, AgentSignedOut, OfferingSet
from callcenter.orders import (
    AgentSkillsSet,
    AgentStateSet,
    AnswerPhone,
    ContactGiven,
    ListeningBegan,
    StartListening,
    StopListening,
)
from callcenter.types import AgentId, AgentState, AutoAnswer, DeviceStatus, OfferId
from tests.desktop.engine_desk import EngineDesk
from tests.desktop.fake_desk import HASH, SUSAN
from tests.desktop.serving import calling, sign_in
from tests.helpers import run_async
from tests.playbook import agent, answered, arrived, configuration, phone, queue, ringing, rule, skills

ADA, BOB = AgentId("ada"), AgentId("bob")
LIMITED = AgentId("lena")
QUEUES = (queue("general"), queue("sales"))
CONFIG = configuration(agent("ada"), agent("bob", "sales"), queues=QUEUES, rules=(rule("law", needs=skills(law=5)),))
PATHS: list[tuple[str, dict[str, Any]]] = [
    ("agents/ada/state", {"state": "ready"}),
    ("agents/ada/skills", {"skills": {}}),
    ("contacts/anna/take", {}),
    ("agents/ada/listen", {"mode": "listen"}),
    ("agents/ada/listen/stop", {}),
    ("messages", {"to": {"all": True}, "text": "Hello"}),
]


def desk_of(**changes: Any) -> EngineDesk:
    lena = AgentLogin(LIMITED, "Lena", HASH, ("supervisor",), ("sellers",), frozenset({QUEUES[1].name}))
    return EngineDesk(replace(CONFIG, **changes), lena)


def talking() -> EngineDesk:
    """ada talks to anna, and susan's phone is free."""
    desk = desk_of(rules=(rule("everybody"),))
    desk.story.at(500, phone("susan", DeviceStatus.FREE), arrived("anna")).at(600, ringing("anna.1"))
    desk.story.at(1_000, answered("anna.1"))
    return desk


async def post(client: httpx.AsyncClient, what: str, **body: Any) -> httpx.Response:
    return await client.post(f"/api/v1/{what}", json=body)


async def refused(client: httpx.AsyncClient, what: str, status: int, error: str, **body: Any) -> None:
    answer = await post(client, what, **body)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["remedy"]


@pytest.mark.parametrize(("what", "body"), PATHS)
@run_async
async def test_agents_and_strangers_order_nothing(what: str, body: dict[str, Any]) -> None:
    desk = talking()
    async with calling(desk) as client:
        nobody = await post(client, what, **body)
        await sign_in(client, BOB)
        orders = len(desk.events)
        assert (nobody.status_code, (await post(client, what, **body)).status_code) == (401, 403)
    assert len(desk.events) == orders


# ---- states and skills


@run_async
async def test_a_state_is_set_and_answered_as_it_is_then() -> None:
    desk = talking()
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        bob = await post(client, "agents/bob/state", state="not_ready", reason="training")
        ada = await post(client, "agents/ada/state", state="logged_out")
    assert (bob.json()["state"]["state"], bob.json()["state"]["reason"]) == ("not_ready", "training")
    assert (ada.json()["state"]["state"], ada.json()["state"]["pending"]) == ("talking", "logged_out")
    assert desk.events == [
        AgentStateSet(BOB, AgentState.NOT_READY, "training", SUSAN),
        AgentStateSet(ADA, AgentState.LOGGED_OUT, None, SUSAN),
    ]


@run_async
async def test_states_that_cannot_be_set_are_refused_in_words() -> None:
    desk = desk_of()
    desk.story.at(100, AgentSignedOut(BOB))
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        await refused(client, "agents/ada/state", 422, "Nobody can be set to talking.", state="talking")
        await refused(
            client, "agents/ada/state", 422, "'fun' is no reason for NOT_READY.", state="not_ready", reason="fun"
        )
        await refused(client, "agents/ada/state", 422, "None is no reason for NOT_READY.", state="not_ready")
        await refused(client, "agents/ada/state", 422, "ready has no reason.", state="ready", reason="lunch")
        await refused(client, "agents/bob/state", 409, "Bob is not signed in.", state="ready")
        await refused(client, "agents/eve/state", 404, "There is no agent 'eve'.", state="ready")
    assert desk.events == []


@run_async
async def test_skills_are_set_and_taken_back() -> None:
    desk = desk_of()
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        given = await post(client, "agents/ada/skills", skills={"law": 7, "german": 2})
        none = await post(client, "agents/ada/skills", skills={})
        back = await post(client, "agents/ada/skills", skills=None)
    assert given.json() == {"skills": {"law": 7, "german": 2}, "set_by": "susan"}
    assert none.json() == {"skills": {}, "set_by": "susan"}
    assert back.json() == {"skills": {}, "set_by": None}
    assert [event.skills for event in desk.events if isinstance(event, AgentSkillsSet)][1:] == [(), None]


@run_async
async def test_a_skill_that_the_rules_do_not_list_and_a_level_that_is_none_are_refused() -> None:
    desk = desk_of()
    desk.on_floor.skills = ("law", "german")
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        await refused(client, "agents/ada/skills", 422, "'lwa' is no skill.", skills={"lwa": 3})
        for level in (0, 11, "5", True):
            assert (await post(client, "agents/ada/skills", skills={"law": level})).status_code == 422
    assert desk.events == []


# ---- contacts


@run_async
async def test_a_contact_is_given_to_an_agent_and_taken_by_a_supervisor_who_is_one() -> None:
    both = replace(agent("susan", "sales"), id=SUSAN)
    desk = desk_of(agents=(*CONFIG.agents, both))
    desk.agents = {**desk.agents, SUSAN: AgentLogin(SUSAN, "Susan", HASH, ("agent", "supervisor"))}
    desk.story.at(100, AgentNotReady(SUSAN, "break"), arrived("anna"), arrived("ben"))
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        given = await post(client, "contacts/anna/take", agent="bob")
        taken = await post(client, "contacts/ben/take")
    assert given.json() == {"agent": "bob", "contact": "anna", "state": "offered"}
    assert taken.json() == {"agent": "susan", "contact": "ben", "state": "offered"}
    orders = [event for event in desk.events if isinstance(event, ContactGiven)]
    assert [(order.agent, order.by) for order in orders] == [(BOB, SUSAN), (SUSAN, SUSAN)]


@run_async
async def test_why_a_contact_cannot_be_given_is_said() -> None:
    desk = desk_of()
    desk.story.at(100, arrived("anna"))
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        await refused(client, "contacts/ben/take", 404, "There is no contact ben.")
        words = "Susan Supervisor has no phone at which contacts are taken."
        await refused(client, "contacts/anna/take", 409, words)
        await refused(client, "contacts/anna/take", 404, "There is no agent 'eve'.", agent="eve")
        desk.story.at(200, phone("bob", DeviceStatus.IN_USE))
        await refused(client, "contacts/anna/take", 409, "The phone of Bob is in use.", agent="bob")
        desk.story.at(300, phone("bob", DeviceStatus.FREE), OfferingSet(False, "sue"))
        await refused(client, "contacts/anna/take", 409, "The contact anna could not be given to Bob.", agent="bob")
        desk.story.at(400, AgentNotReady(BOB, "break"))
        await refused(client, "contacts/anna/take", 409, "Bob is not ready.", agent="bob")
        desk = talking()
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        await refused(client, "contacts/anna/take", 409, "The contact anna does not wait.", agent="bob")


# ---- listening


@run_async
async def test_a_supervisor_listens_whispers_and_stops() -> None:
    desk = talking()
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        begun = await post(client, "agents/ada/listen", mode="listen")
        start = desk.story.first(StartListening)
        desk.story.at(3_000, ListeningBegan(start.listening), phone("susan", DeviceStatus.IN_USE))
        whispers = await post(client, "agents/ada/listen", mode="whisper")
        shown = await client.get("/api/v1/listening")
        stopped = await post(client, "agents/ada/listen/stop")
        again = await post(client, "agents/ada/listen/stop")
        assert desk.story.expect_nothing_of(StopListening)
    view = begun.json()["listening"]
    assert (view["by"], view["agent"], view["contact"], view["mode"], view["hears"]) == (
        "susan",
        "ada",
        "anna",
        "listen",
        False,
    )
    assert start.device == desk.on_floor.phone_of[SUSAN]
    assert (whispers.json()["listening"]["mode"], whispers.json()["listening"]["hears"]) == ("whisper", True)
    assert shown.json()["listening"] == [whispers.json()["listening"]]
    assert stopped.json() == again.json() == {"listening": None}


@run_async
async def test_why_nobody_can_be_listened_to_is_said() -> None:
    desk = talking()
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        await refused(client, "agents/bob/listen", 409, "Bob talks to nobody.", mode="listen")
        assert (await post(client, "agents/ada/listen", mode="shout")).status_code == 422
        desk.story.at(2_000, phone("susan", DeviceStatus.UNREACHABLE))
        await refused(client, "agents/ada/listen", 409, "Your phone PJSIP/susan is unreachable.", mode="barge")
        del desk.on_floor.phone_of[SUSAN]
        words = "Susan Supervisor has no phone to listen with."
        await refused(client, "agents/ada/listen", 409, words, mode="listen")
        await sign_in(client, LIMITED)
        assert (await post(client, "agents/ada/listen", mode="listen")).status_code == 403


# ---- messages


@run_async
async def test_a_message_is_open_until_it_is_acknowledged() -> None:
    desk = desk_of()
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        to = {"agents": ["ada"], "queues": ["sales"]}
        sent = (await post(client, "messages", to=to, text="Lunch is late.", urgent=True)).json()["message"]
        assert (sent["by"], sent["text"], sent["urgent"], sent["unread"]) == (
            "susan",
            "Lunch is late.",
            True,
            ["ada", "bob"],
        )
        await sign_in(client, ADA)
        first = await post(client, f"messages/{sent['id']}/acknowledge")
        second = await post(client, f"messages/{sent['id']}/acknowledge")
        assert (first.json(), second.json()) == ({"acknowledged": True}, {"acknowledged": False})
        await sign_in(client, SUSAN)
        assert [one["unread"] for one in (await client.get("/api/v1/messages")).json()["messages"]] == [["bob"]]


@run_async
async def test_who_leads_some_queues_writes_to_their_agents_only() -> None:
    desk = desk_of()
    async with calling(desk) as client:
        await sign_in(client, LIMITED)
        sent = await post(client, "messages", to={"all": True}, text="Hello")
        assert sent.json()["message"]["unread"] == ["bob"]
        assert (await post(client, "messages", to={"agents": ["ada"]}, text="Hello")).status_code == 403
        assert (await post(client, "messages", to={"queues": ["general"]}, text="Hello")).status_code == 403
        await sign_in(client, SUSAN)
        await post(client, "messages", to={"agents": ["ada"]}, text="For ada")
        await sign_in(client, LIMITED)
        assert [one["text"] for one in (await client.get("/api/v1/messages")).json()["messages"]] == ["Hello"]


@pytest.mark.parametrize(
    "body",
    [
        {"to": {"all": True}, "text": ""},
        {"to": {"all": True}, "text": " \n"},
        {"to": {"all": True}, "text": "x" * 1_001},
        {"to": {"all": True}},
        {"to": {}, "text": "Hello"},
        {"to": {"agents": ["a"] * 501}, "text": "Hello"},
        {"to": {"everybody": True}, "text": "Hello"},
    ],
)
@run_async
async def test_a_message_for_nobody_or_without_words_is_refused(body: dict[str, Any]) -> None:
    desk = desk_of()
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        assert (await post(client, "messages", **body)).status_code == 422
    assert desk.events == []


@run_async
async def test_a_message_to_a_queue_that_nobody_serves_says_so() -> None:
    desk = EngineDesk(configuration(agent("ada"), queues=QUEUES))
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        words = "There is nobody to whom the message could go."
        await refused(client, "messages", 409, words, to={"queues": ["sales"]}, text="Hello")


# ---- accepting on the page


@run_async
async def test_an_offer_is_accepted_on_the_page_where_the_phone_can_be_told() -> None:
    told = replace(agent("ada"), auto_answer=AutoAnswer.NOTIFY)
    desk = desk_of(agents=(told, CONFIG.agents[1]), rules=(rule("everybody"),))
    desk.story.at(500, arrived("anna")).at(600, ringing("anna.1"))
    async with calling(desk) as client:
        await sign_in(client, BOB)
        await refused(client, "calls/accept", 409, "That offer does not ring any more.", offer="anna.1")
        await sign_in(client, ADA)
        assert (await post(client, "calls/accept", offer="anna.1")).json() == {"told": True}
        assert desk.story.first(AnswerPhone).offer == OfferId("anna.1")
        await refused(client, "calls/accept", 409, "That offer does not ring any more.", offer="anna.2")


@run_async
async def test_a_phone_that_cannot_be_told_is_said_to_be_one() -> None:
    desk = desk_of(rules=(rule("everybody"),))
    desk.story.at(500, arrived("anna"))
    async with calling(desk) as client:
        await sign_in(client, ADA)
        await refused(client, "calls/accept", 409, "Your phone cannot be told to answer.", offer="anna.1")
