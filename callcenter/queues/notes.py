"""What people write about a contact: it goes to the log at once, and with the contact to whoever has it next."""

from callcenter.events import NoteAdded
from callcenter.queues.contact import Contact
from callcenter.routing.offering import pop
from callcenter.state import State
from callcenter.stories import RecordNote


def add(state: State, event: NoteAdded) -> None:
    """A contact that is over and forgotten gets it in the log alone."""
    contact = state.saved.contacts.get(event.contact)
    if contact is None:
        state.emit(RecordNote(event.note, event.contact, state.now_ms, event.by, event.text))
        return
    state.record_note(contact, event.note, event.by, event.text)
    _show(state, contact)


def _show(state: State, contact: Contact) -> None:
    """To everybody who has it now, be it in wrap-up."""
    for offer_id in contact.ringing:
        agent = state.saved.offers[offer_id].agent
        if agent is not None:
            pop(state, contact, offer_id, agent)
    for one in state.saved.agents.values():
        if one.contact == contact.id and one.part is not None:
            pop(state, contact, one.part.offer, one.config.id)
