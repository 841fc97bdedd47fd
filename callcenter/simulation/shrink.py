"""From a failing run to a short story: drop events from its journal for as long as the same promise still breaks.

The journal is replayed without the world, on a fresh engine with a fresh auditor. What is dropped makes others late,
duplicate or unknown; the engine must answer those too, so a shorter journal is as good a witness as the long one.
"""

from callcenter.engine import Engine
from callcenter.events import ConfigurationLoaded
from callcenter.simulation.auditor import Auditor
from callcenter.simulation.keeping import Entry
from callcenter.simulation.world import START_MS, invariant_of

ATTEMPTS = 3_000  # replays; what is left then is short enough


def broken_by(journal: list[Entry]) -> str | None:
    """The promise that a replay of the journal breaks, None if it breaks none."""
    if not journal or not isinstance(journal[0][1], ConfigurationLoaded):
        return None
    engine, auditor = Engine.fresh(journal[0][1].configuration), Auditor()
    for now_ms, event in journal:
        try:
            auditor.observe(now_ms, event, engine.handle(now_ms, event), engine.snapshot())
        except Exception as cause:
            return invariant_of(cause)
    return None


def shrink(journal: list[Entry]) -> list[Entry]:
    """A shorter journal that breaks the same promise; the journal itself where a replay doesn't show the failure."""
    wanted = broken_by(journal)
    if wanted is None:
        return journal
    attempts, chunk = 0, len(journal) // 2
    while chunk >= 1 and attempts < ATTEMPTS:
        start, shorter = 1, False
        while start < len(journal) and attempts < ATTEMPTS:
            candidate = journal[:start] + journal[start + chunk :]
            attempts += 1
            if broken_by(candidate) == wanted:
                journal, shorter = candidate, True
            else:
                start += chunk
        if not shorter or chunk > 1:
            chunk //= 2
    return journal


def told(journal: list[Entry]) -> str:
    """The journal as lines of a story, times in milliseconds from the start of the world."""
    return "\n".join(f"{now_ms - START_MS:>10} ms  {event}" for now_ms, event in journal)
