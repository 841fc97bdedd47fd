"""How the PBX is asked to ring a phone, or to call a number outside, for a caller or for an agent.

The one idea: the leg's channel has the offer's id as its own, so that each event names the offer, and once it is
answered the dialplan of [callcenter-agent] gets it its caller. A number is called through the dialplan of
[callcenter-dial], which is the admin's: the leg is the near half of a Local channel. For an agent who calls a customer
two legs are made: the own phone goes to [callcenter-desk]; the number, once it answers, comes to [callcenter-called],
and from there to the holding place, like a caller.
"""

from callcenter.call_commands import DialCustomer, RingNumber, RingOwnPhone
from callcenter.commands import RingDevice
from callcenter.cti.ami.callers import caller_id
from callcenter.cti.ami.wire import Action

RING = ":ring"  # ends the ActionID of an offer's Originate, and so of its OriginateResponse
FAR = "-far"  # ends the id of a Local channel's other half
DIAL = ":dial"  # the same of a number that an agent calls
_DIAL_CONTEXT = "callcenter-dial"


def originate(command: RingDevice | RingNumber | RingOwnPhone) -> Action:
    own = isinstance(command, RingOwnPhone)
    keys = {
        "ActionID": f"{command.offer}{RING}",
        "Async": "true",
        "ChannelId": command.offer,
        "Channel": _local(command.number) if isinstance(command, RingNumber) else command.device.device,
        "Context": "callcenter-desk" if own else "callcenter-agent",
        "Exten": "own" if own else "s",
        "Priority": "1",
        "Timeout": str(command.timeout_ms),
        "CallerID": _shown(command),
    }
    if isinstance(command, RingNumber):
        keys["OtherChannelId"] = f"{command.offer}{FAR}"
    variables = {"CALLCENTER_OFFER": command.offer, "CALLCENTER_CALLER": command.channel.channel}
    return Action("Originate", keys, variables)


def dial(command: DialCustomer) -> Action:
    channel = command.channel.channel
    keys = {
        "ActionID": f"{channel}{DIAL}",
        "Async": "true",
        "ChannelId": channel,
        "OtherChannelId": f"{channel}{FAR}",
        "Channel": _local(command.number),
        "Context": "callcenter-called",
        "Exten": "s",
        "Priority": "1",
        "Timeout": str(command.timeout_ms),
        "CallerID": caller_id(command.number, ""),
    }
    contact = command.contact.removeprefix(f"{command.channel.pbx}-")
    variables = {"CALLCENTER_CONTACT": contact, "CALLCENTER_DIALLED": command.number, "CALLCENTER_OUTBOUND": "1"}
    return Action("Originate", keys, variables)


def _shown(command: RingDevice | RingNumber | RingOwnPhone) -> str:
    """Who calls, as the phone shows it: to the own phone, the number that will be called."""
    if isinstance(command, RingOwnPhone):
        return caller_id(command.number, "")
    return caller_id(command.caller, command.caller_name)


def _local(number: str) -> str:
    return f"Local/{number}@{_DIAL_CONTEXT}/n"
