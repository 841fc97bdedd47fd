"""What runs in a peer's environment times each contact and tells what was decided."""

from benchmarks.rules import PEERS as NAMED
from benchmarks.rules_peer import PEERS, timed


def test_there_is_a_way_to_ask_each_peer() -> None:
    assert PEERS.keys() == NAMED.keys()


def test_each_contact_is_timed_once_and_its_decision_told() -> None:
    told = timed(lambda facts: facts["answer"], [{"answer": index} for index in (3, None, 5)])
    assert told["decided"] == [3, None, 5]
    assert len(told["times_ns"]) == 3
    assert all(time >= 0 for time in told["times_ns"])
