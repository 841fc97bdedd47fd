"""Ports of 127.0.0.1 for servers and phones, several runs of the tests side by side.

The one idea: a server that dies has to find its port again when it comes back. The kernel gives ports of a range of its
own to every connection and to whoever asks for any port; so a server's port is drawn from below that range, where
nobody comes by chance.
"""

import random
import socket

SERVERS = range(10_000, 20_000)  # the sample PBX's sound has 20000 to 29999, the kernel's own range begins at 32768
ATTEMPTS = 100


def server_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A free port for a server that may be stopped and started again; `kind` is SOCK_STREAM or SOCK_DGRAM."""
    for port in random.SystemRandom().sample(SERVERS, ATTEMPTS):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError(f"{ATTEMPTS} ports drawn from {SERVERS.start} to {SERVERS.stop - 1} are all taken")


def passing_port(kind: socket.SocketKind) -> int:
    """A free port for what ends once and for all, such as one of many SIPp processes."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
