"""Agents who work by themselves in the demo: each one signs in over HTTP and hears of its state over the WebSocket.

They use what a browser uses, nothing else. One idea: an agent looks at its newest state only, waits as a person would,
and acts if nothing has changed meanwhile.
"""

import asyncio
import contextlib
import http.client
import http.cookies
import json
import logging
from collections.abc import Sequence
from random import Random
from typing import Any

import websockets.asyncio.client
from websockets.exceptions import WebSocketException

log = logging.getLogger(__name__)

HTTP_LIMIT_S = 10.0
RETRY_S = 1.0
SIGN_IN_AFTER_S = (0.0, 2.0)  # not all at once: checking a password takes a processor for a while
READY_AFTER_S = (0.1, 1.0)  # seconds from signing in to READY
BACK_AFTER_RONA_S = (6.0, 12.0)
BREAK_S = (15.0, 30.0)
WRAP_UP_S = (2.0, 8.0)
BREAK_SHARE = 0.06  # of the contacts after which an agent wants a break


class RefusedError(Exception):
    """The server refused a request; the words are its own."""


class DrivenAgent:
    """One agent. `work()` goes on until it is cancelled, across restarts of the daemon."""

    def __init__(self, port: int, agent: str, password: str, random: Random) -> None:
        self.agent = agent
        self._port = port
        self._password = password
        self._random = random
        self._cookie = ""
        self._dispositions: Sequence[str] = ()
        self._reasons: Sequence[str] = ()

    async def work(self) -> None:
        await asyncio.sleep(self._random.uniform(*SIGN_IN_AFTER_S))
        while True:
            try:
                await self.sign_in()
                await self._serve()
            except (OSError, http.client.HTTPException, WebSocketException, RefusedError, TimeoutError) as error:
                log.debug("agent %s tries again: %s", self.agent, error)
            await asyncio.sleep(RETRY_S)

    async def sign_in(self) -> None:
        me = await self._post("sign-in", agent=self.agent, password=self._password)
        self._dispositions = me["dispositions"]
        self._reasons = me["not_ready_reasons"]

    async def _serve(self) -> None:
        """Follow the state until the page is closed."""
        acting: asyncio.Task[None] | None = None
        seen: dict[str, Any] = {}
        address = f"ws://127.0.0.1:{self._port}/api/v1/live"
        headers = {"Cookie": self._cookie}
        try:
            async with websockets.asyncio.client.connect(address, additional_headers=headers) as page:
                await page.send(json.dumps({"subscribe": ["self"], "resume": None}))
                async for text in page:
                    message = json.loads(text)
                    state = message.get("entries", message.get("set", {})).get("state")
                    if state is None or state == seen:
                        continue
                    seen = state
                    if acting is not None:
                        acting.cancel()
                    acting = asyncio.create_task(self._act(state))
        finally:
            if acting is not None:
                acting.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await acting

    async def _act(self, state: dict[str, Any]) -> None:
        try:
            match state["state"], state["reason"]:
                case "not_ready", "signed_in":
                    await self._after(READY_AFTER_S, "ready")
                case "not_ready", "rona":
                    await self._after(BACK_AFTER_RONA_S, "ready")
                case "not_ready", _:
                    await self._after(BREAK_S, "ready")
                case "logged_out", _:
                    await self.sign_in()
                case "wrap_up", _:
                    await self._wrap_up(state)
        except (OSError, http.client.HTTPException, RefusedError) as error:
            log.debug("agent %s could not act: %s", self.agent, error)

    async def _wrap_up(self, state: dict[str, Any]) -> None:
        if self._reasons and self._random.random() < BREAK_SHARE:
            await self._post("not-ready", reason=self._reasons[0])  # takes effect at the end of this contact
        disposition = self._random.choice(self._dispositions) if self._dispositions else None
        await self._after(WRAP_UP_S, "wrap-up", contact=state["contact"], disposition=disposition)

    async def _after(self, wait_s: tuple[float, float], what: str, **body: Any) -> None:
        await asyncio.sleep(self._random.uniform(*wait_s))
        await self._post(what, **body)

    async def _post(self, what: str, **body: Any) -> dict[str, Any]:
        return await asyncio.to_thread(self._post_now, what, body)

    def _post_now(self, what: str, body: dict[str, Any]) -> dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=HTTP_LIMIT_S)
        with contextlib.closing(connection):
            headers = {"Content-Type": "application/json"} | ({"Cookie": self._cookie} if self._cookie else {})
            connection.request("POST", f"/api/v1/{what}", json.dumps(body), headers)
            response = connection.getresponse()
            answer: dict[str, Any] = json.loads(response.read())
        if response.status >= 300:
            raise RefusedError(f"{what}: {response.status} {answer.get('error')}")
        for text in response.headers.get_all("Set-Cookie", []):
            cookies = http.cookies.SimpleCookie(text)
            self._cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())
        return answer
