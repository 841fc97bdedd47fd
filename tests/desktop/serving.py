"""A desk served for real, on a free port of this machine, in the loop that the test runs in."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from callcenter.desktop.address import bind
from callcenter.desktop.app import create_app
from callcenter.desktop.server import Server
from callcenter.metrics import Metrics
from callcenter.types import AgentId
from tests.desktop.fake_desk import PASSWORD, FakeDesk

DEADLINE_S = 10.0


@contextlib.asynccontextmanager
async def serving(desk: FakeDesk, port: int = 0) -> AsyncIterator[Server]:
    server = Server(create_app(desk, desk.hub, Metrics(desk.overview)), desk.hub, bind("127.0.0.1", port))
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@contextlib.asynccontextmanager
async def calling(desk: FakeDesk, base_url: str = "http://desk.test") -> AsyncIterator[httpx.AsyncClient]:
    """A client straight at the application, without a socket."""
    app = create_app(desk, desk.hub, Metrics(desk.overview))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=base_url) as client:
        yield client
    app.state.passwords.close()


async def sign_in(client: httpx.AsyncClient, agent: AgentId, password: str = PASSWORD) -> httpx.Response:
    return await client.post("/api/v1/sign-in", json={"agent": agent, "password": password})


async def cookie_of(server: Server, agent: AgentId) -> str:
    async with httpx.AsyncClient(base_url=server.url) as client:
        response = await sign_in(client, agent)
        assert response.status_code == 200, response.text
        return response.headers["set-cookie"].split(";")[0]


def listening(server: Server, path: str, cookie: str | None, **options: Any) -> connect:
    headers = {} if cookie is None else {"Cookie": cookie}
    return connect(f"{server.url.replace('http', 'ws')}{path}", additional_headers=headers, **options)


async def hear(page: ClientConnection, kind: str) -> dict[str, Any]:
    """The next message of this kind; others are passed over."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            message: dict[str, Any] = json.loads(await page.recv())
            if message["type"] == kind:
                return message


async def close_code(page: ClientConnection) -> int:
    """The code with which the server closes the page; messages before it are passed over."""
    async with asyncio.timeout(DEADLINE_S):
        with contextlib.suppress(ConnectionClosed):
            while True:
                await page.recv()
        await page.wait_closed()
    assert page.close_code is not None
    return page.close_code


async def until(condition: Callable[[], bool]) -> None:
    """Return as soon as the condition holds; fail at the deadline."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            if condition():
                return
            await asyncio.sleep(0.005)
