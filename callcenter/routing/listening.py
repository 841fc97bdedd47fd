"""Supervisors who listen to conversations: who hears whom, in which mode, and when that is over.

The one idea: the PBX does it, the core keeps the account. The supervisor's leg ends by itself with the agent's; what is
kept here is compared with the conversation after each event, so that no way in which a talk ends can be forgotten.
"""

from dataclasses import replace

from callcenter.events import PbxSynced
from callcenter.orders import (
    ChangeListening,
    ListenAsked,
    Listening,
    ListeningBegan,
    ListeningChanged,
    ListeningEnded,
    ListeningEvent,
    ListeningId,
    ListenMode,
    ListenStopped,
    StartListening,
    StopListening,
)
from callcenter.queues.contact import Contact
from callcenter.state import State
from callcenter.types import AgentId, ContactState, DecisionKind, DeviceRef, DeviceStatus

_WORDS = {
    ListenMode.LISTEN: "listens to",
    ListenMode.WHISPER: "whispers to",
    ListenMode.BARGE: "speaks with the caller and",
}


def handle(state: State, event: ListeningEvent) -> None:
    match event:
        case ListenAsked():
            _ask(state, event)
        case ListenStopped():
            _stop(state, event)
        case ListeningBegan():
            _began(state, event)
        case ListeningEnded():
            _ended(state, event)


def _ask(state: State, event: ListenAsked) -> None:
    contact = _conversation_of(state, event.agent)
    if contact is None:
        state.ignore(event, f"agent {event.agent} talks to nobody")
        return
    if event.agent == event.by or contact.channel.pbx != event.device.pbx:
        state.ignore(event, f"{event.by} cannot listen to {event.agent}")
        return
    now = listening_of(state, event.by)
    if now is None:
        _start(state, event, contact)
    elif (now.contact, now.mode) == (contact.id, event.mode):
        state.ignore(event, f"{event.by} does so already")
    else:
        assert contact.offer is not None
        changed = replace(now, agent=event.agent, contact=contact.id, leg=contact.offer, mode=event.mode)
        if now.hears and now.contact != contact.id:
            _record(state, now, "listens no more to")
        _keep(state, changed)
        state.emit(ChangeListening(now.id, now.device, changed.leg, changed.mode))
        if now.hears:
            _record(state, changed, _WORDS[changed.mode])


def _stop(state: State, event: ListenStopped) -> None:
    now = listening_of(state, event.by)
    if now is None:
        state.ignore(event, f"{event.by} listens to nobody")
        return
    _end(state, now)
    state.emit(StopListening(now.id, now.device))


def _began(state: State, event: ListeningBegan) -> None:
    now = state.saved.listening.get(event.listening)
    if now is None:
        state.ignore(event, f"{event.listening} is over")
    elif not now.hears:
        _keep(state, replace(now, hears=True))
        _record(state, now, _WORDS[now.mode])


def _ended(state: State, event: ListeningEnded) -> None:
    now = state.saved.listening.get(event.listening)
    if now is None:
        state.ignore(event, f"{event.listening} is over")
    else:
        _end(state, now)


def settle(state: State) -> None:
    """After each event: whoever listens to a conversation that is over, hears it no more."""
    for now in list(state.saved.listening.values()):
        contact = state.saved.contacts.get(now.contact)
        if contact is None or contact.state is not ContactState.CONNECTED or contact.offer != now.leg:
            _end(state, now)
            state.emit(StopListening(now.id, now.device))


def synced(state: State, event: PbxSynced) -> None:
    """What the PBX holds counts: whom it does not know hears nothing, and whom we do not know should not."""
    spies = {spy.listening: spy for spy in event.listening}
    for now in list(state.saved.listening.values()):
        spy = spies.pop(now.id, None)
        if now.device.pbx != event.pbx:
            continue
        if spy is None:
            _end(state, now)
            continue
        if (spy.leg, spy.mode) != (now.leg, now.mode):
            state.emit(ChangeListening(now.id, now.device, now.leg, now.mode))
        if spy.hears:
            _began(state, ListeningBegan(now.id))
    for stray in spies:
        state.emit(StopListening(stray, DeviceRef(event.pbx, "")))


def listening_of(state: State, by: AgentId) -> Listening | None:
    """To whom this supervisor listens, or is about to."""
    return next((now for now in state.saved.listening.values() if now.by == by), None)


def _conversation_of(state: State, agent: AgentId) -> Contact | None:
    """The contact that this agent talks to."""
    known = state.saved.agents.get(agent)
    contact = state.saved.contacts.get(known.contact) if known is not None and known.contact is not None else None
    talks = contact is not None and contact.state is ContactState.CONNECTED and contact.agent == agent
    return contact if talks else None


def _start(state: State, event: ListenAsked, contact: Contact) -> None:
    device = event.device
    if not state.saved.pbxs.get(device.pbx, False) or state.device_status(device) is not DeviceStatus.FREE:
        state.ignore(event, f"the phone {device.device} of {event.by} is not free")
        return
    assert contact.offer is not None
    name = ListeningId(f"{contact.offer}.heard{state.next_sequence()}")
    _keep(state, Listening(name, event.by, device, event.agent, contact.id, contact.offer, event.mode, state.now_ms))
    shown = state.saved.agents[event.agent].config.name
    state.emit(StartListening(name, device, contact.offer, event.mode, shown))


def _keep(state: State, now: Listening) -> None:
    state.saved.listening[now.id] = now
    state.emit(ListeningChanged(now))


def _end(state: State, now: Listening) -> None:
    del state.saved.listening[now.id]
    state.emit(ListeningChanged(now, over=True))
    if now.hears:
        _record(state, now, "listens no more to")
    if now.by in state.saved.agents:
        state.freed[now.by] = None


def _record(state: State, now: Listening, words: str) -> None:
    """In the contact's log, as long as the contact is; that it was heard to its end needs no words."""
    contact = state.saved.contacts.get(now.contact)
    if contact is not None and contact.state is ContactState.CONNECTED and contact.offer == now.leg:
        agent = state.saved.agents.get(now.agent)
        name = agent.config.name if agent is not None else now.agent
        state.record_decision(contact, DecisionKind.LISTENED, f"{words} {name}", now.by)
