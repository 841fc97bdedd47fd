"""`python -m callcenter.simulation --seed 1 --events 2000 --seeds 50`: run worlds, and tell a failing one in short.

Ends with status 1 at the first seed that fails, after one line that reproduces it and a short story that shows it.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable

from callcenter.simulation.shrink import shrink, told
from callcenter.simulation.world import SeedFailedError, run


def main(arguments: list[str], write: Callable[[str], object] = print) -> int:
    options = _options(arguments)
    counts: Counter[str] = Counter()
    handled, started = 0, time.perf_counter()
    for seed in range(options.seed, options.seed + options.seeds):
        try:
            result = run(seed, options.events, audit=not options.no_audit)
        except SeedFailedError as failed:
            _report(failed, write)
            return 1
        handled += result.events
        counts.update(result.counts)
        if options.seeds == 1:
            write(f"state {result.digest}")
    elapsed_s = time.perf_counter() - started
    del counts["events"]
    for what, count in sorted(counts.items()):
        write(f"{count:>10}  {what}")
    write(f"{handled:>10}  events in {elapsed_s:.1f} s, {handled / elapsed_s:,.0f} events/s, seeds {options.seeds}: ok")
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m callcenter.simulation", description="Try the core in simulated worlds.")
    parser.add_argument("--seed", type=int, default=1, help="the (first) seed, default 1")
    parser.add_argument("--events", type=_positive, default=1_000, help="events under faults per seed, default 1000")
    parser.add_argument("--seeds", type=_positive, default=1, help="how many seeds, one after the other, default 1")
    parser.add_argument("--no-audit", action="store_true", help="without the auditor, to see how fast the core is")
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} should be at least 1")
    return number


def _report(failed: SeedFailedError, write: Callable[[str], object]) -> None:
    write(f"FAILED {failed}")
    story = shrink(failed.journal)
    if story is failed.journal:
        write("the events alone don't show it: run the seed again to see it happen")
        return
    write(f"the same promise is broken by these {len(story)} events:")
    write(told(story))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
