"""A manager client for the tests of the PBX: small enough to be trusted, and it keeps every byte that it gets.

It is independent of the daemon's own client on purpose.
"""

import asyncio
import contextlib
import itertools
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Self

Frame = list[tuple[str, str]]


def value(frame: Frame, key: str) -> str:
    """The first value of a header, empty when it is not there."""
    return next((text for name, text in frame if name == key), "")


class AmiProbe:
    """`async with await AmiProbe.connect(port, secret) as ami:`; every wait has a deadline of `limit_s`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.raw = bytearray()
        self.frames: list[Frame] = []
        self._reader, self._writer = reader, writer
        self._arrived = asyncio.Condition()
        self._ids = (f"probe-{number}" for number in itertools.count(1))
        self._task = asyncio.ensure_future(self._read())

    @classmethod
    async def connect(cls, port: int, secret: str, username: str = "callcenter", events: str = "on") -> Self:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        banner = await reader.readline()
        assert banner.startswith(b"Asterisk Call Manager/"), banner
        probe = cls(reader, writer)
        probe.raw += banner
        answer = await probe.action("Login", Username=username, Secret=secret, Events=events)
        if value(answer, "Response") != "Success":
            await probe.close()
            raise PermissionError(value(answer, "Message"))
        return probe

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        self._task.cancel()
        self._writer.close()

    async def action(self, name: str, *more: tuple[str, str], limit_s: float = 5.0, **headers: str) -> Frame:
        """Send an action and return its response."""
        action_id = next(self._ids)
        pairs = [("Action", name), ("ActionID", action_id), *headers.items(), *more]
        self._writer.write(("".join(f"{key}: {text}\r\n" for key, text in pairs) + "\r\n").encode())
        await self._writer.drain()
        return await self.until(
            lambda frame: value(frame, "ActionID") == action_id and value(frame, "Response") != "", limit_s=limit_s
        )

    async def event(self, name: str, limit_s: float = 10.0, after: int = 0, **headers: str) -> Frame:
        """The first event of that name, from frame number `after` on, whose headers have the values given."""
        return await self.until(
            lambda frame: value(frame, "Event") == name and all(value(frame, k) == v for k, v in headers.items()),
            limit_s=limit_s,
            after=after,
        )

    async def user_event(self, name: str, limit_s: float = 10.0, after: int = 0, **headers: str) -> Frame:
        return await self.event("UserEvent", limit_s=limit_s, after=after, UserEvent=name, **headers)

    def seen(self, name: str, **headers: str) -> list[Frame]:
        """All events of that name so far."""
        return [
            frame
            for frame in self.frames
            if value(frame, "Event") == name and all(value(frame, k) == v for k, v in headers.items())
        ]

    async def until(self, wanted: Callable[[Frame], bool], limit_s: float, after: int = 0) -> Frame:
        """The first frame that is wanted, whether it is here already or comes within `limit_s`."""
        looked_at = after

        def found() -> Frame | None:
            nonlocal looked_at
            while looked_at < len(self.frames):
                frame = self.frames[looked_at]
                looked_at += 1
                if wanted(frame):
                    return frame
            return None

        async with self._arrived:
            async with asyncio.timeout(limit_s):
                while (frame := found()) is None:
                    await self._arrived.wait()
        return frame

    async def _read(self) -> None:
        rest = b""
        while data := await self._reader.read(65_536):
            self.raw += data
            *complete, rest = (rest + data).split(b"\r\n\r\n")
            async with self._arrived:
                self.frames += [_frame(block) for block in complete]
                self._arrived.notify_all()


async def eventually(condition: Callable[[], Awaitable[bool]], limit_s: float = 10.0) -> None:
    """Ask again and again until the condition holds; TimeoutError when it does not within `limit_s`."""
    async with asyncio.timeout(limit_s):
        while not await condition():  # noqa: ASYNC110 - the PBX has no event for it
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def heart(port: int, secret: str, every_s: float = 0.5) -> AsyncIterator[None]:
    """A daemon's heartbeat, on a connection of its own, for as long as the block lasts."""

    async def beat(ami: AmiProbe) -> None:
        for number in itertools.count(1):
            await ami.action("Setvar", Variable="CALLCENTER_BEAT", Value=f"{id(ami)}-{number}")
            await asyncio.sleep(every_s)

    async with await AmiProbe.connect(port, secret, events="off") as ami:
        task = asyncio.ensure_future(beat(ami))
        try:
            yield
        finally:
            task.cancel()


def _frame(block: bytes) -> Frame:
    pairs = []
    for line in block.decode("utf-8", errors="replace").split("\r\n"):
        key, _, text = line.partition(":")
        pairs.append((key, re.sub(r"^ ", "", text)))
    return pairs
