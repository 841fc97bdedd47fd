"""A server that speaks the pages' protocol with made-up data: for what a browser test wants to happen exactly so.

The one idea: the test holds the entries and the answers in its hands. It sets entries, cuts the connection, says
nothing, leaves a number out, or refuses an order, and looks at what the page makes of it. Run as a program
(`python -m tests.desktop.web_fake --scene talk`) it shows a scene of web_scenes.py, for who works on the pages.
"""

import argparse
import asyncio
import contextlib
import json
import socket
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from callcenter.desktop import page_files
from callcenter.desktop.access.guard import Guard
from tests.desktop import web_scenes

Entries = Mapping[str, Any]


@dataclass(eq=False)
class WebFake:
    """`orders` are the posts that came, oldest first; `refusals` (path: status, error, remedy) are answered instead."""

    entries: dict[str, Any] = field(default_factory=dict)
    me: dict[str, Any] = field(default_factory=web_scenes.anna)
    answers: dict[str, Any] = field(default_factory=web_scenes.answers)
    signed_in: bool = True
    orders: list[tuple[str, Any]] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)  # of the orders that had one
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)  # what was got, with its query
    refusals: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    gate: asyncio.Event | None = None  # posts are answered once it is set
    subscriptions: list[dict[str, Any]] = field(default_factory=list)
    silent: bool = False  # neither ticks nor changes go out
    away: bool = False  # no new connection is taken
    stream: str = "stream-1"
    sequence: int = 0
    url: str = ""
    _pages: list[WebSocket] = field(default_factory=list)
    _said: list[dict[str, Any]] = field(default_factory=list)

    async def set(self, entries: Entries | None = None, gone: tuple[str, ...] = ()) -> None:
        """Change entries and tell the pages."""
        self.entries.update(entries or {})
        for key in gone:
            self.entries.pop(key, None)
        self.sequence += 1
        message = {"type": "delta", "sequence": self.sequence, "set": dict(entries or {}), "gone": list(gone)}
        self._said.append(message)
        await self._send(message)

    async def tick(self) -> None:
        await self._send({"type": "tick", "sequence": self.sequence})

    async def cut(self, code: int = 1012) -> None:
        """Close every page's connection."""
        pages, self._pages = self._pages, []
        for page in pages:
            await page.close(code)

    async def _send(self, message: Mapping[str, Any]) -> None:
        if self.silent:
            return
        for page in list(self._pages):
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await page.send_json({**message, "now_ms": now_ms()})

    # ---- the server's side

    async def live(self, page: WebSocket) -> None:
        if self.away:
            await page.close(1013)
            return
        await page.accept()
        try:
            while True:
                wanted = await page.receive_json()
                self.subscriptions.append(wanted)
                await self._welcome(page, wanted.get("resume"))
                if page not in self._pages:
                    self._pages.append(page)
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            if page in self._pages:
                self._pages.remove(page)

    async def _welcome(self, page: WebSocket, resume: dict[str, Any] | None) -> None:
        if resume is not None and resume["stream"] == self.stream:
            for message in self._said:
                if message["sequence"] > resume["sequence"]:
                    await page.send_json({**message, "now_ms": now_ms()})
            await page.send_json({"type": "tick", "sequence": self.sequence, "now_ms": now_ms()})
            return
        snapshot = {"type": "snapshot", "stream": self.stream, "sequence": self.sequence, "entries": self.entries}
        await page.send_json({**snapshot, "now_ms": now_ms()})

    async def get(self, path: str) -> JSONResponse:
        if not self.signed_in:
            return JSONResponse({"error": "You are not signed in.", "remedy": "Sign in."}, 401)
        if path in self.refusals:
            return self._refused(path)
        answer = {**self.me, "now_ms": now_ms()} if path == "me" else self.answers.get(path)
        if answer is None:
            return JSONResponse({"error": f"There is no {path}.", "remedy": "Look at the address."}, 404)
        return JSONResponse(answer)

    async def post(self, path: str, body: Any) -> JSONResponse:
        self.orders.append((path, body))
        if self.gate is not None:
            await self.gate.wait()
        if path in self.refusals:
            return self._refused(path)
        if path == "sign-in":
            self.signed_in = True
            return JSONResponse({**self.me, "now_ms": now_ms()})
        if path == "sign-out":
            self.signed_in = False
            return JSONResponse({"signed_out": True, "words": "You are signed out."})
        return JSONResponse(self.answers.get(path, {}))

    def _refused(self, path: str) -> JSONResponse:
        status, error, remedy = self.refusals[path]
        return JSONResponse({"error": error, "remedy": remedy}, status)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def app_of(fake: WebFake) -> FastAPI:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.add_middleware(Guard)

    @app.websocket("/api/v1/live")
    async def live(page: WebSocket) -> None:
        await fake.live(page)

    @app.get("/api/v1/{path:path}")
    async def get(path: str, request: Request) -> JSONResponse:
        fake.asked.append((path, dict(request.query_params)))
        return await fake.get(path)

    @app.api_route("/api/v1/{path:path}", methods=["POST", "PUT", "PATCH", "DELETE"])
    async def order(path: str, request: Request) -> JSONResponse:
        if request.query_params:
            fake.queries.append(dict(request.query_params))
        raw = await request.body()
        is_json = request.headers.get("content-type", "").startswith("application/json")
        return await fake.post(path, json.loads(raw) if raw and is_json else raw.decode() or None)

    page_files.install(app)
    return app


@contextlib.asynccontextmanager
async def faking(fake: WebFake, port: int = 0) -> AsyncIterator[WebFake]:
    """Serve it on this machine, with a tick each second."""
    listening = socket.create_server(("127.0.0.1", port))  # takes connections from now on, before it is served
    fake.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    config = uvicorn.Config(app_of(fake), log_level="warning", lifespan="off", ws="websockets-sansio", loop="none")
    server = uvicorn.Server(config)
    serving = asyncio.ensure_future(server._serve([listening]))

    async def tick_for_ever() -> None:
        while True:
            await asyncio.sleep(1)
            await fake.tick()

    ticking = asyncio.ensure_future(tick_for_ever())
    try:
        yield fake
    finally:
        ticking.cancel()
        if fake.gate is not None:
            fake.gate.set()
        await fake.cut()
        server.should_exit = True
        await serving


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scene", choices=sorted(web_scenes.SCENES), default="talk")
    parser.add_argument("--port", type=int, default=8080)
    arguments = parser.parse_args()

    async def serve() -> None:
        fake = WebFake(**web_scenes.SCENES[arguments.scene](now_ms()))
        async with faking(fake, arguments.port):
            print(f"{arguments.scene}: {fake.url}", flush=True)
            await asyncio.Event().wait()

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve())


if __name__ == "__main__":
    main()
