"""Plays the raw streams of a real PBX (`tests/data/ami`) into a translator and writes down what it makes of them.

The streams were recorded around one story each. Where the PBX said that an Originate was queued, the translator is
given the RingDevice that led to it, so it knows what the daemon would know.
"""

from collections.abc import Iterator
from pathlib import Path

from callcenter.commands import RingDevice
from callcenter.cti.ami.translation import WANTED, Translator
from callcenter.cti.ami.wire import Action, Decoder, Kind, Message
from callcenter.events import (
    CallerLeft,
    ContactArrived,
    DeviceChanged,
    Event,
    OfferConnected,
    OfferEnded,
    OfferRinging,
    PbxSynced,
)
from callcenter.types import ContactId, DeviceRef, OfferId, PbxName

FOLDER = Path(__file__).parent.parent / "data/ami"
PBX = PbxName("main")


def messages(name: str, chunk: int = 65_536) -> Iterator[Message]:
    """Every message of a stream, delivered in chunks of that size."""
    data = (FOLDER / f"{name}.txt").read_bytes()
    decoder = Decoder(WANTED)
    for start in range(0, len(data), chunk):
        yield from decoder.feed(data[start : start + chunk])


class Story:
    """`lines` is what the translator told, in short; `hung_up` what it asked the PBX to hang up."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.hung_up: list[Action] = []
        self.translator = Translator(PBX, "PJSIP/", self.events.append, self.hung_up.append)

    def play(self, name: str) -> "Story":
        offers = 0
        for message in messages(name):
            if message.get("Message") == "Originate successfully queued":
                offers += 1
                self.ring(f"offer-{offers}")
            listed = message.get("ActionID").startswith("probe-") and message.name != "OriginateResponse"
            if message.kind is Kind.EVENT and not listed:
                self.translator.handle(message)
        return self

    def ring(self, offer: str) -> tuple[Action, ...]:
        arrival = self.arrivals[0]
        command = RingDevice(
            OfferId(offer), arrival.contact, arrival.channel, DeviceRef(PBX, "PJSIP/1001"), "0301", "A", 20_000
        )
        return self.translator.actions(command)

    @property
    def arrivals(self) -> list[ContactArrived]:
        return [event for event in self.events if isinstance(event, ContactArrived)]

    @property
    def lines(self) -> list[str]:
        names = {arrival.contact: f"contact-{number}" for number, arrival in enumerate(self.arrivals, 1)}
        return [_line(event, names) for event in self.events if not isinstance(event, DeviceChanged)]

    @property
    def devices(self) -> list[str]:
        return [
            f"{event.device.device} {event.status.value}" for event in self.events if isinstance(event, DeviceChanged)
        ]


def _line(event: Event, names: dict[ContactId, str]) -> str:
    match event:
        case ContactArrived(contact=contact):
            return f"{names[contact]} arrived"
        case CallerLeft(contact=contact, how=how):
            return f"{names[contact]} left: {how.value}"
        case OfferRinging(offer=offer):
            return f"{offer} rings"
        case OfferConnected(offer=offer):
            return f"{offer} connected"
        case OfferEnded(offer=offer, how=ended):
            return f"{offer} ended: {ended.value}"
        case PbxSynced():
            return "synced"
        case _:
            return repr(event)
