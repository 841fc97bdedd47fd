"""The server as a guest in a running loop."""

import asyncio
import signal
import socket

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from callcenter.desktop.address import bind
from callcenter.desktop.app import create_app
from callcenter.desktop.server import Server
from callcenter.metrics import Metrics
from tests.desktop.fake_desk import ANNA, FakeDesk
from tests.desktop.serving import DEADLINE_S, cookie_of, hear, listening, serving
from tests.desktop.watching import LIVE, Watcher, watching
from tests.helpers import run_async


@run_async
async def test_serves_over_a_real_socket_and_leaves_the_signals_alone() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    async with serving(FakeDesk()) as server:
        assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
        async with httpx.AsyncClient(base_url=server.url) as client:
            assert (await client.get("/health/live")).status_code == 200
            assert "server" not in (await client.get("/health/live")).headers


@run_async
async def test_stop_closes_everything_and_the_port_is_free_again() -> None:
    desk = FakeDesk()
    async with serving(desk) as server:
        page = await listening(server, LIVE, await cookie_of(server, ANNA))
        await Watcher(page).subscribe("self")
        await hear(page, "snapshot")
        port = server.port
    async with asyncio.timeout(DEADLINE_S):
        await page.wait_closed()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S).close()
    async with serving(FakeDesk(), port) as again:
        assert again.port == port


@run_async
async def test_stop_before_start_is_no_error() -> None:
    desk = FakeDesk()
    await Server(create_app(desk, desk.hub, Metrics(desk.overview)), desk.hub, bind("127.0.0.1", 0)).stop()


@run_async
async def test_another_sites_page_gets_no_websocket() -> None:
    async with serving(FakeDesk()) as server:
        cookie = await cookie_of(server, ANNA)
        with pytest.raises(InvalidStatus) as refused:
            await listening(server, LIVE, cookie, origin="http://evil.test")
        assert refused.value.response.status_code == 403
        async with listening(server, LIVE, cookie, origin=server.url) as page:
            await Watcher(page).subscribe("self")
            await hear(page, "snapshot")


@run_async
async def test_a_page_that_sends_too_much_is_closed() -> None:
    async with serving(FakeDesk()) as server:
        cookie = await cookie_of(server, ANNA)
        async with watching(server, cookie, "self") as watcher:
            page = watcher.page
            await page.send("x" * 10_000)
            async with asyncio.timeout(DEADLINE_S):
                await page.wait_closed()
            assert page.close_code == 1009
