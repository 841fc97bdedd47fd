"""Tokens over HTTP: who may make which."""

from dataclasses import replace
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from callcenter.desktop.access import tokens
from callcenter.desktop.access.permissions import ROLES, Permission
from callcenter.desktop.desk import DeskUnavailableError
from tests.desktop.fake_desk import ANNA, PASSWORD, SUSAN, FakeDesk
from tests.desktop.serving import calling, close_code, serving, sign_in
from tests.helpers import run_async

BODY = {"name": "wallboard", "scopes": ["see_floor"]}


def desk_of(*roles: str) -> FakeDesk:
    desk = FakeDesk()
    desk.agents = {**desk.agents, SUSAN: replace(desk.agents[SUSAN], roles=roles)}
    return desk


async def create(client: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    return await client.post("/api/v1/tokens", json={**BODY, **changes})


@run_async
async def test_a_token_is_made_listed_and_revoked() -> None:
    desk = desk_of("admin")
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        made = (await create(client)).json()
        headers = {"Authorization": f"Bearer {made['secret']}"}
        assert (await client.get("/api/v1/me", headers=headers)).json()["id"] == "token:wallboard"
        listed = (await client.get("/api/v1/tokens")).json()["tokens"]
        revoked = (await client.delete(f"/api/v1/tokens/{made['token']['id']}")).json()
        assert (await client.get("/api/v1/me", headers=headers)).status_code == 401
        again = await client.delete(f"/api/v1/tokens/{made['token']['id']}")
    assert [token["name"] for token in listed] == ["wallboard"]
    assert listed[0]["last_used_ms"] is not None
    assert made["token"]["expires_ms"] - made["token"]["created_ms"] == 90 * 86_400_000
    assert "secret" not in listed[0]
    assert revoked["token"]["revoked_ms"] is not None
    assert again.status_code == 404
    told = [change for change in desk.access.changes if "token" in change.action]
    assert [(change.action, change.outcome) for change in told] == [
        ("create_token", "asked"),
        ("revoke_token", "asked"),
    ]
    assert made["secret"] not in str(desk.access.changes)


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"scopes": ["take_contacts"]}, 403, "would have take_contacts"),
        ({"scopes": ["publish_rules"], "queue_groups": ["sellers"]}, 403, "that is limited to some queues"),
        ({"scopes": ["see_floor"], "queue_groups": ["sailors"]}, 422, "no queue group 'sailors'"),
        ({"scopes": ["see_floor"], "acts_for": "anna"}, 403, "more than Anna Lindqvist"),
        ({"scopes": ["take_contacts"], "acts_for": "nobody"}, 422, "no login 'nobody'"),
        ({"scopes": []}, 422, "body.scopes"),
        ({"scopes": ["everything"]}, 422, "body.scopes"),
        ({"name": "two\nlines"}, 422, "one line"),
        ({"expires_in_days": 0}, 422, "body.expires_in_days"),
        ({"scopes": ["take_contacts"], "acts_for": "anna", "expires_in_days": None}, 200, ""),
        ({"scopes": ["see_floor"], "queue_groups": ["sellers", "helpers"]}, 200, ""),
    ],
)
@run_async
async def test_nobody_gives_away_what_is_not_the_own(changes: dict[str, Any], status: int, words: str) -> None:
    async with calling(desk_of("agent", "admin")) as client:
        await client.post("/api/v1/sign-in", json={"agent": SUSAN, "password": PASSWORD, "takes_contacts": False})
        answer = await create(client, **changes)
    assert answer.status_code == status, answer.text
    assert words in answer.text


@run_async
async def test_a_token_that_makes_tokens_makes_none_that_is_more_than_itself() -> None:
    async with calling(desk_of("admin")) as client:
        await sign_in(client, SUSAN)
        text = (await create(client, scopes=["manage_tokens", "see_floor"])).json()["secret"]
        client.cookies.clear()
        client.headers["Authorization"] = f"Bearer {text}"
        answers = [
            await create(client, scopes=["see_audit"]),
            await create(client, scopes=["take_contacts"], acts_for=ANNA),
            await create(client, scopes=["see_floor"]),
        ]
    assert [answer.status_code for answer in answers] == [403, 403, 200]


@run_async
async def test_a_token_for_an_agent_does_as_that_agent_and_no_supervisors_work() -> None:
    desk = desk_of("admin")
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        text = (await create(client, scopes=["take_contacts"], acts_for=ANNA)).json()["secret"]
        client.cookies.clear()
        client.headers["Authorization"] = f"Bearer {text}"
        me = (await client.get("/api/v1/me")).json()
        assert (await client.post("/api/v1/not-ready", json={"reason": "lunch"})).status_code == 200
        assert (await client.post("/api/v1/queues/sales/state", json={"state": "closed"})).status_code == 403
    assert me["id"] == ANNA
    assert not set(me["permissions"]) & ROLES["supervisor"]
    assert (desk.access.changes[-1].by, desk.access.changes[-1].via[:6]) == (ANNA, "token ")


@run_async
async def test_the_bound_and_a_database_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MAX_TOKENS", 1)
    desk = desk_of("admin")
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        await create(client, scopes=[*sorted(ROLES["admin"])])
        full = await create(client)
        desk.access.tokens.away = DeskUnavailableError("the database is away")
        away = await client.get("/api/v1/tokens")
    assert full.status_code == 409
    assert "Revoke those" in full.json()["remedy"]
    assert away.status_code == 503


def test_every_scope_can_be_given_by_somebody() -> None:
    assert ROLES["admin"] | ROLES["agent"] == frozenset(Permission)


@run_async
async def test_a_websocket_that_a_token_has_opened_is_closed_when_it_is_revoked() -> None:
    desk = desk_of("admin")
    async with serving(desk) as server, httpx.AsyncClient(base_url=server.url) as client:
        await sign_in(client, SUSAN)
        made = (await create(client)).json()
        headers = {"Authorization": f"Bearer {made['secret']}"}
        async with connect(f"{server.url.replace('http', 'ws')}/api/v1/live", additional_headers=headers) as page:
            await page.send('{"subscribe": ["floor"], "resume": null}')
            assert "snapshot" in str(await page.recv())
            await client.delete(f"/api/v1/tokens/{made['token']['id']}")
            assert await close_code(page) == 4401
