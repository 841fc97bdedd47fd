"""The web application: API, WebSockets, pages, metrics and health, put together.

The one idea: everything here runs in the daemon's own loop and is never in the way of a call. Pictures are read from
memory, passwords are checked in threads, pages that lag behind are dropped.
"""

from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from callcenter.desktop import errors, page_files
from callcenter.desktop.access.gate import Gate
from callcenter.desktop.access.guard import Guard
from callcenter.desktop.access.limits import Limits
from callcenter.desktop.access.needs import SignedIn, public
from callcenter.desktop.access.passwords import Passwords
from callcenter.desktop.access.sessions import Sessions
from callcenter.desktop.access.tokens import Tokens
from callcenter.desktop.access.turnover import end_sessions
from callcenter.desktop.api.agents import Api
from callcenter.desktop.api.audit import AuditApi
from callcenter.desktop.api.calls import Calls
from callcenter.desktop.api.contacts import Contacts
from callcenter.desktop.api.devices import DevicesApi
from callcenter.desktop.api.door import Door
from callcenter.desktop.api.floor import FloorApi
from callcenter.desktop.api.own_password import OwnPasswordApi
from callcenter.desktop.api.reports import ReportsApi
from callcenter.desktop.api.rule_files import RuleFilesApi
from callcenter.desktop.api.rules import RulesApi
from callcenter.desktop.api.staff import StaffApi
from callcenter.desktop.api.supervisors import Supervisors
from callcenter.desktop.api.tokens import TokensApi
from callcenter.desktop.api.webhooks import WebhooksApi
from callcenter.desktop.desk import Desk
from callcenter.desktop.live.hub import Hub
from callcenter.desktop.live.page import Page
from callcenter.desktop.openapi import add_schema
from callcenter.metrics import Metrics
from callcenter.types import AgentId, AgentState

MAX_BODY_BYTES = 16_384


class _Application(FastAPI):
    def build_middleware_stack(self) -> ASGIApp:
        """The guard is around everything, what the framework refuses by itself and what fails too."""
        return Guard(super().build_middleware_stack())


def create_app(desk: Desk, hub: Hub, metrics: Metrics) -> FastAPI:
    """Raises ValueError when the session secret is too short."""
    app = _Application(
        title="callcenter",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        max_body_size=MAX_BODY_BYTES,
        telemetry={
            "tracing": False,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
        },
    )
    errors.install(app)
    passwords = Passwords(desk.agents)
    limits = desk.access.session_limits
    sessions = Sessions(desk.session_secret, limits.idle_ms, limits.max_ms, lambda agent: _state_of(desk, agent))
    tokens = Tokens(desk.access.tokens)
    app.state.passwords, app.state.sessions, app.state.tokens = passwords, sessions, tokens
    app.add_middleware(Gate, desk=desk, sessions=sessions, tokens=tokens, limits=Limits())
    door = Door(desk)
    routers = [
        Api(desk, hub, door, sessions, passwords).router(),
        Supervisors(desk, door).router(),
        FloorApi(desk, door).router(),
        DevicesApi(desk, door).router(),
        RulesApi(desk, door).router(),
        Contacts(desk, door).router(),
        ReportsApi(desk, door).router(),
        RuleFilesApi(desk).router(),
        StaffApi(desk, door).router(),
        OwnPasswordApi(desk, door, sessions, passwords).router(),
        TokensApi(desk, door, tokens, hub).router(),
        AuditApi(desk, door).router(),
        WebhooksApi(desk, door).router(),
        Calls(desk, door).router(),
    ]
    if desk.access.oidc is not None:
        from callcenter.desktop.api.oidc import OidcApi  # noqa: PLC0415 - its libraries take long to load

        routers.append(OidcApi(desk, door, sessions, desk.access.oidc).router())
    for router in routers:
        # `include_router` would work out each route a second time, at the first request, which takes 0.1 s.
        app.router.routes.extend(router.routes)
    app.state.beside = [lambda: end_sessions(desk, sessions, hub)]
    _add_sockets(app, hub)
    page_files.install(app)
    _add_operations(app, desk, metrics)
    add_schema(app)
    return app


def _state_of(desk: Desk, agent: AgentId) -> AgentState:
    view = desk.agent(agent)
    return AgentState.LOGGED_OUT if view is None else view.state


def _add_sockets(app: FastAPI, hub: Hub) -> None:
    @app.websocket("/api/v1/live")
    async def live(websocket: WebSocket, by: SignedIn) -> None:
        await websocket.accept()
        await hub.serve(Page(websocket, by.key), by)


def _add_operations(app: FastAPI, desk: Desk, metrics: Metrics) -> None:
    # `async def` throughout: these read the engine's state, which belongs to the loop's thread.

    watch = [public("what watches over the daemon is not signed in; no caller and no customer is in it")]

    @app.get("/metrics", include_in_schema=False, dependencies=watch)
    async def scrape(request: Request) -> Response:
        body, content_type = await metrics.scrape(request.headers.get("accept", ""))
        return Response(body, headers={"Content-Type": content_type})

    @app.get("/health/live", include_in_schema=False, dependencies=watch)
    async def live() -> dict[str, Any]:
        return {"ok": True, "words": "The process runs and its loop answers.", "loop_lag_s": metrics.loop_lag_s}

    @app.get("/health/ready", include_in_schema=False, dependencies=watch)
    async def ready() -> JSONResponse:
        parts = desk.health()
        ok = all(part.ok for part in parts.values())
        return JSONResponse(
            {"ok": ok, "parts": {name: {"ok": part.ok, "words": part.words} for name, part in parts.items()}},
            200 if ok else 503,
        )
