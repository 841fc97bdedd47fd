"""What those hear who wait: the music of their queue, one greeting, and announcements in a rhythm.

The one idea: it is worked out last, once the event's own rows and the matching are through. So nothing of it comes
before an offer, and no phone rings for whoever is being spoken to in the same moment. All that was said is in the
contact, and the rhythm in its timer: a restart repeats nothing. What the PBX could not be told is left out; only the
music is told again when it is back.
"""

from dataclasses import dataclass

from callcenter.commands import PlaySounds, SetMusic
from callcenter.queues.contact import Contact, Hearing
from callcenter.queues.order import place_of
from callcenter.state import State
from callcenter.timers import TimerKind
from callcenter.types import Announce, ContactState, PbxName, QueueName, Treatment

MAX_SPOKEN_POSITION = 20  # whoever is further back does not hear how far
_NO_TREATMENT = Treatment()


def note_who_waits(state: State) -> None:
    """Before the matching forgets them: whoever waits anew, or otherwise than before, may hear something else now."""
    for contact_id in state.waiting_anew:
        contact = state.saved.contacts[contact_id]
        if contact.consult_of is None and contact.route is not None and contact.route.queue in state.queues:
            state.lines.stand(contact.route.queue, place_of(contact, state.configuration.ageing_ms))
    state.hearing_anew |= state.waiting_anew


def note_all_who_wait(state: State) -> None:
    """After a reconnect, and for a new configuration."""
    state.hearing_anew |= {one.id: None for one in state.saved.contacts.values() if _waits(one)}


def pbx_lost(state: State, pbx: PbxName) -> None:
    """Nobody knows what has reached it."""
    for contact in state.saved.contacts.values():
        if contact.hearing is not None and contact.channel.pbx == pbx:
            contact.hearing.told = contact.hearing.music is None


def treat(state: State) -> None:
    """Say what is to be said now."""
    for contact_id in state.hearing_anew:
        contact = state.saved.contacts.get(contact_id)
        if contact is not None and _waits(contact) and contact.queue in state.queues:
            _treat(state, contact, contact.queue)
    state.hearing_anew.clear()


def _waits(contact: Contact) -> bool:
    return contact.state in (ContactState.WAITING, ContactState.OFFERED) and contact.consult_of is None


def _treat(state: State, contact: Contact, queue: QueueName) -> None:
    treatment = state.queues[queue].treatment
    if treatment is None and contact.hearing is None:
        return
    treatment = treatment or _NO_TREATMENT
    hearing = contact.hearing = contact.hearing or Hearing()
    due = _keep_time(state, contact, hearing, queue, treatment.announce)
    if not state.saved.pbxs.get(contact.channel.pbx, False) or contact.elsewhere:
        return
    _set_music(state, contact, hearing, treatment.music)
    if contact.state is not ContactState.WAITING:
        return
    if treatment.greeting is not None and not hearing.greeted:
        hearing.greeted = True
        _play(state, contact, hearing, _Words((treatment.greeting,)))
    elif due and treatment.announce is not None:
        words = _words(state, contact, hearing.turn, treatment.announce)
        hearing.turn += 1
        _play(state, contact, hearing, words)


def _set_music(state: State, contact: Contact, hearing: Hearing, wanted: str | None) -> None:
    music = wanted or ""
    if hearing.told and music == (hearing.music or ""):
        return
    hearing.music, hearing.told = music, True
    state.emit(SetMusic(contact.id, contact.channel, music))


def _keep_time(state: State, contact: Contact, hearing: Hearing, queue: QueueName, announce: Announce | None) -> bool:
    """Whether an announcement is due. The rhythm begins with the wait in the queue and never moves."""
    if announce is None:
        hearing.queue, hearing.due_ms = queue, None
        state.saved.timers.cancel(TimerKind.ANNOUNCE, contact.id)
        return False
    due = False
    if hearing.due_ms is None or hearing.queue != queue:
        hearing.queue, hearing.turn, hearing.due_ms = queue, 0, state.now_ms + announce.every_ms
    elif hearing.due_ms <= state.now_ms:
        hearing.due_ms += announce.every_ms * ((state.now_ms - hearing.due_ms) // announce.every_ms + 1)
        due = True
    else:
        return False
    state.saved.timers.arm(TimerKind.ANNOUNCE, contact.id, hearing.due_ms)
    return due


@dataclass(frozen=True, slots=True)
class _Words:
    sounds: tuple[str, ...]
    position: int | None = None


def _words(state: State, contact: Contact, turn: int, announce: Announce) -> _Words:
    sounds = (announce.sounds[turn % len(announce.sounds)],) if announce.sounds else ()
    position = state.lines.position(contact.id) if announce.position else None
    return _Words(sounds, position if position is not None and position <= MAX_SPOKEN_POSITION else None)


def _play(state: State, contact: Contact, hearing: Hearing, words: _Words) -> None:
    if words.sounds or words.position is not None:
        hearing.played += 1
        state.emit(PlaySounds(contact.id, contact.channel, hearing.played, words.sounds, words.position))
