"""What is told of offers, and of what agents do with a contact that they have taken, from the core's totals."""

from typing import get_args

from callcenter.events import Event
from callcenter.facts import HandedTo
from callcenter.metrics.families import QUEUE, Counted, Timed, one_of, picked
from callcenter.types import OfferState

ENDS = (
    OfferState.ACCEPTED.value,
    OfferState.DECLINED.value,
    OfferState.EXPIRED.value,
    OfferState.WITHDRAWN.value,
    OfferState.FAILED.value,
)
EVENTS = sorted(kind.__name__ for kind in get_args(Event))

OFFERS: tuple[Counted | Timed, ...] = (
    Counted("offers", "offers", "Offers that ended, by how", (QUEUE, one_of("outcome", ENDS))),
    Counted(
        "offers",
        "rona",
        "Offers that nobody answered until their time was over (redirect on no answer)",
        (QUEUE, picked(OfferState.EXPIRED.value)),
    ),
    Timed("offer_ring", "offer_ring", "An offer's making to its end, by how it ended", (one_of("outcome", ENDS),)),
    Timed("offer_answer", "offer_answer", "An offer's making to the agent's answer", (QUEUE,)),
    Timed(
        "talk",
        "talk",
        "Talk in an agent's part in a contact, without hold; a consulted colleague's is no part",
        (QUEUE,),
    ),
    Timed("hold", "hold", "Hold in an agent's part in a contact, 0 where there was none", (QUEUE,)),
    Timed("wrap_up", "wrap_up", "Wrap-up of an agent's part in a contact", (QUEUE,)),
    Timed("handle", "handle", "An agent's part in a contact: talk, hold and wrap-up together", (QUEUE,)),
    Counted(
        "transfers",
        "transfers",
        "Contacts that agents have handed on, by the queue that they came from, counted at the end of the wrap-up",
        (QUEUE, one_of("to", [to.value for to in HandedTo])),
    ),
    Counted(
        "consults", "consults", "Times that an agent has asked somebody, counted at the end of its wrap-up", (QUEUE,)
    ),
    Counted(
        "ignored",
        "events_ignored",
        "Late, duplicate or misdirected events that changed nothing",
        (one_of("event", EVENTS),),
    ),
)
