"""The other end of a manager connection, in memory: a script plays the PBX, time stands still until told."""

import hashlib
from typing import Any

from twisted.internet.error import ConnectionDone, ConnectionRefusedError
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
SECRET = "sesame"


class MemoryLink(StringTransport):
    """A transport that tells its protocol when it is aborted, as a real one does."""

    def __init__(self, protocol: Any) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.protocol = protocol
        self.gone = False

    def abortConnection(self) -> None:  # noqa: N802
        self.end()

    def end(self) -> None:
        if not self.gone:
            self.gone = True
            self.protocol.connectionLost(Failure(ConnectionDone()))  # type: ignore[no-untyped-call]


class MemoryPbx:
    """Plays the PBX on one connection. `asked` has the actions that came, oldest first, each as its headers."""

    def __init__(self, protocol: Any) -> None:
        self.link = MemoryLink(protocol)
        self.asked: list[dict[str, str]] = []
        self._not_taken: list[dict[str, str]] = []
        protocol.makeConnection(self.link)

    def say(self, *frames: str | bytes) -> None:
        """Each frame with its headers, one a line; ends are added."""
        data = b""
        for frame in frames:
            lines = frame.encode().replace(b"\n", b"\r\n") if isinstance(frame, str) else frame
            data += lines + b"\r\n\r\n"
        self.link.protocol.dataReceived(data)

    def greet(self) -> None:
        self.link.protocol.dataReceived(BANNER)

    def hear(self) -> list[dict[str, str]]:
        """The actions that came since this was last asked."""
        data: str = self.link.value().decode()  # type: ignore[no-untyped-call]
        self.link.clear()  # type: ignore[no-untyped-call]
        new = [dict(line.split(": ", 1) for line in frame.split("\r\n")) for frame in data.split("\r\n\r\n")[:-1]]
        self.asked += new
        taken, self._not_taken = self._not_taken + new, []
        return taken

    def expect(self, name: str) -> dict[str, str]:
        """The one action that came, which must be that one."""
        (action,) = self.hear()
        assert action["Action"] == name, action
        return action

    def accept(self, action: dict[str, str], more: str = "") -> None:
        self.say(f"Response: Success\nActionID: {action['ActionID']}{more}")

    def refuse(self, action: dict[str, str], why: str) -> None:
        self.say(f"Response: Error\nActionID: {action['ActionID']}\nMessage: {why}")

    def let_in(self) -> None:
        """Greet and take the login, if it is right."""
        self.greet()
        self.accept(self.expect("Challenge"), "\nChallenge: 840415273")
        login = self.expect("Login")
        assert login["Key"] == hashlib.md5(f"840415273{SECRET}".encode()).hexdigest()
        assert login["Events"] == "off"
        assert SECRET not in str(self.asked)
        self.accept(login)

    def list_all(
        self, channels: tuple[str, ...] = (), devices: tuple[str, ...] = (), *, unbroken: bool = False
    ) -> None:
        """Answer a sync."""
        self.list_channels(channels, devices)
        self.tell_unbroken(unbroken)

    def list_channels(self, channels: tuple[str, ...] = (), devices: tuple[str, ...] = ()) -> None:
        """Answer a sync's first questions; the first ping comes before it."""
        ping, events = self.hear()
        assert (ping["Action"], events["Action"]) == ("Ping", "Events")
        self.accept(ping)
        self.accept(events)
        for name, items in (("Status", channels), ("DeviceStateList", devices)):
            action_id = self.expect(name)["ActionID"]
            head = f"Response: Success\nActionID: {action_id}\nEventList: start"
            tail = f"Event: {name}Complete\nActionID: {action_id}\nEventList: Complete"
            self.say(head, *(f"{item}\nActionID: {action_id}" for item in items), tail)

    def tell_unbroken(self, unbroken: bool) -> None:
        """Whether callers who are gone have hung up."""
        question = self.expect("Getvar")
        assert question["Variable"] == "GLOBAL(CALLCENTER_UNBROKEN)"
        self.accept(question, f"\nVariable: {question['Variable']}\nValue: {'1' if unbroken else ''}")
        mark, *self._not_taken = self.hear()
        assert (mark["Variable"], mark["Value"]) == ("GLOBAL(CALLCENTER_UNBROKEN)", "1")
        self.accept(mark)


class MemoryNet:
    """A reactor without a network: `refuse` or `answer` the connection that is being made."""

    def __init__(self) -> None:
        self.reactor: Any = MemoryReactorClock()  # type: ignore[no-untyped-call]
        self._seen = 0

    @property
    def tries(self) -> int:
        return len(self.reactor.tcpClients)

    def answer(self) -> MemoryPbx:
        return MemoryPbx(self._factory().buildProtocol(None))

    def refuse(self) -> None:
        refused = Failure(ConnectionRefusedError())  # type: ignore[no-untyped-call]
        self._factory().clientConnectionFailed(None, refused)
        self.reactor.advance(0.3)  # the endpoint looks for a further address before it gives up

    def _factory(self) -> Any:
        assert self.tries == self._seen + 1, f"{self.tries} connections were tried, {self._seen} taken"
        self._seen += 1
        return self.reactor.tcpClients[-1][2]
