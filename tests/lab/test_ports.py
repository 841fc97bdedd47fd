"""A server's port waits for it; there is one for each who asks."""

import socket

import pytest

from lab import ports
from lab.ports import SERVERS, passing_port, server_port


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_servers_port_is_free_and_of_the_range_for_servers(kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as server:
        port = server_port(kind)
        server.bind(("127.0.0.1", port))
    assert port in SERVERS


def test_a_port_that_is_taken_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", server_port()))
        port = taken.getsockname()[1]
        monkeypatch.setattr(ports, "SERVERS", range(port, port + 1))
        monkeypatch.setattr(ports, "ATTEMPTS", 1)
        with pytest.raises(OSError, match=f"1 ports drawn from {port} to {port} are all taken"):
            server_port()
    assert server_port() == port


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_passing_port_is_free(kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as phone:
        phone.bind(("127.0.0.1", passing_port(kind)))
