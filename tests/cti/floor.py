"""A call center without its desktop: the engine and the connection to a real Asterisk in the test's own process.

`order` is what an agent's page would ask for; `until` waits for what people would see. `killed` is a daemon that dies
on the spot and one that takes over from its snapshot.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
from twisted.internet import reactor

from callcenter.commands import CallChanged, Command, LookUpCustomer, PbxCommand
from callcenter.cti.asterisk import AsteriskPbx
from callcenter.engine import Engine
from callcenter.events import (
    AgentReady,
    AgentSignedIn,
    ConfigurationLoaded,
    CustomersFound,
    Event,
    PbxLost,
    PbxSynced,
    TimePassed,
)
from callcenter.queues.contact import Contact
from callcenter.settings import PbxSettings
from callcenter.state import Saved
from callcenter.types import AgentId, AgentState, Configuration, ContactState, PbxName
from lab.pbx import Pbx

LIMIT_S = 15.0
PBX = PbxName("main")


class Floor:
    def __init__(self, pbx: Pbx, config: Configuration) -> None:
        self.pbx = pbx
        self.engine = Engine.fresh(config)
        self.commands: list[Command] = []
        self.events: list[Event] = []
        self.asterisk = self._connection()
        self._config = config
        self._ticking: asyncio.Task[None] | None = None

    def _connection(self) -> AsteriskPbx:
        settings = {"port": self.pbx.ami_port, "reconnect_min_s": 0.1, "reconnect_max_s": 0.5}
        return AsteriskPbx(PbxSettings.model_validate(settings), self.pbx.ami_secret, self.feed, reactor)

    # ---- the daemon

    def feed(self, event: Event) -> None:
        self.events.append(event)
        commands = self.engine.handle(time.time_ns() // 1_000_000, event)
        asyncio.get_running_loop().call_soon(self._release, commands)  # the journal comes between

    def _release(self, commands: list[Command]) -> None:
        for command in commands:
            self.commands.append(command)
            if isinstance(command, PbxCommand):
                self.asterisk.execute(command)
            elif isinstance(command, LookUpCustomer):
                self.feed(CustomersFound(command.contact, ()))

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(0.02)
            due_ms = self.engine.next_due_ms()
            if due_ms is not None and due_ms <= time.time_ns() // 1_000_000:
                self.feed(TimePassed())

    async def start(self) -> None:
        self.feed(ConfigurationLoaded(self._config))
        synced = sum(isinstance(event, PbxSynced) for event in self.events)
        self.asterisk.start()
        self._ticking = asyncio.ensure_future(self._tick())
        await self.until(lambda: sum(isinstance(event, PbxSynced) for event in self.events) > synced)

    async def stop(self) -> None:
        if self._ticking is not None:
            self._ticking.cancel()
        await self.asterisk.stop().asFuture(asyncio.get_running_loop())

    async def die(self) -> bytes:
        """The daemon is gone; its journal would lead to this snapshot."""
        await self.stop()
        return msgspec.json.encode(self.engine.snapshot())

    async def rise(self, snapshot: bytes) -> None:
        self.engine = Engine(msgspec.json.decode(snapshot, type=Saved))
        self.asterisk = self._connection()
        self.feed(PbxLost(PBX))
        self._release(self.engine.resume())
        await self.start()

    async def killed(self) -> None:
        await self.rise(await self.die())

    async def cut(self) -> None:
        """The link is lost and made anew."""
        protocol = self.asterisk._protocol
        assert protocol is not None
        synced = sum(isinstance(event, PbxSynced) for event in self.events)
        protocol.drop("cut by the test")
        await self.until(lambda: sum(isinstance(event, PbxSynced) for event in self.events) > synced)

    # ---- what people do and see

    async def at_work(self, *agents: str) -> None:
        for agent in agents:
            self.feed(AgentSignedIn(AgentId(agent)))
            self.feed(AgentReady(AgentId(agent)))

    def state(self, agent: str) -> AgentState:
        return self.engine.snapshot().agents[AgentId(agent)].state

    async def until_state(self, agent: str, state: AgentState) -> None:
        await self.until(lambda: self.state(agent) is state)

    def contact(self) -> Contact:
        """The only one that is not over and no consultation."""
        contacts = self.engine.snapshot().contacts.values()
        (found,) = [one for one in contacts if one.state is not ContactState.ENDED and one.consult_of is None]
        return found

    def call(self, agent: str) -> CallChanged | None:
        """What the agent's page was told of its call last."""
        told = [one for one in self.commands if isinstance(one, CallChanged) and one.agent == agent]
        return told[-1] if told else None

    async def until(self, holds: Callable[[], Any], limit_s: float = LIMIT_S) -> None:
        give_up_s = time.monotonic() + limit_s
        while not holds():
            if time.monotonic() > give_up_s:
                shown = "\n".join(str(event)[:300] for event in self.events[-25:])
                raise AssertionError(f"waited in vain; the last events:\n{shown}\n{self.pbx.cli('core show channels')}")
            await asyncio.sleep(0.02)

    # ---- what the PBX does

    def bridged(self) -> list[set[str]]:
        """Who is together with whom: for each bridge that mixes, its channels."""
        shown = self.pbx.cli("bridge show all").splitlines()[1:]
        bridges = [line.split()[0] for line in shown if "holding_bridge" not in line]
        found = []
        for bridge in bridges:
            shown = self.pbx.cli(f"bridge show {bridge}").splitlines()
            channels = {line.split(": ", 1)[1] for line in shown if line.startswith("Channel: ")}
            channels = {channel for channel in channels if not channel.startswith("CBAnn/")}  # speaks to a conference
            if len(channels) > 1:
                found.append(channels)
        return found

    async def until_together(self, *counts: int) -> None:
        """Wait until there are just these bridges that mix, with so many channels, and the engine has heard of it.

        None named: one with two.
        """
        await self.until(lambda: sorted(len(bridge) for bridge in self.bridged()) == sorted(counts or (2,)))
        await self.until(
            lambda: not any(one.state is ContactState.OFFERED for one in self.engine.snapshot().contacts.values())
        )

    async def until_apart(self) -> None:
        await self.until(lambda: not self.bridged())

    def placed(self, context: str) -> int:
        """How many channels are in a context of the dialplan."""
        lines = self.pbx.cli("core show channels concise").splitlines()
        return sum(line.split("!")[1] == context for line in lines if line.count("!") > 5)


@contextlib.asynccontextmanager
async def floor(pbx: Pbx, config: Configuration, *agents: str) -> AsyncIterator[Floor]:
    made = Floor(pbx, config)
    await made.start()
    try:
        await made.at_work(*agents)
        yield made
    finally:
        await made.stop()
