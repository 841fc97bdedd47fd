"""Supervisors' commands over HTTP: each becomes one event, or is refused in words."""

import asyncio
from dataclasses import replace

import pytest

from callcenter.desktop.api import supervisors
from callcenter.events import ContactMoved, ContactPrioritised, ContactWithdrawn, OfferingSet, QueueStateSet
from callcenter.types import AgentId, ContactId, ContactState, QueueState
from tests.desktop.fake_desk import ANNA, BORIS, SALES, SUPPORT, SUSAN, FakeDesk, waiting
from tests.desktop.serving import calling, sign_in
from tests.helpers import run_async

DANA, OMAR = ContactId("main-1763000000.12"), ContactId("main-1763000009.3")
COMMANDS: list[tuple[str, dict[str, object]]] = [
    (f"/api/v1/contacts/{DANA}/move", {"queue": "support"}),
    (f"/api/v1/contacts/{DANA}/priority", {"priority": 90}),
    (f"/api/v1/contacts/{DANA}/withdraw", {}),
    ("/api/v1/queues/sales/state", {"state": "closed"}),
]


def desk_with_waiting() -> FakeDesk:
    desk = FakeDesk()
    now_ms = desk.now_ms()
    desk.contacts += [
        waiting(DANA, now_ms, relaxed=1, held_for=BORIS),
        waiting(OMAR, now_ms, state=ContactState.OFFERED, arrived_ms=now_ms - 4_000),
    ]
    return desk


@run_async
async def test_each_command_is_one_event_and_is_answered_with_what_came_of_it() -> None:
    desk = desk_with_waiting()
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        answers = [(await client.post(path, json=body)) for path, body in COMMANDS]
    assert [answer.status_code for answer in answers] == [200] * 4
    moved, prioritised, withdrawn, closed = (answer.json() for answer in answers)
    assert moved["contact"] == {"state": "waiting", "queue": "support", "priority": 60}
    assert prioritised["contact"] == {"state": "waiting", "queue": "support", "priority": 90}
    assert withdrawn["contact"] is None
    assert closed["queue"]["state"] == "closed"
    assert desk.events == [
        ContactMoved(DANA, SUPPORT, SUSAN),
        ContactPrioritised(DANA, 90, SUSAN),
        ContactWithdrawn(DANA, SUSAN),
        QueueStateSet(SALES, QueueState.CLOSED, SUSAN),
    ]


@run_async
async def test_a_contact_that_rings_can_be_moved_and_a_double_click_does_no_harm() -> None:
    desk = desk_with_waiting()
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        move = (f"/api/v1/contacts/{OMAR}/move", {"queue": "support"})
        answers = await asyncio.gather(*(client.post(move[0], json=move[1]) for _ in range(2)))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["contact"]["state"] == "offered"


@pytest.mark.parametrize(("path", "body"), COMMANDS)
@run_async
async def test_only_supervisors_give_orders(path: str, body: dict[str, object]) -> None:
    desk = desk_with_waiting()
    async with calling(desk) as client:
        nobody = await client.post(path, json=body)
        await sign_in(client, ANNA)
        agent = await client.post(path, json=body)
        await sign_in(client, SUSAN)
        elsewhere = await client.post(path, json=body, headers={"Origin": "http://evil.test"})
    assert [answer.status_code for answer in (nobody, agent, elsewhere)] == [401, 403, 403]
    assert "needs the permission manage_" in agent.json()["error"]
    assert len(desk.events) == 1  # anna signed in


@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        (f"/api/v1/contacts/{DANA}/move", {}, "body.queue"),
        (f"/api/v1/contacts/{DANA}/move", {"queue": 7}, "body.queue"),
        (f"/api/v1/contacts/{DANA}/move", {"queue": "support", "why": "x"}, "body.why"),
        (f"/api/v1/contacts/{DANA}/priority", {"priority": 101}, "body.priority"),
        (f"/api/v1/contacts/{DANA}/priority", {"priority": -1}, "body.priority"),
        (f"/api/v1/contacts/{DANA}/priority", {"priority": "50"}, "body.priority"),
        (f"/api/v1/contacts/{DANA}/priority", {"priority": 1.5}, "body.priority"),
        (f"/api/v1/contacts/{DANA}/priority", {"priority": True}, "body.priority"),
        ("/api/v1/queues/sales/state", {"state": "shut"}, "body.state"),
        ("/api/v1/contacts/a%20b/withdraw", {}, "path.contact"),
        ("/api/v1/contacts/%3Cb%3E/withdraw", {}, "path.contact"),
        (f"/api/v1/contacts/{'a' * 129}/withdraw", {}, "path.contact"),
        (f"/api/v1/queues/{'a' * 65}/state", {"state": "open"}, "path.queue"),
    ],
)
@run_async
async def test_bad_values_are_answered_with_their_place(path: str, body: dict[str, object], place: str) -> None:
    desk = desk_with_waiting()
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        answer = await client.post(path, json=body)
    assert answer.status_code == 422
    assert place in answer.json()["error"]
    assert answer.json()["remedy"]
    assert desk.events == []


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/api/v1/contacts/nobody/move", {"queue": "support"}, "There is no contact nobody."),
        ("/api/v1/contacts/nobody/priority", {"priority": 1}, "There is no contact nobody."),
        ("/api/v1/contacts/nobody/withdraw", {}, "There is no contact nobody."),
        (f"/api/v1/contacts/{DANA}/move", {"queue": "golf"}, "There is no queue 'golf'."),
        ("/api/v1/queues/golf/state", {"state": "open"}, "There is no queue 'golf'."),
    ],
)
@run_async
async def test_unknown_contacts_and_queues_are_a_404(path: str, body: dict[str, object], words: str) -> None:
    desk = desk_with_waiting()
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        answer = await client.post(path, json=body)
    assert answer.status_code == 404
    assert answer.json()["error"] == words
    if "queue" in words:
        assert answer.json()["remedy"] == "Use one of: sales, support."
    assert desk.events == []


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (ContactState.IDENTIFYING, "has only just come"),
        (ContactState.CONNECTED, "talks with an agent"),
        (ContactState.ENDED, "has ended"),
    ],
)
@run_async
async def test_a_contact_that_is_in_no_queue_is_a_409(state: ContactState, words: str) -> None:
    desk = desk_with_waiting()
    desk.contact(DANA, state=state)
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        for path, body in COMMANDS[:3]:
            answer = await client.post(path, json=body)
            assert answer.status_code == 409
            assert words in answer.json()["error"]
    assert desk.events == []


@pytest.mark.parametrize("state", [QueueState.DRAINED, QueueState.CLOSED])
@run_async
async def test_nobody_is_moved_into_a_queue_that_is_not_open(state: QueueState) -> None:
    desk = desk_with_waiting()
    desk.queues = [replace(view, state=state) if view.name == SUPPORT else view for view in desk.queues]
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        answer = await client.post(f"/api/v1/contacts/{DANA}/move", json={"queue": "support"})
    assert answer.status_code == 409
    assert answer.json()["error"] == f"The queue support is {state.value}."
    assert answer.json()["remedy"] == "Open it first, or choose a queue that is open."
    assert desk.events == []


@run_async
async def test_a_contact_beyond_the_overviews_list_is_asked_of_the_engine() -> None:
    desk = desk_with_waiting()
    desk.listed = 1
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        answer = await client.post(f"/api/v1/contacts/{OMAR}/priority", json={"priority": 5})
    assert answer.status_code == 200
    assert answer.json()["contact"]["priority"] == 5
    assert desk.events == [ContactPrioritised(OMAR, 5, SUSAN)]


@run_async
async def test_an_answer_tells_of_a_contact_that_was_quicker() -> None:
    desk = desk_with_waiting()

    async def answered_meanwhile(event: object) -> None:
        desk.contact(DANA, state=ContactState.CONNECTED)

    desk.on_submit = answered_meanwhile
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        answer = await client.post(f"/api/v1/contacts/{DANA}/priority", json={"priority": 5})
    assert answer.json()["contact"]["state"] == "connected"


@run_async
async def test_why_tells_rule_needs_place_and_each_agents_reason() -> None:
    desk = desk_with_waiting()
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        answer = await client.get(f"/api/v1/contacts/{DANA}/why")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    told = answer.json()["explanation"]
    assert (told["contact"], told["state"], told["queue"], told["priority"]) == (DANA, "waiting", "sales", 60)
    assert (told["rule"], told["because"]) == ("gold-sales", "tier is gold, dialled is 8000")
    assert told["needs"] == ["serves sales", "billing >= 3"]
    assert told["relaxed"] == ["billing >= 3 in place of 5"]
    assert (told["held_for"], told["place"], told["waiting"]) == ("boris", 1, 2)
    level = {"agent": "boris", "name": "Boris Novak", "reason": "level", "words": "has billing 2, and 3 is asked for"}
    assert told["agents"][1] == level
    assert answer.json()["agents_left_off"] == 0
    assert desk.events == []


@run_async
async def test_why_is_for_supervisors_and_for_contacts_that_are_there() -> None:
    desk = desk_with_waiting()
    async with calling(desk) as client:
        nobody = await client.get(f"/api/v1/contacts/{DANA}/why")
        await sign_in(client, ANNA)
        agent = await client.get(f"/api/v1/contacts/{DANA}/why")
        await sign_in(client, SUSAN)
        unknown = await client.get("/api/v1/contacts/nobody/why")
        bad = await client.get("/api/v1/contacts/a%20b/why")
    assert [answer.status_code for answer in (nobody, agent, unknown, bad)] == [401, 403, 404, 422]
    assert desk.explained == ["nobody"]


@run_async
async def test_an_explanation_lists_a_bounded_number_of_agents_and_says_how_many_more_there_are() -> None:
    desk = desk_with_waiting()
    desk.reasons = [
        replace(desk.reasons[0], agent=AgentId(f"agent-{number}")) for number in range(supervisors.MAX_REASONS + 3)
    ]
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        answer = (await client.get(f"/api/v1/contacts/{DANA}/why")).json()
    assert len(answer["explanation"]["agents"]) == supervisors.MAX_REASONS
    assert answer["explanation"]["agents"][0]["agent"] == "agent-0"
    assert answer["agents_left_off"] == 3


@run_async
async def test_offers_are_stopped_and_made_again_and_the_answer_says_what_is_still_going_on() -> None:
    desk = desk_with_waiting()
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        stopped = await client.post("/api/v1/offering", json={"offering": False})
        seen = await client.get("/api/v1/offering")
        wrong = await client.post("/api/v1/offering", json={"offering": "no"})
        again = await client.post("/api/v1/offering", json={"offering": True})
    assert stopped.json() == seen.json()
    assert (seen.json()["offering"], seen.json()["stopped_by"]) == (False, SUSAN)
    assert {"talking", "ringing", "waiting"} < seen.json().keys()
    assert wrong.status_code == 422
    assert (again.json()["offering"], again.json()["stopped_by"]) == (True, None)
    assert desk.events == [OfferingSet(False, SUSAN), OfferingSet(True, SUSAN)]


@run_async
async def test_an_agent_stops_no_offers() -> None:
    desk = desk_with_waiting()
    async with calling(desk) as client:
        await sign_in(client, ANNA)
        assert (await client.post("/api/v1/offering", json={"offering": False})).status_code == 403
        assert (await client.get("/api/v1/offering")).status_code == 403
    assert not any(isinstance(event, OfferingSet) for event in desk.events)
