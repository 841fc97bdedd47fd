"""Families: the table's names, labels and zeros, and that a histogram is cumulative and in seconds."""

from callcenter.metrics.families import QUEUE, TIER, Counted, Timed, families, one_of, picked
from callcenter.queues.totals import BETWEEN, HANDLE, TIMED, Times, Totals


def series(told: Counted | Timed, totals: Totals) -> dict[tuple[str, ...], float]:
    (family,) = families([told], totals)
    samples = family.samples
    return {(sample.name.removeprefix("callcenter_"), *sample.labels.values()): sample.value for sample in samples}


COUNTED = Counted("left", "queue_left", "words", (QUEUE, TIER, one_of("outcome", ("answered", "other"))))


def test_what_can_be_is_there_with_zero_and_what_was_counted_with_its_number() -> None:
    totals = Totals(queues={"sales": None}, tiers={"gold": None})
    totals.counts["left"] = {
        BETWEEN.join(("sales", "gold", "answered")): 3,
        BETWEEN.join(("other", "gold", "other")): 1,
    }
    assert series(COUNTED, totals) == {
        ("queue_left_total", "sales", "gold", "answered"): 3,
        ("queue_left_total", "sales", "gold", "other"): 0,
        ("queue_left_total", "other", "gold", "other"): 1,
    }


def test_a_label_that_picks_is_not_told_and_leaves_the_rest_out() -> None:
    totals = Totals(queues={"sales": None})
    totals.counts["offers"] = {
        BETWEEN.join(("sales", "expired")): 2,
        BETWEEN.join(("sales", "accepted")): 9,
        BETWEEN.join(("other", "expired")): 1,
        BETWEEN.join(("other", "accepted")): 1,
    }
    told = Counted("offers", "rona", "words", (QUEUE, picked("expired")))
    assert series(told, totals) == {("rona_total", "sales"): 2, ("rona_total", "other"): 1}


def test_a_counter_without_labels_and_a_name_with_anything_in_it() -> None:
    totals = Totals(rules={f"a{BETWEEN}b": None})
    totals.counts["default_queue"] = {"": 4}
    totals.counts["rule_hits"] = {f"a{BETWEEN}b": 5}
    assert series(Counted("default_queue", "d", "words"), totals) == {("d_total",): 4}
    rule = one_of("rule", [f"a{BETWEEN}b"])
    assert series(Counted("rule_hits", "r", "words", (rule,)), totals) == {("r_total", f"a{BETWEEN}b"): 5}


def test_a_histogram_is_cumulative_and_in_seconds() -> None:
    assert TIMED["talk"] == HANDLE
    totals = Totals(queues={"sales": None}, bounds_ms={HANDLE: [500, 17_000]})
    totals.times["talk"] = {"sales": Times([1, 0, 2], 61_500)}
    assert series(Timed("talk", "talk", "words", (QUEUE,)), totals) == {
        ("talk_seconds_bucket", "sales", "0.5"): 1,
        ("talk_seconds_bucket", "sales", "17.0"): 1,
        ("talk_seconds_bucket", "sales", "+Inf"): 3,
        ("talk_seconds_count", "sales"): 3,
        ("talk_seconds_sum", "sales"): 61.5,
    }
