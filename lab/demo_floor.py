"""The demo's PBX with its phones and callers, in two makes: a real Asterisk with SIPp, and a simulated one.

Both have the same seats and the same people call. Phones of driven agents answer sooner or later and now and then
decline or ring out; those of the seats that are left for people take so long that one sees the screen pop first.
"""

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any, Protocol, TypeVar

from lab.demo_calls import FIRST_BURST, IMPATIENT_S, PATIENT_S, rate, visitors
from lab.demo_files import DemoFailed, Manager, Seat
from lab.install import PROJECT, PbxUnavailable, find, install
from lab.pbx import FIRST_AGENT, Pbx
from lab.pbx_files import write_private
from lab.simulated import Phone, SimulatedPbx, Visitor
from lab.simulated_calls import CallerStream
from lab.sipp import Caller, Callers, Phones, SippUnavailable, register

T = TypeVar("T")
Say = Callable[[str], None]

PERSON_ANSWERS_MS, PERSON_TALKS_MS = 8_000, 30_000
CHARACTERS = ((1_200, 12_000), (2_500, 22_000), (6_000, 35_000))  # answers after, talks for; in milliseconds
MOOD_EVERY_S, MOOD_LASTS_S = 15.0, 22.0  # how often a phone's owner stops answering, and for how long
REGISTER_AGAIN_S = 1_800.0
BATCHES = (1, 2, 2, 3, 4)  # callers who come together
BATCH_RATE = 1.5  # and how many of them a second
MAX_PAUSE_S = 20.0  # without anybody new
MAX_BATCHES = 40  # SIPp processes with callers at a time; at the bound nobody new calls
DECLINES, IGNORES = 0.04, 0.04  # of the calls to a driven agent of the simulated PBX


class Floor(Protocol):
    """What the demo needs of either make. `close()` may be called whatever `start()` came to."""

    words: str

    async def start(self) -> Manager: ...

    def open_doors(self) -> None:
        """Callers begin to come."""

    def check(self) -> None:
        """Raises DemoFailed when a part has ended that should not have."""

    async def close(self) -> None: ...


async def in_thread(work: Callable[[], T]) -> T:
    """Run blocking work beside the loop. When cancelled it waits for the work's end, so nothing is half started."""
    future = asyncio.get_running_loop().run_in_executor(None, work)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        await asyncio.wait([future])
        raise


async def need_real_pbx(say: Say) -> None:
    """Find Asterisk and SIPp, or install Asterisk. Raises PbxUnavailable or SippUnavailable, with the reason."""
    if shutil.which("sipp") is None:
        raise SippUnavailable("there is no `sipp` on this machine to play callers and phones (package sip-tester)")
    if find() is not None:
        return
    if os.geteuid() != 0:
        install()  # says why it can't
    say("Installing a PBX into the project's folder: once, a few minutes.")
    installing = _Installing(say)
    try:
        status = await asyncio.shield(following := asyncio.ensure_future(in_thread(installing.follow)))
    except asyncio.CancelledError:
        installing.end()
        await following
        raise
    if status != 0:
        raise PbxUnavailable(installing.last_words or f"the installation ended with status {status}")


class _Installing:
    """The installation, in a process group of its own: Ctrl-C ends it as a whole, apt and all."""

    def __init__(self, say: Say) -> None:
        self.last_words = ""
        self._say = say
        self._process = subprocess.Popen(
            [sys.executable, "-m", "lab.pbx", "install"],
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )

    def follow(self) -> int:
        """Pass on what it says until it ends; returns its status. Blocks."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.last_words = line.strip() or self.last_words
            self._say(f"  {line.rstrip()}")
        return self._process.wait()

    def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)


class RealFloor:
    """An Asterisk of our own, and SIPp for everybody who calls or is called."""

    words = "a real Asterisk, with real SIP calls"

    def __init__(self, seats: Sequence[Seat], people: Sequence[Seat], random: Random, limit_s: float) -> None:
        self._random = random
        self._limit_s = limit_s
        numbers = [int(seat.phone) for seat in seats]
        if min(numbers) < FIRST_AGENT:
            raise DemoFailed(f"phones in config/agents.yaml start at {FIRST_AGENT}, not at {min(numbers)}")
        self._pbx = Pbx("demo", agents=max(numbers) - FIRST_AGENT + 1)
        self._people = [seat.phone for seat in people]
        self._driven = [seat.phone for seat in seats if seat not in people]
        self._phones: list[Phones] = []
        self._moody: list[Phones] = []
        self._home: dict[str, Phones] = {}
        self._callers: list[Callers] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._visitors = visitors(random)

    async def start(self) -> Manager:
        await in_thread(self._pbx.start)
        await in_thread(self._start_phones)
        return Manager(self._pbx.ami_port, self._pbx.secret_file)

    def _start_phones(self) -> None:
        sip, limit_s = self._pbx.sip_port, self._limit_s
        made = [
            Phones.answering(sip, self._people, after_ms=PERSON_ANSWERS_MS, talk_ms=PERSON_TALKS_MS, limit_s=limit_s)
        ]
        for number, (after_ms, talk_ms) in enumerate(CHARACTERS):
            names = self._driven[number :: len(CHARACTERS)]
            made.append(Phones.answering(sip, names, after_ms=after_ms, talk_ms=talk_ms, limit_s=limit_s))
        # Nobody is registered at these two at first.
        moody = [Phones.refusing(sip, [], after_ms=1_500, limit_s=limit_s), Phones.silent(sip, [], limit_s=limit_s)]
        for phones in [*made, *moody]:
            self._phones.append(phones)
            phones.start()
        self._moody = moody
        self._home = {name: phones for phones in made for name in phones.names}

    def open_doors(self) -> None:
        self._tasks = [
            asyncio.create_task(work) for work in (self._call(), self._change_moods(), self._register_again())
        ]

    def check(self) -> None:
        if not self._pbx.alive:
            raise DemoFailed(f"Asterisk has ended. Its last words:\n{self._pbx.log()}")
        for phones in self._phones:
            if not phones.alive:
                raise DemoFailed(f"the phones {', '.join(phones.names) or 'that refuse'} have ended: {phones.errors()}")
        for task in self._tasks:
            if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                raise DemoFailed(f"the calls cannot go on: {error}") from error

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await in_thread(self._close)

    def _close(self) -> None:
        with ThreadPoolExecutor() as pool:
            ends = [pool.submit(sipp.stop) for sipp in [*self._callers, *self._phones]]
            self._pbx.remove()
        for end in ends:
            end.result()

    async def _call(self) -> None:
        """Groups of callers come at random, each group with a patience of its own."""
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        await self._send(FIRST_BURST, PATIENT_S)
        mean_size = sum(BATCHES) / len(BATCHES)
        while True:
            pause_s = self._random.expovariate(rate(loop.time() - started_s) / mean_size)
            await asyncio.sleep(min(pause_s, MAX_PAUSE_S))
            patient = self._random.random() < 0.7
            await self._send(self._random.choice(BATCHES), PATIENT_S if patient else self._random.uniform(*IMPATIENT_S))

    async def _send(self, count: int, patience_s: float) -> None:
        for ended in [callers for callers in self._callers if not callers.alive]:
            self._callers.remove(ended)
            await in_thread(ended.stop)
        if len(self._callers) >= MAX_BATCHES:
            return
        people = [_caller(next(self._visitors)) for _ in range(count)]
        limit_s = patience_s + 60.0
        callers = Callers(
            self._pbx.sip_port, people, rate=BATCH_RATE, hold_ms=round(patience_s * 1000), limit_s=limit_s
        )
        self._callers.append(callers)
        await in_thread(callers.start)

    async def _change_moods(self) -> None:
        """Now and then a driven agent's phone declines or rings out for a while."""
        while True:
            await asyncio.sleep(MOOD_EVERY_S)
            name = self._random.choice(self._driven)
            await self._register([name], self._random.choice(self._moody))
            await asyncio.sleep(MOOD_LASTS_S)
            await self._register([name], self._home[name])

    async def _register_again(self) -> None:
        while True:
            await asyncio.sleep(REGISTER_AGAIN_S)
            for phones in self._phones:
                await self._register(phones.names, phones)

    async def _register(self, names: Sequence[str], phones: Phones) -> None:
        await in_thread(lambda: register(self._pbx.sip_port, names, phones.port))


class SimulatedFloor:
    """The simulated PBX, inside this process."""

    words = "a simulated PBX"

    def __init__(
        self, seats: Sequence[Seat], people: Sequence[Seat], random: Random, reactor: Any, folder: Path
    ) -> None:
        self._reactor = reactor
        self._secret_file = folder / "ami-secret"
        secret = secrets.token_hex(16)
        write_private(self._secret_file, secret + "\n")
        driven = [seat for seat in seats if seat not in people]
        phones = {seat.phone: _person() for seat in people}
        for number, seat in enumerate(driven):
            phones[seat.phone] = _driven(*CHARACTERS[number % len(CHARACTERS)])
        self._pbx = SimulatedPbx(reactor, random, phones, secret=secret)
        self._visitors = visitors(random)
        self._stream = CallerStream(reactor, random, self._pbx.call, self._visitors, rate)

    async def start(self) -> Manager:
        return Manager(self._pbx.listen(self._reactor), self._secret_file)

    def open_doors(self) -> None:
        for _ in range(FIRST_BURST):
            self._pbx.call(next(self._visitors))
        self._stream.start()

    def check(self) -> None:
        """It lives and dies with this process."""

    async def close(self) -> None:
        self._stream.stop()
        await self._pbx.stop().asFuture(asyncio.get_running_loop())
        self._secret_file.unlink(missing_ok=True)


def _caller(visitor: Visitor) -> Caller:
    return Caller(visitor.number, visitor.dialled, visitor.name, visitor.account, visitor.intent, visitor.language)


def _person() -> Phone:
    after_s, talks_s = PERSON_ANSWERS_MS / 1000, PERSON_TALKS_MS / 1000
    return Phone(answers_after_s=(after_s, after_s), talks_s=(talks_s * 0.7, talks_s * 1.3))


def _driven(after_ms: int, talk_ms: int) -> Phone:
    return Phone(
        answers_after_s=(after_ms / 1000, after_ms / 500),
        talks_s=(talk_ms / 2000, talk_ms / 667),
        declines=DECLINES,
        ignores=IGNORES,
    )
