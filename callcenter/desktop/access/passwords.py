"""Checking a password without telling who exists, without stopping the loop, and not too often.

The one idea: an unknown agent's password is checked like any other, against a hash that nothing matches, so that both
take the same time and give the same answer. The check runs in one of a few threads, and each attempt is paid for
before it is made: a success is paid back, failures are let through again as they grow old.
"""

import asyncio
import logging
import math
import secrets
from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from callcenter.desktop.desk import AgentLogin
from callcenter.types import AgentId

logger = logging.getLogger(__name__)

WINDOW_MS = 60_000
PER_AGENT_AND_ADDRESS = 5  # failures within the window
PER_AGENT = 30
PER_ADDRESS = 30
MAX_KEYS = 10_000  # at the bound the key that was used longest ago is forgotten
THREADS = 2
MAX_CHECKS = 64  # under way or waiting for a thread; one more is refused


class TooManyAttemptsError(Exception):
    """Wait `wait_s` seconds before another attempt."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"too many attempts; wait {wait_s} s")
        self.wait_s = wait_s


class Attempts:
    """Failures within a sliding window, by key. Times are milliseconds and handed in."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, deque[int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._failures)

    def take(self, keys: Mapping[str, int], now_ms: int) -> None:
        """Pay for one attempt under each key (key: limit). Raises TooManyAttemptsError and takes nothing if refused."""
        waits = [self._wait_ms(key, limit, now_ms) for key, limit in keys.items()]
        if (wait_ms := max(waits)) > 0:
            raise TooManyAttemptsError(math.ceil(wait_ms / 1000))
        for key in keys:
            self._failures.setdefault(key, deque()).append(now_ms)
            self._failures.move_to_end(key)
        while len(self._failures) > MAX_KEYS:
            self._failures.popitem(last=False)

    def give_back(self, keys: Sequence[str]) -> None:
        for key in keys:
            times = self._failures.get(key)
            if times:
                times.pop()
                if not times:
                    del self._failures[key]

    def _wait_ms(self, key: str, limit: int, now_ms: int) -> int:
        times = self._failures.get(key)
        if times is None:
            return 0
        while times and times[0] <= now_ms - WINDOW_MS:
            times.popleft()
        return times[-limit] + WINDOW_MS - now_ms if len(times) >= limit else 0


class Passwords:
    def __init__(self, agents: Mapping[AgentId, AgentLogin]) -> None:
        self._hasher = _hasher_like(agents)
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))
        self._attempts = Attempts()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="password")
        self._under_way = 0

    async def check(self, agent: str, login: AgentLogin | None, password: str, address: str, now_ms: int) -> bool:
        """Whether `password` is the login's; False for no login. Raises TooManyAttemptsError."""
        if self._under_way >= MAX_CHECKS:
            raise TooManyAttemptsError(2)
        keys = {
            f"{agent}\0{address}": PER_AGENT_AND_ADDRESS,
            f"agent\0{agent}": PER_AGENT,
            f"address\0{address}": PER_ADDRESS,
        }
        self._attempts.take(keys, now_ms)
        has_one = login is not None and login.password_hash != ""
        expected = login.password_hash if login is not None and has_one else self._nobody
        self._under_way += 1
        try:
            matches = await asyncio.get_running_loop().run_in_executor(
                self._threads, self._matches, expected, agent, password
            )
        finally:
            self._under_way -= 1
        right = matches and has_one
        if right:
            self._attempts.give_back(list(keys))
        return right

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _matches(self, expected: str, agent: str, password: str) -> bool:
        try:
            return self._hasher.verify(expected, password)
        except InvalidHashError:
            logger.error(
                "The password_hash of agent %r in config/agents.yaml is no argon2 hash; make one with "
                "`callcenter hash-password`.",
                agent,
            )
            return False
        except VerificationError:
            return False


def _hasher_like(agents: Mapping[AgentId, AgentLogin]) -> PasswordHasher:
    """A hasher with the cost of the hashes in use, so that checking the hash of nobody takes as long."""
    for login in agents.values():
        try:
            return PasswordHasher.from_parameters(extract_parameters(login.password_hash))
        except InvalidHashError:
            continue
    return PasswordHasher()
