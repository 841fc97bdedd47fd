"""Which of several daemons is in charge: a lease in Redis, and with it a fencing token, the epoch.

One idea: the lease says who should work, the epoch makes whoever should not harmless. Each new holder gets a higher
epoch than all before it; the journal and the PBX know the newest and refuse what comes with an older one. So it does no
harm that a holder who was stopped for a while cannot know that its lease is over.

An epoch is the time in milliseconds, by the clock of Redis, or one more than the last where that is higher: it goes up
even where Redis has lost everything, since the PBX would still remember.

Only commands of Redis 6.2 are used.
"""

import asyncio
import contextlib
import fcntl
import secrets
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, cast

import redis.asyncio
from redis.exceptions import RedisError

LEASE_MS = 2_000  # after so long without a word from its holder the next one takes over
RENEW_INTERVAL_S = 0.5
ANSWER_TIMEOUT_S = 1.0
_NODE_BYTES = 8

# KEYS: lease, epoch. ARGV: node, milliseconds. A lease of our own node is of a process that has died: see `Node`.
_ACQUIRE = """
local held = redis.call('GET', KEYS[1])
if held and string.match(held, ' (.*)') ~= ARGV[1] then return false end
local now = redis.call('TIME')
local last = tonumber(redis.call('GET', KEYS[2]) or '0')
local epoch = string.format('%.0f', math.max(last + 1, now[1] * 1000 + math.floor(now[2] / 1000)))
redis.call('SET', KEYS[2], epoch)
redis.call('SET', KEYS[1], epoch .. ' ' .. ARGV[1], 'PX', ARGV[2])
return epoch
"""

# KEYS: lease, epoch. ARGV: node, milliseconds, our epoch. A lease that has run out is ours as long as nobody took it.
# An older epoch in Redis is from before a start that could not reach it.
_RENEW = """
local newest = redis.call('GET', KEYS[2])
if newest and tonumber(newest) > tonumber(ARGV[3]) then return 0 end
redis.call('SET', KEYS[2], ARGV[3])
redis.call('SET', KEYS[1], ARGV[3] .. ' ' .. ARGV[1], 'PX', ARGV[2])
return 1
"""

# KEYS: lease. ARGV: node, our epoch.
_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[2] .. ' ' .. ARGV[1] then redis.call('DEL', KEYS[1]) end
"""


class FencedError(Exception):
    """Another daemon is in charge of this journal: this one must end at once."""


class LeaseUnavailableError(Exception):
    """Redis cannot be asked who is in charge."""


class NodeError(Exception):
    """The data directory is used by another daemon; the words say what to do."""


class Node:
    """This data directory's owner: at most one daemon at a time, and a name that outlives the process.

    So a lease that names our node is that of an earlier process of ours, which is dead: no need to wait for its end.
    The host and the directory are in the name: a copy of the directory, made for a second daemon, is another node.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._lock: IO[str] | None = None
        self.name = ""

    def take(self) -> str:
        """Take the directory, and return the node's name. Raises NodeError if another daemon has it."""
        lock = (self._data_dir / "lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            raise NodeError(
                f"{self._data_dir} is used by another callcenter daemon: stop that one, or give this one a data_dir of "
                "its own"
            ) from error
        self._lock = lock
        kept = self._data_dir / "node"
        token = ""
        with contextlib.suppress(OSError):
            token = kept.read_text().strip()
        if not token:
            token = secrets.token_hex(_NODE_BYTES)
            kept.write_text(f"{token}\n")
        self.name = f"{token} {socket.gethostname()} {self._data_dir.resolve()}"
        return self.name

    def release(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None


class Lease:
    """The lease of one journal, for one node. All methods raise LeaseUnavailableError where Redis does not answer."""

    def __init__(self, client: redis.asyncio.Redis, stream: str, node: str, *, lease_ms: int = LEASE_MS) -> None:
        """`client` and `stream` are the journal's; the client is closed by others."""
        self._keys = (f"{stream}:lease", f"{stream}:epoch")
        self._node = node
        self._lease_ms = lease_ms
        self.lease_s = lease_ms / 1_000
        self._client = client
        self._acquire = client.register_script(_ACQUIRE)
        self._renew = client.register_script(_RENEW)
        self._release = client.register_script(_RELEASE)

    async def acquire(self) -> int | None:
        """Our new epoch, or None where another node is in charge."""
        epoch = await self._ask(self._acquire(keys=self._keys, args=[self._node, self._lease_ms]))
        return None if epoch is None else int(epoch)

    async def look(self) -> None:
        """Ask for nothing; whether Redis answers is all that there is to know."""
        await self._ask(self._client.ping())

    async def renew(self, epoch: int) -> bool:
        """Whether `epoch` is still in charge, for the next `lease_ms`."""
        return bool(await self._ask(self._renew(keys=self._keys, args=[self._node, self._lease_ms, epoch])))

    async def release(self, epoch: int) -> None:
        """Let the next one take over at once."""
        await self._ask(self._release(keys=self._keys[:1], args=[self._node, epoch]))

    async def _ask(self, question: Any) -> bytes | int | None:
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                return cast(bytes | int | None, await question)
        except TimeoutError as error:
            raise LeaseUnavailableError(f"Redis has not answered for {ANSWER_TIMEOUT_S:g} s") from error
        except (RedisError, OSError) as error:
            raise LeaseUnavailableError(f"Redis cannot be used: {error}") from error


class Charge:
    """Being in charge, with `epoch`, until another takes over."""

    def __init__(self, lease: Lease, epoch: int, lost: Callable[[], None]) -> None:
        """`lost` is called, once, as soon as another has been seen to be in charge."""
        self.epoch = epoch
        self._lease = lease
        self._lost = lost
        self._sure_until_s = 0.0

    async def keep(self) -> None:
        """Renew the lease until cancelled, or until it is lost.

        While Redis is away nothing is lost: nobody else can take over either, unless Redis is away only for us, and
        then the PBX tells (see `cti.fencing`).
        """
        with contextlib.suppress(FencedError):
            while True:
                await self._renew()
                await asyncio.sleep(RENEW_INTERVAL_S)

    async def confirm(self) -> None:
        """Return at once while nobody else can have taken over; else ask first. Raises FencedError.

        To be called before anything is done that cannot be undone: this process may have been stopped for a while.
        """
        if _now_s() >= self._sure_until_s:
            await self._renew()

    async def release(self) -> None:
        with contextlib.suppress(LeaseUnavailableError):  # it runs out by itself
            await self._lease.release(self.epoch)

    async def _renew(self) -> None:
        asked_s = _now_s()
        try:
            ours = await self._lease.renew(self.epoch)
        except LeaseUnavailableError:
            self._sure_until_s = asked_s + self._lease.lease_s  # as sure as one can be: not each batch waits for Redis
            return  # who watches Redis says so
        if not ours:
            self._lost()
            raise FencedError("another daemon has taken over")
        self._sure_until_s = asked_s + self._lease.lease_s


def _now_s() -> float:
    """Seconds that go on while the machine is suspended, where the system can tell."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
