"""What a store says of itself, for `/health/ready` and for the person who reads it."""

import logging
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Health:
    """`words` is one sentence for an operator; where `ok` is false it says what is wrong and what to do."""

    ok: bool
    words: str


class RareLog:
    """A log line that may be wanted thousands of times a minute in an outage, and is useful once in a while.

    At most one line in `interval_s` seconds is written; it says how many were left out before it.
    """

    def __init__(self, logger: logging.Logger, interval_s: float = 10.0) -> None:
        self._logger = logger
        self._interval_s = interval_s
        self._next_s = float("-inf")
        self._left_out = 0

    def warning(self, message: str, *args: object) -> None:
        now_s = time.monotonic()
        if now_s < self._next_s:
            self._left_out += 1
            return
        self._next_s = now_s + self._interval_s
        more = f" (and {self._left_out} more like it before)" if self._left_out else ""
        self._left_out = 0
        self._logger.warning(message + "%s", *args, more)
