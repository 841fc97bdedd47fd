"""Messages from supervisors to agents: kept until each has acknowledged them, within bounds.

An agent knows the ids of its open messages, oldest first; a message knows how many agents still have it open, and is
forgotten with the last. So sending costs one step for each recipient, however many messages are open.
"""

from callcenter.orders import (
    MESSAGE_LIFE_MS,
    MESSAGES_PER_AGENT,
    OPEN_MESSAGE_LIMIT,
    MessageAcknowledged,
    MessageGone,
    MessageId,
    MessageSent,
    MessageShown,
    OpenMessage,
)
from callcenter.routing.agent import Agent
from callcenter.state import State
from callcenter.timers import TimerKind


def send(state: State, event: MessageSent) -> None:
    open_messages = state.saved.open_messages
    if event.message in open_messages:
        state.ignore(event, f"message {event.message} was sent already")
        return
    to = [agent for agent in state.saved.agents.values() if _is_for(event, agent)]
    if not to:
        state.ignore(event, "there is nobody to whom it could go")
        return
    if len(open_messages) >= OPEN_MESSAGE_LIMIT:
        _close(state, next(iter(open_messages)))
    message = OpenMessage(event.message, state.now_ms, event.by, event.text, event.urgent, len(to))
    open_messages[message.id] = message
    state.saved.timers.arm(TimerKind.MESSAGE, message.id, state.now_ms + MESSAGE_LIFE_MS)
    for agent in to:
        if len(agent.messages) >= MESSAGES_PER_AGENT:
            _take_from(state, agent, next(iter(agent.messages)))
        agent.messages[message.id] = None
        state.emit(shown(agent, message))


def acknowledge(state: State, event: MessageAcknowledged) -> None:
    agent = state.saved.agents.get(event.agent)
    if agent is None or event.message not in agent.messages:
        state.ignore(event, f"agent {event.agent} has no open message {event.message}")
        return
    _take_from(state, agent, event.message)


def expired(state: State, message: MessageId) -> None:
    """A message's time is over; its timer has fired."""
    _close(state, message)


def drop_all(state: State, agent: Agent) -> None:
    """The agent is no more."""
    for message in list(agent.messages):
        _take_from(state, agent, message)


def shown(agent: Agent, message: OpenMessage) -> MessageShown:
    return MessageShown(agent.config.id, message.id, message.at_ms, message.by, message.text, message.urgent)


def _is_for(event: MessageSent, agent: Agent) -> bool:
    config = agent.config
    return event.everybody or config.id in event.agents or any(queue in event.queues for queue in config.queues)


def _take_from(state: State, agent: Agent, message_id: MessageId) -> None:
    del agent.messages[message_id]
    state.emit(MessageGone(agent.config.id, message_id))
    message = state.saved.open_messages[message_id]
    message.unread -= 1
    if message.unread == 0:
        del state.saved.open_messages[message_id]
        state.saved.timers.cancel(TimerKind.MESSAGE, message_id)


def _close(state: State, message: MessageId) -> None:
    for agent in state.saved.agents.values():
        if message in agent.messages:
            _take_from(state, agent, message)
