"""Events of a PBX written by hand, for what it might say at the wrong moment."""

from callcenter.commands import RingDevice
from callcenter.cti.ami.wire import Decoder, Message
from callcenter.types import ChannelRef, ContactId, DeviceRef, OfferId
from tests.cti.captures import PBX, Story

ARRIVED = "contact-1 arrived"
LEFT = "contact-1 left: hung_up"
RINGS = "offer-1 rings"
OFFER = OfferId("offer-1")
CALLER = "1795.1"
DEVICE = DeviceRef(PBX, "PJSIP/1001")
CHANNEL = ChannelRef(PBX, CALLER)
CONTACT = ContactId("main-1795.1-1")
RING = RingDevice(OFFER, CONTACT, CHANNEL, DEVICE, "0301", "Erika", 20_000)


def frame(text: str) -> Message:
    (message,) = Decoder().feed(
        b"Asterisk Call Manager/11\r\n" + text.strip().replace("\n", "\r\n").encode() + b"\r\n\r\n"
    )
    return message


def tell(story: Story, *texts: str) -> list[str]:
    """What is told because of these events; `what uniqueid more` in short."""
    before = len(story.lines)
    for text in texts:
        story.translator.handle(event(text))
    return story.lines[before:]


def event(text: str) -> Message:
    what, channel, *more = text.split()
    match what:
        case "arrived":
            rest = f"Event: UserEvent\nUserEvent: CallcenterArrived\nContact: {channel}-{more[0]}\nDialled: 5000"
        case "fallback":
            rest = f"Event: UserEvent\nUserEvent: CallcenterFallback\nContact: {channel}-{more[0]}"
        case "bridged":
            rest = f"Event: UserEvent\nUserEvent: CallcenterBridge\nOffer: {channel}\nResult: {more[0]}"
        case "new":
            rest = "Event: Newchannel"
        case "state":
            rest = f"Event: Newstate\nChannelState: {more[0]}"
        case "enter" | "leave":
            rest = f"Event: Bridge{what.capitalize()}\nBridgeUniqueid: {more[0]}"
        case "hangup":
            rest = f"Event: Hangup\nCause: {more[0]}"
        case "failure":
            rest = f"Event: OriginateResponse\nResponse: Failure\nActionID: {channel}:ring"
        case _:
            raise AssertionError(text)
    return frame(f"{rest}\nUniqueid: {channel}\nCallerIDNum: 0301")


def ringing() -> Story:
    story = Story()
    tell(story, f"arrived {CALLER} 1")
    assert len(story.translator.actions(RING)) == 1
    tell(story, "new offer-1", "state offer-1 5")
    return story


def listed(channel: str, context: str, state: str = "6", bridge: str = "", **variables: str) -> Message:
    lines = "".join(
        f"\nVariable: CALLCENTER_{name}={variables.get(name, '(null)')}"
        for name in ("CONTACT", "DIALLED", "ACCOUNT", "INTENT", "LANGUAGE", "OFFER", "CALLER", "FALLBACK")
    )
    return frame(
        f"Event: Status\nUniqueid: {channel}\nContext: {context}\nChannelState: {state}\nBridgeID: {bridge}"
        f"\nLanguage: en\nCallerIDNum: 0301\nCallerIDName: <unknown>{lines}"
    )
