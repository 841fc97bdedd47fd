"""What segments and decisions say of visits and parts, by hand."""

from typing import Any

from callcenter.reconcile.recount import parts_of, visits_of
from callcenter.reconcile.rows import Log
from tests.reconcile.made import C, answered, contact, decision, segment

ABANDONED = {"outcome": "abandoned", "agent": None, "connected_ms": None, "handled_ms": None, "disposition": None}


def seen(log: Log) -> list[tuple[Any, ...]]:
    return [(v.queue, v.began_ms, v.queued_ms, v.ended_ms, v.outcome, v.waited_ms, v.agent) for v in visits_of(log)]


def test_contact_that_is_answered_has_one_visit_and_one_part() -> None:
    assert seen(answered()) == [("sales", 0, 0, 5_000, "answered", 5_000, "ann")]
    [part] = parts_of(answered())
    assert (part.agent, part.queue, part.began_ms, part.ended_ms) == ("ann", "sales", 5_000, 30_000)
    assert (part.ring_ms, part.talk_ms, part.hold_ms, part.wrap_up_ms) == (3_000, 15_000, 0, 10_000)
    assert (part.disposition, part.transfer, part.direction) == ("sold", None, "in")


def test_who_is_moved_and_overflows_and_hangs_up_was_in_three_queues() -> None:
    log = Log(C, contact(queue="night", ended_ms=9_000, **ABANDONED))
    log.segments = [segment(1, "waiting", 0, 9_000)]
    log.decisions = [
        decision(1, "routed", 100),
        decision(2, "relaxed", 200),
        decision(3, "moved", 1_000, "support", made_by="sue"),
        decision(4, "overflowed", 4_000, "night"),
    ]
    assert seen(log) == [
        ("sales", 100, 0, 1_000, "other", 1_000, None),
        ("support", 1_000, 0, 4_000, "overflowed", 4_000, None),
        ("night", 4_000, 0, 9_000, "abandoned", 9_000, None),
    ]
    assert parts_of(log) == []


def test_who_is_sent_away_has_overflowed_once() -> None:
    log = Log(C, contact(ended_ms=4_000, **{**ABANDONED, "outcome": "overflowed"}))
    log.decisions = [decision(1, "routed", 0), decision(2, "overflowed", 4_000)]
    assert seen(log) == [("sales", 0, 0, 4_000, "overflowed", 4_000, None)]


def test_queue_that_takes_nobody_is_visited_for_no_time_and_a_message_is_no_queue() -> None:
    log = Log(C, contact(ended_ms=50, **{**ABANDONED, "outcome": "closed"}))
    log.decisions = [decision(1, "turned_away", 50)]
    assert seen(log) == [("sales", 50, 0, 50, "other", 50, None)]
    log.decisions = [decision(1, "turned_away", 50, None)]
    assert seen(log) == []


def test_who_is_handed_on_waits_anew_and_may_hang_up_then() -> None:
    log = answered()
    log.segments[3:] = [
        segment(4, "wrap_up", 20_000, 22_000),
        segment(5, "waiting", 20_000, 26_000, queue="billing", result="abandoned"),
    ]
    log.decisions.append(decision(2, "transferred", 20_000, "billing", made_by="ann", words="Ann to queue billing"))
    log.contact = contact(ended_ms=26_000, queue="billing")
    assert seen(log)[1] == ("billing", 20_000, 20_000, 26_000, "abandoned", 6_000, None)
    assert [visit.after_transfer for visit in visits_of(log)] == [False, True]
    assert [part.transfer for part in parts_of(log)] == ["queue"]
    log.decisions[1].words = "(erased)"
    assert [part.transfer for part in parts_of(log)] == [""]


def test_all_of_it_in_one_millisecond_is_told_in_the_order_in_which_it_must_have_been() -> None:
    log = Log(C, contact(connected_ms=0, ended_ms=0))
    log.segments = [
        segment(1, "waiting", 0, 0),
        segment(2, "offer", 0, 0),
        segment(3, "talk", 0, 0),
        segment(4, "wrap_up", 0, 0),
        segment(5, "offer", 0, 0, agent="bob", offer=f"{C}.2"),
        segment(6, "talk", 0, 0, agent="bob", offer=f"{C}.2"),
    ]
    log.decisions = [decision(1, "routed", 0), decision(2, "transferred", 0, made_by="ann", words="x to agent bob")]
    assert [(visit.outcome, visit.agent) for visit in visits_of(log)] == [("answered", "ann"), ("answered", "bob")]


def test_who_is_handed_over_after_a_consultation_has_not_waited() -> None:
    asked = f"{C}-c1.1"
    log = Log(C, contact(agent="bob", ended_ms=40_000))
    log.segments = [
        segment(1, "waiting", 0, 2_000),
        segment(2, "offer", 2_000, 5_000),
        segment(3, "talk", 5_000, 10_000),
        segment(4, "offer", 10_000, 12_000, agent="bob", offer=asked),
        segment(5, "consult", 12_000, 15_000, agent="bob", offer=asked, result="completed"),
        segment(6, "hold", 10_000, 15_000),
        segment(7, "wrap_up", 15_000, 18_000),
        segment(8, "talk", 15_000, 40_000, agent="bob", offer=asked),
        segment(9, "wrap_up", 40_000, 41_000, agent="bob", offer=asked),
    ]
    log.decisions = [
        decision(1, "routed", 0),
        decision(2, "consulted", 10_000, made_by="ann"),
        decision(3, "transferred", 15_000, made_by="ann", words="Ann has handed it over to agent bob"),
    ]
    assert [visit.outcome for visit in visits_of(log)] == ["answered"]
    ann, bob = parts_of(log)
    assert (ann.hold_ms, ann.consult_ms, ann.consults, ann.transfer) == (5_000, 3_000, 1, "agent")
    assert (bob.began_ms, bob.talking_since_ms, bob.ring_ms, bob.talk_ms) == (15_000, 12_000, 2_000, 25_000)
    assert (bob.consult_ms, bob.consults, bob.transfer) == (0, 0, None)


def test_call_out_is_a_part_and_no_visit() -> None:
    log = Log(C, contact(direction="out", connected_ms=8_000))
    log.segments = [
        segment(1, "dialling", 0, 8_000),
        segment(2, "talk", 8_000, 20_000),
        segment(3, "wrap_up", 20_000, 21_000),
    ]
    assert visits_of(log) == []
    [part] = parts_of(log)
    assert (part.direction, part.began_ms, part.ring_ms, part.talk_ms) == ("out", 0, 8_000, 12_000)


def test_contact_that_goes_on_waits_still() -> None:
    log = Log(C, None)
    log.decisions = [decision(1, "routed", 700)]
    assert seen(log) == [("sales", 700, 700, None, None, None, None)]
