"""The stretches of agents' states, for the log and so for all figures of agents' time.

One idea: they are read from what is told of agents, once an event is through. So a state that an agent had for no time,
between two others in one event, is in no stretch, and a restart, which tells everything again, ends none.
"""

from callcenter.commands import AgentChanged
from callcenter.facts import RecordStretch
from callcenter.routing.agent import Stretch
from callcenter.state import State
from callcenter.types import AgentState


def note(state: State) -> None:
    """Say which stretches have ended with this event, and which have begun."""
    for changed in {one.agent: one for one in state.out if isinstance(one, AgentChanged)}.values():
        before = state.saved.stretches.get(changed.agent)
        if before is not None and (before.state, before.reason) == (changed.state, changed.reason):
            continue
        out = changed.state is AgentState.LOGGED_OUT
        if before is not None and (out or before.began_ms < state.now_ms):
            state.emit(
                RecordStretch(changed.agent, before.number, before.began_ms, before.state, before.reason, state.now_ms)
            )
        if out:
            state.saved.stretches.pop(changed.agent, None)
            continue
        state.saved.stretched += 1
        now = Stretch(state.saved.stretched, state.now_ms, changed.state, changed.reason)
        state.saved.stretches[changed.agent] = now
        state.emit(RecordStretch(changed.agent, now.number, now.began_ms, now.state, now.reason))
