"""One Asterisk, as the daemon sees it: events of the core come out, commands go in.

The one idea: it is either synced or it is not. Not synced, commands are dropped, because the engine compares all that
it holds with PbxSynced anyway; synced, everything that the PBX says is told in order. In between, events wait in a list
until the PBX's answer to "what have you got" has become the mirror.
"""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure

from callcenter.call_commands import CallCommand, DialCustomer, RingNumber, RingOwnPhone, StopDialling
from callcenter.commands import ConfirmConnection, PbxCommand, PlaySounds, RingDevice, SendAway, SetMusic, TakeBack
from callcenter.cti.ami import fallback
from callcenter.cti.ami.connection import AmiConnection
from callcenter.cti.ami.mirror import Phase
from callcenter.cti.ami.protocol import ActionRefusedError, AmiError, AmiProtocol, ConnectionGoneError
from callcenter.cti.ami.translation import WANTED, Translator, device_list, status
from callcenter.cti.ami.wire import Action, BadMessageError, Message, UnsafeValueError
from callcenter.cti.fencing import VARIABLE, Fence
from callcenter.events import Event, PbxLost
from callcenter.numbers import DEFAULT_REGION
from callcenter.orders import AnswerPhone, StartListening
from callcenter.settings import PbxSettings
from callcenter.types import Departure, PbxName

log = logging.getLogger(__name__)

FULLY_BOOTED = "FullyBooted"
UNBROKEN = "GLOBAL(CALLCENTER_UNBROKEN)"
_OF_A_CALLER = (
    CallCommand,
    RingNumber,
    DialCustomer,
    StopDialling,
    ConfirmConnection,
    SendAway,
    TakeBack,
    SetMusic,
    PlaySounds,
)
BACKLOG_LIMIT = 50_000  # events that may wait for the end of a sync; one more and the connection is made anew


@dataclass(frozen=True, slots=True)
class PbxHealth:
    """`last_error` is in words, None while all is well. `lag_ms` is what the last ping took. Counts are since start."""

    connected: bool
    synced: bool
    last_error: str | None
    lag_ms: float | None
    reconnects: int
    events: int
    bad_messages: int

    @property
    def words(self) -> str:
        """One line for an operator."""
        if self.synced:
            words = "connected" if self.lag_ms is None else f"connected, answers in {self.lag_ms:.1f} ms"
            return f"{words}; it was lost {self.reconnects} times" if self.reconnects else words
        return self.last_error or ("connected, asking for its channels" if self.connected else "not connected yet")


async def _how_callers_left(protocol: AmiProtocol) -> Departure:
    """Who is gone has hung up, unless the PBX has started anew or its own queue has had callers since the last sync.

    The mark that tells is lost in the first case, and the dialplan removes it in the second.
    """
    unbroken = (await protocol.send(Action("Getvar", {"Variable": UNBROKEN}))).get("Value") == "1"
    return Departure.HUNG_UP if unbroken else Departure.LOST


class AsteriskPbx:
    """Keeps connected to one PBX from `start()` to `stop()`.

    `emit` gets every event, in order, and must return at once. `default_region` is where callers' numbers without a
    country code come from. `fence` is the token by which the PBX knows the daemon that is in charge, None where there
    can be no other. `lag_observers` get seconds for each ping answered, `synced_observers` true after each PbxSynced
    and false after each PbxLost. `draw` is a source of random numbers in [0, 1), for the waits between attempts.
    """

    def __init__(
        self,
        settings: PbxSettings,
        secret: str,
        emit: Callable[[Event], None],
        reactor: Any,
        *,
        default_region: str = DEFAULT_REGION,
        fence: Fence | None = None,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self.lag_observers: list[Callable[[float], None]] = []
        self.synced_observers: list[Callable[[bool], None]] = []
        self._settings = settings
        self._secret = secret
        self._emit = emit
        self._reactor = reactor
        self._name = PbxName(settings.name)
        self._fence = fence
        self._translator = Translator(self._name, settings.device_prefix, emit, self._send_quietly, default_region)
        self._connection = AmiConnection(
            settings, reactor, make=self._make, prepare=self._sync, up=self._up, down=self._lost, draw=draw
        )
        self._protocol: AmiProtocol | None = None
        self._synced = False
        self._silenced: str | None = None
        self._backlog: list[Message] = []
        self._heart = LoopingCall(self._beat)
        self._heart.clock = reactor
        self._beating = True
        self._last_beat = 0
        self._lag_s: float | None = None
        self._events = 0
        self._bad_messages = 0

    # ---- what the daemon calls

    def start(self) -> None:
        self._heart.start(self._settings.heartbeat_s, now=False)
        self._connection.start()

    def stop(self) -> Deferred[None]:
        """Close the connection for good. Waiting callers stay with the PBX; no PbxLost is told."""
        if self._heart.running:
            self._heart.stop()
        self._synced = False
        return self._connection.stop()

    def silence(self, why: str) -> None:
        """Say nothing more to the PBX, whatever comes: its next word is another daemon's."""
        self._silenced = why
        self._synced = False
        if self._heart.running:
            self._heart.stop()
        if self._protocol is not None:
            self._protocol.drop(why)

    def execute(self, command: PbxCommand) -> None:
        """Carry a command out. Returns at once and never raises: what comes of it is told by events."""
        pbx = command.channel.pbx if isinstance(command, _OF_A_CALLER) else command.device.pbx
        if not self._synced or self._protocol is None or pbx != self._name:
            log.debug("not for a PBX that is here and synced, dropped: %s", command)
            return
        actions = self._translator.actions(command)
        if isinstance(command, TakeBack) and not self._beating:
            return  # the PBX would give the caller away again: with the next beat
        for action in actions:
            if isinstance(command, RingDevice | RingNumber | RingOwnPhone) and self._fence is not None:
                action.variables[VARIABLE] = str(self._fence.epoch)
            answer = self._protocol.send(action)
            if isinstance(command, RingDevice | RingNumber | RingOwnPhone):
                answer.addErrback(self._not_rung, command)
            elif isinstance(command, StartListening):
                answer.addErrback(self._not_heard, command)
            elif isinstance(command, AnswerPhone):
                answer.addErrback(self._not_told, command)
            else:
                answer.addErrback(self._refused, action)

    @property
    def ringing(self) -> int:
        """How many agents' legs there are at the PBX that are in no conversation; 0 while it is not synced."""
        offers = self._translator.mirror.offers.values() if self._synced else ()
        return sum(offer.phase is not Phase.CONNECTED for offer in offers)

    def hold_heart(self, held: bool = True) -> None:
        """Stop telling the PBX that we are alive, or go on: without a beat the PBX gives callers to its own queue."""
        self._beating = not held

    @property
    def beating(self) -> bool:
        return self._beating

    @property
    def health(self) -> PbxHealth:
        protocol = self._protocol
        return PbxHealth(
            connected=self._connection.connected,
            synced=self._synced,
            last_error=self._connection.last_error,
            lag_ms=None if self._lag_s is None else self._lag_s * 1_000,
            reconnects=self._connection.reconnects,
            events=self._events + (protocol.events if protocol is not None else 0),
            bad_messages=self._bad_messages + (protocol.bad_messages if protocol is not None else 0),
        )

    # ---- one connection's life

    def _make(self) -> AmiProtocol:
        if self._protocol is not None:
            self._events += self._protocol.events
            self._bad_messages += self._protocol.bad_messages
        self._backlog = []
        self._protocol = AmiProtocol(
            self._settings,
            self._secret,
            self._reactor,
            wanted=(*WANTED, FULLY_BOOTED),
            on_event=self._take,
            on_lag=self._answered,
        )
        return self._protocol

    async def _sync(self, protocol: AmiProtocol) -> None:
        """Events first, so that nothing falls between the list and them; they wait until the list is the mirror.

        The mask and the manager user's `eventfilter` lines keep what we don't use at the PBX: the action `Filter` would
        take the right to stop the PBX.
        """
        if self._silenced is not None:
            raise AmiError(self._silenced)
        try:
            if self._fence is not None:
                await self._fence.claim(protocol)
            await protocol.send(Action("Events", {"EventMask": "call,user,system"}))
            channels = await protocol.send_list(status())
            devices = await protocol.send_list(device_list())
            gone = await _how_callers_left(protocol)
        except ActionRefusedError as error:
            raise AmiError(
                f"{error}; the manager user needs read = call,user and write = call,originate, and the PBX the module "
                "res_manager_devicestate"
            ) from error
        self._translator.sync(channels, devices, gone)
        # Not sooner: where the connection breaks off before, nobody has been told how callers left.
        self._send_quietly(Action("Setvar", {"Variable": UNBROKEN, "Value": "1"}))
        if self._fence is not None:
            for leg in self._translator.mirror.offers.values():
                if leg.phase is not Phase.CONNECTED:
                    self._send_quietly(self._fence.adopt(leg.id))

    def _up(self, protocol: AmiProtocol) -> None:
        backlog, self._backlog = self._backlog, []
        self._synced = True
        for message in backlog:
            try:
                self._translator.handle(message)
            except BadMessageError as error:
                protocol.bad_messages += 1
                log.warning("left out a message of the PBX: %s", error)
        self._beat()
        for observe in self.synced_observers:
            observe(True)

    def _lost(self) -> None:
        self._synced = False
        self._emit(PbxLost(self._name))
        for observe in self.synced_observers:
            observe(False)

    def _take(self, message: Message) -> None:
        if message.name == FULLY_BOOTED and self._protocol is not None:
            # Only said to those who came while it was starting. Its lists were not complete then: ask again.
            self._protocol.drop("the PBX was still starting when we came and is up now")
        elif self._synced:
            self._translator.handle(message)
        elif len(self._backlog) < BACKLOG_LIMIT:
            self._backlog.append(message)
        elif self._protocol is not None:
            self._protocol.drop(f"more than {BACKLOG_LIMIT} events came before the PBX had listed its channels")

    # ---- actions

    def _beat(self) -> None:
        """A value that is never the same twice: whether it changes is all that the dialplan looks at."""
        if self._synced and self._beating:
            self._last_beat = max(self._last_beat + 1, int(self._reactor.seconds() * 1_000))
            self._send_quietly(Action("Setvar", {"Variable": "GLOBAL(CALLCENTER_BEAT)", "Value": str(self._last_beat)}))
            for action in fallback.ask_again(self._translator.mirror):
                self._send_quietly(action)
            if self._fence is not None and self._protocol is not None:
                self._fence.look(self._protocol)

    def _send_quietly(self, action: Action) -> None:
        if self._protocol is not None:
            self._protocol.send(action).addErrback(self._refused, action)

    def _refused(self, failure: Failure, action: Action) -> None:
        if not isinstance(failure.value, AmiError | UnsafeValueError):
            failure.raiseException()
        self._translator.mirror.announcers.pop(action.keys.get("ActionID", ""), None)  # it says nothing
        log.debug("%s %s: %s", action.name, action.keys.get("ActionID"), failure.value)

    def _not_rung(self, failure: Failure, command: RingDevice | RingNumber | RingOwnPhone) -> None:
        if isinstance(failure.value, ConnectionGoneError):
            return  # whether the PBX has rung is found out by the next sync
        if not isinstance(failure.value, AmiError | UnsafeValueError):
            failure.raiseException()
        to = command.number if isinstance(command, RingNumber) else command.device.device
        log.warning("offer %s to %s failed: %s", command.offer, to, failure.value)
        self._translator.not_rung(command.offer)

    def _not_heard(self, failure: Failure, command: StartListening) -> None:
        if isinstance(failure.value, ConnectionGoneError):
            return  # as with an offer
        if not isinstance(failure.value, AmiError | UnsafeValueError):
            failure.raiseException()
        log.warning("%s on %s failed: %s", command.listening, command.device.device, failure.value)
        self._translator.listeners.not_rung(command.listening)

    def _not_told(self, failure: Failure, command: AnswerPhone) -> None:
        if not isinstance(failure.value, AmiError | UnsafeValueError):
            failure.raiseException()
        remedy = "it needs the module res_pjsip_notify, and `system` among the rights that the manager user writes"
        log.warning("%s could not be told to answer (%s): %s", command.device.device, remedy, failure.value)

    def _answered(self, lag_s: float) -> None:
        self._lag_s = lag_s
        for observe in self.lag_observers:
            observe(lag_s)
