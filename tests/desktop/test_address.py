"""The address that the pages are served at."""

import contextlib
import socket

import pytest

from callcenter.desktop.address import AddressError, bind


def test_who_connects_before_anything_is_served_waits_and_is_not_refused() -> None:
    with contextlib.closing(bind("127.0.0.1", 0)) as bound:
        socket.create_connection(bound.getsockname()[:2], timeout=5).close()


def test_a_busy_port_is_a_clear_error() -> None:
    with contextlib.closing(bind("127.0.0.1", 0)) as bound:
        port = bound.getsockname()[1]
        with pytest.raises(AddressError, match=rf"127\.0\.0\.1:{port} \(http\.host.*in use.*another port"):
            bind("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host"])
def test_an_address_that_is_not_ours_is_a_clear_error(host: str) -> None:
    with pytest.raises(AddressError, match=r"http\.host"):
        bind(host, 0)
