"""The load: a quiet phase in which phones are free, then a busy one in which callers wait. The same for both variants.

Phones answer at once and hang up after the talk; callers wait until they are served. Every process is bounded in calls
and in time. What callers and phones saw is all that a run gives back.
"""

import asyncio
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from benchmarks.observer import Observer
from callcenter.crm.sample import MAX_CUSTOMERS, sample_customers
from lab.pbx import Pbx
from lab.ports import passing_port
from lab.sipp import Caller, Callers, Sipp, Step, What, register

SCENARIO = Path(__file__).parent / "phone.xml"
FIRST_UNKNOWN = 9_075_550_000
TALK_SHARES = (0.93, 0.98, 1.03, 1.06)  # of the talk, for a quarter of the phones each
QUIET_SHARE = 0.1  # of the busy rate
CLOCK_TOLERANCE_S = 0.0005
SERVING_SLACK = 2.5  # how much longer than an ideal queue a run may take before it is given up
SETTLE_S = 10.0


class RunFailedError(Exception):
    """The run shows nothing: callers were left, the clock was set, or the PBX did not come to rest."""


@dataclass(frozen=True, slots=True)
class Load:
    """`rate` calls a second for `seconds`, after half as long at a tenth of the rate; each call talks for `talk_s`."""

    agents: int
    rate: float
    seconds: float
    talk_s: float

    @property
    def quiet_calls(self) -> int:
        return max(1, round(self.rate * QUIET_SHARE * self.seconds / 2))

    @property
    def busy_calls(self) -> int:
        return max(1, round(self.rate * self.seconds))

    @property
    def limit_s(self) -> float:
        """The longest that a run may take."""
        served_s = (self.quiet_calls + self.busy_calls) * (self.talk_s + 1) / self.agents
        return 30 + self.seconds / 2 + SERVING_SLACK * max(self.seconds, served_s)


@dataclass(frozen=True, slots=True)
class Seen:
    """What callers and phones saw in one run, and what the PBX said of it: see Observer."""

    arrivals: dict[str, float]
    freed: dict[str, list[float]]
    callers: list[Step]
    phones: list[Step]
    lasted_s: float


class Phones(Sipp):
    """Agents' phones that answer at once and hang up after the talk, registered at the PBX once started."""

    def __init__(self, pbx: Pbx, names: Sequence[str], talk_ms: int, limit_s: float) -> None:
        self._pbx, self._names = pbx, names
        scenario = SCENARIO.read_bytes().replace(b"@talk_ms@", str(talk_ms).encode())
        super().__init__(["-sf", "phone.xml"], {"phone.xml": scenario}, passing_port(socket.SOCK_DGRAM), limit_s)

    def start(self) -> None:
        """Start the process and register. It listens long before the first call. Blocks for a moment."""
        super().start()
        register(self._pbx.sip_port, self._names, self.port)


@contextmanager
def phones_of(pbx: Pbx, load: Load) -> Iterator[list[Phones]]:
    """The phones of all agents.

    Talks differ a little between groups of phones: calls that all end in step with app_queue's rescans once a second,
    or just out of step with them, would show the beat of the two and not the queue.
    """
    with ExitStack() as stack:
        groups = []
        for index, share in enumerate(TALK_SHARES):
            names = pbx.agents[index :: len(TALK_SHARES)]
            phones = Phones(pbx, names, round(load.talk_s * share * 1_000), load.limit_s + 120)
            groups.append(stack.enter_context(phones))
        yield groups


async def offer(pbx: Pbx, load: Load, dialled: str, phones: Sequence[Phones]) -> Seen:
    """Run the load against the number dialled, until the last caller has hung up.

    Raises RunFailedError, or SippFailed with SIPp's own words.
    """
    offset_s = time.time() - time.monotonic()
    began = time.monotonic()
    numbers = callers_numbers(load.quiet_calls + load.busy_calls)
    quiet = _callers(pbx, load, dialled, numbers[: load.quiet_calls], load.rate * QUIET_SHARE)
    async with Observer(pbx) as observer:
        with quiet:
            await quiet.until(What.CALLED, load.quiet_calls, limit_s=load.seconds + 10)
            with _callers(pbx, load, dialled, numbers[load.quiet_calls :], load.rate) as busy:
                steps = await busy.finished(load.limit_s) + await quiet.finished(load.limit_s)
        lasted_s = time.monotonic() - began
        await at_rest(pbx)
    if abs(time.time() - time.monotonic() - offset_s) > CLOCK_TOLERANCE_S:
        raise RunFailedError("the machine's clock was set during the run, so its times can't be trusted: run it again")
    return Seen(
        observer.arrivals, observer.freed, steps, [step for group in phones for step in group.steps()], lasted_s
    )


async def at_rest(pbx: Pbx) -> None:
    """Wait until no channel is left at the PBX. One that stays is shown, and the run counts: the gaps were measured."""
    deadline = time.monotonic() + SETTLE_S
    while left := await asyncio.to_thread(pbx.channels):
        if time.monotonic() > deadline:
            shown = await asyncio.to_thread(pbx.cli, "core show channels concise")
            click.echo(f"Warning: {left} channels were left {SETTLE_S:.0f} s after the last caller:\n{shown}")
            return
        await asyncio.sleep(0.1)


def _callers(pbx: Pbx, load: Load, dialled: str, numbers: Sequence[str], rate: float) -> Callers:
    """Callers of one number each: the number is what tells them apart where a phone rings."""
    return Callers(pbx.sip_port, [Caller(number, dialled) for number in numbers], rate=rate, limit_s=load.limit_s)


def callers_numbers(count: int) -> list[str]:
    """Numbers of customers of all tiers, mixed, as far as the sample goes; then of people whom nobody knows."""
    known = [customer.numbers[0] for customer in sample_customers(MAX_CUSTOMERS)]
    distinct = list(dict.fromkeys(known))[:count]
    return distinct + [f"+1{FIRST_UNKNOWN + index}" for index in range(count - len(distinct))]
