"""Draw docs/states.md from the state tables, which are the only truth about the lives of contacts, offers and agents.

`python -m scripts.draw_states` writes it; with `--check` it changes nothing and fails where the two differ.
"""

import sys
from enum import Enum
from pathlib import Path
from typing import Any

from callcenter.queues import contact
from callcenter.routing import agent, offer, talk
from callcenter.statetable import StateTable

TARGET = Path(__file__).resolve().parent.parent / "docs" / "states.md"

HEAD = """\
# The lives of contacts, offers, agents and talks

Drawn by `python -m scripts.draw_states` from the tables in `callcenter/`; `make check` fails when the two differ. What
is not in a table is illegal and raises before anything changes. A late or duplicate message is a row that leads back to
the state it came from: those rows stand in the lists and are left out of the diagrams.
"""

Table = StateTable[Any, Any]


def drawing() -> str:
    """The whole page."""
    parts = [
        HEAD,
        _section("Contact", contact.__doc__, contact.CONTACT_TABLE),
        _section("Offer", offer.__doc__, offer.OFFER_TABLE),
        _section("Agent", agent.__doc__, agent.AGENT_TABLE),
        _section("Talk", talk.__doc__, talk.TALK_TABLE),
    ]
    return "\n".join(parts)


def _section(title: str, prose: str | None, table: Table) -> str:
    lines = [f"## {title}", "", "```text", (prose or "").strip(), "```", "", "```mermaid", "stateDiagram-v2"]
    lines += [f"    [*] --> {table.initial.name}", *_arrows(table)]
    lines += ["```", "", "| state | when | leads to |", "|---|---|---|", *_rows(table), ""]
    return "\n".join(lines)


def _arrows(table: Table) -> list[str]:
    arrows = []
    for state, row in table.rows.items():
        for after, triggers in _by_target(row).items():
            if after is not state:
                arrows.append(f"    {state.name} --> {after.name}: {', '.join(triggers)}")
        if all(after is state for after in row.values()):
            arrows.append(f"    {state.name} --> [*]")
    return arrows


def _rows(table: Table) -> list[str]:
    """One line for each state and what it leads to; staying is said as such."""
    return [
        f"| {state.name} | {', '.join(triggers)} | {'(stays)' if after is state else after.name} |"
        for state, row in table.rows.items()
        for after, triggers in _by_target(row).items()
    ]


def _by_target(row: Any) -> dict[Enum, list[str]]:
    targets: dict[Enum, list[str]] = {}
    for trigger, after in row.items():
        targets.setdefault(after, []).append(trigger.value)
    return targets


def main(arguments: list[str], target: Path = TARGET) -> int:
    page = drawing()
    if "--check" not in arguments:
        target.parent.mkdir(exist_ok=True)
        target.write_text(page, encoding="utf-8")
        return 0
    if target.is_file() and target.read_text(encoding="utf-8") == page:
        return 0
    print(f"{target.name} differs from the state tables: run `python -m scripts.draw_states` and keep what it writes")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
