"""What becomes of pages and agents when a session is over."""

from dataclasses import replace

import pytest

from callcenter.desktop.access import turnover
from callcenter.desktop.access.sessions import IDLE_MS, MAX_MS
from callcenter.desktop.access.store import SessionLimits
from callcenter.desktop.desk import DeskUnavailableError
from callcenter.events import AgentSignedOut, Event
from callcenter.types import AgentState
from tests.desktop.fake_desk import ANNA, SUSAN, FakeDesk
from tests.desktop.serving import close_code, cookie_of, listening, serving, until
from tests.helpers import run_async

SAY = '{"subscribe": ["%s"], "resume": null}'


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turnover, "LOOK_EVERY_S", 0.01)


@run_async
async def test_a_page_of_an_idle_session_is_closed() -> None:
    desk = FakeDesk()
    async with serving(desk) as server, listening(server, "/api/v1/live", await cookie_of(server, SUSAN)) as page:
        await page.send(SAY % "floor")
        await page.recv()
        desk.offset_ms += IDLE_MS + 1_000
        assert await close_code(page) == 4401
    assert AgentSignedOut(SUSAN) not in desk.events


@run_async
async def test_an_agent_who_has_no_session_left_takes_no_more_contacts() -> None:
    desk = FakeDesk()
    async with serving(desk) as server:
        async with listening(server, "/api/v1/live", await cookie_of(server, ANNA)) as page:
            await page.send(SAY % "self")
            await page.recv()
            desk.change(ANNA, AgentState.READY)
            desk.offset_ms += 5 * IDLE_MS
            desk.offset_ms += MAX_MS
            assert await close_code(page) == 4401
        await until(lambda: AgentSignedOut(ANNA) in desk.events)
    assert desk.access.changes[-1].action == "session_over"


@run_async
async def test_who_talks_is_left_alone_until_the_contact_is_done() -> None:
    desk = FakeDesk()
    async with serving(desk) as server:
        cookie = await cookie_of(server, ANNA)
        async with listening(server, "/api/v1/live", cookie) as page:
            await page.send(SAY % "self")
            await page.recv()
            desk.change(ANNA, AgentState.TALKING)
            desk.offset_ms += MAX_MS + 1_000
            sessions = server._app.state.sessions
            await turnover.end_those_over(desk, sessions, desk.hub)
            assert AgentSignedOut(ANNA) not in desk.events
            desk.change(ANNA, AgentState.READY)
            assert await close_code(page) == 4401


@run_async
async def test_the_limits_are_the_settings_and_a_desk_that_cannot_take_it_is_no_end() -> None:
    desk = FakeDesk()
    desk.access.session_limits = SessionLimits(idle_ms=10**9, max_ms=2_000)

    async def refuse(event: Event) -> None:
        if isinstance(event, AgentSignedOut):
            raise DeskUnavailableError("the journal is down")

    desk.on_submit = refuse
    async with serving(desk) as server:
        async with listening(server, "/api/v1/live", await cookie_of(server, ANNA)) as page:
            desk.change(ANNA, AgentState.READY)
            desk.offset_ms += 3_000
            assert await close_code(page) == 4401
        async with listening(server, "/api/v1/live", await cookie_of(server, ANNA)) as page:
            desk.views[ANNA] = replace(desk.views[ANNA], state=AgentState.READY)
            desk.offset_ms += 3_000
            assert await close_code(page) == 4401


@run_async
async def test_a_page_of_a_login_that_has_changed_is_closed_and_others_stay() -> None:
    desk = FakeDesk()
    async with serving(desk) as server:
        susan, anna = await cookie_of(server, SUSAN), await cookie_of(server, ANNA)
        async with (
            listening(server, "/api/v1/live", susan) as changed,
            listening(server, "/api/v1/live", anna) as same,
        ):
            await changed.send(SAY % "floor")
            await same.send(SAY % "self")
            await changed.recv()
            await same.recv()
            desk.agents = {**desk.agents, SUSAN: replace(desk.agents[SUSAN], queues=frozenset())}
            assert await close_code(changed) == 4401
            assert same.close_code is None
