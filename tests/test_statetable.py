"""Tables are the truth about lives: what is not in them raises, and no row of them is only there for show."""

from enum import Enum
from typing import Any

import pytest

from callcenter.queues.contact import CONTACT_TABLE
from callcenter.routing.agent import AGENT_TABLE
from callcenter.routing.offer import LIVE_STATES, OFFER_TABLE
from callcenter.simulation.world import run
from callcenter.statetable import IllegalTransitionError, StateTable
from callcenter.types import LegEnd
from tests.playbook import Playbook, agent, arrived, configuration, leg_ended

TABLES: tuple[StateTable[Any, Any], ...] = (CONTACT_TABLE, OFFER_TABLE, AGENT_TABLE)
Row = tuple[str, Enum, Enum]


class Light(Enum):
    RED = "red"
    GREEN = "green"


class Press(Enum):
    BUTTON = "button"


LIGHT: StateTable[Light, Press] = StateTable("light", Light.RED, {Light.RED: {Press.BUTTON: Light.GREEN}})


def test_a_row_leads_to_the_next_state() -> None:
    assert LIGHT.next(Light.RED, Press.BUTTON) is Light.GREEN


def test_what_is_not_in_the_table_raises_and_says_what_it_was() -> None:
    with pytest.raises(IllegalTransitionError, match="light: no row for button in green"):
        LIGHT.next(Light.GREEN, Press.BUTTON)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_state_can_be_reached_from_the_first(table: StateTable[Any, Any]) -> None:
    reached, fresh = {table.initial}, [table.initial]
    while fresh:
        for after in table.rows[fresh.pop()].values():
            if after not in reached:
                reached.add(after)
                fresh.append(after)
    assert reached == set(table.rows)
    assert len(reached) == len(type(table.initial).__members__)


@pytest.fixture
def rows_taken(monkeypatch: pytest.MonkeyPatch) -> set[Row]:
    taken: set[Row] = set()
    right = StateTable.next

    def recording(table: StateTable[Any, Any], state: Any, trigger: Any) -> Any:
        after = right(table, state, trigger)
        taken.add((table.name, state, trigger))
        return after

    monkeypatch.setattr(StateTable, "next", recording)
    return taken


def test_every_row_is_taken_by_something_that_happens(rows_taken: set[Row]) -> None:
    for seed in range(250):
        run(seed, events=250, audit=False)
    for how in (LegEnd.NO_ANSWER, LegEnd.UNREACHABLE, LegEnd.BUSY):
        Playbook.open(configuration(agent("ada"))).at(100, arrived("anna"), leg_ended("anna.1", how))
    missing = [
        (table.name, state.value, trigger.value)
        for table in TABLES
        for state, row in table.rows.items()
        for trigger in row
        if (table.name, state, trigger) not in rows_taken and not _is_end_of_offer(table, state)
    ]
    assert missing == []


def _is_end_of_offer(table: StateTable[Any, Any], state: Enum) -> bool:
    """An offer that has ended is only remembered by its id; its rows say that nothing follows, and nothing does."""
    return table is OFFER_TABLE and state not in LIVE_STATES
