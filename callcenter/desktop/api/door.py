"""The door of the API: who asks, whether they may, and how an event is handed in.

The one idea: a request is checked at the door, becomes one event, and is answered once the engine has handled that
event. Whether it changes anything is the engine's to say, so a double click or a repeated post does no harm.
"""

import asyncio
from collections.abc import Coroutine
from datetime import date
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from callcenter.desktop.access import audit
from callcenter.desktop.desk import Desk, DeskUnavailableError
from callcenter.events import Event
from callcenter.stories import MAX_NOTE

SUBMIT_LIMIT_S = 10.0

T = TypeVar("T")


class Body(BaseModel):
    """What is posted: a JSON object with the keys that its kind has, and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def one_line(text: str) -> str:
    """For a field that is one line of printable characters, without the space around it."""
    if not text.isprintable() or not text.strip():
        raise PydanticCustomError("line", "It should be one line of printable characters")
    return text.strip()


def _prose(text: str) -> str:
    if not text.strip() or any(not line.isprintable() for line in text.replace("\t", " ").splitlines()):
        raise PydanticCustomError("prose", "It should be lines of printable characters")
    return text.strip()


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise PydanticCustomError("date", "It should be a date, such as 2026-12-24") from None


# What people write, without the space around it; and a day.
Prose = Annotated[str, Field(min_length=1, max_length=MAX_NOTE), AfterValidator(_prose)]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$"), AfterValidator(_day)]


class Door:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._under_way: set[asyncio.Future[Any]] = set()

    async def submit(self, event: Event) -> str | None:
        """Hand the event in and wait for its handling; if that takes too long it may still be handled later.

        Returns why it was ignored, None where it was not.
        The record for the audit log goes with the first event of a request.
        """
        page = audit.due()
        change = None if page is None else page.record(self._desk.now_ms())
        return await self.wait_for(self._desk.submit(event, change), SUBMIT_LIMIT_S)

    async def note_first(self) -> None:
        """Write down what is asked for before it is done: for what is no event, and must not happen unseen."""
        page = audit.due()
        if page is not None:
            await self.wait_for(self._desk.access.note(page.record(self._desk.now_ms(), audit.ASKED)), SUBMIT_LIMIT_S)

    async def wait_for(self, work: Coroutine[Any, Any, T], limit_s: float) -> T:
        """Wait for work that goes on to its end even where the wait for it is given up."""
        task = asyncio.ensure_future(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        try:
            async with asyncio.timeout(limit_s):
                return await asyncio.shield(task)
        except TimeoutError:
            raise DeskUnavailableError(f"the engine has not answered within {limit_s:.0f} s") from None
        except asyncio.CancelledError:
            if task.cancelled():  # the engine gave the event up, nobody gave up the request
                raise DeskUnavailableError("the engine is stopping") from None
            raise
