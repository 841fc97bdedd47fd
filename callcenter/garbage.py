"""When Python looks for garbage.

One idea: nearly everything goes when the last one lets it go; what goes round in circles is some 25 objects a second
where a busy floor was measured (decision 24). To find those Python walks over all that there is, which holds up calls
for 0.1 s; so it does that once an hour, and looks at what is new as often as ever.
"""

import asyncio
import gc
from collections.abc import Awaitable, Callable

EVERY_S = 3_600.0
_NEVER = 1_000_000_000  # collections of the younger objects before one of all


def settle() -> None:
    """Leave out what is there from all collections: it stays, but for a few percent that are not worth the walk."""
    gc.freeze()
    gc.set_threshold(*gc.get_threshold()[:2], _NEVER)
    gc.enable()


async def collect_seldom(sleep: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
    """Collect all that can be, every EVERY_S seconds. Goes on until cancelled."""
    while True:
        await sleep(EVERY_S)
        gc.collect()
