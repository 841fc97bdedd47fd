"""The pages of many agents or supervisors, without browsers: a process of its own, so that what it computes is not the
daemon's, nor the PBX's.

It is told on its standard input whose pages to open, says `open` when all have had their snapshot, and when the input
ends what the pages were told: the moment of each contact's first pop, by the clock that all processes of a machine
share.
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Any

import msgspec
import uvloop
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

OPENING = 20  # at a time
OPEN_LIMIT_S = 60.0
_POP = b'"pop":{'


class Order(msgspec.Struct, frozen=True):
    """Open one page for each of these sessions, with this view of the daemon at this port."""

    port: int
    view: str
    cookies: list[str]


@dataclass(slots=True)
class Told:
    """What the pages were told so far. `pops_s`: when each contact first popped up, by CLOCK_MONOTONIC."""

    pops_s: dict[str, float] = field(default_factory=dict)
    messages: int = 0
    characters: int = 0
    lost: int = 0  # pages that the daemon has closed
    cpu_s: float = 0.0

    def take(self, message: bytes) -> None:
        now_s = time.monotonic()
        self.messages += 1
        self.characters += len(message)
        if _POP in message:
            contact = contact_of(message)
            if contact is not None:
                self.pops_s.setdefault(contact, now_s)


def contact_of(message: bytes) -> str | None:
    """Whose pop a delta brings; None for one that brings none, and for a snapshot, whose pop is not new."""
    pop = json.loads(message).get("set", {}).get("pop")
    return pop["contact"] if pop else None


async def show(order: Order, cookie: str, told: Told, doors: asyncio.Semaphore, opened: asyncio.Future[None]) -> None:
    """One page, for as long as it is let."""
    address = f"127.0.0.1:{order.port}/api/v1/live"
    origin: Any = f"http://127.0.0.1:{order.port}"
    options: dict[str, Any] = {"additional_headers": {"Cookie": cookie}, "origin": origin, "compression": None}
    try:
        async with doors:
            page = await connect(f"ws://{address}", **options, max_size=None, ping_interval=None)
            await page.send(json.dumps({"subscribe": [order.view], "resume": None}))
            told.take(await page.recv(decode=False))
            opened.set_result(None)
        while True:
            told.take(await page.recv(decode=False))
    except (OSError, WebSocketException) as error:
        told.lost += 1
        if not opened.done():
            opened.set_exception(error)


async def work() -> None:
    loop = asyncio.get_running_loop()
    order = msgspec.json.decode(await loop.run_in_executor(None, sys.stdin.readline), type=Order)
    told, doors = Told(), asyncio.Semaphore(OPENING)
    opened = [loop.create_future() for _ in order.cookies]
    shown = [
        asyncio.create_task(show(order, cookie, told, doors, one))
        for cookie, one in zip(order.cookies, opened, strict=True)
    ]
    async with asyncio.timeout(OPEN_LIMIT_S):
        await asyncio.gather(*opened)
    print("open", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    told.cpu_s = time.process_time()
    print(json.dumps(asdict(told)), flush=True)
    for task in shown:
        task.cancel()
    await asyncio.gather(*shown, return_exceptions=True)


if __name__ == "__main__":
    uvloop.run(work())
