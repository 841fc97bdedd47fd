"""The text of /metrics, and counters beside the log."""

import pytest

from callcenter.reconcile.findings import Findings
from callcenter.reconcile.metrics import Counters, Exposition, ExpositionError, between, compare, read
from callcenter.reconcile.recount import parts_of, visits_of
from tests.reconcile.made import answered, contact

TEXT = """
# TYPE callcenter_contacts counter
callcenter_contacts_total{outcome="answered",queue="sales",tier="gold"} 1.0
callcenter_contacts_total{outcome="answered",queue="other",tier="gold"} 0.0
# TYPE callcenter_answer_seconds histogram
callcenter_answer_seconds_bucket{le="5.0",queue="sales",tier="gold"} 1.0
callcenter_answer_seconds_count{queue="sales",tier="gold"} 1.0
callcenter_answer_seconds_sum{queue="sales",tier="gold"} 5.0
# TYPE callcenter_offers counter
callcenter_offers_total{queue="sales",outcome="accepted"} 1.0
callcenter_offers_total{queue="support",outcome="accepted"} 2.0
# TYPE callcenter_contact_log_pending gauge
callcenter_contact_log_pending 3.0
# TYPE something_else gauge
something_else 7.0
"""


def counters(from_ms: int | None = None, to_ms: int | None = None, **changes: object) -> Counters:
    log, counted = answered(contact=contact(**changes)), Counters(from_ms, to_ms)
    counted.add(log, visits_of(log), parts_of(log))
    return counted


def differences(counted: Counters, least: Exposition, most: Exposition) -> list[tuple[str, str, str]]:
    findings = Findings()
    compare(counted, least, most, findings)
    return [(one.subject.split("{")[0], one.counted, one.found) for one in findings.tallies["metrics"].shown]


def test_text_is_read_as_whole_numbers() -> None:
    told = read(TEXT)
    assert told.samples["callcenter_answer_seconds_sum", ("sales", "gold")] == 5_000
    assert told.samples["callcenter_offers_total", ("accepted",)] == 3
    assert (told.pending, sorted(told.known["queue"])) == (3, ["other", "sales", "support"])


@pytest.mark.parametrize("text", ["<html>", "", "something_else 7.0\n"])
def test_text_of_something_else_is_refused(text: str) -> None:
    with pytest.raises(ExpositionError):
        read(text)


def test_counter_that_differs_is_named_and_those_that_are_not_told_are_left_out() -> None:
    told = read(TEXT)
    assert differences(counters(), told, told) == [("callcenter_offers_total", "1", "3")]


def test_counter_may_go_on_while_the_log_is_read() -> None:
    low, high = read(TEXT.replace('accepted"} 2.0', 'accepted"} 0.0').replace("} 1.0", "} 0.0", 1)), read(TEXT)
    assert differences(counters(), low, high) == []


def test_only_what_happened_in_the_range_counts() -> None:
    told = read(TEXT)
    named = [name for name, _, _ in differences(counters(to_ms=5_000), told, told)]
    answers = ["callcenter_answer_seconds_count", "callcenter_answer_seconds_sum"]
    assert named == [*answers, "callcenter_contacts_total", "callcenter_offers_total"]


def test_queue_that_prometheus_does_not_know_is_other() -> None:
    told = read(TEXT.replace('queue="other",tier="gold"} 0.0', 'queue="other",tier="gold"} 1.0', 1))
    found = differences(counters(queue="unheard of"), told, told)
    assert ("callcenter_contacts_total", "0", "1") in found  # that of sales
    assert len([name for name, _, _ in found if name == "callcenter_contacts_total"]) == 1


def test_two_texts_are_one_of_what_came_between() -> None:
    told = between(read(TEXT), read(TEXT.replace("} 1.0", "} 4.0", 1)))
    assert told.samples["callcenter_contacts_total", ("sales", "gold", "answered")] == 3
    assert told.samples["callcenter_offers_total", ("accepted",)] == 0
    with pytest.raises(ExpositionError, match="in order"):
        between(read(TEXT), read(TEXT.replace("} 1.0", "} 0.0", 1)))
