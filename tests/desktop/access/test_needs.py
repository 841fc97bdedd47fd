"""Every route says who may use it, and each credential gets exactly where it may."""

import re
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.routing import Mount

from callcenter.desktop.access import gate
from callcenter.desktop.access.limits import Rate
from callcenter.desktop.access.needs import Need, Public
from callcenter.desktop.access.permissions import ROLES, Permission, permissions_of
from callcenter.desktop.app import create_app
from callcenter.desktop.desk import AgentLogin
from callcenter.desktop.openapi import need_of, routes_of
from callcenter.metrics import Metrics
from callcenter.types import AgentId
from tests.desktop.fake_desk import HASH, PASSWORD, SALES, FakeDesk
from tests.desktop.serving import calling, close_code, listening, serving
from tests.desktop.watching import Watcher
from tests.helpers import run_async

GROUPED = {f"{role}_of_sales": role for role in ("supervisor", "admin", "viewer")}
MOUNTED = {"/assets"}  # files without data
UNLIMITED = Rate(1e6, 1_000_000)


def desk_of_all_roles() -> FakeDesk:
    desk = FakeDesk()
    logins = {AgentId(role): AgentLogin(AgentId(role), role, HASH, (role,)) for role in ROLES}
    for name, role in GROUPED.items():
        logins[AgentId(name)] = replace(
            logins[AgentId(role)], id=AgentId(name), queue_groups=("sellers",), queues=frozenset({SALES})
        )
    desk.agents = {**desk.agents, **logins}
    anna = desk.views[AgentId("anna")]
    desk.views[AgentId("agent")] = replace(anna, id=AgentId("agent"))
    return desk


def application() -> FastAPI:
    desk = desk_of_all_roles()
    return create_app(desk, desk.hub, Metrics(desk.overview))


ROUTES = [route for route in routes_of(application()) if not isinstance(route, Mount)]
API_ROUTES = [route for route in ROUTES if isinstance(route, APIRoute) and isinstance(need_of(route), Need)]


def operations() -> Iterator[tuple[str, str, Need]]:
    for route in API_ROUTES:
        need = need_of(route)
        assert isinstance(need, Need)
        for method in sorted(route.methods or ()):
            yield method, re.sub(r"\{[^}]*\}", "x", route.path), need


def test_every_route_declares_a_permission_or_why_it_needs_none() -> None:
    for route in ROUTES:
        assert isinstance(route, APIRoute | APIWebSocketRoute), f"{route} is no route that could declare anything"
        declared = need_of(route)
        assert declared is not None, f"{route.path} declares no permission: see access/needs.py"
        if isinstance(declared, Public):
            assert len(declared.why) > 20
    assert len(API_ROUTES) > 15


def test_what_is_mounted_beside_the_routes_is_known() -> None:
    mounted = {route.path for route in routes_of(application()) if isinstance(route, Mount)}
    assert mounted <= MOUNTED, "what is mounted is seen by everybody: put it behind a route"


def test_only_known_routes_of_the_api_are_public() -> None:
    public = {
        route.path
        for route in ROUTES
        if isinstance(route, APIRoute) and route.path.startswith("/api/") and isinstance(need_of(route), Public)
    }
    assert {path for path in public if "/docs" not in path and "/oidc" not in path} == {
        "/api/v1/sign-in",
        "/api/v1/sign-out",
        "/api/v1/openapi.json",
    }


async def refused(client: httpx.AsyncClient, held: frozenset[Permission] | None, who: str) -> int:
    """Ask for everything, and see that what is not held is refused before anything else. How much that was."""
    count = 0
    for method, path, need in operations():
        if path in ("/api/v1/sign-out",):
            continue
        answer = await client.request(method, path, json={} if method in ("POST", "PUT", "PATCH") else None)
        where = f"{who}: {method} {path} needs {need.any_of}, and is answered with {answer.status_code} {answer.text}"
        if held is None:
            assert answer.status_code == 401, where
        elif need.any_of and held.isdisjoint(need.any_of):
            assert answer.status_code == 403, where
        else:
            assert answer.status_code not in (401, 403), where
            continue
        count += 1
    return count


@pytest.mark.parametrize("who", [None, *ROLES, *GROUPED])
@run_async
async def test_each_role_gets_exactly_where_it_may(who: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "CALLERS", UNLIMITED)
    monkeypatch.setattr(gate, "STRANGERS", UNLIMITED)
    desk = desk_of_all_roles()
    async with calling(desk) as client:
        held = None
        if who is not None:
            answer = await client.post("/api/v1/sign-in", json={"agent": who, "password": PASSWORD})
            held = frozenset(Permission(one) for one in answer.json()["permissions"])
            assert held == permissions_of([GROUPED.get(who, who)], limited=who in GROUPED)
        before = len(desk.events)
        count = await refused(client, held, str(who))
        assert count >= (0 if who == "admin" else 3)
    if who is None:
        assert len(desk.events) == before
        assert desk.access.changes == []


@pytest.mark.parametrize("scope", list(Permission))
@run_async
async def test_a_token_of_one_scope_gets_exactly_where_that_leads(
    scope: Permission, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "CALLERS", UNLIMITED)
    desk = desk_of_all_roles()
    async with calling(desk) as client:
        await client.post("/api/v1/sign-in", json={"agent": "admin", "password": PASSWORD})
        acts_for = "agent" if scope is Permission.TAKE_CONTACTS else None
        body = {"name": "one", "scopes": [scope], "acts_for": acts_for}
        made = await client.post("/api/v1/tokens", json=body)
        assert made.status_code == 200, made.text
        client.cookies.clear()
        client.headers["Authorization"] = f"Bearer {made.json()['secret']}"
        assert await refused(client, frozenset({scope}), scope) > 10


@run_async
async def test_a_supervisor_of_some_queues_touches_nothing_of_the_others() -> None:
    desk = desk_of_all_roles()
    desk.contacts = [replace(desk.contacts[0], queue=None)]
    async with calling(desk) as client:
        await client.post("/api/v1/sign-in", json={"agent": "supervisor_of_sales", "password": PASSWORD})
        own = await client.post("/api/v1/queues/sales/state", json={"state": "closed"})
        others = await client.post("/api/v1/queues/support/state", json={"state": "closed"})
        unknown = await client.post("/api/v1/queues/golf/state", json={"state": "closed"})
        nobodys = await client.get("/api/v1/contacts/contact-1/why")
    assert own.status_code == 200
    assert (others.status_code, nobodys.status_code) == (403, 403)
    assert others.json()["error"] == "The queue support is not of your queue groups (sellers)."
    assert unknown.json()["remedy"] == "Use one of: sales.", "the other queues are not told"


@run_async
async def test_a_websocket_says_why_it_is_not_opened() -> None:
    desk = desk_of_all_roles()
    async with serving(desk) as server:
        async with listening(server, "/api/v1/live", None) as page:
            assert await close_code(page) == 4401
        async with httpx.AsyncClient(base_url=server.url) as client:
            answer = await client.post("/api/v1/sign-in", json={"agent": "viewer", "password": PASSWORD})
        cookie = answer.headers["set-cookie"].split(";")[0]
        async with listening(server, "/api/v1/live", cookie) as page:
            await Watcher(page).subscribe("self")
            assert await close_code(page) == 4403
