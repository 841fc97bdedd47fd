"""The server as a guest in a running loop."""

import asyncio
import signal
import socket

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from callcenter.desktop.app import create_app
from callcenter.desktop.server import AddressError, Server
from callcenter.metrics import Metrics
from tests.desktop.fake_desk import ANNA, FakeDesk
from tests.desktop.serving import DEADLINE_S, cookie_of, hear, listening, serving
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
async def test_a_busy_port_is_a_clear_error_and_no_exit() -> None:
    desk = FakeDesk()
    async with serving(desk) as server:
        second = Server(create_app(desk, desk.hub, Metrics(desk.overview)), desk.hub, "127.0.0.1", server.port)
        with pytest.raises(AddressError, match=rf"127\.0\.0\.1:{server.port} \(http\.host.*in use.*another port"):
            await second.start()


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host"])
@run_async
async def test_an_address_that_is_not_ours_is_a_clear_error(host: str) -> None:
    desk = FakeDesk()
    server = Server(create_app(desk, desk.hub, Metrics(desk.overview)), desk.hub, host, 0)
    with pytest.raises(AddressError, match=r"http\.host"):
        await server.start()


@run_async
async def test_stop_closes_everything_and_the_port_is_free_again() -> None:
    desk = FakeDesk()
    async with serving(desk) as server:
        page = await listening(server, "/api/agent", await cookie_of(server, ANNA))
        await hear(page, "present")
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
    await Server(create_app(desk, desk.hub, Metrics(desk.overview)), desk.hub, "127.0.0.1", 0).stop()


@run_async
async def test_another_sites_page_gets_no_websocket() -> None:
    async with serving(FakeDesk()) as server:
        cookie = await cookie_of(server, ANNA)
        for path in ("/api/agent", "/api/overview"):
            with pytest.raises(InvalidStatus) as refused:
                await listening(server, path, cookie, origin="http://evil.test")
            assert refused.value.response.status_code == 403
        async with listening(server, "/api/agent", cookie, origin=server.url) as page:
            await hear(page, "present")


@run_async
async def test_a_page_that_sends_too_much_is_closed_and_a_talkative_one_is_not_heard() -> None:
    async with serving(FakeDesk()) as server:
        cookie = await cookie_of(server, ANNA)
        async with listening(server, "/api/agent", cookie) as page:
            await page.send("{}")
            await hear(page, "present")
            await page.send("x" * 10_000)
            async with asyncio.timeout(DEADLINE_S):
                await page.wait_closed()
            assert page.close_code == 1009
