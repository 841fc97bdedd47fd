"""The list of the benchmarks (`make bench`). Each takes minutes, so none is run without being named."""

import click

BENCHMARKS = {
    "core": (
        "make bench-core",
        "one decision of the pure core, by agents, waiting contacts and skill combinations, beside a naive scan",
    ),
    "desktop": (
        "make bench-desktop",
        "from a call to its screen pop with 500 agents' and 20 supervisors' pages open, and what those cost the calls",
    ),
    "journal": (
        "make bench-journal",
        "what the journal adds to an event's latency, in the daemon's own Redis and an external one, beside none",
    ),
    "pbx": (
        "make bench-pbx",
        "the same SIPp load through app_queue and the daemon, on one Asterisk: arrival to ring, agents' idle gap",
    ),
    "reports": (
        "make bench-reports",
        "a month by half-hours from a log of ten million contacts, in PostgreSQL and SQLite",
    ),
    "report_checks": (
        "make bench-report-day",
        "every report of a simulated day of 30,000 contacts, value by value against a recount of the raw facts",
    ),
    "restart": (
        "make bench-restart",
        "from the start of a killed daemon until it serves, at 1,000 waiting contacts and 500 agents",
    ),
    "rules": (
        "make bench-rules",
        "one decision by 500 routing rules, beside the fastest expression engines of PyPI",
    ),
}


@click.command()
def main() -> None:
    """List the benchmarks."""
    width = max(len(command) for command, _ in BENCHMARKS.values())
    for name, (command, about) in BENCHMARKS.items():
        click.echo(f"{command:<{width}}  {about} (python -m benchmarks.{name} --help)")


if __name__ == "__main__":
    main()
