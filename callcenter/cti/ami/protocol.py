"""One connection to a manager interface: log in, match answers to actions, notice a silent link.

The one idea: the protocol keeps nothing but what is unanswered. Each action has a deadline, each ends in exactly one
way (its answer, a refusal, the deadline, the end of the connection), and there can only be so many of them. What an
event means is not known here.
"""

import hashlib
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from itertools import count
from typing import Any, cast
from typing import Protocol as TypingProtocol

from OpenSSL.SSL import Error as TlsError
from service_identity import VerificationError
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionAborted
from twisted.internet.interfaces import ITCPTransport
from twisted.internet.protocol import Protocol
from twisted.python.failure import Failure

from callcenter.cti.ami.wire import Action, BadMessageError, Decoder, Kind, Message, UnsafeValueError, WireError, encode
from callcenter.settings import PbxSettings

log = logging.getLogger(__name__)

PENDING_LIMIT = 2_000  # unanswered actions; a new one beyond that fails at once
LIST_LIMIT = 100_000  # items of one list answer; more ends the connection


class AmiError(Exception):
    """An action or a connection came to nothing. The message is for an operator."""


class ActionRefusedError(AmiError):
    """The PBX answered `Response: Error`."""


class ActionTimeoutError(AmiError):
    """The PBX did not answer in time."""


class TooManyActionsError(AmiError):
    """So many actions are unanswered that this one was not sent."""


class ConnectionGoneError(AmiError):
    """The connection ended before the answer came."""


class LoginRefusedError(AmiError):
    """The PBX does not know this user with this secret, or not from this address."""


class Delayed(TypingProtocol):
    def cancel(self) -> None: ...

    def active(self) -> bool: ...


class Link(TypingProtocol):
    """The part of a transport that is used."""

    def write(self, data: bytes) -> None: ...

    def abortConnection(self) -> None: ...  # noqa: N802

    def connectionLost(self, reason: Failure) -> None: ...  # noqa: N802


class Clock(TypingProtocol):
    """The part of a reactor that knows time: Twisted's reactors and `task.Clock` are such."""

    def seconds(self) -> float: ...

    def callLater(self, delay: float, callable: Callable[..., object], *args: object) -> Delayed: ...  # noqa: N802


@dataclass(slots=True)
class _Pending:
    name: str
    answer: Deferred[list[Message]]
    wants_list: bool
    timeout_s: float
    timer: Delayed
    items: list[Message] = field(default_factory=list)


class AmiProtocol(Protocol):
    """`wanted` names the events that `on_event` gets, one call for each, in the order of the wire.

    `on_event` may raise BadMessageError: that message is logged and left out. Anything else that it raises is a fault
    of our own: it is logged with its trace and ends the connection. `on_lag` gets seconds, for each ping answered.
    """

    def __init__(
        self,
        settings: PbxSettings,
        secret: str,
        clock: Clock,
        *,
        wanted: Collection[str],
        on_event: Callable[[Message], None],
        on_lag: Callable[[float], None],
    ) -> None:
        self.events = 0
        self.bad_messages = 0
        self._settings = settings
        self._secret = secret
        self._clock = clock
        self._on_event = on_event
        self._on_lag = on_lag
        self._decoder = Decoder(wanted)
        self._pending: dict[str, _Pending] = {}
        self._ids = count(1)
        self._link: Link | None = None
        self._greeted: Deferred[ConnectionGoneError | None] = Deferred()
        self._gone: ConnectionGoneError | None = None
        self._gone_waiters: list[Deferred[ConnectionGoneError]] = []
        self._why: str | None = None
        self._timer: Delayed | None = None

    # ---- what one can ask of it

    async def log_in(self) -> None:
        """Wait for the banner and log in by challenge, with events off. Raises AmiError."""
        limit_s = self._settings.connect_timeout_s
        timer = self._clock.callLater(limit_s, self.drop, f"no greeting from the PBX for {limit_s:g} s")
        try:
            gone = await self._greeted
        finally:
            _cancel(timer)
        if gone is not None:
            raise gone
        username = self._settings.username
        try:
            challenge = await self.send(Action("Challenge", {"AuthType": "MD5"}))
            key = hashlib.md5((challenge.get("Challenge") + self._secret).encode(), usedforsecurity=False).hexdigest()
            login = {"AuthType": "MD5", "Username": username, "Key": key, "Events": "off"}
            await self.send(Action("Login", login))
        except ActionRefusedError as error:
            raise LoginRefusedError(
                f"the PBX at {self._settings.host}:{self._settings.port} refused manager user {username!r}: {error}; "
                "compare pbx.username and pbx.secret (or pbx.secret_file) with its manager.conf, permit lines included"
            ) from error

    def keep_alive(self) -> None:
        """Ping from now on; a link that stays silent is dropped."""
        sent_s = self._clock.seconds()

        def answered(_: list[Message]) -> None:
            lag_s = self._clock.seconds() - sent_s
            self._on_lag(lag_s)
            self._timer = self._clock.callLater(max(0.0, self._settings.ping_interval_s - lag_s), self.keep_alive)

        def unanswered(failure: Failure) -> None:
            if not isinstance(failure.value, AmiError):
                failure.raiseException()
            if self._gone is None:
                self.drop(f"the PBX did not answer a ping for {self._settings.ping_deadline_s:g} s")

        self._ask(Action("Ping"), wants_list=False, timeout_s=self._settings.ping_deadline_s).addCallbacks(
            answered, unanswered
        )

    def send(self, action: Action) -> Deferred[Message]:
        """Send an action; fires with its answer. An `ActionID` among its keys is kept, else it gets one.

        Fails with ActionRefusedError, ActionTimeoutError, TooManyActionsError, ConnectionGoneError or UnsafeValueError.
        """
        return self._start(action, wants_list=False).addCallback(lambda messages: messages[0])

    def send_list(self, action: Action) -> Deferred[list[Message]]:
        """As `send`, for an action whose answer is a list of events; its deadline is for each item anew."""
        return self._start(action, wants_list=True)

    def drop(self, why: str) -> None:
        """End the connection at once, without waiting for the other side."""
        self._why = self._why or why
        if self._link is not None and self._gone is None:
            try:
                self._link.abortConnection()
            except RuntimeError:  # as in `_ask`, where Twisted had more to write
                self._link.connectionLost(Failure(ConnectionAborted()))  # type: ignore[no-untyped-call]

    def wait_gone(self) -> Deferred[ConnectionGoneError]:
        """Fires once the connection has ended, with why."""
        if self._gone is not None:
            return succeed(self._gone)
        waiter: Deferred[ConnectionGoneError] = Deferred()
        self._gone_waiters.append(waiter)
        return waiter

    @property
    def unanswered(self) -> int:
        return len(self._pending)

    # ---- what Twisted calls

    def connectionMade(self) -> None:  # noqa: N802
        self._link = cast(Link, self.transport)
        if ITCPTransport.providedBy(self.transport):
            # Else the kernel keeps a small action back, up to 40 ms, while one before it is not acknowledged yet.
            cast(Any, self.transport).setTcpNoDelay(True)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        try:
            for message in self._decoder.feed(data):
                self._take(message)
            if self._decoder.version is not None and not self._greeted.called:
                self._greeted.callback(None)
        except WireError as error:
            self.drop(str(error))
        except Exception as error:
            self._why = self._why or f"a fault in handling what the PBX said: {error!r}"
            log.critical("%s: the connection is dropped", self._why, exc_info=True)
            raise

    def connectionLost(self, reason: Failure | None = None) -> None:  # noqa: N802
        error = ConnectionGoneError(self._why or _in_words(reason))
        self._gone = error
        if self._timer is not None:
            _cancel(self._timer)
        pending, self._pending = list(self._pending.values()), {}
        for waiting in pending:
            _cancel(waiting.timer)
            waiting.answer.errback(error)
        if not self._greeted.called:
            self._greeted.callback(error)
        waiters, self._gone_waiters = self._gone_waiters, []
        for waiter in waiters:
            waiter.callback(error)

    # ---- how it is done

    def _start(self, action: Action, *, wants_list: bool) -> Deferred[list[Message]]:
        if len(self._pending) >= PENDING_LIMIT:
            error = f"{action.name} was not sent: {PENDING_LIMIT} actions wait for an answer of the PBX"
            return fail(TooManyActionsError(error))
        return self._ask(action, wants_list=wants_list, timeout_s=self._settings.action_timeout_s)

    def _ask(self, action: Action, *, wants_list: bool, timeout_s: float) -> Deferred[list[Message]]:
        if self._gone is not None or self._link is None:
            return fail(ConnectionGoneError(f"{action.name} was not sent: there is no connection"))
        action_id = str(action.keys.setdefault("ActionID", f"callcenter-{next(self._ids)}"))
        if action_id in self._pending:
            return fail(ActionRefusedError(f"{action.name} {action_id} is under way already"))
        try:
            data = encode(action)
        except UnsafeValueError as error:
            return fail(error)
        answer: Deferred[list[Message]] = Deferred()
        timer = self._clock.callLater(timeout_s, self._expire, action_id)
        self._pending[action_id] = _Pending(action.name, answer, wants_list, timeout_s, timer)
        try:
            self._link.write(data)
        except RuntimeError as error:  # uvloop's word for a socket that has broken off, before Twisted knows
            self.drop(f"it was written to when it had broken off: {error}")
        return answer

    def _expire(self, action_id: str) -> None:
        waiting = self._pending.pop(action_id)
        waiting.answer.errback(ActionTimeoutError(f"the PBX did not answer {waiting.name} for {waiting.timeout_s:g} s"))

    def _take(self, message: Message) -> None:
        action_id = message.get("ActionID")
        waiting = self._pending.get(action_id)
        if message.kind is Kind.RESPONSE:
            self._take_response(message, action_id, waiting)
        elif message.kind is Kind.EVENT and waiting is not None and waiting.wants_list:
            self._take_item(message, action_id, waiting)
        elif message.kind is Kind.EVENT:
            self.events += 1
            try:
                self._on_event(message)
            except BadMessageError as error:
                self.bad_messages += 1
                log.warning("left out a message of the PBX: %s", error)
        else:
            log.debug("unknown kind of frame: %r", message)

    def _take_response(self, message: Message, action_id: str, waiting: _Pending | None) -> None:
        if waiting is None:
            log.debug("an answer that nobody waits for (any more): %r", message)
        elif message.name == "Error":
            text = message.get("Message", "no reason given")
            self._finish(action_id).errback(ActionRefusedError(f"the PBX refused {waiting.name}: {text}"))
        elif not waiting.wants_list:
            self._finish(action_id).callback([message])
        elif message.get("EventList").lower() != "start":
            self._finish(action_id).callback([])

    def _take_item(self, message: Message, action_id: str, waiting: _Pending) -> None:
        _cancel(waiting.timer)
        if message.get("EventList").lower() == "complete":
            self._finish(action_id).callback(waiting.items)
        elif message.get("EventList").lower() == "cancelled":
            self._finish(action_id).errback(ActionRefusedError(f"the PBX broke off its answer to {waiting.name}"))
        elif len(waiting.items) >= LIST_LIMIT:
            raise WireError(f"the answer to {waiting.name} has more than {LIST_LIMIT} items")
        else:
            waiting.items.append(message)
            waiting.timer = self._clock.callLater(waiting.timeout_s, self._expire, action_id)

    def _finish(self, action_id: str) -> Deferred[list[Message]]:
        waiting = self._pending.pop(action_id)
        _cancel(waiting.timer)
        return waiting.answer


def _in_words(reason: Failure | None) -> str:
    words = reason.getErrorMessage() if reason is not None else "closed"
    match reason.value if reason is not None else None:
        case VerificationError():
            return f"the PBX's certificate is for another name than pbx.tls.server_name (or pbx.host): {words}"
        case TlsError():
            return (
                f"no TLS with the PBX: {words}; is pbx.port its TLS port, and its certificate signed by "
                "pbx.tls.ca_file (without one, by an authority that this system trusts)?"
            )
        case _:
            return f"the connection to the PBX ended: {words}"


def _cancel(timer: Delayed) -> None:
    if timer.active():
        timer.cancel()
