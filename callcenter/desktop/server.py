"""The HTTP server inside the daemon's running loop.

The one idea: uvicorn is a guest here. The daemon owns the loop, the signals and the log, so we bind the socket (uvicorn
would call `sys.exit` on a busy port), run its serving as one task, and end it ourselves.
"""

import asyncio
import contextlib
import errno
import socket
from asyncio.transports import BaseTransport
from collections.abc import Generator

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from callcenter.desktop.live.hub import Hub

GRACE_S = 2
MAX_MESSAGE_BYTES = 4_096  # pages have nothing to say over the WebSocket
BACKLOG = 1_024


class AddressError(Exception):
    """The address to serve at cannot be used; the text says which and how to mend it."""


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
    """Serves `app` at host:port (0: any free one, see `port` after the start). `hub` has its pages, None: no pages."""

    def __init__(self, app: FastAPI, hub: Hub | None, host: str, port: int) -> None:
        self._app = app
        self._hub = hub
        self._host = host
        self.port = port
        self._guest: _Guest | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self.port}"

    @property
    def connections(self) -> int:
        return 0 if self._guest is None else len(self._guest.server_state.connections)

    async def start(self) -> None:
        """Return once requests are answered. Raises AddressError."""
        bound = _bind(self._host, self.port)
        self.port = bound.getsockname()[1]
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
        )
        self._guest = _Guest(config)
        if self._hub is not None:
            self._hub.start()
        self._task = asyncio.create_task(self._guest.serve([bound]))
        while not self._guest.started:
            if self._task.done():
                await self.stop()
                raise AddressError(f"the HTTP server ended at once at {self.url}; the log says why")
            await asyncio.sleep(0)

    async def stop(self) -> None:
        """Close every page with "come back later", answer what is under way, and end. Takes at most some seconds."""
        if self._hub is not None:
            await self._hub.stop()
        if self._guest is not None and self._task is not None:
            self._guest.should_exit = True
            await asyncio.gather(self._task, return_exceptions=True)
        if self._hub is not None:
            self._app.state.passwords.close()


def _bind(host: str, port: int) -> socket.socket:
    where = f"{host}:{port} (http.host and http.port in config/callcenter.yaml)"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise AddressError(f"{where} is no address of this machine: {error.strerror}; use 127.0.0.1 or ::") from error
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(BACKLOG)
        bound.setblocking(False)
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise AddressError(f"{where} is in use by another program; end that one or choose another port") from error
        if error.errno == errno.EACCES:
            raise AddressError(f"{where} needs more rights; choose a port above 1023") from error
        raise AddressError(f"{where} cannot be used: {error.strerror}; choose an address of this machine") from error
    return bound
