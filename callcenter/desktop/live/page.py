"""One browser page at the other end of a WebSocket.

The one idea: nobody waits for a page. What it should hear goes into a bounded outbox; a task of its own sends it. A
page whose outbox overflows, or that takes nothing for SEND_LIMIT_S, is dropped, and reconnects when it can.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterable

from starlette.websockets import WebSocket, WebSocketDisconnect

OUTBOX_LIMIT = 64  # messages; a page that lives never has more than a few
SEND_LIMIT_S = 10.0
CLOSE_GRACE_S = 2.0
LISTEN_PAUSE_S = 0.1  # a page that says much is heard slowly

# Close codes, for the pages to tell apart (4000-4999 are an application's own).
CLOSE_RESTART = 1012
CLOSE_FULL = 1013
CLOSE_NOT_UNDERSTOOD = 4400
CLOSE_SIGNED_OUT = 4401
CLOSE_NOT_ALLOWED = 4403
CLOSE_TOO_SLOW = 4408
CLOSE_ELSEWHERE = 4409


class Page:
    """The outbox of a page and the task that empties it. `session` is that of who opened it, "" for a token."""

    def __init__(self, websocket: WebSocket, session: str) -> None:
        self.session = session
        self.heard: Callable[[str], None] | None = None  # told what the page says; None: it has nothing to say
        self._websocket = websocket
        self._beginning: deque[str] = deque()
        self._outbox: deque[str] = deque()
        self._wake = asyncio.Event()
        self._over = asyncio.Event()
        self._told: tuple[int, str] | None = None
        self._sending_since: float | None = None

    @property
    def open(self) -> bool:
        return not self._over.is_set()

    @property
    def close_code(self) -> int | None:
        """The code with which we closed it; None while it is open, or when it left by itself."""
        return self._told[0] if self._told is not None else None

    def put(self, message: str) -> None:
        """Send in order. At the bound the page is dropped: one that lacks a message would show an untruth."""
        if not self.open:
            return
        if len(self._outbox) >= OUTBOX_LIMIT:
            self.close(CLOSE_TOO_SLOW, "this page took its messages too slowly")
            return
        self._outbox.append(message)
        self._wake.set()

    def begin(self, messages: Iterable[str]) -> None:
        """Send these next, and nothing that waits: what a page is shown begins (anew) with them, however many."""
        if self.open:
            self._outbox.clear()
            self._beginning = deque(messages)
            self._wake.set()

    def drop_if_stuck(self) -> None:
        """Called at intervals: give up on a page that has taken nothing for SEND_LIMIT_S."""
        since = self._sending_since
        if since is not None and asyncio.get_running_loop().time() - since > SEND_LIMIT_S:
            self.close(CLOSE_TOO_SLOW, "this page took nothing for too long")

    def close(self, code: int, words: str) -> None:
        if self.open:
            self._told = (code, words)
            self._over.set()

    async def serve(self) -> None:
        """Send and listen until either side ends it. The WebSocket is accepted already."""
        tasks = [asyncio.create_task(work) for work in (self._send_all(), self._receive_all(), self._over.wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._over.set()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if self._told is not None:
            await self._say_goodbye(*self._told)

    async def _say_goodbye(self, code: int, words: str) -> None:
        """Close with a code; a peer that does not even take that is cut off, or its socket would linger for hours."""
        with contextlib.suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
            async with asyncio.timeout(CLOSE_GRACE_S):
                await self._websocket.close(code, words)
        abort = getattr(self._websocket.state, "abort", None)  # server.py puts it there
        if abort is not None:
            asyncio.get_running_loop().call_later(CLOSE_GRACE_S, abort)

    async def _send_all(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            while (message := self._next()) is not None:
                self._sending_since = loop.time()
                await self._websocket.send_text(message)
                self._sending_since = None

    def _next(self) -> str | None:
        if self._beginning:
            return self._beginning.popleft()
        return self._outbox.popleft() if self._outbox else None

    async def _receive_all(self) -> None:
        """Pages say little here (they post); listening is also how their leaving is heard."""
        while (message := await self._websocket.receive())["type"] != "websocket.disconnect":
            if self.heard is not None:
                self.heard(message.get("text") or "")
                await asyncio.sleep(LISTEN_PAUSE_S)
