"""Sessions that are over: their pages are closed, and an agent who has none left takes no more contacts.

Likewise the pages of a login that has changed.

The one idea: a cookie is looked at when it is used, and a page that only listens uses none. So now and then all
sessions are looked at.
"""

import asyncio
import logging
from collections.abc import Mapping

from callcenter.desktop.access.audit import DONE, Page
from callcenter.desktop.access.sessions import Sessions
from callcenter.desktop.desk import AgentLogin, Desk, DeskUnavailableError
from callcenter.desktop.live.hub import Hub
from callcenter.events import AgentSignedOut
from callcenter.types import AgentId, AgentState

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 10.0


async def end_sessions(desk: Desk, sessions: Sessions, hub: Hub) -> None:
    """For ever."""
    logins = desk.agents
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        await end_those_over(desk, sessions, hub)
        close_changed(logins, desk.agents, sessions, hub)
        logins = desk.agents


def close_changed(
    before: Mapping[AgentId, AgentLogin], after: Mapping[AgentId, AgentLogin], sessions: Sessions, hub: Hub
) -> None:
    """Close the pages of logins that have another password, other roles or queues, or are gone: they show what these
    allowed when they were opened. Who may still sign in, or is still signed in, opens them again."""
    for agent, login in before.items() if after is not before else ():
        if after.get(agent) != login:
            for session in sessions.of(agent):
                hub.close_session(session)


async def end_those_over(desk: Desk, sessions: Sessions, hub: Hub) -> None:
    for session, agent, was_the_last in list(sessions.take_over(desk.now_ms())):
        hub.close_session(session)
        view = desk.agent(agent)
        if was_the_last and view is not None and view.state is not AgentState.LOGGED_OUT:
            page = Page("session_over", agent, "(session limit)", "", agent, {"state": view.state})
            try:
                await desk.submit(AgentSignedOut(agent), page.record(desk.now_ms(), DONE))
            except DeskUnavailableError as error:
                logger.warning("The session of %s is over, and signing out failed: %s", agent, error)
