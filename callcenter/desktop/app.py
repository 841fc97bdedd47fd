"""The web application: API, WebSockets, pages, metrics and health, put together.

The one idea: everything here runs in the daemon's own loop and is never in the way of a call. Pictures are read from
memory, passwords are checked in threads, pages that lag behind are dropped.
"""

from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from callcenter.desktop import errors
from callcenter.desktop.access.guard import Guard
from callcenter.desktop.access.passwords import Passwords
from callcenter.desktop.access.sessions import COOKIE, Session, Sessions
from callcenter.desktop.api.agents import Api
from callcenter.desktop.api.door import Door
from callcenter.desktop.api.rules import RulesApi
from callcenter.desktop.api.supervisors import Supervisors
from callcenter.desktop.desk import ROLE_AGENT, Desk
from callcenter.desktop.live.hub import Hub
from callcenter.desktop.live.page import CLOSE_SIGNED_OUT, Page
from callcenter.metrics import Metrics

PAGES = Path(__file__).parent / "pages"
MAX_BODY_BYTES = 16_384


def create_app(desk: Desk, hub: Hub, metrics: Metrics) -> FastAPI:
    """Raises ValueError when the session secret is too short."""
    app = FastAPI(
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
    app.add_middleware(Guard)
    errors.install(app)
    passwords = Passwords(desk.agents)
    app.state.passwords = passwords
    sessions = Sessions(desk.session_secret)
    door = Door(desk, sessions)
    app.include_router(Api(desk, hub, door, sessions, passwords).router())
    app.include_router(Supervisors(desk, door).router())
    app.include_router(RulesApi(desk, door).router())
    _add_sockets(app, door, hub)
    _add_pages(app)
    _add_operations(app, desk, metrics)
    return app


def _add_sockets(app: FastAPI, door: Door, hub: Hub) -> None:
    async def signed_in(websocket: WebSocket) -> Session | None:
        session = door.session(websocket.cookies.get(COOKIE))
        await websocket.accept()
        if session is None:
            await websocket.close(CLOSE_SIGNED_OUT, "not signed in")  # after the accept, so that the page learns why
        return session

    @app.websocket("/api/agent")
    async def agent(websocket: WebSocket) -> None:
        session = await signed_in(websocket)
        if session is not None:
            login = session.login
            if ROLE_AGENT in login.roles:
                await hub.serve_agent(Page(websocket, session.id, login.id), login.id)
            else:
                await websocket.close(CLOSE_SIGNED_OUT, "takes no contacts")

    @app.websocket("/api/overview")
    async def overview(websocket: WebSocket) -> None:
        session = await signed_in(websocket)
        if session is not None:
            await hub.serve_overview(Page(websocket, session.id, None))


def _add_pages(app: FastAPI) -> None:
    @app.get("/", include_in_schema=False)
    async def agent_page() -> Response:
        return FileResponse(PAGES / "agent.html")

    @app.get("/overview", include_in_schema=False)
    async def overview_page() -> Response:
        return FileResponse(PAGES / "overview.html")

    app.mount("/pages", StaticFiles(directory=PAGES))


def _add_operations(app: FastAPI, desk: Desk, metrics: Metrics) -> None:
    # `async def` throughout: these read the engine's state, which belongs to the loop's thread.

    @app.get("/metrics")
    async def scrape(request: Request) -> Response:
        body, content_type = metrics.exposition(request.headers.get("accept", ""))
        return Response(body, headers={"Content-Type": content_type})

    @app.get("/health/live")
    async def live() -> dict[str, Any]:
        return {"ok": True, "words": "The process runs and its loop answers.", "loop_lag_s": metrics.loop_lag_s}

    @app.get("/health/ready")
    async def ready() -> JSONResponse:
        parts = desk.health()
        ok = all(part.ok for part in parts.values())
        return JSONResponse(
            {"ok": ok, "parts": {name: {"ok": part.ok, "words": part.words} for name, part in parts.items()}},
            200 if ok else 503,
        )
