"""The translator: AMI messages become events of the core, commands of the core become actions. Nothing else gets past.

The one idea: the mirror says what is known, so each event is told once however often and in whatever order the PBX says
so. An offer in the mirror is one whose end has not been told; telling it takes it out. The dialplan's side of the
agreement is config/asterisk/callcenter/extensions.conf.
"""

import logging
import re
from collections.abc import Callable, Iterable, Mapping

from callcenter.call_commands import (
    ConferCallers,
    DialCustomer,
    FetchCaller,
    HoldCaller,
    ReleaseCaller,
    ReturnCaller,
    RingNumber,
    RingOwnPhone,
    StopDialling,
)
from callcenter.commands import (
    ConfirmConnection,
    PbxCommand,
    PlaySounds,
    RingDevice,
    SendAway,
    SetMusic,
    StopRinging,
    TakeBack,
)
from callcenter.cti.ami import arrivals, away, calls, dialling, fallback, listening, ringing, treatment
from callcenter.cti.ami.leg_ends import ANSWERED_ELSEWHERE, BRIDGE_RESULTS, leg_end
from callcenter.cti.ami.mirror import DEVICE_STATUS, Caller, LiveOffer, Mirror, Phase
from callcenter.cti.ami.wire import Action, BadMessageError, Message
from callcenter.events import (
    CallerLeft,
    CallResumed,
    ContactArrived,
    DeviceChanged,
    Event,
    Leg,
    OfferConnected,
    OfferEnded,
    OfferRinging,
    PbxSynced,
)
from callcenter.numbers import DEFAULT_REGION
from callcenter.orders import AnswerPhone
from callcenter.types import ContactId, Departure, DeviceRef, DeviceStatus, LegEnd, OfferId, PbxName

log = logging.getLogger(__name__)

WANTED = (
    "BridgeEnter",
    "BridgeLeave",
    "ChanSpyStart",
    "DeviceStateChange",
    "DeviceStateListComplete",
    "Hangup",
    "Newchannel",
    "Newstate",
    "OriginateResponse",
    "Status",
    "StatusComplete",
    "UserEvent",
)

_HOLDING = ("callcenter", "callcenter-called", "callcenter-hold", "callcenter-after", calls.PARKED, calls.CONFERENCE)

_UNIQUE_ID = re.compile(r"([0-9]+)\.([0-9]+)$")

STOPPED_LIMIT = 1_000  # offers to hang up should their channel still come; beyond that the oldest is forgotten
OFFER_LIMIT = 20_000  # live offers; one more has FAILED


class Translator:
    """One PBX's. `hang_up` is asked to take a channel down whose offer was stopped before the channel came.

    `default_region` is where callers' numbers without a country code come from.
    """

    def __init__(
        self,
        pbx: PbxName,
        device_prefix: str,
        emit: Callable[[Event], None],
        hang_up: Callable[[Action], None],
        default_region: str = DEFAULT_REGION,
    ) -> None:
        self.mirror = Mirror()
        self.listeners = listening.Listeners(emit, hang_up)
        self._pbx = pbx
        self._device_prefix = device_prefix
        self._emit = emit
        self._hang_up = hang_up
        self._default_region = default_region
        self._stopped: dict[str, None] = {}
        self._handlers: Mapping[str, Callable[[Message], None]] = {
            "BridgeEnter": self._bridge_enter,
            "BridgeLeave": self._bridge_leave,
            "DeviceStateChange": self._device_state,
            "Hangup": self._hangup,
            "Newchannel": self._newchannel,
            "Newstate": self._newstate,
            "OriginateResponse": self._originate_response,
            "UserEvent": self._user_event,
        }

    # ---- from the PBX

    def handle(self, message: Message) -> None:
        """Take one event. Raises BadMessageError if it makes no sense."""
        self.listeners.hear(message)
        handler = self._handlers.get(message.name)
        if handler is not None:
            handler(message)

    def _newchannel(self, message: Message) -> None:
        channel = message.get("Uniqueid")
        offer = self.mirror.offers.get(channel)
        if offer is not None:
            offer.phase = max(offer.phase, Phase.CHANNEL)
        if (offer is not None and offer.stopping) or channel in self._stopped:
            self._stopped.pop(channel, None)
            self._hang_up(self._hang_up_action(channel))

    def _newstate(self, message: Message) -> None:
        offer = self.mirror.offers.get(message.get("Uniqueid"))
        if offer is None:
            return
        match message.get("ChannelState"):
            case "5":
                if offer.phase < Phase.RINGING:
                    offer.phase = Phase.RINGING
                    self._emit(OfferRinging(offer.id))
            case "6":
                offer.phase = max(offer.phase, Phase.UP)

    def _hangup(self, message: Message) -> None:
        dialling.hung_up(self.mirror, message, self._emit)
        caller, offer = self.mirror.remove(message.get("Uniqueid"))
        if offer is not None:
            how = leg_end(message.get("Cause"), offer.phase)
            if offer.phase is Phase.UP and self._taken(offer):
                how = LegEnd.TAKEN  # it ended before its dialplan could say so
            self._emit(OfferEnded(offer.id, how))
        if caller is not None:
            self._left(caller, Departure.HUNG_UP)

    def _bridge_enter(self, message: Message) -> None:
        channel = message.get("Uniqueid")
        if not self.mirror.is_ours(channel):
            return
        self.mirror.enter(channel, message.get("BridgeUniqueid"))
        caller = self.mirror.callers.get(channel)
        if caller is not None and caller.queue:
            self._left(caller, Departure.FALLBACK)  # somebody has answered there
        leg = self.mirror.offers.get(channel)
        for offer in [*([leg] if leg is not None else []), *self.mirror.offers_to(channel)]:
            if offer.phase is not Phase.CONNECTED and self.mirror.together(offer.id, offer.caller):
                offer.phase = Phase.CONNECTED
                self._silence(offer.caller)
                self._emit(OfferConnected(offer.id))
        for action in calls.go_on(self.mirror):
            self._hang_up(action)

    def _bridge_leave(self, message: Message) -> None:
        self.mirror.leave(message.get("Uniqueid"), message.get("BridgeUniqueid"))

    def _originate_response(self, message: Message) -> None:
        # A failure with a channel is told by that channel's Hangup, which knows why.
        offers = self.mirror.offers
        offer = offers.get(message.get("Uniqueid")) or offers.get(message.get("ActionID").removesuffix(ringing.RING))
        if message.get("Response") == "Failure":
            dialling.not_made(self.mirror, message.get("ActionID").removesuffix(ringing.DIAL), self._emit)
            self.mirror.announcers.pop(message.get("ActionID"), None)
        if message.get("Response") == "Failure" and offer is not None and offer.phase is Phase.ASKED:
            self.offer_failed(offer.id, LegEnd.UNREACHABLE)

    def _device_state(self, message: Message) -> None:
        changed = self._device(message)
        if changed is not None:
            self._emit(changed)

    def _device(self, message: Message) -> DeviceChanged | None:
        device = message.get("Device")
        status = DEVICE_STATUS.get(message.get("State"), DeviceStatus.UNKNOWN)
        if not device.startswith(self._device_prefix) or not self.mirror.device_changed(device, status):
            return None
        return DeviceChanged(DeviceRef(self._pbx, device), status)

    def _user_event(self, message: Message) -> None:
        match message.get("UserEvent"):
            case "CallcenterArrived":
                self._arrived(self._arrival(message, lambda name: arrivals.said(message, name)))
            case "CallcenterFallback" | "CallcenterReturned":
                caller = self.mirror.callers.get(message.get("Uniqueid"))
                known = caller is not None and caller.arrival.contact == self._contact(message.get("Contact"))
                if caller is not None and known and message.get("UserEvent") == "CallcenterReturned":
                    calls.returned(self.mirror, caller)
                if caller is not None and known and not fallback.moved(caller, message, self._emit):
                    self._left(caller, Departure.FALLBACK)
            case "CallcenterResumed" | "CallcenterDesk":
                self._at_desk(message)
            case "CallcenterBridge":
                self._bridge_result(message)

    def _at_desk(self, message: Message) -> None:
        offer = self.mirror.offers.get(message.get("Offer"))
        if offer is not None and message.get("UserEvent") == "CallcenterDesk":
            offer.phase = Phase.CONNECTED
            self._emit(OfferConnected(offer.id))
        elif offer is not None:
            self._emit(CallResumed(offer.id))

    def _bridge_result(self, message: Message) -> None:
        offer = self.mirror.offers.get(message.get("Offer"))
        result = message.get("Result")
        if offer is None or offer.phase is Phase.CONNECTED or result == "SUCCESS":
            return
        self.offer_failed(offer.id, BRIDGE_RESULTS.get(result, LegEnd.FAILED))

    def _taken(self, offer: LiveOffer) -> bool:
        """Whether another leg has this one's caller."""
        others = self.mirror.offers_to(offer.caller)
        return any(other is not offer and other.phase is Phase.CONNECTED for other in others)

    def _arrived(self, arrival: ContactArrived) -> None:
        channel = arrival.channel.channel
        before = self.mirror.callers.get(channel)
        if before is not None:
            if _visit(arrival.contact) <= _visit(before.arrival.contact):
                return  # said already, by the list after the connect
            self._left(before, Departure.HUNG_UP)  # from one visit straight into the next, by a transfer
        self.mirror.callers[channel] = Caller(channel, arrival)
        self.mirror.dialling.pop(channel, None)
        self._emit(arrival)

    def _silence(self, caller: str) -> None:
        for action in treatment.silence(self.mirror, caller):
            self._hang_up(action)

    def _left(self, caller: Caller, how: Departure) -> None:
        self._silence(caller.channel)
        if caller.present:
            caller.present = False
            self._emit(CallerLeft(caller.arrival.contact, how))

    def _contact(self, name: str) -> ContactId:
        return ContactId(f"{self._pbx}-{name}")

    def _arrival(self, message: Message, value: Callable[[str], str]) -> ContactArrived:
        return arrivals.arrival(self._pbx, self._default_region, message, value)

    # ---- the whole picture, after each connect

    def sync(self, channels: Iterable[Message], devices: Iterable[Message], gone: Departure = Departure.LOST) -> None:
        """Replace the mirror by what the PBX answered to `status()` and `device_list()`, and tell the core.

        `gone` is how callers have left who are not among the channels.
        """
        before, self.mirror, spies = self.mirror, Mirror(), self.listeners.begin_sync()
        contexts: dict[str, str] = {}
        for message in channels:
            contexts[message.get("Uniqueid")] = message.get("Context")
            try:
                self._take_channel(message)
            except BadMessageError as error:
                log.warning("left out a channel of the PBX: %s", error)
        seen = tuple(changed for changed in map(self._device, devices) if changed is not None)
        for offer in before.offers.values():
            self._take_over(offer)
        callers = sorted(self.mirror.callers.values(), key=lambda caller: _age(caller.channel))
        for caller in callers:
            talking = self.mirror.is_with_a_leg(caller.channel)
            caller.present = talking or caller.queue != "" or contexts[caller.channel] in _HOLDING
        legs = tuple(self._leg(offer, contexts) for offer in self.mirror.offers.values())
        waiting = tuple(caller.arrival for caller in callers if caller.present and not caller.queue)
        returnable = tuple(caller.arrival for caller in callers if caller.queue)
        past = tuple(
            caller.arrival.contact
            for caller in callers
            if not caller.present and contexts[caller.channel] == fallback.CONTEXT
        )
        heard = self.listeners.end_sync(spies)
        parked = (one for one in callers if one.present and contexts[one.channel] == calls.PARKED)
        held = tuple(one.arrival.contact for one in parked if not self.mirror.is_with_a_leg(one.channel))
        self._emit(
            PbxSynced(
                self._pbx,
                waiting,
                past,
                legs,
                seen,
                returnable,
                gone,
                heard,
                held,
                tuple(self.mirror.dialling.values()),
            )
        )

    def _take_channel(self, message: Message) -> None:
        variables = {}
        for line in message.all("Variable"):
            name, _, value = line.partition("=")
            variables[name.removeprefix("CALLCENTER_").capitalize()] = "" if value == "(null)" else value
        channel = message.get("Uniqueid")
        up = message.get("ChannelState") == "6"
        if not self.listeners.found(channel, variables, up=up) and variables.get("Offer") == channel:
            phase = {"5": Phase.RINGING, "6": Phase.UP}.get(message.get("ChannelState"), Phase.CHANNEL)
            self.mirror.offers[channel] = LiveOffer(OfferId(channel), variables.get("Caller", ""), phase)
        elif variables.get("Outbound") == "1" and not up:
            dialling.found(self.mirror, channel, self._contact(variables.get("Contact", "")))
        elif variables.get("Contact") and not channel.endswith(ringing.FAR):
            arrival = self._arrival(message, lambda name: variables.get(name, ""))
            caller = self.mirror.callers[channel] = Caller(channel, arrival)
            fallback.found(caller, message, variables.get("Fallback", ""))
        if message.get("BridgeID"):
            self.mirror.enter(channel, message.get("BridgeID"))

    def _take_over(self, before: LiveOffer) -> None:
        """What was asked for before the connection was lost may still be wanted, or come when nobody wants it."""
        now = self.mirror.offers.get(before.id)
        if now is None and before.phase is Phase.ASKED:
            self._remember_stopped(before.id)
        elif now is not None and before.stopping:
            self._hang_up(self._hang_up_action(before.id))

    def _leg(self, offer: LiveOffer, contexts: Mapping[str, str]) -> Leg:
        caller = self.mirror.caller_with(offer.id)
        if caller is None:
            held = calls.held_by(self.mirror, offer, contexts)
            if held is not None:
                offer.phase = Phase.CONNECTED
            beside = OfferId(offer.caller) if self.mirror.together(offer.id, offer.caller) else None
            if beside is not None:
                offer.phase = Phase.CONNECTED
            at_desk = contexts.get(offer.id) == calls.DESK and held is None and beside is None
            return Leg(offer.id, None, offer.phase is Phase.RINGING, held, beside, at_desk)
        offer.phase = Phase.CONNECTED
        return Leg(offer.id, caller.arrival.contact)

    # ---- to the PBX

    def actions(self, command: PbxCommand) -> tuple[Action, ...]:  # noqa: PLR0911 - one row for each
        """The actions that carry a command out, in their order; none where there is nothing to send (now)."""
        match command:
            case RingDevice() | RingNumber() | RingOwnPhone():
                return self._ring(command)
            case StopRinging(offer=offer):
                return self._stop(offer)
            case ConfirmConnection(offer=offer, channel=channel):
                keys = {"Channel": channel.channel, "Variable": "CALLCENTER_CONNECTED", "Value": offer}
                return (Action("Setvar", {"ActionID": f"{offer}:confirm", **keys}),)
            case SendAway():
                return away.actions(self.mirror, command)
            case HoldCaller() | FetchCaller() | ReleaseCaller() | ReturnCaller() | ConferCallers():
                return calls.actions(self.mirror, command)
            case DialCustomer() | StopDialling():
                return dialling.actions(self.mirror, command)
            case SetMusic() | PlaySounds():
                return treatment.actions(self.mirror, command)
            case TakeBack():
                return fallback.ask_for(self.mirror, command, self._emit)
            case AnswerPhone(offer=offer):
                return (Action("PJSIPNotify", {"Channel": offer}, {"Event": "talk"}),)
            case _:
                return self.listeners.actions(command)

    def offer_failed(self, offer: OfferId, how: LegEnd) -> None:
        """The offer has ended without a Hangup of its leg to tell so. Told once."""
        if self.mirror.remove(offer)[1] is not None:
            self._emit(OfferEnded(offer, how))

    def not_rung(self, offer: OfferId) -> None:
        """The PBX did not take the Originate, or did not say that it has: should a channel come, it is hung up."""
        live = self.mirror.offers.get(offer)
        if live is not None and live.phase is Phase.ASKED:
            self._remember_stopped(offer)
            self.offer_failed(offer, LegEnd.FAILED)

    def _ring(self, command: RingDevice | RingNumber | RingOwnPhone) -> tuple[Action, ...]:
        if command.offer in self.mirror.offers:
            log.debug("offer %s is under way already", command.offer)
            return ()
        if len(self.mirror.offers) >= OFFER_LIMIT:
            log.error("offer %s has failed: %d offers are under way at one PBX", command.offer, OFFER_LIMIT)
            self._emit(OfferEnded(command.offer, LegEnd.FAILED))
            return ()
        self.mirror.offers[command.offer] = LiveOffer(command.offer, command.channel.channel)
        return (ringing.originate(command),)

    def _stop(self, offer_id: OfferId) -> tuple[Action, ...]:
        offer = self.mirror.offers.get(offer_id)
        if offer is None:
            self._remember_stopped(offer_id)
            return ()
        if offer.phase is Phase.ASKED:
            offer.stopping = True  # Asterisk knows no such channel yet: at its Newchannel
            return ()
        return (self._hang_up_action(offer_id),)

    def _hang_up_action(self, channel: str) -> Action:
        keys = {"ActionID": f"{channel}:stop", "Channel": channel}
        offer = self.mirror.offers.get(channel)
        if offer is not None and self._taken(offer):
            keys["Cause"] = ANSWERED_ELSEWHERE
        return Action("Hangup", keys)

    def _remember_stopped(self, offer: OfferId) -> None:
        while len(self._stopped) >= STOPPED_LIMIT:
            del self._stopped[next(iter(self._stopped))]
        self._stopped[offer] = None


def status() -> Action:
    """Asks for all channels, with what the dialplan wrote on them."""
    names = (
        "CONTACT",
        "DIALLED",
        "ACCOUNT",
        "INTENT",
        "LANGUAGE",
        "WITHHELD",
        "OFFER",
        "CALLER",
        "FALLBACK",
        "OUTBOUND",
    )
    return Action("Status", {"Variables": ",".join(f"CALLCENTER_{name}" for name in names + listening.VARIABLES)})


def device_list() -> Action:
    return Action("DeviceStateList")


def _visit(contact: ContactId) -> int:
    """The number at the end: a channel's first, second, ... time in the call center."""
    number = contact.rpartition("-")[2]
    return int(number) if number.isdecimal() else 0


def _age(channel: str) -> tuple[int, int, str]:
    """Orders unique ids, `[system-]seconds.sequence`, from the oldest to the newest."""
    found = _UNIQUE_ID.search(channel)
    return (int(found[1]), int(found[2]), channel) if found else (0, 0, channel)
