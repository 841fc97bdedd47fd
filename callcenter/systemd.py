"""What the daemon tells the service manager that started it: ready, stopping, still alive, and one line of status.

One idea: the protocol is one datagram to the socket in NOTIFY_SOCKET (sd_notify(3)); where the variable is not set,
nobody wants to know. "Still alive" is told from the event loop, so a daemon that hangs is killed and started again.
"""

import asyncio
import os
import socket
from collections.abc import Mapping


class ServiceManager:
    """The one that `environment` tells of, if any. A message that cannot be delivered is left out: calls go on."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        self._watchdog_s = int(environment.get("WATCHDOG_USEC", "0") or 0) / 1_000_000
        for_pid = environment.get("WATCHDOG_PID", "")
        if for_pid and for_pid != str(os.getpid()):
            self._watchdog_s = 0.0

    @property
    def watchdog_interval_s(self) -> float | None:
        """How often it wants to hear that we are alive, halved for safety; None where it does not ask."""
        return self._watchdog_s / 2 or None

    def ready(self, status: str) -> None:
        self._tell(f"READY=1\nSTATUS={status}")

    def status(self, status: str) -> None:
        self._tell(f"STATUS={status}")

    def stopping(self) -> None:
        self._tell("STOPPING=1")

    async def stay_alive(self) -> None:
        """Tell that the event loop turns, until cancelled. Returns at once where nobody asks."""
        while self.watchdog_interval_s is not None:
            self._tell("WATCHDOG=1")
            await asyncio.sleep(self.watchdog_interval_s)

    def _tell(self, message: str) -> None:
        if not self._address:
            return
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as messenger:
            try:
                messenger.sendto(message.encode(), address)
            except OSError:
                return
