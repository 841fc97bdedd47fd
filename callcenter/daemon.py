"""The composition root: makes the shells and the core, wires them, starts and stops them in order.

    events    PBX, directory, desktops  -> runner -> engine
    commands  engine -> runner -> PBX, directory, desktops, contact log, metrics

Reactor, signals and the process's end are the business of `process`.
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

from callcenter import garbage
from callcenter.accounts import Accounts, session_secret
from callcenter.call_settings import Outbound
from callcenter.commands import Command, LookUpCustomer, PbxCommand
from callcenter.contact_book import ContactBook
from callcenter.crm.directory import CustomerDirectory, LookUpOutcome
from callcenter.crm.sources import open_source
from callcenter.cti.asterisk import AsteriskPbx
from callcenter.cti.fencing import Fence
from callcenter.days import tell_days
from callcenter.desktop.address import bind
from callcenter.desktop.desk import AgentLogin, Health, RecentContact, RulesRefusedError
from callcenter.desktop.floor import EngineFloor
from callcenter.desktop.live.hub import Hub
from callcenter.desktop.tls import renew, tls_of
from callcenter.events import ConfigurationLoaded, DayBegan, Event, OfferingSet, PbxLost
from callcenter.metrics import LoopLag, Metrics
from callcenter.overview import AgentView, Overview
from callcenter.records import RecordChange
from callcenter.recovery import Recovered, gap_file, open_journal, recover
from callcenter.reports.service import ReportService
from callcenter.retention.daily import Daily
from callcenter.routing.explain import Explanation
from callcenter.rulebook.publishing import Publishing
from callcenter.rulebook.staffing import Staffing
from callcenter.runner import Runner, WallClock
from callcenter.scripts import Script
from callcenter.settings import Loaded, SettingsError
from callcenter.standby import as_they_are_now, take_charge, texts
from callcenter.stores.contact_log import ContactLog
from callcenter.stores.database import DATABASE_ERRORS, default_url, in_short, open_database
from callcenter.stores.figures import FiguresKept
from callcenter.stores.journal_keeper import JournalKeeper
from callcenter.stores.lease import FencedError, Node
from callcenter.stores.migrations import MigrationError, migrate
from callcenter.stores.snapshot import encode_snapshot
from callcenter.systemd import ServiceManager
from callcenter.types import AgentId, ContactId, PbxName, QueueName
from callcenter.watch import Watch

log = logging.getLogger(__name__)

MIGRATION_RETRY_S = 2.0
CANCEL_AGAIN_S = 0.1
STOP_LIMIT_S = 2.0  # for the phones to stop ringing
STOPPED_BY, STARTED_BY = "(stop)", "(start)"  # no supervisor can be called that
CONTACTS_OF_EACH_QUEUE = 20  # that screens are shown at least, for those who see some queues only


async def end_task(task: asyncio.Task[None]) -> None:
    """Cancel the task and wait for its end. It is asked again and again: a driver that is cancelled while it connects
    may turn that into an error of its own; the task takes it for a connection that failed, and goes on."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=CANCEL_AGAIN_S)


def _load_pages() -> None:
    """Import what serves the pages. That takes long, and a start has to wait for Redis and for the PBX anyway."""
    import callcenter.desktop.app  # noqa: PLC0415
    import callcenter.desktop.server  # noqa: F401, PLC0415


class Daemon:
    """Everything of one call center. It is also the `Desk` that the desktops are handed."""

    def __init__(self, config_path: Path, loaded: Loaded, reactor: Any) -> None:
        self._config_path = config_path
        self._loaded = loaded
        self._reactor = reactor
        self._service_manager = ServiceManager()
        self._silence: Callable[[str], None] = lambda _: None
        self._closing = contextlib.AsyncExitStack()
        self._has_been_synced = False
        self._unanswered: list[LookUpCustomer] = []  # of the run before; callers are asked for first, at the PBX
        self._serves = False
        self.failure: BaseException | None = None

    # ---- starting and stopping

    async def start(self) -> None:
        """Bring everything up; calls are taken as soon as the PBX is synced, whatever SQL does."""
        self._pages_loaded = asyncio.create_task(asyncio.to_thread(_load_pages))
        settings = self._loaded.settings
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)  # customers and their contacts are in it
        self._session_secret = session_secret(settings.http.session_secret_file, settings.data_dir)
        self._tls = tls_of(settings.http)
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
        self._figures = FiguresKept(self._database.engine)
        gap = gap_file(settings)
        self._keeper = JournalKeeper(self._journal, gap, snapshot_every=settings.redis.snapshot_every, fail=self._fail)
        self._closing.push_async_callback(self._keeper.close)
        recovered = await recover(self._journal, gap, self._loaded.configuration, patience_s)
        self._make_core(recovered)
        self._rules = Publishing(self._config_path, self._loaded, self._database.engine, self._take, self._clock.now_ms)
        self._loaded = await self._rules.begin()
        self._staff = Staffing(self._rules)
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
        engine = self._runner.engine
        self._metrics = Metrics(self.overview, lambda: engine.snapshot().totals, agents=settings.metrics.agents)
        self._metrics.at_rest = self._runner.at_rest
        self._pbx.lag_observers.append(lambda seconds: self._metrics.ami_lag(name, seconds))
        self._pbx.synced_observers.append(self._pbx_synced)
        self._metrics.configure(self._loaded.configuration, self._loaded.not_ready_reasons)
        self._keeper.append_observers.append(self._metrics.journal_appended)
        self._runner.stats.decision_observers.append(self._metrics.observe_decision)
        kind = settings.crm.source
        self._metrics.customer_source(kind)
        self._directory = CustomerDirectory(
            self._database.engine,
            settings.crm,
            self._runner.submit,
            attributes=self._loaded.configuration.attributes,
            source=open_source(settings.crm),
            observe=self._looked_up,
            observe_source=lambda outcome, seconds: self._metrics.observe_source(kind, outcome.value, seconds),
            observe_cache=lambda result: self._metrics.observe_cache(result.value),
        )
        loaded, keep = (lambda: self._loaded), self._runner.submit_and_wait
        self._accounts = Accounts(self._database.engine, loaded, keep, self.now_ms, observe=self._metrics.webhook)
        self._accounts.nudge, self._runner.also = self._log.nudge, self._accounts.notices
        self._book = ContactBook(self._database.engine, lambda: self._runner.engine, settings.crm.default_region)
        self.reports = ReportService(settings, lambda: self._loaded.timezone, self.now_ms)
        self._hub = Hub(self)
        self._watch = Watch(self._journal, self._keeper, self._database, self._log, self._runner, self._pbx)
        self._lag = LoopLag(self._metrics)

    async def _start_shells(self, recovered: Recovered) -> None:
        self._closing.push_async_callback(self._log.close)
        self._closing.push_async_callback(self._figures.stop)
        self._closing.push_async_callback(self._directory.close)
        self._runner.start()
        self._closing.push_async_callback(self._runner.stop)
        for command in recovered.engine.resume():
            if isinstance(command, LookUpCustomer):
                self._unanswered.append(command)
            else:
                self._route(command)
        for pbx in recovered.engine.snapshot().pbxs:
            self._runner.submit(PbxLost(pbx))
        if recovered.engine.snapshot().offering_stopped_by is not None:
            self._runner.submit(OfferingSet(True, STARTED_BY))
        await self._runner.submit_and_wait(ConfigurationLoaded(self._loaded.configuration))
        self._run_beside(tell_days(self._begin_day, self._clock.now_ms))
        self._run_beside(self._migrate())
        self._run_beside(self._watch.go_on(self._looked))
        self._run_beside(self._accounts.tell_webhooks(self.overview))
        engine, clock, tell = self._database.engine, self._clock, self._metrics.retention
        self._run_beside(Daily(engine, self._loaded.settings, clock.now_ms, self._log, tell).go_on())
        self._lag.start()
        self._closing.push_async_callback(self._lag.stop)
        bound = bind(self._loaded.settings.http.host, self._loaded.settings.http.port)
        self._closing.callback(bound.close)
        self._pbx.start()
        self._closing.push_async_callback(self._stop_pbx)
        await self._open_pages(bound)
        garbage.settle()
        self._run_beside(garbage.collect_seldom())
        self._serves = True
        self._service_manager.ready("in charge")

    async def _open_pages(self, bound: socket.socket) -> None:
        """While the PBX lists its calls."""
        await self._pages_loaded
        from callcenter.desktop.app import create_app  # noqa: PLC0415 - see _load_pages
        from callcenter.desktop.server import Server  # noqa: PLC0415

        app = await asyncio.to_thread(create_app, self, self._hub, self._metrics)
        server = Server(app, self._hub, bound, self._tls)
        await server.start()
        self._closing.push_async_callback(server.stop)
        log.info("agents sign in at %s", server.url)

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
        renew(self._tls)
        log.info("configuration reloaded: %d agents, %d rules", len(loaded.logins), len(loaded.configuration.rules))

    async def _take(self, loaded: Loaded, reroute: bool) -> None:
        """Put a configuration in force, all of it in one event."""
        self._loaded = loaded
        self._metrics.configure(loaded.configuration, loaded.not_ready_reasons)
        self._directory.declare(loaded.configuration.attributes)
        await self._runner.submit_and_wait(ConfigurationLoaded(loaded.configuration, reroute))

    async def _stop_pbx(self) -> None:
        await self._pbx.stop().asFuture(asyncio.get_running_loop())

    def _run_beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Let it go on until what was started before it is stopped."""
        task = asyncio.create_task(work)
        task.add_done_callback(self._task_ended)

        self._closing.push_async_callback(end_task, task)

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

    def _looked_up(self, outcome: LookUpOutcome, duration_s: float) -> None:
        self._metrics.observe_lookup(outcome.value, duration_s)

    def _pbx_synced(self, synced: bool) -> None:
        name = self._loaded.settings.pbx.name
        self._metrics.pbx_up(name, synced)
        if synced and self._has_been_synced:
            self._metrics.ami_reconnected(name)
        self._has_been_synced |= synced
        if synced:
            for command in self._unanswered:
                self._route(command)
            self._unanswered.clear()

    def _begin_day(self, began: DayBegan) -> None:
        self._runner.submit(began)
        if not self._serves:
            return  # what was read has its hours for a year, and the next midnight gives it another
        self._expanding = asyncio.create_task(self._rules.expand_hours())
        self._expanding.add_done_callback(self._task_ended)

    # ---- watching

    async def _migrate(self) -> None:
        """Bring the schema up to date, as soon as the database lets us; calls don't wait for it."""
        while True:
            try:
                await migrate(self._database.engine)
                self._log.start()
                self._figures.start()
                await self._rules.settle()
                return
            except DATABASE_ERRORS as error:
                log.warning("the database cannot be prepared yet, trying again: %s", in_short(error))
            except MigrationError as error:
                self._fail(error)
                return
            await asyncio.sleep(MIGRATION_RETRY_S)

    async def _looked(self, database_is_there: bool) -> None:
        """The parts have been asked how they are."""
        keeper = self._keeper
        self._metrics.journal(keeper.problem is None, keeper.gap_bytes, keeper.events_lost, keeper.records_lost)
        self._metrics.contact_log_pending(self._log.pending)
        self._metrics.bounds(self._runner.waiting, self._clock.ahead_s(), self._hub.dropped_slow)
        if database_is_there:
            await self._rules.settle()

    # ---- the Desk

    @property
    def agents(self) -> Mapping[AgentId, AgentLogin]:
        return self._accounts.logins

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

    @property
    def floor(self) -> EngineFloor:
        return EngineFloor(lambda: self._runner.engine, lambda: self._loaded)

    @property
    def staff(self) -> Staffing:
        return self._staff

    def now_ms(self) -> int:
        return self._clock.now_ms()

    def overview(self) -> Overview:
        return self._runner.engine.overview(self._clock.now_ms(), of_each=CONTACTS_OF_EACH_QUEUE)

    async def draw(self) -> Overview:
        strokes = self._runner.engine.draw(self._clock.now_ms(), of_each=CONTACTS_OF_EACH_QUEUE)
        while True:
            try:
                next(strokes)
            except StopIteration as drawn:
                picture: Overview = drawn.value
                return picture
            await asyncio.sleep(0)

    def agent(self, agent: AgentId) -> AgentView | None:
        return self._runner.engine.agent(agent)

    def explain(self, contact: ContactId) -> Explanation | None:
        return self._runner.engine.explain(self.now_ms(), contact)

    def health(self) -> Mapping[str, Health]:
        return self._watch.health()

    @property
    def access(self) -> Accounts:
        return self._accounts

    async def submit(self, event: Event, change: RecordChange | None = None) -> str | None:
        return await self._runner.submit_and_wait(event, *(() if change is None else (change,)))

    @property
    def book(self) -> ContactBook:
        return self._book

    @property
    def pbx(self) -> PbxName:
        return PbxName(self._loaded.settings.pbx.name)

    @property
    def outbound(self) -> Outbound:
        return Outbound(self._loaded.settings.calls, self._loaded.settings.crm.default_region)

    @property
    def crm_link(self) -> str | None:
        return self._loaded.settings.crm.link

    def script(self, queue: QueueName) -> Script | None:
        return self._loaded.scripts.get(queue)

    async def recent_contacts(self, customer_ids: Sequence[int], caller: str | None) -> Sequence[RecentContact]:
        return await self._book.recent(self._log, customer_ids, caller)
