"""Keeps one manager connection up: connect, log in, prepare, and all that again when it is lost.

The one idea: a single loop owns the connection, so there is never more than one, and every way in which it ends comes
back to the same place: say once what is wrong, wait, try again. Waits grow and are drawn at random up to their bound
(full jitter), so that several daemons don't come back at the same moment.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificates
from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.error import ConnectingCancelledError, DNSLookupError
from twisted.internet.protocol import Factory
from twisted.internet.ssl import Certificate, optionsForClientTLS, platformTrust, trustRootFromCertificates
from twisted.internet.task import deferLater

from callcenter.cti.ami.protocol import AmiError, AmiProtocol, LoginRefusedError
from callcenter.settings import AmiTls, PbxSettings

log = logging.getLogger(__name__)


class AmiConnection:
    """`make` builds the protocol of each new connection; `prepare` makes it ready for use once it is logged in.

    `up` is called when `prepare` is done, `down` when a connection for which `up` was called has ended. `draw` gives a
    random number from 0 up to, not including, 1. `reactor` is Twisted's, or one of its test doubles.
    """

    def __init__(
        self,
        settings: PbxSettings,
        reactor: Any,
        *,
        make: Callable[[], AmiProtocol],
        prepare: Callable[[AmiProtocol], Awaitable[None]],
        up: Callable[[AmiProtocol], None],
        down: Callable[[], None],
        draw: Callable[[], float],
    ) -> None:
        self.last_error: str | None = None
        self.connected = False
        self.reconnects = 0  # times that it came up again
        self._settings = settings
        self._reactor = reactor
        self._make = make
        self._prepare = prepare
        self._up = up
        self._down = down
        self._draw = draw
        self._loop: Deferred[None] | None = None
        self._stopping = False
        self._protocol: AmiProtocol | None = None  # the last one that was connected
        self._ups = 0
        self._failures = 0

    def start(self) -> None:
        self._loop = Deferred.fromCoroutine(self._keep_connected())

    def stop(self) -> Deferred[None]:
        """End it for good; fires when the connection is closed. `down` is not called for it."""
        self._stopping = True
        if self._loop is not None:
            self._loop.cancel()
        return self._protocol.wait_gone().addCallback(_nothing) if self._protocol is not None else succeed(None)

    async def _keep_connected(self) -> None:
        while not self._stopping:
            slow = False
            try:
                await self._connect_once()
            except (CancelledError, ConnectingCancelledError):
                return
            except LoginRefusedError as error:
                slow = True
                self._say(str(error))
            except AmiError as error:
                self._say(str(error))
            except Exception as error:  # DNS, refused, TLS, an unreadable certificate: all end with a wait
                self._say(f"can't connect to the PBX at {self._place}: {_words(error)}")
            try:
                await deferLater(self._reactor, self._delay_s(slow))
            except CancelledError:
                return

    async def _connect_once(self) -> None:
        protocol = self._make()
        await self._reach(protocol)
        self._protocol = protocol
        self.connected = True
        was_up = False
        try:
            await protocol.log_in()
            protocol.keep_alive()
            await self._prepare(protocol)
            was_up = True
            self._came_up(protocol)
            up_since_s = self._reactor.seconds()
            gone = await protocol.wait_gone()
            if self._reactor.seconds() - up_since_s >= self._settings.reconnect_max_s:
                self._failures = 0
            self._say(str(gone))
        finally:
            self.connected = False
            protocol.drop("closed by us")
            if was_up and not self._stopping:
                self._down()

    async def _reach(self, protocol: AmiProtocol) -> None:
        """Look the name up and connect; the endpoint's own limit is for the second alone."""
        limit_s = 2 * self._settings.connect_timeout_s
        connecting = self._endpoint().connect(_OneProtocol(protocol))
        timer = self._reactor.callLater(limit_s, connecting.cancel)
        try:
            await connecting
        except (CancelledError, ConnectingCancelledError, DNSLookupError) as error:
            if self._stopping:
                raise CancelledError from error
            if timer.active():
                raise  # the DNS has answered
            words = f"neither a connection nor an error for {limit_s:g} s; does the DNS answer for pbx.host?"
            raise AmiError(f"can't connect to the PBX at {self._place}: {words}") from None
        finally:
            if timer.active():
                timer.cancel()

    def _came_up(self, protocol: AmiProtocol) -> None:
        self._ups += 1
        self.reconnects = self._ups - 1
        self.last_error = None
        log.info("connected to the PBX %s at %s", self._settings.name, self._place)
        self._up(protocol)

    def _say(self, error: str) -> None:
        """The same error is said once, however often it comes in a row."""
        if error == self.last_error:
            log.debug("PBX %s, still: %s", self._settings.name, error)
        else:
            log.error("PBX %s: %s; trying again until it works", self._settings.name, error)
        self.last_error = error

    def _delay_s(self, slow: bool) -> float:
        """Full jitter: evenly drawn from 0 to a bound that doubles. A refused login waits half of the most at least."""
        most_s = self._settings.reconnect_max_s
        if slow:
            return most_s * (0.5 + self._draw() / 2)
        bound_s = min(most_s, self._settings.reconnect_min_s * 2.0 ** min(self._failures, 32))
        self._failures += 1
        return bound_s * self._draw()

    @property
    def _place(self) -> str:
        return f"{self._settings.host}:{self._settings.port}"

    def _endpoint(self) -> Any:
        settings = self._settings
        plain: Any = HostnameEndpoint(self._reactor, settings.host, settings.port, timeout=settings.connect_timeout_s)
        return plain if settings.tls is None else wrapClientTLS(_tls_options(settings.tls, settings.host), plain)


class _OneProtocol(Factory):
    """Hands out the one protocol that was made for this connection."""

    noisy = False

    def __init__(self, protocol: AmiProtocol) -> None:
        self._only = protocol

    def buildProtocol(self, addr: object) -> AmiProtocol:  # noqa: N802
        return self._only


def _tls_options(tls: AmiTls, host: str) -> Any:
    """The peer's certificate is always verified, against the system's authorities or those of `ca_file`."""
    if tls.ca_file is None:
        trust: Any = platformTrust()  # type: ignore[no-untyped-call]
    else:
        try:
            found = load_pem_x509_certificates(tls.ca_file.read_bytes())
        except (OSError, ValueError) as error:
            raise AmiError(f"pbx.tls.ca_file {tls.ca_file} has no certificate that can be read: {error}") from error
        pems = [one.public_bytes(Encoding.PEM) for one in found]
        trust = trustRootFromCertificates([Certificate.loadPEM(pem) for pem in pems])  # type: ignore[no-untyped-call]
    return optionsForClientTLS(tls.server_name or host, trustRoot=trust)


def _nothing(_: object) -> None:
    return None


def _words(error: BaseException) -> str:
    return str(error) or type(error).__name__
