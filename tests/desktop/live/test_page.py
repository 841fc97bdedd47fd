"""A page that does not take its messages is dropped, and nobody waits for it."""

import asyncio
import socket
from functools import partial
from typing import Any

import pytest

from callcenter.desktop.live import hub as hub_module
from callcenter.desktop.live import page as page_module
from callcenter.desktop.live.page import CLOSE_TOO_SLOW, OUTBOX_LIMIT
from callcenter.types import AgentId, OfferId
from tests.desktop.fake_desk import ANNA, BORIS, FakeDesk
from tests.desktop.serving import cookie_of, serving, until
from tests.desktop.watching import LIVE, watching
from tests.helpers import run_async

LONG = "x" * 100_000
SUBSCRIBE = b'{"subscribe": ["self"]}'
REQUEST = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nCookie: {cookie}\r\n\r\n"
)


async def deaf_page(port: int, cookie: str) -> socket.socket:
    """A peer that upgrades to WebSocket, subscribes to its agent's view and then reads no more."""
    peer = socket.socket()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    peer.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(peer, ("127.0.0.1", port))
    await loop.sock_sendall(peer, REQUEST.format(path=LIVE, cookie=cookie).encode())
    assert (await loop.sock_recv(peer, 12)) == b"HTTP/1.1 101"
    await loop.sock_sendall(peer, b"\x81" + bytes([0x80 | len(SUBSCRIBE)]) + bytes(4) + SUBSCRIBE)  # masked with zeros
    return peer


def subscribed(desk: FakeDesk, agent: AgentId) -> list[page_module.Page]:
    """The pages that show this agent's view."""
    return [page for stream in desk.hub._of_agent.get(agent, ()) for page in stream.pages]


def shows(offer: str, entries: dict[str, Any]) -> bool:
    return entries["pop"] is not None and bool(entries["pop"]["offer"] == offer)


@run_async
async def test_a_page_that_reads_nothing_is_dropped_at_the_outbox_bound_and_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(page_module, "CLOSE_GRACE_S", 0.05)
    desk = FakeDesk()
    async with serving(desk) as server:
        peer = await deaf_page(server.port, await cookie_of(server, ANNA))
        await until(lambda: bool(subscribed(desk, ANNA)))
        async with watching(server, await cookie_of(server, BORIS), "self") as other:
            sent = 0
            while desk.hub.dropped_slow == 0:
                for _ in range(10):  # a slow page holds up neither the sender ...
                    desk.offer(ANNA, offer=OfferId(f"offer {sent}"), because=LONG)
                    sent += 1
                desk.offer(BORIS, offer=OfferId(f"offer {sent}"))
                await other.until(partial(shows, f"offer {sent}"))  # ... nor anybody else
                assert sent < 5_000
        await until(lambda: not subscribed(desk, ANNA))
        peer.close()


@run_async
async def test_a_page_that_takes_nothing_for_too_long_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "TICK_INTERVAL_S", 0.02)
    monkeypatch.setattr(page_module, "SEND_LIMIT_S", 0.05)
    monkeypatch.setattr(page_module, "CLOSE_GRACE_S", 0.05)
    desk = FakeDesk()
    async with serving(desk) as server:
        peer = await deaf_page(server.port, await cookie_of(server, ANNA))
        await until(lambda: bool(subscribed(desk, ANNA)))
        for number in range(OUTBOX_LIMIT // 4):  # fewer than the bound, more than the sockets' buffers hold
            desk.offer(ANNA, offer=OfferId(f"offer {number}"), because=LONG * 10)
            await asyncio.sleep(0)
        await until(lambda: desk.hub.dropped_slow == 1)
        await until(lambda: server.connections == 0)
        peer.close()


@run_async
async def test_messages_keep_their_order_up_to_the_bound() -> None:
    page = page_module.Page(None, "session")  # type: ignore[arg-type]
    for number in range(OUTBOX_LIMIT):
        page.put(str(number))
    assert page.open
    assert [page._next() for _ in range(3)] == ["0", "1", "2"]
    for number in range(4):
        page.put(str(number))
    assert page.close_code == CLOSE_TOO_SLOW
    page.put("more")
    assert len(page._outbox) == OUTBOX_LIMIT


@run_async
async def test_a_beginning_goes_before_all_that_follows_however_long_it_is() -> None:
    page = page_module.Page(None, "session")  # type: ignore[arg-type]
    page.put("of what it saw before")
    page.begin([f"missed {number}" for number in range(2 * OUTBOX_LIMIT)])
    page.put("then")
    assert page.open
    sent = [page._next() for _ in range(2 * OUTBOX_LIMIT + 2)]
    assert sent == [*(f"missed {number}" for number in range(2 * OUTBOX_LIMIT)), "then", None]
