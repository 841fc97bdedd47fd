"""The HTTP server inside the daemon's running loop.

The one idea: uvicorn is a guest here. The daemon owns the loop, the signals and the log, so we bind the socket (uvicorn
would call `sys.exit` on a busy port), run its serving as one task, and end it ourselves.
"""

import asyncio
import contextlib
import socket
import ssl
from asyncio.transports import BaseTransport
from collections.abc import Generator
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from callcenter.desktop.address import BACKLOG, AddressError
from callcenter.desktop.live.hub import Hub
from callcenter.desktop.tls import Tls

GRACE_S = 2
MAX_MESSAGE_BYTES = 4_096  # pages have nothing to say over the WebSocket


class _Protocol(WebSocketsSansIOProtocol):
    """Lets the application cut off a peer that takes nothing, not even a close: `websocket.state.abort()`."""

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self.app_state = {**self.app_state, "abort": self.transport.abort}


class _Guest(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class Server:
    """Serves `app` at a socket that listens, and closes it at the end. `hub` has the app's pages, None: no pages."""

    def __init__(self, app: FastAPI, hub: Hub | None, bound: socket.socket, tls: Tls | None = None) -> None:
        self._app = app
        self._hub = hub
        self._bound = bound
        self._host, self.port, *_ = bound.getsockname()
        self._tls = tls
        self._guest: _Guest | None = None
        self._task: asyncio.Task[None] | None = None
        self._beside: list[asyncio.Task[None]] = []

    @property
    def url(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http{'' if self._tls is None else 's'}://{host}:{self.port}"

    @property
    def connections(self) -> int:
        return 0 if self._guest is None else len(self._guest.server_state.connections)

    async def start(self) -> None:
        """Return once requests are answered. Raises AddressError."""
        config = uvicorn.Config(
            self._app,
            loop="none",
            http="h11",
            ws=_Protocol,
            ws_per_message_deflate=False,
            ws_max_size=MAX_MESSAGE_BYTES,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            backlog=BACKLOG,
            timeout_graceful_shutdown=GRACE_S,
            ssl_context_factory=self._context if self._tls is not None else None,
        )
        self._guest = _Guest(config)
        if self._hub is not None:
            self._hub.start()
            self._beside = [asyncio.create_task(work()) for work in self._app.state.beside]
        self._task = asyncio.create_task(self._guest.serve([self._bound]))
        while not self._guest.started:
            if self._task.done():
                await self.stop()
                raise AddressError(f"the HTTP server ended at once at {self.url}; the log says why")
            await asyncio.sleep(0)

    async def stop(self) -> None:
        """Close every page with "come back later", answer what is under way, and end. Takes at most some seconds."""
        for task in self._beside:
            task.cancel()
        await asyncio.gather(*self._beside, return_exceptions=True)
        if self._hub is not None:
            await self._hub.stop()
        if self._guest is not None and self._task is not None:
            self._guest.should_exit = True
            await asyncio.gather(self._task, return_exceptions=True)
        self._bound.close()
        if self._hub is not None:
            self._app.state.passwords.close()

    def _context(self, *_: Any) -> ssl.SSLContext:
        assert self._tls is not None
        return self._tls.context
