"""The agent's table."""

import pytest

from callcenter.routing.agent import AGENT_TABLE, BUSY_STATES, AgentTrigger
from callcenter.statetable import IllegalTransitionError
from callcenter.types import AgentState

REQUESTS = (AgentTrigger.SIGN_IN, AgentTrigger.SIGN_OUT, AgentTrigger.GO_READY, AgentTrigger.GO_NOT_READY)


@pytest.mark.parametrize("state", list(AgentState))
def test_whatever_an_agent_asks_for_has_an_answer_in_every_state(state: AgentState) -> None:
    for request in REQUESTS:
        after = AGENT_TABLE.next(state, request)
        assert after is state or state not in BUSY_STATES


def test_only_a_ready_agent_is_reserved() -> None:
    for state in AgentState:
        if state is AgentState.READY:
            assert AGENT_TABLE.next(state, AgentTrigger.RESERVE) is AgentState.RESERVED
        else:
            with pytest.raises(IllegalTransitionError, match="agent: no row for offer made"):
                AGENT_TABLE.next(state, AgentTrigger.RESERVE)
