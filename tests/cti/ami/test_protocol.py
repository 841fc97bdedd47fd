"""One connection, byte by byte, with a clock that stands still."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, cast

import pytest
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import ITCPTransport
from twisted.internet.protocol import ClientFactory
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from zope.interface import classImplements  # type: ignore[import-untyped]

from callcenter.cti.ami import protocol as protocol_module
from callcenter.cti.ami.protocol import (
    ActionRefusedError,
    ActionTimeoutError,
    AmiProtocol,
    ConnectionGoneError,
    LoginRefusedError,
    TooManyActionsError,
)
from callcenter.cti.ami.wire import Action, BadMessageError, Message, UnsafeValueError
from callcenter.settings import PbxSettings
from tests.cti.memory_pbx import SECRET, MemoryPbx
from tests.helpers import run_async

SETTINGS = PbxSettings()


class Line:
    """A protocol and the PBX at its other end."""

    def __init__(self, on_event: Callable[[Message], None] | None = None) -> None:
        self.clock = Clock()
        self.events: list[Message] = []
        self.lags: list[float] = []
        self.protocol = AmiProtocol(
            SETTINGS,
            SECRET,
            self.clock,
            wanted=["Hangup", "Status", "StatusComplete"],
            on_event=on_event or self.events.append,
            on_lag=self.lags.append,
        )
        self.pbx = MemoryPbx(self.protocol)

    def log_in(self) -> None:
        done = Deferred.fromCoroutine(self.protocol.log_in())
        self.pbx.let_in()
        assert result(done) is None


def logged_in(on_event: Callable[[Message], None] | None = None) -> Line:
    line = Line(on_event)
    line.log_in()
    return line


def result(deferred: "Deferred[Any]") -> Any:
    """What a Deferred has fired with, by now; an error is raised."""
    results: list[Any] = []
    deferred.addBoth(results.append)
    assert results, "has not fired"
    if isinstance(results[0], Failure):
        results[0].raiseException()
    return results[0]


class TestLogin:
    def test_challenge_login_never_shows_the_secret(self) -> None:
        line = logged_in()
        assert line.clock.getDelayedCalls() == []

    def test_wrong_secret_says_what_to_compare(self) -> None:
        line = Line()
        done = Deferred.fromCoroutine(line.protocol.log_in())
        line.pbx.greet()
        line.pbx.accept(line.pbx.expect("Challenge"), "\nChallenge: 1")
        line.pbx.refuse(line.pbx.expect("Login"), "Authentication failed")
        with pytest.raises(LoginRefusedError, match=r"'callcenter'.*Authentication failed.*pbx.secret.*manager.conf"):
            result(done)

    def test_a_silent_server_is_given_up(self) -> None:
        line = Line()
        done = Deferred.fromCoroutine(line.protocol.log_in())
        line.clock.advance(SETTINGS.connect_timeout_s)
        with pytest.raises(ConnectionGoneError, match="no greeting from the PBX for 5 s"):
            result(done)
        assert line.pbx.link.gone

    def test_another_server_is_dropped(self) -> None:
        line = Line()
        done = Deferred.fromCoroutine(line.protocol.log_in())
        line.protocol.dataReceived(b"SSH-2.0-x\r\n")
        with pytest.raises(ConnectionGoneError, match="no Asterisk manager interface"):
            result(done)

    def test_a_pbx_that_does_not_answer_the_login(self) -> None:
        line = Line()
        done = Deferred.fromCoroutine(line.protocol.log_in())
        line.pbx.greet()
        line.clock.advance(SETTINGS.action_timeout_s)
        with pytest.raises(ActionTimeoutError, match="did not answer Challenge for 5 s"):
            result(done)


class TestActions:
    def test_answers_find_their_actions_in_any_order(self) -> None:
        line = logged_in()
        first, second = line.protocol.send(Action("A", {"ActionID": "mine"})), line.protocol.send(Action("B"))
        one, two = line.pbx.hear()
        assert one["ActionID"] == "mine"
        line.pbx.accept(two, "\nValue: 2")
        line.pbx.accept(one, "\nValue: 1")
        assert (result(first).get("Value"), result(second).get("Value")) == ("1", "2")
        assert line.protocol.unanswered == 0
        assert line.clock.getDelayedCalls() == []

    def test_refused(self) -> None:
        line = logged_in()
        answer = line.protocol.send(Action("Hangup"))
        line.pbx.refuse(line.pbx.expect("Hangup"), "No such channel")
        with pytest.raises(ActionRefusedError, match="refused Hangup: No such channel"):
            result(answer)

    def test_unanswered_and_answered_too_late(self) -> None:
        line = logged_in()
        answer = line.protocol.send(Action("Hangup"))
        action = line.pbx.expect("Hangup")
        line.clock.advance(SETTINGS.action_timeout_s)
        with pytest.raises(ActionTimeoutError, match="Hangup for 5 s"):
            result(answer)
        line.pbx.accept(action)
        line.pbx.say("Response: Error\nMessage: no id at all")
        assert not line.pbx.link.gone

    def test_an_unsafe_value_is_not_sent(self) -> None:
        line = logged_in()
        with pytest.raises(UnsafeValueError):
            result(line.protocol.send(Action("Hangup", {"Channel": "a\r\nb"})))
        assert line.pbx.hear() == []
        assert line.protocol.unanswered == 0

    def test_the_same_id_twice(self) -> None:
        line = logged_in()
        line.protocol.send(Action("A", {"ActionID": "x"}))
        with pytest.raises(ActionRefusedError, match="under way"):
            result(line.protocol.send(Action("A", {"ActionID": "x"})))

    def test_too_many_fail_at_once_and_a_ping_still_goes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(protocol_module, "PENDING_LIMIT", 2)
        line = logged_in()
        line.protocol.send(Action("A"))
        line.protocol.send(Action("A"))
        with pytest.raises(TooManyActionsError, match="2 actions wait"):
            result(line.protocol.send(Action("B")))
        line.protocol.keep_alive()
        assert [action["Action"] for action in line.pbx.hear()] == ["A", "A", "Ping"]

    def test_the_end_of_the_connection_ends_all(self) -> None:
        line = logged_in()
        answers: list[Deferred[Any]] = [line.protocol.send(Action("A")), line.protocol.send_list(Action("Status"))]
        gone = line.protocol.wait_gone()
        line.pbx.link.end()
        for answer in answers:
            with pytest.raises(ConnectionGoneError, match="the connection to the PBX ended"):
                result(answer)
        with pytest.raises(ConnectionGoneError, match="there is no connection"):
            result(line.protocol.send(Action("A")))
        assert isinstance(result(gone), ConnectionGoneError)
        assert isinstance(result(line.protocol.wait_gone()), ConnectionGoneError)
        assert line.clock.getDelayedCalls() == []


class TestLists:
    def test_items_among_other_events(self) -> None:
        line = logged_in()
        answer = line.protocol.send_list(Action("Status", {"ActionID": "s"}))
        line.pbx.say(
            "Response: Success\nActionID: s\nEventList: start",
            "Event: Status\nActionID: s\nUniqueid: 1",
            "Event: Hangup\nUniqueid: 9",
            "Event: Status\nActionID: s\nUniqueid: 2",
            "Event: StatusComplete\nActionID: s\nEventList: Complete",
        )
        assert [item.get("Uniqueid") for item in result(answer)] == ["1", "2"]
        assert [event.get("Uniqueid") for event in line.events] == ["9"]
        assert line.protocol.events == 1

    def test_nothing_to_list(self) -> None:
        line = logged_in()
        answer = line.protocol.send_list(Action("Status", {"ActionID": "s"}))
        line.pbx.say("Response: Success\nActionID: s\nMessage: none")
        assert result(answer) == []

    def test_broken_off(self) -> None:
        line = logged_in()
        answer = line.protocol.send_list(Action("Status", {"ActionID": "s"}))
        line.pbx.say("Response: Success\nActionID: s\nEventList: start")
        line.pbx.say("Event: StatusComplete\nActionID: s\nEventList: cancelled")
        with pytest.raises(ActionRefusedError, match="broke off"):
            result(answer)

    def test_a_long_list_has_time_as_long_as_it_goes_on(self) -> None:
        line = logged_in()
        answer = line.protocol.send_list(Action("Status", {"ActionID": "s"}))
        line.pbx.say("Response: Success\nActionID: s\nEventList: start")
        for _ in range(3):
            line.clock.advance(SETTINGS.action_timeout_s - 1)
            line.pbx.say("Event: Status\nActionID: s")
        line.clock.advance(SETTINGS.action_timeout_s)
        with pytest.raises(ActionTimeoutError):
            result(answer)

    def test_an_endless_list_ends_the_connection(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(protocol_module, "LIST_LIMIT", 1)
        line = logged_in()
        answer = line.protocol.send_list(Action("Status", {"ActionID": "s"}))
        line.pbx.say(*["Event: Status\nActionID: s"] * 2)
        with pytest.raises(ConnectionGoneError, match="more than 1 items"):
            result(answer)


class TestKeepAlive:
    def test_pings_go_on_and_tell_the_lag(self) -> None:
        line = logged_in()
        line.protocol.keep_alive()
        ping = line.pbx.expect("Ping")
        line.clock.advance(0.5)
        line.pbx.accept(ping)
        assert line.lags == [0.5]
        line.clock.advance(SETTINGS.ping_interval_s - 0.5)
        line.pbx.accept(line.pbx.expect("Ping"))
        line.pbx.link.end()
        line.clock.advance(60)
        assert line.pbx.hear() == []

    def test_a_silent_link_is_dropped(self) -> None:
        line = logged_in()
        line.protocol.keep_alive()
        line.clock.advance(SETTINGS.ping_deadline_s)
        assert line.pbx.link.gone
        assert "did not answer a ping for 4 s" in str(result(line.protocol.wait_gone()))


class TestEvents:
    def test_unwanted_ones_are_skipped(self) -> None:
        line = logged_in()
        line.pbx.say("Event: VarSet\nVariable: x", "Event: Hangup", "Some: thing")
        assert [event.name for event in line.events] == ["Hangup"]
        assert line.protocol.events == 1

    def test_bad_input_is_left_out_and_the_rest_goes_on(self, caplog: pytest.LogCaptureFixture) -> None:
        seen: list[str] = []

        def on_event(message: Message) -> None:
            seen.append(message.get("Uniqueid"))
            if message.get("Uniqueid") == "1":
                raise BadMessageError("no contact in it")

        line = logged_in(on_event)
        line.pbx.say("Event: Hangup\nUniqueid: 1", "Event: Hangup\nUniqueid: 2")
        assert seen == ["1", "2"]
        assert line.protocol.bad_messages == 1
        assert "left out a message of the PBX: no contact in it" in caplog.text

    def test_a_fault_of_our_own_is_loud(self, caplog: pytest.LogCaptureFixture) -> None:
        def on_event(_: Message) -> None:
            raise AssertionError("broken")

        line = logged_in(on_event)
        with caplog.at_level(logging.CRITICAL), pytest.raises(AssertionError):
            line.pbx.say("Event: Hangup")
        line.pbx.link.end()  # which is what Twisted does next
        assert "a fault in handling what the PBX said" in caplog.text
        assert "a fault in handling" in str(result(line.protocol.wait_gone()))

    def test_a_socket_that_has_broken_off_unseen_ends_the_connection(self, monkeypatch: pytest.MonkeyPatch) -> None:
        line = logged_in()

        def write(data: bytes) -> None:
            raise RuntimeError("the handler is closed")  # as uvloop does

        monkeypatch.setattr(line.pbx.link, "write", write)
        answer = line.protocol.send(Action("Ping"))
        assert "written to when it had broken off" in str(result(line.protocol.wait_gone()))
        with pytest.raises(ConnectionGoneError):
            result(answer)
        assert line.clock.getDelayedCalls() == []

    @run_async
    async def test_a_socket_that_has_broken_off_with_more_to_write_can_be_dropped(self) -> None:
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
        connected: asyncio.Future[AmiProtocol] = asyncio.get_running_loop().create_future()

        class Made(AmiProtocol):
            def connectionMade(self) -> None:  # noqa: N802
                super().connectionMade()
                connected.set_result(self)

        def make() -> AmiProtocol:
            return Made(SETTINGS, SECRET, reactor, wanted=[], on_event=print, on_lag=print)

        factory: Any = ClientFactory()
        factory.buildProtocol = lambda _: make()
        cast(Any, reactor).connectTCP("127.0.0.1", server.sockets[0].getsockname()[1], factory)
        protocol = await connected
        link: Any = protocol.transport
        remove = link.stopReading

        def stop_reading() -> None:  # as uvloop does
            remove()
            link.stopReading = remove
            raise RuntimeError("the handler is closed")

        link.stopReading = stop_reading
        protocol.drop("for a test")
        assert str(await protocol.wait_gone().asFuture(asyncio.get_running_loop())) == "for a test"
        assert link.disconnected
        server.close()

    def test_lost_frames_end_the_connection(self) -> None:
        line = logged_in()
        line.protocol.dataReceived(b"x" * 300_000)
        assert "more than 262144 bytes" in str(result(line.protocol.wait_gone()))


class TcpTransport(StringTransport):
    """One that says what it was asked for."""

    no_delay = False

    def setTcpNoDelay(self, enabled: bool) -> None:  # noqa: N802 - Twisted's name
        self.no_delay = enabled


classImplements(TcpTransport, ITCPTransport)


def test_kernel_is_asked_to_send_each_action_at_once() -> None:
    transport = TcpTransport()  # type: ignore[no-untyped-call]
    Line().protocol.makeConnection(transport)  # type: ignore[no-untyped-call]
    assert transport.no_delay
