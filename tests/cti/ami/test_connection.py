"""How the connection comes, goes, comes again and ends, seen through a whole PBX connection in memory."""

import logging
from pathlib import Path
from typing import Any

import pytest

from callcenter.events import PbxLost, PbxSynced
from callcenter.settings import AmiTls
from callcenter.types import PbxName
from tests.cti.world import World, end_of_all_worlds, started

__all__ = ["end_of_all_worlds"]

PBX = PbxName("main")
SYNCED = PbxSynced(PBX, (), (), (), ())


class TestReconnect:
    def test_down_at_the_start_is_said_once(self, caplog: pytest.LogCaptureFixture) -> None:
        world = World()
        world.pbx.start()
        for _ in range(4):
            world.net.refuse()
            world.advance(20)
        errors = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
        assert len(errors) == 1
        assert "can't connect to the PBX at 127.0.0.1:5038: Connection was refused" in errors[0]
        assert world.events == []
        world.up()
        assert world.events == [SYNCED]
        assert world.pbx.health.last_error is None
        assert world.pbx.health.reconnects == 0

    def test_waits_double_up_to_the_most_and_are_drawn(self) -> None:
        world = World(reconnect_min_s=1, reconnect_max_s=6)
        world.pbx.start()
        for bound_s, draw in ((1, 0.5), (2, 0.25), (4, 0.5), (6, 0.5), (6, 0.99), (6, 0.1)):
            world.draws = [draw]
            world.net.refuse()
            tries = world.net.tries
            world.advance(bound_s * draw - 0.01)
            assert world.net.tries == tries
            world.advance(0.02)
            assert world.net.tries == tries + 1

    def test_lost_is_told_once_and_synced_again(self) -> None:
        world, other = started()
        told: list[bool] = []
        world.pbx.synced_observers.append(told.append)
        other.link.end()
        assert not world.pbx.health.connected
        assert not world.pbx.health.synced
        for _ in range(3):
            world.advance(15)
            world.net.refuse()
        world.advance(15)
        world.up()
        assert world.events == [SYNCED, PbxLost(PBX), SYNCED]
        assert told == [False, True]
        assert world.pbx.health.reconnects == 1

    def test_a_link_that_breaks_during_the_sync_is_no_loss(self) -> None:
        world = World()
        world.pbx.start()
        other = world.net.answer()
        other.let_in()
        other.link.end()
        assert world.events == []
        world.advance(0.5)
        world.up()
        assert world.events == [SYNCED]

    def test_waits_are_short_again_after_a_good_while(self) -> None:
        world = World()
        world.pbx.start()
        for _ in range(6):
            world.net.refuse()
            world.advance(20)
        other = world.up()
        for _ in range(20):
            world.advance(1)
            for action in other.hear():
                other.accept(action)
        tries = world.net.tries
        other.link.end()
        world.advance(0.25)
        assert world.net.tries == tries + 1

    def test_a_wrong_secret_is_tried_slowly(self, caplog: pytest.LogCaptureFixture) -> None:
        world = World()
        world.pbx.start()
        for _ in range(2):
            other = world.net.answer()
            other.greet()
            other.accept(other.expect("Challenge"), "\nChallenge: 1")
            other.refuse(other.expect("Login"), "Authentication failed")
            assert other.link.gone
            tries = world.net.tries
            world.advance(3.74)  # of at most 5 s, with the world's middling draws
            assert world.net.tries == tries
            world.advance(0.1)
        assert caplog.text.count("compare pbx.username and pbx.secret") == 1

    def test_a_silent_link_is_made_anew(self) -> None:
        world, other = started()
        world.advance(2)
        world.advance(4)
        assert other.link.gone
        assert world.events == [SYNCED, PbxLost(PBX)]
        assert world.pbx.health.words == "the PBX did not answer a ping for 4 s"

    def test_a_name_that_the_dns_never_answers_is_given_up_and_asked_for_again(self) -> None:
        world = World(host="pbx.example", connect_timeout_s=3, reconnect_max_s=1)
        asked = _swallow_look_ups(world)
        world.pbx.start()
        world.advance(5.9)
        assert world.pbx.health.words == "not connected yet"
        world.advance(0.2)
        assert "does the DNS answer for pbx.host?" in world.pbx.health.words
        world.advance(1.0)
        assert asked == ["pbx.example"] * 2

    def test_an_unreadable_ca_file_is_named(self, tmp_path: Path) -> None:
        for text in (None, "no certificate"):
            path = tmp_path / "ca.pem"
            if text is not None:
                path.write_text(text)
            world = World(tls=AmiTls(ca_file=path))
            world.pbx.start()
            assert f"pbx.tls.ca_file {path} has no certificate that can be read" in world.pbx.health.words


class TestStop:
    def test_while_connected_closes_and_tells_nothing(self) -> None:
        world, other = started()
        done: list[None] = []
        world.pbx.stop().addCallback(done.append)
        assert done == [None]
        assert other.link.gone
        assert world.events == [SYNCED]
        world.advance(60)
        assert world.net.tries == 1
        assert world.net.reactor.getDelayedCalls() == []

    def test_while_waiting_and_while_connecting(self) -> None:
        world = World()
        world.pbx.start()
        world.net.refuse()
        world.pbx.stop()
        assert world.net.reactor.getDelayedCalls() == []
        world = World()
        world.pbx.start()
        world.pbx.stop()
        world.advance(60)
        assert world.net.tries == 1

    def test_while_a_name_is_looked_up(self, caplog: pytest.LogCaptureFixture) -> None:
        world = World(host="pbx.example")
        _swallow_look_ups(world)
        world.pbx.start()
        world.pbx.stop()
        assert world.net.reactor.getDelayedCalls() == []
        assert caplog.records == []

    def test_before_the_start(self) -> None:
        done: list[None] = []
        World().pbx.stop().addCallback(done.append)
        assert done == [None]


class _SwallowingResolver:
    """A DNS that never answers."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def resolveHostName(self, receiver: Any, host: str, *_: object, **__: object) -> Any:  # noqa: N802
        self.asked.append(host)
        receiver.resolutionBegan(self)
        return self

    def cancel(self) -> None:
        pass


def _swallow_look_ups(world: World) -> list[str]:
    resolver = _SwallowingResolver()
    world.net.reactor.nameResolver = resolver
    return resolver.asked
