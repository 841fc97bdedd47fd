"""The start of a daemon that may not be the only one of its journal: it stands by until it is in charge.

One idea: to stand by is to wait for the lease, and nothing else. All that the one in charge knows is in the journal,
and to read it takes a fraction of a second; so there is one way to begin, whether after a crash, a restart or a
takeover, and it is used every day.
"""

import asyncio
import contextlib
import gc
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path

from callcenter.desktop.address import bind
from callcenter.desktop.tls import tls_of
from callcenter.recovery import JOURNAL_PATIENCE_S, gap_file
from callcenter.settings import Loaded, Settings, SettingsError, load
from callcenter.stores.journal import Journal
from callcenter.stores.lease import Charge, Lease, LeaseUnavailableError, Node
from callcenter.systemd import ServiceManager

log = logging.getLogger(__name__)

POLL_S = 0.2
GAP_PATIENCE_S = 2.0


async def take_charge(
    journal: Journal, node: Node, settings: Settings, service_manager: ServiceManager, lost: Callable[[], None]
) -> tuple[Charge, float]:
    """Return once no other daemon is in charge, with the seconds for which Redis has still to be waited for.

    Meanwhile the settings' HTTP address says that this daemon stands by. `lost` is called if another takes over later.
    """
    lease = journal.lease(node.name)
    async with contextlib.AsyncExitStack() as standing_by:

        async def begin() -> None:
            from callcenter.desktop.server import Server  # noqa: PLC0415 - most starts need none of this
            from callcenter.desktop.standing_by import create_standby_app  # noqa: PLC0415

            http = settings.http
            server = Server(create_standby_app(), None, bind(http.host, http.port), tls_of(http))
            standing_by.push_async_callback(server.stop)
            await server.start()
            service_manager.ready("stands by")
            log.info("another daemon is in charge of the journal %s: standing by", journal.stream)
            gc.collect()  # now there is time for it: the takeover will have less to walk through
            gc.freeze()
            gc.enable()

        patience_s = None if settings.redis.shared else _patience_s(settings)
        epoch = await wait_for_lease(lease, patience_s=patience_s, begin_to_stand_by=begin)
    reached = epoch is not None
    charge = Charge(lease, epoch or _epoch_without_redis(), lost)
    log.info("in charge, with epoch %d", charge.epoch)
    return charge, JOURNAL_PATIENCE_S if reached else 0.0


async def wait_for_lease(
    lease: Lease, *, patience_s: float | None, begin_to_stand_by: Callable[[], Awaitable[object]]
) -> int | None:
    """Wait until nobody else is in charge of the journal, and return our epoch.

    `begin_to_stand_by` is awaited once, where another daemon is in charge. Where Redis does not answer for `patience_s`
    seconds it returns None; with None it waits for Redis however long that takes, as does whoever stands by.

    A lease may have run out only because Redis was away. So whoever stands by leaves the one in charge the time to
    renew it first: that one knows what has happened meanwhile.
    """
    give_up_s = time.monotonic() + patience_s if patience_s is not None else None
    stands_by = was_away = False
    while True:
        try:
            if stands_by and was_away:
                await lease.look()
                await asyncio.sleep(lease.lease_s)
            was_away = False
            epoch = await lease.acquire()
        except LeaseUnavailableError:
            was_away = True
            gc.enable()  # it may be long before Redis is back, and each attempt leaves garbage
            if give_up_s is not None and time.monotonic() >= give_up_s and not stands_by:
                return None
        else:
            if epoch is not None:
                return epoch
            if not stands_by:
                stands_by = True
                await begin_to_stand_by()
        await asyncio.sleep(POLL_S)


def texts(config_path: Path, loaded: Loaded) -> Mapping[Path, bytes]:
    """What is in the files of the settings, the agents and the rules; those that cannot be read are left out."""
    rules = loaded.settings.routing
    paths = [config_path, loaded.settings.agents, *(sorted(rules.glob("*.yaml")) if rules.is_dir() else [rules])]
    found = {}
    for path in paths:
        with contextlib.suppress(OSError):
            found[path] = path.read_bytes()
    return found


async def as_they_are_now(config_path: Path, loaded: Loaded, seen: Mapping[Path, bytes]) -> Loaded:
    """Agents and rules as the files have them at this moment, where those are not the `seen` ones any more.

    Who stands by was started long ago. With mistakes in the files, what they said then goes on to count.
    """
    if texts(config_path, loaded) == seen:
        return loaded
    try:
        now = await asyncio.to_thread(load, config_path)
    except SettingsError as error:
        log.error("the files have mistakes now, what they said at the start of this process counts\n%s", error)
        return loaded
    return replace(now, settings=loaded.settings)


def _patience_s(settings: Settings) -> float:
    """A gap's file says that Redis was away when this daemon last ran, and holds all that is needed without it."""
    return GAP_PATIENCE_S if gap_file(settings).exists else JOURNAL_PATIENCE_S


def _epoch_without_redis() -> int:
    """The token of a daemon that starts without Redis: later than all that Redis has given out so far."""
    return time.time_ns() // 1_000_000
