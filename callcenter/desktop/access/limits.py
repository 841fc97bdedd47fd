"""How often the API may be asked, by each session, token and address.

The one idea: a bucket for each of them holds so many requests and fills up again at a steady rate. Whoever goes on
above that is told how long to wait; what it asked for is not looked at.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass

MAX_BUCKETS = 20_000  # at the bound the one used longest ago is forgotten, which by then is full again


@dataclass(frozen=True, slots=True)
class Rate:
    per_s: float
    at_once: int


CALLERS = Rate(20.0, 100)  # of a session or a token
STRANGERS = Rate(5.0, 60)  # of an address, for what comes without either


@dataclass(slots=True)
class _Bucket:
    left: float
    at_ms: int


class Limits:
    def __init__(self) -> None:
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self.refused = 0

    def __len__(self) -> int:
        return len(self._buckets)

    def wait_s(self, key: str, rate: Rate, now_ms: int) -> int:
        """Take one request out of the bucket of `key`. 0: taken; else the seconds to wait, and nothing was taken."""
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(rate.at_once, now_ms)
            if len(self._buckets) > MAX_BUCKETS:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(key)
        bucket.left = min(rate.at_once, bucket.left + max(0, now_ms - bucket.at_ms) / 1000 * rate.per_s)
        bucket.at_ms = now_ms
        if bucket.left >= 1:
            bucket.left -= 1
            return 0
        self.refused += 1
        return max(1, math.ceil((1 - bucket.left) / rate.per_s))
