"""An agent's state, in the API's answers as in the entries."""

from callcenter.commands import AgentChanged
from callcenter.desktop.live.messages import logged_out, state_of
from callcenter.types import AgentState, ContactId
from tests.desktop.fake_desk import ANNA, agent_view


def test_a_state_is_told_alike_of_an_agent_who_changes_and_of_one_who_is_looked_at() -> None:
    changed = AgentChanged(ANNA, AgentState.TALKING, None, 5, None, ContactId("c"), None)
    told = state_of(changed)
    assert (told["state"], told["since_ms"], told["contact"]) == (AgentState.TALKING, 5, "c")
    assert set(told) == set(state_of(agent_view(ANNA, "Anna", 5))) == set(logged_out(5))


def test_whom_the_engine_does_not_know_yet_is_logged_out() -> None:
    assert logged_out(7) == {
        "state": AgentState.LOGGED_OUT, "reason": None, "since_ms": 7, "deadline_ms": None, "contact": None,
        "pending": None,
    }  # fmt: skip
