"""The composition root: makes the shells and the core, wires them, starts and stops them in order.

    events    PBX, directory, desktops  -> runner -> engine
    commands  engine -> runner -> PBX, directory, desktops, contact log, metrics

Reactor, signals and the process's end are the business of `process`.
"""

import asyncio
import contextlib
import gc
import logging
import secrets
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

from callcenter.commands import Command, PbxCommand
from callcenter.crm.directory import CustomerDirectory, LookUpOutcome
from callcenter.cti.asterisk import AsteriskPbx
from callcenter.cti.fencing import Fence
from callcenter.days import tell_days
from callcenter.desktop.app import create_app
from callcenter.desktop.desk import AgentLogin, Health, RecentContact, RulesRefusedError
from callcenter.desktop.live.hub import Hub
from callcenter.desktop.server import Server
from callcenter.events import ConfigurationLoaded, DayBegan, Event, OfferingSet, PbxLost
from callcenter.metrics import LoopLag, Metrics
from callcenter.overview import Overview
from callcenter.recovery import Recovered, gap_file, open_journal, recover
from callcenter.routing.explain import Explanation
from callcenter.rulebook.publishing import Publishing
from callcenter.runner import Runner, WallClock
from callcenter.settings import Loaded, SettingsError
from callcenter.standby import as_they_are_now, take_charge, texts
from callcenter.stores.contact_log import ContactLog
from callcenter.stores.database import DATABASE_ERRORS, default_url, in_short, open_database
from callcenter.stores.journal_keeper import JournalKeeper
from callcenter.stores.lease import FencedError, Node
from callcenter.stores.migrations import MigrationError, migrate
from callcenter.stores.rule_versions import RuleVersions
from callcenter.stores.snapshot import encode_snapshot
from callcenter.systemd import ServiceManager
from callcenter.types import AgentId, ContactId

log = logging.getLogger(__name__)

WATCH_INTERVAL_S = 1.0
MIGRATION_RETRY_S = 2.0
STOP_LIMIT_S = 2.0  # for the phones to stop ringing
STOPPED_BY, STARTED_BY = "(stop)", "(start)"  # no supervisor can be called that
SESSION_SECRET_BYTES = 32


class Daemon:
    """Everything of one call center. It is also the `Desk` that the desktops are handed."""

    def __init__(self, config_path: Path, loaded: Loaded, reactor: Any) -> None:
        self._config_path = config_path
        self._loaded = loaded
        self._reactor = reactor
        self._service_manager = ServiceManager()
        self._silence: Callable[[str], None] = lambda _: None
        self._closing = contextlib.AsyncExitStack()
        self._health: dict[str, Health] = {}
        self._has_been_synced = False
        self._serves = False
        self.failure: BaseException | None = None

    # ---- starting and stopping

    async def start(self) -> None:
        """Bring everything up; calls are taken as soon as the PBX is synced, whatever SQL does."""
        settings = self._loaded.settings
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)  # customers and their contacts are in it
        self._session_secret = _session_secret(settings.http.session_secret_file, settings.data_dir)
        node = Node(settings.data_dir)
        node.take()
        self._closing.callback(node.release)
        self._run_beside(self._service_manager.stay_alive())
        self._journal = await open_journal(settings, self._closing)
        seen = texts(self._config_path, self._loaded)
        self._charge, patience_s = await take_charge(self._journal, node, settings, self._service_manager, self._fenced)
        self._loaded = await as_they_are_now(self._config_path, self._loaded, seen)
        self._journal.epoch = self._charge.epoch
        self._closing.push_async_callback(self._charge.release)
        self._run_beside(self._charge.keep())
        self._database = open_database(settings.database.url or default_url(settings.data_dir))
        self._closing.push_async_callback(self._database.close)
        self._log = ContactLog(
            self._database.engine,
            self._journal.records,
            settings.data_dir,
            default_region=settings.crm.default_region,
        )
        gap = gap_file(settings)
        self._keeper = JournalKeeper(self._journal, gap, snapshot_every=settings.redis.snapshot_every, fail=self._fail)
        self._closing.push_async_callback(self._keeper.close)
        recovered = await recover(self._journal, gap, self._loaded.configuration, patience_s)
        self._make_core(recovered)
        versions = RuleVersions(self._database.engine)
        self._rules = Publishing(self._config_path, self._loaded, versions, self._take, self._clock.now_ms)
        await self._rules.begin()
        self._make_shells()
        await self._start_shells(recovered)

    def _fenced(self, newest: int | None = None) -> None:
        """Another daemon is in charge: nothing more may leave this one."""
        error = FencedError(
            f"another daemon has taken over, {newest or 'with a later epoch'}; ours {self._charge.epoch}"
        )
        self._silence(str(error))
        self._fail(error)

    def _make_core(self, recovered: Recovered) -> None:
        self._clock = WallClock(recovered.now_ms)
        self._keeper.start(lambda: encode_snapshot(recovered.engine.snapshot()), recovered.away_at)
        self._runner = Runner(
            recovered.engine,
            self._keeper,
            clock=self._clock,
            outlets=[self._route],
            confirm=self._charge.confirm,
            fail=self._fail,
        )

    def _make_shells(self) -> None:
        settings = self._loaded.settings
        self._pbx = AsteriskPbx(
            settings.pbx,
            settings.pbx.secret or "",
            self._runner.submit,
            self._reactor,
            default_region=settings.crm.default_region,
            fence=Fence(self._charge.epoch, self._fenced),
        )
        self._silence = self._pbx.silence
        name = settings.pbx.name
        self._metrics = Metrics(self.overview)
        self._pbx.lag_observers.append(lambda seconds: self._metrics.ami_lag(name, seconds))
        self._pbx.synced_observers.append(self._pbx_synced)
        self._metrics.configure(self._loaded.configuration)
        self._runner.stats.decision_observers.append(self._metrics.observe_decision)
        self._directory = CustomerDirectory(
            self._database.engine,
            settings.crm,
            self._runner.submit,
            attributes=self._loaded.configuration.attributes,
            observe=self._looked_up,
        )
        self._hub = Hub(self)
        self._server = Server(
            create_app(self, self._hub, self._metrics), self._hub, settings.http.host, settings.http.port
        )
        self._lag = LoopLag(self._metrics)

    async def _start_shells(self, recovered: Recovered) -> None:
        self._closing.push_async_callback(self._log.close)
        self._closing.push_async_callback(self._directory.close)
        self._runner.start()
        self._closing.push_async_callback(self._runner.stop)
        for command in recovered.engine.resume():
            self._route(command)
        for pbx in recovered.engine.snapshot().pbxs:
            self._runner.submit(PbxLost(pbx))
        if recovered.engine.snapshot().offering_stopped_by is not None:
            self._runner.submit(OfferingSet(True, STARTED_BY))
        await self._runner.submit_and_wait(ConfigurationLoaded(self._loaded.configuration))
        self._run_beside(tell_days(self._begin_day, self._clock.now_ms))
        self._run_beside(self._migrate())
        self._run_beside(self._watch())
        self._lag.start()
        self._closing.push_async_callback(self._lag.stop)
        await self._server.start()
        self._closing.push_async_callback(self._server.stop)
        self._pbx.start()
        self._closing.push_async_callback(self._stop_pbx)
        # What has been made by now stays: a full collection that walks all of it would hold up calls for 0.1 s.
        gc.collect()
        gc.freeze()
        self._serves = True
        self._service_manager.ready("in charge")
        log.info("agents sign in at %s", self._server.url)

    async def stop(self) -> None:
        """Stop in the reverse order of the start, however far that came. Callers stay in hold at the PBX."""
        self._service_manager.stopping()
        if self._serves and self.failure is None:
            await self._let_phones_go()
        await self._closing.aclose()
        log.info("stopped")

    async def _let_phones_go(self) -> None:
        """No new offers, and the phones that ring are let go; who is talking talks on."""
        with contextlib.suppress(TimeoutError, asyncio.CancelledError):  # the journal or the PBX is away: stop without
            async with asyncio.timeout(STOP_LIMIT_S):
                await self._runner.submit_and_wait(OfferingSet(False, STOPPED_BY, withdraw=True))
                while self._pbx.ringing:  # noqa: ASYNC110 - the mirror says it when it is looked at
                    await asyncio.sleep(0.02)

    async def reload(self) -> None:
        """Take the settings' files anew: rules, queues and agents at once, the rest at the next start."""
        if not self._serves:
            return  # who stands by reads them when it takes over
        try:
            loaded = await self._rules.reload()
        except (SettingsError, RulesRefusedError) as error:
            log.error("the configuration in use stays, the new one has mistakes\n%s", error)
            return
        log.info("configuration reloaded: %d agents, %d rules", len(loaded.logins), len(loaded.configuration.rules))

    async def _take(self, loaded: Loaded, reroute: bool) -> None:
        """Put a configuration in force, all of it in one event."""
        self._loaded = loaded
        self._metrics.configure(loaded.configuration)
        self._directory.declare(loaded.configuration.attributes)
        await self._runner.submit_and_wait(ConfigurationLoaded(loaded.configuration, reroute))

    async def _stop_pbx(self) -> None:
        await self._pbx.stop().asFuture(asyncio.get_running_loop())

    def _run_beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Let it go on until what was started before it is stopped."""
        task = asyncio.create_task(work)
        task.add_done_callback(self._task_ended)

        async def end() -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        self._closing.push_async_callback(end)

    def _task_ended(self, task: asyncio.Task[None]) -> None:
        """A watcher that died would leave /health/ready at what it saw last."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        """Something that must not happen has: end loudly, the PBX keeps the callers, the next start restores them."""
        if self.failure is None:
            self.failure = error
            log.critical("a broken invariant stops the daemon", exc_info=error)
            self._reactor.stop()

    # ---- commands to the shells

    def _route(self, command: Command) -> None:
        if isinstance(command, PbxCommand):
            self._pbx.execute(command)
        else:
            self._hub.execute(command)
            self._directory.execute(command)
            self._log.execute(command)
        self._metrics.execute(command)

    def _looked_up(self, outcome: LookUpOutcome, duration_s: float) -> None:
        self._metrics.observe_lookup(outcome.value, duration_s)

    def _pbx_synced(self, synced: bool) -> None:
        name = self._loaded.settings.pbx.name
        self._metrics.pbx_up(name, synced)
        if synced and self._has_been_synced:
            self._metrics.ami_reconnected(name)
        self._has_been_synced |= synced

    def _begin_day(self, began: DayBegan) -> None:
        self._runner.submit(began)
        self._expanding = asyncio.create_task(self._rules.expand_hours())
        self._expanding.add_done_callback(self._task_ended)

    # ---- watching

    async def _migrate(self) -> None:
        """Bring the schema up to date, as soon as the database lets us; calls don't wait for it."""
        while True:
            try:
                await migrate(self._database.engine)
                self._log.start()
                await self._rules.settle()
                return
            except DATABASE_ERRORS as error:
                log.warning("the database cannot be prepared yet, trying again: %s", in_short(error))
            except MigrationError as error:
                self._fail(error)
                return
            await asyncio.sleep(MIGRATION_RETRY_S)

    async def _watch(self) -> None:
        """Ask Redis and SQL how they are; the PBX tells by itself."""
        while True:
            journal, database = await asyncio.gather(self._journal.health(), self._database.health())
            if journal.ok:
                self._keeper.nudge()
            self._health["redis"] = Health(journal.ok, journal.words)
            log_health = self._log.health()
            sql = database if not database.ok else log_health
            self._health["sql"] = Health(sql.ok, f"{database.words}; {log_health.words}" if sql.ok else sql.words)
            keeper = self._keeper
            self._metrics.journal(keeper.problem is None, keeper.gap_bytes, keeper.events_lost, keeper.records_lost)
            self._metrics.contact_log_pending(self._log.pending)
            self._metrics.bounds(self._runner.waiting, self._clock.ahead_s(), self._hub.dropped_slow)
            if database.ok:
                await self._rules.settle()
            await asyncio.sleep(WATCH_INTERVAL_S)

    # ---- the Desk

    @property
    def agents(self) -> Mapping[AgentId, AgentLogin]:
        return {
            login.id: AgentLogin(login.id, login.name, login.password_hash, login.roles)
            for login in self._loaded.logins.values()
        }

    @property
    def dispositions(self) -> Sequence[str]:
        return self._loaded.dispositions

    @property
    def not_ready_reasons(self) -> Sequence[str]:
        return self._loaded.not_ready_reasons

    @property
    def session_secret(self) -> bytes:
        return self._session_secret

    @property
    def rules(self) -> Publishing:
        return self._rules

    def now_ms(self) -> int:
        return self._clock.now_ms()

    def overview(self) -> Overview:
        return self._runner.engine.overview(self._clock.now_ms())

    def explain(self, contact: ContactId) -> Explanation | None:
        return self._runner.engine.explain(self.now_ms(), contact)

    def health(self) -> Mapping[str, Health]:
        not_yet = Health(False, "has not been asked yet")
        pbx = self._pbx.health
        keeping = self._keeper.health()
        return {
            "pbx": Health(pbx.synced, pbx.words),
            "redis": self._health.get("redis", not_yet),
            "sql": self._health.get("sql", not_yet),
            "engine": Health(
                keeping.ok, f"{self._runner.stats.handled} events handled; {keeping.words}{self._drained}"
            ),
        }

    @property
    def _drained(self) -> str:
        stopped_by = self._runner.engine.snapshot().offering_stopped_by
        return "" if stopped_by is None else f"; no offers are made, {stopped_by} has asked for it"

    async def submit(self, event: Event) -> None:
        await self._runner.submit_and_wait(event)

    async def recent_contacts(self, customer_ids: Sequence[int], caller: str | None) -> Sequence[RecentContact]:
        contacts = await self._log.recent(customer_ids, caller)
        return [
            RecentContact(
                arrived_ms=contact.arrived_ms,
                queue=contact.queue,
                agent=contact.agent,
                outcome=contact.outcome,
                disposition=contact.disposition,
                talked_ms=contact.talk_ms or None,
            )
            for contact in contacts
        ]


def _session_secret(file: Path | None, data_dir: Path) -> bytes:
    """The key of the sessions: from the admin's file, else made once and kept in the data directory."""
    if file is not None:
        return file.read_bytes()
    kept = data_dir / "session-secret"
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_bytes(secrets.token_bytes(SESSION_SECRET_BYTES))
    return kept.read_bytes()
