"""What is asked for, read from words: what is usual, and what is refused with what there is."""

from typing import Any

import pytest

from callcenter.queues.service_level import Formula
from callcenter.reports.asked import AskedError, Words, read
from callcenter.reports.columns import Group, Kind
from callcenter.reports.intervals import By, moment

BERLIN = "Europe/Berlin"
NOW_MS = moment("2026-11-22T09:15", BERLIN) + 1


def test_without_a_range_it_is_today_and_the_usual_of_all() -> None:
    asked = read(Words("queues"), zone=BERLIN, now_ms=NOW_MS)
    assert (asked.grid.from_ms, asked.grid.to_ms) == (moment("2026-11-22", BERLIN), moment("2026-11-23", BERLIN))
    assert (asked.grid.by, asked.groups, asked.formula) == (None, (Group.QUEUE,), Formula.OF_OFFERED_WITHOUT_SHORT)
    assert (asked.within_days, asked.queues, asked.agents) == (7, None, None)


def test_without_an_end_it_is_the_rest_of_the_day() -> None:
    asked = read(Words("agents", "2026-10-25T08:30", by="15m"), zone=BERLIN, now_ms=NOW_MS)
    assert (asked.kind, asked.grid.by) == (Kind.AGENTS, By.QUARTER)
    assert asked.grid.to_ms == moment("2026-10-26", BERLIN)


def test_a_zone_of_its_own_is_that_of_the_range_too() -> None:
    asked = read(Words("queues", "2026-11-01", zone="Asia/Tokyo"), zone=BERLIN, now_ms=NOW_MS)
    assert asked.grid.from_ms == moment("2026-11-01", "Asia/Tokyo")


def test_it_can_be_cut_to_some_queues_and_agents() -> None:
    asked = read(Words("queues"), zone=BERLIN, now_ms=NOW_MS, queues=["a", "b"], agents=[])
    assert (asked.queues, asked.agents) == (frozenset({"a", "b"}), frozenset())


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"kind": "golf"}, "'golf' is no report. Use one of: queues, agents, dispositions, customers"),
        ({"by": "45m"}, "'45m' is no interval. Use one of: 15m, 30m, 60m, day, week, month"),
        ({"formula": "erlang"}, "'erlang' is no formula. Use one of: of_answered, of_offered,"),
        ({"group": "agent"}, "The report `queues` cannot be grouped by agent: who hung up had no agent."),
        ({"group": "weather"}, "'weather' is nothing to group by."),
        ({"from_": "tomorrow"}, "'tomorrow' is no date and no time."),
        ({"from_": "2026-11-01T08:07"}, "2026-11-01T07:07:00Z is not at a full quarter of an hour."),
        ({"to": "2026-11-01"}, "The range ends before it begins, or at once."),
        ({"zone": "Mars"}, "'Mars' is not a time zone"),
        ({"within_days": 0}, "Within 0 days makes no sense. Use 1 to 366 days"),
    ],
)
def test_what_there_is_not_is_refused_with_what_there_is(changes: dict[str, Any], told: str) -> None:
    words = Words(**({"kind": "queues"} | changes))
    with pytest.raises(AskedError) as refused:
        read(words, zone=BERLIN, now_ms=NOW_MS)
    assert str(refused.value).startswith(told)
