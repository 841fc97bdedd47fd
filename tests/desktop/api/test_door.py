"""Who gets in, and what becomes of an event that is handed in."""

import asyncio

import pytest

from callcenter.desktop.api import door
from callcenter.desktop.desk import DeskUnavailableError
from callcenter.events import AgentReady, Event
from tests.desktop.fake_desk import ANNA, SUSAN, FakeDesk
from tests.desktop.serving import calling, sign_in, until
from tests.helpers import run_async


@run_async
async def test_each_role_has_its_own_door() -> None:
    desk = FakeDesk()
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        agents = await client.post("/api/v1/ready")
        await sign_in(client, ANNA)
        supervisors = await client.post("/api/v1/contacts/contact-1/withdraw", json={})
    assert agents.status_code == supervisors.status_code == 403
    assert agents.json()["error"] == "Susan Supervisor takes no contacts."
    assert supervisors.json()["error"] == "Anna Lindqvist may not do that: it needs the permission manage_contacts."
    assert "manage_contacts" in supervisors.json()["remedy"]


@run_async
async def test_an_event_that_cannot_be_taken_is_a_503_with_words() -> None:
    desk = FakeDesk()

    async def refuse(event: Event) -> None:
        raise DeskUnavailableError("the journal is down")

    async with calling(desk) as client:
        await sign_in(client, ANNA)
        desk.on_submit = refuse
        answer = await client.post("/api/v1/ready")
    assert answer.status_code == 503
    assert "the journal is down" in answer.json()["error"]
    assert answer.headers["retry-after"]


@run_async
async def test_an_engine_that_does_not_answer_is_not_waited_for_and_may_still_take_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = FakeDesk()
    release = asyncio.Event()

    async def wait(event: Event) -> None:
        await release.wait()

    monkeypatch.setattr(door, "SUBMIT_LIMIT_S", 0.01)
    async with calling(desk) as client:
        await sign_in(client, ANNA)
        desk.on_submit = wait
        assert (await client.post("/api/v1/ready")).status_code == 503
        release.set()
        await until(lambda: desk.events[-1] == AgentReady(ANNA))


@run_async
async def test_an_engine_that_gives_the_event_up_is_a_503() -> None:
    desk = FakeDesk()

    async def give_up(event: Event) -> None:
        raise asyncio.CancelledError

    async with calling(desk) as client:
        await sign_in(client, ANNA)
        desk.on_submit = give_up
        assert (await client.post("/api/v1/ready")).status_code == 503
