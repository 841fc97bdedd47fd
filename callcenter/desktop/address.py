"""The address that the pages are served at: bound and listening before there is anything to serve.

Who connects in between waits for the answer, and is not refused.
"""

import errno
import socket

BACKLOG = 1_024


class AddressError(Exception):
    """The address to serve at cannot be used; the text says which and how to mend it."""


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens at host:port, port 0: any free one. Raises AddressError."""
    where = f"{host}:{port} (http.host and http.port in config/callcenter.yaml)"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise AddressError(f"{where} is no address of this machine: {error.strerror}; use 127.0.0.1 or ::") from error
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(BACKLOG)
        bound.setblocking(False)
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise AddressError(f"{where} is in use by another program; end that one or choose another port") from error
        if error.errno == errno.EACCES:
            raise AddressError(f"{where} needs more rights; choose a port above 1023") from error
        raise AddressError(f"{where} cannot be used: {error.strerror}; choose an address of this machine") from error
    return bound
