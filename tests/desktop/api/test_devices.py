"""Phones over HTTP, with the real engine behind: which there are, who has which, and choosing one."""

from dataclasses import replace
from typing import Any

import httpx

from callcenter.desktop.access.permissions import AGENT
from callcenter.events import AgentSignedOut
from callcenter.orders import ListenAsked, ListenMode
from callcenter.types import AgentId, DeviceRef, DeviceStatus
from tests.desktop.engine_desk import EngineDesk
from tests.desktop.serving import calling, sign_in
from tests.helpers import run_async
from tests.playbook import PBX, agent, answered, arrived, configuration, device, phone, ringing

ADA, BOB = AgentId("ada"), AgentId("bob")
BOTH = configuration(agent("ada"), agent("bob"))


def desk_of() -> EngineDesk:
    """bob has gone; a third phone, desk, is nobody's."""
    desk = EngineDesk(BOTH)
    desk.story.at(100, AgentSignedOut(BOB), phone("desk", DeviceStatus.FREE))
    return desk


async def choose(client: httpx.AsyncClient, name: str | None) -> tuple[int, dict[str, Any]]:
    answer = await client.post("/api/v1/device", json={"device": name})
    return answer.status_code, answer.json()


@run_async
async def test_the_phones_with_who_has_them() -> None:
    desk = desk_of()
    async with calling(desk) as client:
        await sign_in(client, ADA)
        assert (await client.get("/api/v1/devices")).json()["devices"] == [
            {"device": "PJSIP/ada", "status": "free", "used_by": {"id": "ada", "name": "Ada"}, "own": True},
            {"device": "PJSIP/bob", "status": "free", "used_by": None, "own": False},
            {"device": "PJSIP/desk", "status": "free", "used_by": None, "own": False},
        ]


@run_async
async def test_a_phone_is_chosen_shown_and_written_down() -> None:
    desk = desk_of()
    async with calling(desk) as client:
        me = (await sign_in(client, ADA)).json()
        assert (me["device"], me["device_chosen"]) == ("PJSIP/ada", False)
        status, body = await choose(client, "PJSIP/desk")
        assert (status, body["device"], body["chosen"], body["state"]["state"]) == (200, "PJSIP/desk", True, "ready")
        noted = desk.access.changes[-1]
        assert (noted.before, noted.after) == ('{"device": "PJSIP/ada"}', '{"device": "PJSIP/desk"}')
        me = (await client.get("/api/v1/me")).json()
        assert (me["device"], me["device_chosen"]) == ("PJSIP/desk", True)
        assert (await choose(client, "PJSIP/desk"))[0] == 200
        status, body = await choose(client, None)
        assert (status, body["device"], body["chosen"]) == (200, "PJSIP/ada", False)
        assert len([event for event in desk.events if type(event).__name__ == "DeviceChosen"]) == 2


@run_async
async def test_what_stands_in_the_way_is_said() -> None:
    desk = desk_of()
    async with calling(desk) as client:
        await sign_in(client, ADA)
        status, body = await choose(client, "PJSIP/dest")
        assert (status, body["error"]) == (422, "There is no phone 'PJSIP/dest'.")
        assert body["remedy"] == "Did you mean `PJSIP/desk`?"
        await choose(client, "PJSIP/bob")
        async with calling(desk) as other:
            me = (await sign_in(other, BOB)).json()
            assert (me["device"], me["device_chosen"]) == (None, False)
            status, body = await choose(other, None)
            assert (status, body["error"]) == (409, "Ada has the phone PJSIP/bob.")
            status, body = await choose(other, "PJSIP/ada")
            assert (status, body["device"], body["chosen"]) == (200, "PJSIP/ada", True)
            desk.story.at(desk.story.now_ms + 1, AgentSignedOut(BOB))
            status, body = await choose(other, "PJSIP/desk")
            assert (status, body["error"]) == (409, "You are not signed in.")
        desk.story.at(desk.story.now_ms + 1, arrived("anna"), ringing("anna.1"), answered("anna.1"))
        status, body = await choose(client, "PJSIP/desk")
        assert (status, body["error"]) == (409, "You have a contact at your phone.")


@run_async
async def test_a_phone_at_which_somebody_listens_is_left_alone() -> None:
    desk = desk_of()
    async with calling(desk) as client:
        await sign_in(client, BOB)
        desk.story.at(desk.story.now_ms + 1, arrived("anna"), ringing("anna.1"), answered("anna.1"))
        susan = ListenAsked(AgentId("susan"), device("desk"), ADA, ListenMode.LISTEN)
        desk.story.at(desk.story.now_ms + 1, susan)
        assert (await choose(client, "PJSIP/desk"))[1]["error"] == "Somebody listens at the phone PJSIP/desk."
        desk.story.at(desk.story.now_ms + 1, ListenAsked(BOB, device("bob"), ADA, ListenMode.LISTEN))
        assert (await choose(client, None))[0] == 200  # it is so already
        assert (await choose(client, "PJSIP/ada"))[1]["error"] == "Somebody listens at your phone."


@run_async
async def test_an_agent_without_a_configured_phone_may_have_none() -> None:
    desk = EngineDesk(replace(BOTH, agents=(BOTH.agents[0], replace(BOTH.agents[1], device=DeviceRef(PBX, "")))))
    desk.story.at(100, phone("desk", DeviceStatus.FREE))
    async with calling(desk) as client:
        me = (await sign_in(client, BOB)).json()
        assert me["device"] is None
        assert (await choose(client, "PJSIP/desk"))[1]["chosen"]
        assert (await choose(client, None))[1]["device"] is None


@run_async
async def test_who_takes_no_contacts_chooses_no_phone() -> None:
    desk = desk_of()
    async with calling(desk) as client:
        await sign_in(client, AgentId("susan"))
        assert AGENT not in desk.agents[AgentId("susan")].roles
        assert (await choose(client, "PJSIP/desk"))[0] == 403
        assert (await client.get("/api/v1/devices")).status_code == 403
