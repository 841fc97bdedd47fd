"""`make bench-desktop`: what 500 agents' and 20 supervisors' pages hear how fast, and what they cost the calls.

A simulated PBX sends 20 calls a second, by chance, to the real daemon; each caller is a customer, each agent answers,
talks and is ready again. The pages are WebSockets of the live protocol in two processes of their own. They are open
and closed in turns while the calls go on, so that what else the machine does meanwhile falls upon both. Where a turn
without pages follows one with them, it begins a minute later, when the daemon does nothing any more for those who
might come back. Measured are, by one clock:

pop   from the moment at which the PBX begins to tell of the caller to the pop's arrival at the agent's page: customer
      look-up, decision, journal and all; `pop_after_ring` is from the order to ring (next line) until then, for both
      go out together, and is what a machine that is busy otherwise disturbs least
ring  from the same moment until the PBX reads the order to ring the agent's phone, with pages and without
cpu   of the daemon, as a share of one core, with pages and without; `lookup` is the mean look-up of a customer in
      SQLite, which each pop and each ring waits for

In a last turn one more agent's page is open in a real Chromium, beside all others: from the socket's message until the
customer's name is in the document, and from the call until then. The browser computes on the same cores, so that turn
counts for nothing else. Everything runs on one machine: `load` is how many processes wanted its cores.
"""

import asyncio
import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any

import click
import msgspec
from twisted.internet import asyncioreactor

from benchmarks import desktop_browser
from benchmarks.daemon import DIALLED, QUEUE, ROUTING, fill_database
from benchmarks.desktop_pages import OPEN_LIMIT_S, Order, Told
from benchmarks.figures import percentile
from benchmarks.restart import SECRET, post
from callcenter.crm.sample import MAX_CUSTOMERS, sample_numbers
from callcenter.desktop.live.audience import FLOOR, SELF
from callcenter.desktop.live.hub import KEEP_S, TICK_INTERVAL_S
from lab.center import AgentSpec, Center
from lab.daemon_process import all_ready
from lab.install import PROJECT
from lab.simulated import Phone, SimulatedPbx, Visitor
from lab.simulated_ami import Action, AmiLink
from lab.simulated_calls import CallerStream, Range, pair

AIM_MS = 50.0
WITH, WITHOUT = "with", "without"
TALKS_S = (12.0, 18.0)  # with 20 calls a second about 320 agents are busy
RAMP_S = 20.0  # until as many talk as will
LEAD_S = 3.0  # of a turn, not measured
LATE_S = 1.0  # a pop that comes this long after its turn still counts
LOOKED_AT = "looked-at"  # the agent whose page Chromium shows, with a queue and callers of its own
LOOKED_AT_DIALLED = "5001"
LOOKED_AT_EVERY_S = 1.5
LOOKED_AT_TALKS_S = (0.3, 0.4)
FORGOTTEN_S = KEEP_S + 2 * TICK_INTERVAL_S  # until nothing is done any more for pages that have left
LIMIT_S = 60.0


class WatchedPbx(SimulatedPbx):
    """Notes when each caller came and when the order to ring was read. Seconds of CLOCK_MONOTONIC, by unique id."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.arrived_s: dict[str, float] = {}
        self.ordered_s: dict[str, float] = {}

    def call(self, visitor: Visitor) -> str | None:
        began_s = time.monotonic()
        uniqueid = super().call(visitor)
        if uniqueid is not None:
            self.arrived_s[uniqueid] = began_s
        return uniqueid

    def _originate(self, link: AmiLink, action: Action) -> None:
        now_s = time.monotonic()
        told = dict(pair(text) for value in action.all("Variable") for text in value.split(","))
        self.ordered_s.setdefault(told.get("CALLCENTER_CALLER", ""), now_s)
        super()._originate(link, action)


@dataclass(slots=True)
class Turn:
    """What one turn has shown. `told` is of the agents' pages, `floor` of the supervisors'."""

    began_s: float
    ended_s: float
    cpu: float
    told: Told = field(default_factory=Told)
    floor: Told = field(default_factory=Told)
    lookup_ms: float = 0.0  # the mean, by the daemon's own clock


def delays_ms(arrived_s: Mapping[str, float], then_s: Mapping[str, float], turn: Turn) -> tuple[list[float], int]:
    """How long after the arrivals of the turn something came, and after how many it never did."""
    came = {one: at_s for one, at_s in arrived_s.items() if turn.began_s <= at_s < turn.ended_s}
    found = [(then_s[one] - at_s) * 1_000 for one, at_s in came.items() if one in then_s]
    return found, len(came) - len(found)


def mean_lookup_ms(before: Mapping[str, float], after: Mapping[str, float]) -> float:
    """How long the look-ups of customers took between two readings of /metrics; 0 where there was none."""

    def more(what: str) -> float:
        name = f"callcenter_lookup_seconds_{what}"
        return sum(value - before.get(key, 0.0) for key, value in after.items() if key.partition("{")[0] == name)

    return 1_000 * more("sum") / max(1.0, more("count"))


def caller_of(contact: str) -> str:
    """The unique id of a contact's channel: `main-1795327000.12-1` is of 1795327000.12."""
    return contact.rsplit("-", 2)[1]


class Pages:
    """A process with many pages."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def open(cls, order: Order) -> "Pages":
        """Returns when each page has had its snapshot. Raises ValueError."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "benchmarks.desktop_pages", stdin=pipe, stdout=pipe, cwd=PROJECT, limit=1 << 24
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(msgspec.json.encode(order) + b"\n")
        async with asyncio.timeout(OPEN_LIMIT_S + 10):
            if await process.stdout.readline() != b"open\n":
                raise ValueError(f"the pages of {order.view!r} could not be opened")
        return cls(process)

    async def close(self) -> Told:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        told = msgspec.json.decode(await self._process.stdout.readline(), type=Told)
        await self._process.wait()
        return told


class House:
    """The PBX with its callers, the daemon, and who is signed in."""

    def __init__(
        self,
        reactor: Any,
        folder: Path,
        *,
        agents: int,
        supervisors: int,
        rate: float,
        ramp_s: float = RAMP_S,
        talks_s: Range = TALKS_S,
    ) -> None:
        self._reactor = reactor
        self._folder = folder
        self._rate = rate
        self._ramp_s = ramp_s
        names = [str(1_001 + number) for number in range(agents)]
        phones = {name: Phone(answers_after_s=(0.5, 1.5), talks_s=talks_s) for name in names}
        phones["1000"] = Phone(answers_after_s=(0.2, 0.3), talks_s=LOOKED_AT_TALKS_S)
        self.pbx = WatchedPbx(reactor, Random(1), phones, secret=SECRET)  # noqa: S311 - no secrecy
        self.pbx.max_calls = 4 * agents + 10
        self._agents = [AgentSpec(f"agent{name}", name, {"service": 7}, [QUEUE]) for name in names]
        self._looked_at = AgentSpec(LOOKED_AT, "1000", {"service": 7}, [LOOKED_AT])
        boss = ("supervisor",)
        self._supervisors = [AgentSpec(f"boss{number}", "", {}, (), roles=boss) for number in range(supervisors)]
        self._cookies: dict[str, str] = {}

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Center]:
        """All agents are ready, and the callers come, as many as there will be."""
        people = [*self._agents, self._looked_at, *self._supervisors]
        center = Center(self._folder, self.pbx.listen(self._reactor), SECRET, people, routing())
        await fill_database(center)
        callers = CallerStream(self._reactor, Random(2), self.pbx.call, visitors(), lambda _: self._rate)  # noqa: S311
        try:
            async with center:
                await center.until(all_ready, "all parts to be ready", LIMIT_S)
                await asyncio.to_thread(self._sign_in, center)
                callers.start()
                await asyncio.sleep(self._ramp_s)
                yield center
        finally:
            callers.stop()
            await self.pbx.stop().asFuture(asyncio.get_running_loop())

    def _sign_in(self, center: Center) -> None:
        for person in (*self._agents, self._looked_at, *self._supervisors):
            said = {"agent": person.id, "password": center.password}
            self._cookies[person.id] = cookie = post(center, "/api/v1/sign-in", said)
            if "agent" in person.roles:
                post(center, "/api/v1/ready", {}, cookie)

    @asynccontextmanager
    async def pages(self, center: Center) -> AsyncIterator[list[Told]]:
        """All pages open; what they were told is in the list afterwards."""
        told = list[Told]()
        orders = [
            Order(center.http_port, view, [self._cookies[person.id] for person in people])
            for view, people in ((SELF, self._agents), (FLOOR, self._supervisors))
        ]
        opened = await asyncio.gather(*(Pages.open(order) for order in orders))
        try:
            yield told
        finally:
            told.extend([await pages.close() for pages in opened])

    async def turn(self, center: Center, seconds: float, *, pages: bool) -> Turn:
        """Measure for so long, with pages or without."""
        async with contextlib.AsyncExitStack() as stack:
            told = await stack.enter_async_context(self.pages(center)) if pages else [Told(), Told()]
            await asyncio.sleep(LEAD_S)
            before = await center.metrics()
            began_s, cpu_s = time.monotonic(), center.cpu_s()
            await asyncio.sleep(seconds)
            ended_s, cpu_s = time.monotonic(), center.cpu_s() - cpu_s
            after = await center.metrics()
            await asyncio.sleep(LATE_S)
        agents, floor = told
        return Turn(began_s, ended_s, cpu_s / (ended_s - began_s), agents, floor, mean_lookup_ms(before, after))

    async def browser(self, center: Center, seconds: float) -> dict[str, Any]:
        """What a real browser needs to show a pop."""
        customers = cycle(sample_numbers("gold", MAX_CUSTOMERS))
        utc_s = time.time() - time.monotonic()
        async with self.pages(center), desktop_browser.agent_page(center.url, self._cookies[LOOKED_AT]) as page:
            await asyncio.sleep(LEAD_S)
            for _ in range(max(1, round(seconds / LOOKED_AT_EVERY_S))):
                self.pbx.call(Visitor(next(customers), LOOKED_AT_DIALLED))
                await asyncio.sleep(LOOKED_AT_EVERY_S)
            await asyncio.sleep(LATE_S)
            found = await desktop_browser.drawn(page)
        drawn = [one.name_ms - one.message_ms for one in found]
        whole = [one.name_ms - (self.pbx.arrived_s[caller_of(one.contact)] + utc_s) * 1_000 for one in found]
        return {"pops": len(found), "drawn_ms": spread(drawn), "call_to_name_ms": spread(whole)}


def routing() -> dict[str, Any]:
    """The benchmarks' rules, and a queue for the agent whose page Chromium shows."""
    one = {
        "name": "to the page that is looked at",
        "when": {"dialled": LOOKED_AT_DIALLED},
        "route": {"queue": LOOKED_AT, "priority": 50, "skills": {"service": 1}},
    }
    queues = {**ROUTING["queues"], LOOKED_AT: dict(ROUTING["queues"][QUEUE])}
    return {**ROUTING, "queues": queues, "rules": [one, *ROUTING["rules"]]}


def visitors() -> Iterator[Visitor]:
    """Customers of all tiers, again and again."""
    of_tiers = [cycle(sample_numbers(tier, MAX_CUSTOMERS)) for tier in ROUTING["tiers"]]
    for numbers in cycle(of_tiers):
        yield Visitor(next(numbers), DIALLED)


# ---- what comes of it


def spread(values: Sequence[float]) -> dict[str, float]:
    return {"p50": round(percentile(values, 50), 1), "p99": round(percentile(values, 99), 1)}


def figures(pbx: WatchedPbx, turns: Mapping[str, Sequence[Turn]]) -> dict[str, Any]:
    """Samples of all turns of a kind are pooled; CPU is the mean of its turns."""
    rings = {kind: list[float]() for kind in turns}
    pops, after_ring = list[float](), list[float]()
    lost = calls = 0
    for kind, of_kind in turns.items():
        for turn in of_kind:
            rung, never = delays_ms(pbx.arrived_s, pbx.ordered_s, turn)
            rings[kind] += rung
            calls += len(rung) + never
            if kind == WITH:
                popped_s = {caller_of(contact): at_s for contact, at_s in turn.told.pops_s.items()}
                popped, never = delays_ms(pbx.arrived_s, popped_s, turn)
                pops += popped
                lost += never
                after_ring += delays_ms(pbx.ordered_s, popped_s, turn)[0]
    pop, ring = spread(pops), {kind: spread(found) for kind, found in rings.items()}
    opened = turns[WITH]
    return {
        "calls": calls,
        "pops": len(pops),
        "pops_lost": lost,
        "pages_lost": sum(turn.told.lost + turn.floor.lost for turn in opened),
        "pop_p50_ms": pop["p50"],
        "pop_p99_ms": pop["p99"],
        "pop_after_ring_ms": spread(after_ring),
        "ring_p50_ms": {kind: found["p50"] for kind, found in ring.items()},
        "ring_p99_ms": {kind: found["p99"] for kind, found in ring.items()},
        "cpu": {kind: round(sum(turn.cpu for turn in found) / len(found), 3) for kind, found in turns.items()},
        "lookup_ms": {
            kind: round(sum(turn.lookup_ms for turn in found) / len(found), 1) for kind, found in turns.items()
        },
        "pages_cpu_s": round(sum(turn.told.cpu_s + turn.floor.cpu_s for turn in opened), 1),
        "messages": sum(turn.told.messages + turn.floor.messages for turn in opened),
        "megabytes": round(sum(turn.told.characters + turn.floor.characters for turn in opened) / 1e6, 1),
    }


def line(kind: str, turn: Turn, pbx: WatchedPbx) -> str:
    """One turn, so that drift between turns can be seen."""
    rung = spread(delays_ms(pbx.arrived_s, pbx.ordered_s, turn)[0])
    words = f"{kind:<8} ring p50 {rung['p50']} ms, p99 {rung['p99']} ms, look-up {turn.lookup_ms:.1f} ms"
    words += f", daemon {turn.cpu:.0%} of a core"
    if kind == WITH:
        popped_s = {caller_of(contact): at_s for contact, at_s in turn.told.pops_s.items()}
        pop = spread(delays_ms(pbx.arrived_s, popped_s, turn)[0])
        words += f", pop p50 {pop['p50']} ms, p99 {pop['p99']} ms"
    return f"{words}; load {os.getloadavg()[0]:.1f}"


async def measure(
    reactor: Any, *, agents: int, supervisors: int, rate: float, seconds: float, pairs: int, browser: bool
) -> dict[str, Any]:
    """`seconds` is how long each kind is measured, in `pairs` turns of equal length."""
    with tempfile.TemporaryDirectory(prefix="callcenter-bench-") as folder:
        house = House(reactor, Path(folder) / "center", agents=agents, supervisors=supervisors, rate=rate)
        turns: dict[str, list[Turn]] = {WITH: [], WITHOUT: []}
        async with house.open() as center:
            before = WITHOUT
            for number in range(pairs):
                for kind in (WITHOUT, WITH) if number % 2 == 0 else (WITH, WITHOUT):
                    if (before, kind) == (WITH, WITHOUT):
                        await asyncio.sleep(FORGOTTEN_S)
                    before = kind
                    turns[kind].append(await house.turn(center, seconds / pairs, pages=kind == WITH))
                    click.echo(line(kind, turns[kind][-1], house.pbx))
            found = figures(house.pbx, turns)
            shown = await house.browser(center, seconds) if browser else None
        return {**found, "browser": shown, "load": round(os.getloadavg()[0], 1)}


@click.command()
@click.option("--agents", default=500, show_default=True)
@click.option("--supervisors", default=20, show_default=True)
@click.option("--rate", default=20.0, show_default=True, help="Calls a second.")
@click.option("--seconds", default=30.0, show_default=True, help="How long each is measured, in all.")
@click.option("--pairs", default=2, show_default=True, help="In how many turns.")
@click.option("--browser/--no-browser", default=desktop_browser.chromium() is not None, help="A page in Chromium too.")
def main(**asked: Any) -> None:
    """Print a line for each turn and, last, one line of JSON."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # of the daemon, which this process starts
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    asyncioreactor.install(loop)  # type: ignore[no-untyped-call]
    from twisted.internet import reactor as installed  # noqa: PLC0415 - only now is it the one that we want

    reactor: Any = installed
    work: list[asyncio.Task[dict[str, Any]]] = []

    def begin() -> None:
        work.append(asyncio.ensure_future(measure(reactor, **asked)))
        work[0].add_done_callback(lambda _: reactor.running and reactor.stop())

    reactor.callWhenRunning(begin)
    reactor.run()
    if not work[0].done():  # Ctrl-C: the daemon and the pages' processes end too
        work[0].cancel()
        loop.run_until_complete(asyncio.gather(*work, return_exceptions=True))
        raise click.Abort
    found = work[0].result()
    met = found["pop_p99_ms"] <= AIM_MS and not found["pops_lost"]
    click.echo(f"Aim (99 of 100 pops within {AIM_MS:g} ms of the call, none lost): {'met' if met else 'MISSED'}.")
    click.echo(json.dumps({**asked, **found}))


if __name__ == "__main__":
    main()
