"""The records of the auditor's account: where a caller waits, how urgent it is, what state a worker is in."""

from callcenter.simulation.account import Caller, Worker
from callcenter.types import AgentState, ContactState, Needs, QueueName, Route
from tests.playbook import agent, arrived

GENERAL = QueueName("general")


def test_a_caller_has_no_queue_and_no_priority_before_a_rule_was_asked() -> None:
    caller = Caller(arrived("anna"), 0, 1, ContactState.IDENTIFYING, 200)
    assert (caller.id, caller.queue, caller.priority, caller.waits) == ("anna", None, None, False)


def test_a_supervisors_priority_counts_before_the_rules() -> None:
    caller = Caller(arrived("anna"), 0, 1, ContactState.WAITING, 200)
    caller.route, caller.needs = Route(GENERAL, 5, (), "rule", "because"), Needs((GENERAL, QueueName("more")))
    assert (caller.queue, caller.priority, caller.waits) == ("general", 5, True)
    caller.prioritised = 0
    assert caller.priority == 0


def test_what_a_worker_has_in_hand_comes_before_what_it_wishes() -> None:
    worker = Worker(agent("ada"))
    assert (worker.id, worker.state) == ("ada", AgentState.LOGGED_OUT)
    worker.wish, worker.busy = AgentState.READY, AgentState.WRAP_UP
    assert worker.state is AgentState.WRAP_UP
