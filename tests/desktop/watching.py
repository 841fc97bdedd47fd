"""A page of the live protocol, as a browser's would be: it holds the entries, and counts the messages."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from websockets.asyncio.client import ClientConnection

from callcenter.desktop.server import Server
from tests.desktop.serving import DEADLINE_S, listening

LIVE = "/api/v1/live"


class Watcher:
    """`entries` is what it shows; `heard` all that came, in order."""

    def __init__(self, page: ClientConnection) -> None:
        self.page = page
        self.stream = ""
        self.sequence = -1
        self.entries: dict[str, Any] = {}
        self.heard: list[dict[str, Any]] = []

    async def subscribe(self, *views: str, resume: tuple[str, int] | None = None) -> None:
        known = None if resume is None else {"stream": resume[0], "sequence": resume[1]}
        await self.page.send(json.dumps({"subscribe": views, "resume": known}))

    async def hear(self) -> dict[str, Any]:
        """Take the next message."""
        async with asyncio.timeout(DEADLINE_S):
            message: dict[str, Any] = json.loads(await self.page.recv())
        self.heard.append(message)
        match message["type"]:
            case "snapshot":
                self.stream, self.entries = message["stream"], dict(message["entries"])
            case "delta":
                assert message["sequence"] == self.sequence + 1, "a gap"
                self.entries |= message["set"]
                for key in message["gone"]:
                    del self.entries[key]
            case kind:
                assert kind == "tick"
                assert message["sequence"] == self.sequence or self.sequence == -1
        self.sequence = message["sequence"]
        return message

    async def until(self, condition: Callable[[dict[str, Any]], bool]) -> None:
        """Listen until the entries are so."""
        async with asyncio.timeout(DEADLINE_S):
            while not (self.entries and condition(self.entries)):
                await self.hear()


@contextlib.asynccontextmanager
async def watching(
    server: Server, cookie: str | None, *views: str, resume: tuple[str, int] | None = None
) -> AsyncIterator[Watcher]:
    """A page that has subscribed and heard the first answer."""
    async with listening(server, LIVE, cookie) as page:
        watcher = Watcher(page)
        await watcher.subscribe(*views, resume=resume)
        if resume is None:
            await watcher.hear()
        yield watcher
