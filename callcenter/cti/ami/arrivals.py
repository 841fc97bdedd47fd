"""A caller's arrival, as the dialplan's event or the list of channels tells it.

The one idea: both say the same by the same names, so both are read here.
"""

from collections.abc import Callable

from callcenter.cti.ami.callers import caller_number, clean
from callcenter.cti.ami.wire import BadMessageError, Message
from callcenter.events import ContactArrived
from callcenter.numbers import to_e164
from callcenter.types import ChannelRef, ContactId, PbxName


def arrival(pbx: PbxName, default_region: str, message: Message, value: Callable[[str], str]) -> ContactArrived:
    """`value` gives Contact, Dialled, Account, Intent, Language and Withheld, empty for one that is not there."""
    channel, contact = message.get("Uniqueid"), value("Contact")
    if not channel or not contact.startswith(f"{channel}-"):
        raise BadMessageError(
            f"arrival on channel {channel!r} with contact {contact!r}: the contact must be the channel's "
            "unique id, '-' and a number; see [callcenter] in the dialplan"
        )
    withheld = value("Withheld") == "1"  # the network may know who it is; the caller does not want us to
    caller = None if withheld else caller_number(message.get("CallerIDNum"))
    return ContactArrived(
        contact=ContactId(f"{pbx}-{contact}"),
        channel=ChannelRef(pbx, channel),
        caller=caller,
        caller_name="" if withheld else clean(message.get("CallerIDName").replace("<unknown>", "")),
        dialled=clean(value("Dialled")),
        account=clean(value("Account")) or None,
        intent=clean(value("Intent")) or None,
        language=clean(value("Language")) or None,
        number=to_e164(caller, default_region),
        outbound=value("Outbound") == "1",
    )


def said(message: Message, name: str) -> str:
    """What the dialplan wrote into its event. The channel's own `Language` stands before the one that is meant."""
    values = message.all(name)[1 if name == "Language" else 0 :]
    return values[0] if values else ""
