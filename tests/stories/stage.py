"""A stage for stories: a real Asterisk, SIPp callers and phones, the real daemon, agents at its HTTP API.

A story starts phones and seats, lets callers call, and looks at what people would see: the agents' pages, the phones,
the contact log, the metrics.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from sqlalchemy import select

from callcenter.crm.sample import load_sample
from callcenter.stores.database import default_url, open_database
from callcenter.stores.migrations import migrate
from callcenter.stores.tables import ContactRow, ContactTagRow, DecisionRow, SegmentRow
from lab.center import AgentSpec, Center, Seat
from lab.pbx import Pbx
from lab.sipp import Caller, Callers, Phones, Sipp

ROUTING: dict[str, Any] = {
    "version": 1,
    "tiers": ["platinum", "gold", "silver", "standard"],
    "default_tier": "standard",
    "default_queue": "general",
    "decline_backoff_s": 5,
    "failure_backoff_s": 5,
    "dispositions": ["resolved", "sold"],
    "not_ready_reasons": ["break"],
    "queues": {
        "support": {"offer_timeout_s": 2, "wrap_up_s": 0, "service_level_s": 20},
        "billing": {"offer_timeout_s": 2, "wrap_up_s": 30, "service_level_s": 20},
        "general": {"offer_timeout_s": 2, "wrap_up_s": 0, "service_level_s": 20},
    },
    "rules": [
        {
            "name": "support, valued",
            "when": {"dialled": "8003", "tier": ["platinum", "gold"]},
            "route": {"queue": "support", "priority": 60, "skills": {"support": 5}},
        },
        {
            "name": "support",
            "when": {"dialled": "8003"},
            "route": {"queue": "support", "priority": 20, "skills": {"support": 2}},
        },
        {
            "name": "billing",
            "when": {"dialled": "8002"},
            "route": {"queue": "billing", "priority": 20, "skills": {"billing": 2}},
        },
    ],
}
QUEUES = ("support", "billing", "general")


def agent(name: str, phone: int, **skills: int) -> AgentSpec:
    return AgentSpec(name, str(phone), skills or {"support": 5, "billing": 5}, QUEUES)


def supervisor(name: str = "sue") -> AgentSpec:
    """Who is an agent too, and not ready, unless told otherwise."""
    return AgentSpec(name, "1099", {"billing": 2}, ("general",), roles=("agent", "supervisor"))


def routing(**queues: Mapping[str, Any]) -> dict[str, Any]:
    """The stories' rules, with some keys of some queues changed."""
    changed = {name: {**queue, **queues.get(name, {})} for name, queue in ROUTING["queues"].items()}
    return {**ROUTING, "queues": changed}


class Stage:
    """One story's call center. A context manager; everything that it starts ends with it."""

    def __init__(
        self, pbx: Pbx, folder: Path, agents: Sequence[AgentSpec], database_url: str | None = None, **changes: Any
    ) -> None:
        self.pbx = pbx
        if database_url is not None:
            changes["settings"] = {**changes.get("settings", {}), "database": {"url": database_url}}
        defaults: dict[str, Any] = {"routing": ROUTING, "ami_port": pbx.ami_port, "ami_secret": pbx.ami_secret}
        self.center = Center(folder / "center", agents=agents, **{**defaults, **changes})
        self.center.data_dir.mkdir(parents=True, exist_ok=True)
        self.database = open_database(database_url or default_url(self.center.data_dir))
        self._began_ms = time.time_ns() // 1_000_000  # the sample customers have called before
        self._playing: list[Sipp] = []
        self._seats: list[Seat] = []

    async def prepare(self) -> None:
        """A database with customers, as an admin would have it before the first start."""
        await migrate(self.database.engine)
        await load_sample(self.database.engine)

    async def __aenter__(self) -> Self:
        await self.prepare()
        await self.center.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        for seat in self._seats:
            await seat.leave()
        await self.center.stop()
        for playing in self._playing:
            if isinstance(playing, Phones) and playing.alive:
                await asyncio.to_thread(playing.unregister)
            await asyncio.to_thread(playing.stop)
        await self.database.close()

    # ---- who plays

    async def phones(self, phones: Phones) -> Phones:
        self._playing.append(phones)
        await asyncio.to_thread(phones.start)
        return phones

    def call(self, *callers: Caller, **how: Any) -> Callers:
        calling = Callers(self.pbx.sip_port, callers, **how)
        self._playing.append(calling)
        calling.start()
        return calling

    async def seat(self, name: str, *, ready: bool = True) -> Seat:
        seat = await self.center.seat(name)
        self._seats.append(seat)
        if ready:
            await seat.ready()
            await seat.until_state("ready")
        return seat

    # ---- what can be seen

    async def device(self, phone: int, status: str) -> None:
        """Wait until the daemon knows that the phone is `free`, `in_use` or `unreachable`."""
        name = next(agent.id for agent in self.center.agents if agent.phone == str(phone))
        seat = next(seat for seat in self._seats if seat.agent == name)
        await seat.until(lambda: seat.device == status, f"phone {phone} to be {status}")

    async def contacts(self, fits: Callable[[Sequence[ContactRow]], bool], limit_s: float = 15.0) -> list[ContactRow]:
        """The contacts of this story in the log, in the order of their arrival, as soon as they fit."""
        rows: list[ContactRow] = []

        async def read() -> bool:
            nonlocal rows
            async with self.database.engine.connect() as connection:
                live = select(ContactRow).where(ContactRow.arrived_ms >= self._began_ms).order_by(ContactRow.arrived_ms)
                rows = [ContactRow(**row._mapping) for row in await connection.execute(live)]
            return fits(rows)

        await until(read, lambda: f"contacts in the log; there are {[(r.caller, r.outcome) for r in rows]}", limit_s)
        return rows

    async def waiting(self, seat: Seat, count: int, limit_s: float = 10.0) -> list[dict[str, Any]]:
        """The contacts that wait, as the floor shows them, as soon as there are so many."""
        waiting: list[dict[str, Any]] = []

        async def look() -> bool:
            nonlocal waiting
            waiting = (await seat.picture())["contacts"]
            return len([one for one in waiting if one["state"] == "waiting"]) == count

        await until(look, lambda: f"{count} waiting contacts, there are {waiting}", limit_s)
        return waiting

    async def decisions(self, contact: str) -> list[tuple[str, str | None]]:
        """Kind and author of each decision about a contact, in order."""
        async with self.database.engine.connect() as connection:
            found = await connection.execute(
                select(DecisionRow.kind, DecisionRow.made_by)
                .where(DecisionRow.contact_id == contact)
                .order_by(DecisionRow.number)
            )
            return [(row.kind, row.made_by) for row in found]

    async def tags(self) -> list[tuple[str, str]]:
        """Contact and tag, all that the log has."""
        async with self.database.engine.connect() as connection:
            found = await connection.execute(select(ContactTagRow.contact_id, ContactTagRow.tag))
            return [(row.contact_id, row.tag) for row in found]

    async def segments(self, contact: str) -> list[tuple[str, str | None, str | None]]:
        """Kind, agent and result of each segment of a contact, in order."""
        async with self.database.engine.connect() as connection:
            found = await connection.execute(
                select(SegmentRow.kind, SegmentRow.agent, SegmentRow.result)
                .where(SegmentRow.contact_id == contact)
                .order_by(SegmentRow.number)
            )
            return [(row.kind, row.agent, row.result) for row in found]

    async def no_channel(self, limit_s: float = 10.0) -> None:
        """Wait until the PBX has no channel left."""

        async def none() -> bool:
            return await asyncio.to_thread(self.pbx.channels) == 0

        await until(none, lambda: f"no channel at the PBX, it has {self.pbx.channels()}", limit_s)


async def until(condition: Callable[[], Any], what: Callable[[], str], limit_s: float) -> None:
    """Wait until the async `condition` holds; AssertionError with `what` after `limit_s`."""
    give_up_s = time.monotonic() + limit_s
    while not await condition():
        assert time.monotonic() < give_up_s, f"waited {limit_s:g} s for {what()}"
        await asyncio.sleep(0.05)


def ended(count: int) -> Callable[[Sequence[ContactRow]], bool]:
    return lambda rows: len(rows) >= count
