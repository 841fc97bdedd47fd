"""A driven agent against the real desktop API, with a desk that remembers what it was told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from random import Random

import pytest

from callcenter.commands import AgentChanged
from callcenter.events import AgentNotReady, AgentReady, AgentSignedIn, Event, WrapUpEnded
from callcenter.types import AgentState, ContactId
from lab import demo_agents
from lab.demo_agents import DrivenAgent, RefusedError
from tests.desktop.fake_desk import ANNA, PASSWORD, FakeDesk
from tests.desktop.serving import serving, until
from tests.helpers import run_async

CONTACT = ContactId("contact-1")


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SIGN_IN_AFTER_S", "READY_AFTER_S", "BACK_AFTER_RONA_S", "BREAK_S", "WRAP_UP_S"):
        monkeypatch.setattr(demo_agents, name, (0.0, 0.0))
    monkeypatch.setattr(demo_agents, "RETRY_S", 0.05)
    monkeypatch.setattr(demo_agents, "BREAK_SHARE", 0.0)


@contextlib.asynccontextmanager
async def at_work(desk: FakeDesk, port: int) -> AsyncIterator[None]:
    """Anna works until the block ends, and is there when it begins."""
    work = asyncio.create_task(DrivenAgent(port, ANNA, PASSWORD, Random(1)).work())
    try:
        await until(lambda: AgentSignedIn(ANNA) in desk.events)
        yield
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


def changed(
    state: AgentState, reason: str | None = None, contact: ContactId | None = None, since: int = 0
) -> AgentChanged:
    return AgentChanged(ANNA, state, reason, since, None, contact, None)


async def told_after(desk: FakeDesk, command: AgentChanged, kind: type[Event]) -> Event:
    """What the agent does once it has heard of its new state."""
    desk.events.clear()
    done: list[Event] = []

    def tried() -> bool:
        desk.hub.execute(command)  # again and again: the page may not be there yet
        done[:] = [event for event in desk.events if isinstance(event, kind)]
        return bool(done)

    await until(tried)
    return done[0]


@run_async
async def test_the_agent_goes_ready_after_signing_in_after_rona_and_after_a_break() -> None:
    desk = FakeDesk()
    async with serving(desk) as server, at_work(desk, server.port):
        for since, reason in enumerate(("signed_in", "rona", "break")):
            told = await told_after(desk, changed(AgentState.NOT_READY, reason, since=since), AgentReady)
            assert told == AgentReady(ANNA)


@run_async
async def test_the_agent_ends_wrap_up_with_a_disposition() -> None:
    desk = FakeDesk()
    async with serving(desk) as server, at_work(desk, server.port):
        told = await told_after(desk, changed(AgentState.WRAP_UP, contact=CONTACT), WrapUpEnded)
        assert isinstance(told, WrapUpEnded)
        assert told.contact == CONTACT
        assert told.disposition in desk.dispositions


@run_async
async def test_the_agent_takes_a_break_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_agents, "BREAK_SHARE", 1.0)
    desk = FakeDesk()
    async with serving(desk) as server, at_work(desk, server.port):
        told = await told_after(desk, changed(AgentState.WRAP_UP, contact=CONTACT), AgentNotReady)
        assert told == AgentNotReady(ANNA, "break")


@run_async
async def test_the_agent_signs_in_again_once_signed_out_and_after_a_restart_of_the_daemon() -> None:
    desk = FakeDesk()
    async with serving(desk) as server:
        port = server.port
        async with at_work(desk, port):
            await told_after(desk, changed(AgentState.LOGGED_OUT), AgentSignedIn)
            await server.stop()
            desk.events.clear()
            async with serving(desk, port):
                await until(lambda: AgentSignedIn(ANNA) in desk.events)


@run_async
async def test_a_wrong_password_is_told_in_the_servers_words() -> None:
    desk = FakeDesk()
    async with serving(desk) as server:
        with pytest.raises(RefusedError, match="sign-in: 401 Agent or password is wrong"):
            await DrivenAgent(server.port, ANNA, PASSWORD + "?", Random(1)).sign_in()
