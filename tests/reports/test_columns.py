"""Columns: formulas on sums, groups that there are and are not, and sums that hold for any of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.queues.service_level import USUAL, Counts, Formula, service_level
from callcenter.reports.columns import (
    POSSIBLE,
    USUAL_GROUPS,
    Group,
    GroupError,
    Kind,
    Unit,
    Value,
    columns_of,
    counts_of,
    groups_of,
    time_in,
)


def values(kind: Kind, sums: dict[str, int], *groups: Group, formula: Formula = USUAL) -> dict[str, Value]:
    whole = dict.fromkeys(counts_of(kind), 0) | sums
    reasons = [("not_ready", "lunch")]
    columns = columns_of(kind, groups, formula=formula, within_days=7, reasons=reasons)
    return {column.key: column.of(whole) for column in columns}


@pytest.mark.parametrize("kind", list(Kind))
def test_of_nobody_counts_are_0_and_all_else_is_nothing(kind: Kind) -> None:
    columns = columns_of(kind, USUAL_GROUPS[kind], formula=USUAL, within_days=7)
    assert len({column.key for column in columns}) == len(columns)
    for column in columns:
        value = column.of(dict.fromkeys(counts_of(kind), 0))
        times = column.key.startswith("time_") or column.key == "signed_in_ms"
        assert value == (0 if column.unit is Unit.COUNT or times else None), column.key
        assert column.formula
        assert column.heading


def test_the_service_level_is_that_of_the_formula_that_was_asked_for() -> None:
    sums = {"offered": 10, "answered": 8, "answered_within": 6, "abandoned": 2}
    assert values(Kind.QUEUES, sums)["service_level"] == 6 / 10
    assert values(Kind.QUEUES, sums, formula=Formula.OF_ANSWERED)["service_level"] == 6 / 8
    named = {key for key in values(Kind.QUEUES, sums) if key.startswith("service_level_")}
    assert named == {f"service_level_{formula.value}" for formula in Formula}


def test_the_longest_wait_is_of_those_who_wait_no_more() -> None:
    assert values(Kind.QUEUES, {"offered": 2, "waiting": 2})["longest_wait_ms"] is None
    assert values(Kind.QUEUES, {"offered": 2, "waiting": 1, "longest_wait_ms": 0})["longest_wait_ms"] == 0


def test_handling_time_is_that_of_its_parts() -> None:
    told = values(
        Kind.DISPOSITIONS, {"parts": 3, "talk_ms": 100, "hold_ms": 20, "wrap_up_ms": 30, "out_ms": 9, "out_parts": 2}
    )
    assert (told["aht_ms"], told["mean_talk_ms"], told["mean_hold_ms"], told["mean_wrap_up_ms"]) == (50, 33, 7, 10)
    assert told["mean_out_ms"] == 4


def test_occupancy_is_handling_by_handling_and_ready() -> None:
    sums = {time_in("talking"): 300, time_in("wrap_up"): 100, time_in("ready"): 400, time_in("not_ready"): 1_000}
    told = values(Kind.AGENTS, sums | {time_in("not_ready", "lunch"): 600}, Group.AGENT)
    assert told["occupancy"] == 0.5
    assert told["signed_in_ms"] == 1_800
    assert told["time_not_ready_lunch_ms"] == 600
    assert "occupancy" not in values(Kind.AGENTS, {}, Group.AGENT, Group.QUEUE)


def test_resolution_and_repeats_are_shares_of_what_they_are_of() -> None:
    told = values(Kind.CUSTOMERS, {"contacts": 8, "answered": 5, "resolved": 4, "repeated": 2})
    assert (told["first_contact_resolution"], told["repeat_share"]) == (0.8, 0.25)


# ---- groups


@pytest.mark.parametrize("kind", list(Kind))
def test_groups_come_in_the_order_of_the_columns(kind: Kind) -> None:
    assert groups_of(kind, None) == USUAL_GROUPS[kind]
    assert groups_of(kind, [str(group) for group in reversed(POSSIBLE[kind])]) == POSSIBLE[kind]
    assert groups_of(kind, []) == ((Group.DISPOSITION,) if kind is Kind.DISPOSITIONS else ())


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("group", list(Group))
def test_a_group_that_a_report_has_not_is_refused_with_those_that_have_it(kind: Kind, group: Group) -> None:
    if group in POSSIBLE[kind]:
        assert group in groups_of(kind, [group])
        return
    with pytest.raises(GroupError) as refused:
        groups_of(kind, [group])
    words = str(refused.value)
    assert f"`{kind}` can be grouped by any of: {', '.join(POSSIBLE[kind])}" in words
    assert words.endswith(", ".join(other for other in Kind if group in POSSIBLE[other]))


# ---- for any sums

COUNTS = st.integers(0, 10_000)


@given(st.lists(st.lists(COUNTS, min_size=6, max_size=6), min_size=1, max_size=8))
def test_a_total_is_what_its_rows_are_together(rows: list[list[int]]) -> None:
    """offered = answered + abandoned + short + overflowed + others + waiting, of each row and of all."""
    names = ("answered", "abandoned", "short_abandoned", "overflowed", "others", "waiting")
    total = dict.fromkeys((*names, "offered"), 0)
    for row in rows:
        sums = dict(zip(names, row, strict=True)) | {"offered": sum(row)}
        told = values(Kind.QUEUES, sums)
        assert told["offered"] == sum(int(told[name] or 0) for name in names)
        for name in total:
            total[name] += sums[name]
    told = values(Kind.QUEUES, total)
    assert told["offered"] == sum(int(told[name] or 0) for name in names)
    level = told["service_level"]
    assert level is None or 0 <= level <= 1


@pytest.mark.parametrize("formula", list(Formula))
def test_service_levels_are_those_of_the_formulas(formula: Formula) -> None:
    columns = {column.key: column for column in columns_of(Kind.QUEUES, (), formula=Formula.OF_ANSWERED, within_days=7)}
    counted = {"answered": 70, "answered_within": 50, "abandoned": 13, "short_abandoned": 5, "abandoned_within": 7}
    sums = dict.fromkeys(counts_of(Kind.QUEUES), 0) | counted | {"overflowed": 11}
    expected = service_level(Counts(**counted, overflowed=11), formula)
    assert expected is not None
    assert columns[f"service_level_{formula.value}"].of(sums) == expected
    assert columns[f"service_level_{formula.value}"].of(dict.fromkeys(sums, 0)) is None
