"""The daemon as a process: its reactor, its log, its signals, and how it ends.

The reactor is Twisted's asyncio reactor on uvloop: Twisted's AMI connection and asyncio's HTTP, SQL and Redis share one
loop. Signals belong to the reactor.
"""

import asyncio
import logging
import os
import signal
import time
from pathlib import Path
from typing import Any

import uvloop
from twisted.internet import asyncioreactor
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from callcenter.daemon import Daemon, end_task
from callcenter.settings import load

log = logging.getLogger(__name__)


def run(config_path: Path) -> int:
    """Run until a signal or a failure; return the exit code. Raises SettingsError before anything is started."""
    loaded = load(config_path)
    logging.basicConfig(
        level=loaded.settings.log_level.upper(),
        format="%(asctime)s.%(msecs)03dZ %(levelname)-8s %(name)s: %(message)s",
        datefmt="%Y-%m-%dT%H:%M:%S",
    )
    logging.Formatter.converter = time.gmtime
    for chatty in ("uvicorn", "alembic", "httpx"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    for warning in loaded.warnings:
        log.warning("%s", warning)
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    asyncioreactor.install(loop)  # type: ignore[no-untyped-call]
    from twisted.internet import reactor as installed  # noqa: PLC0415 - only now is it the one that we want

    reactor: Any = installed
    daemon = Daemon(config_path, loaded, reactor)

    async def start() -> None:
        try:
            await daemon.start()
        except Exception as error:
            daemon.failure = error
            log.critical("the daemon does not start: %s", error, exc_info=log.isEnabledFor(logging.DEBUG))
            reactor.stop()

    starting = loop.create_task(start())  # begins as soon as the loop runs

    def begin() -> None:
        loop.add_signal_handler(signal.SIGHUP, lambda: loop.create_task(daemon.reload()))

    async def stop() -> None:
        await end_task(starting)  # else it would go on opening what is being closed
        await daemon.stop()

    def leave(result: object) -> None:
        """Go at once: the reactor and libuv would wait for a look-up of a name, which nobody can break off."""
        if isinstance(result, Failure):
            daemon.failure = result.value
            log.critical("the daemon did not stop in order", exc_info=result.value)
        logging.shutdown()
        os._exit(0 if daemon.failure is None else 1)

    def end() -> Deferred[None]:
        return Deferred.fromFuture(loop.create_task(stop())).addBoth(leave)

    reactor.callWhenRunning(begin)
    reactor.addSystemEventTrigger("before", "shutdown", end)
    reactor.run()
    return 0 if daemon.failure is None else 1
