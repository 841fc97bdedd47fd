"""A desk with a few agents and queues, for the tests: enough of an engine for the pages to have something to show."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from argon2 import PasswordHasher

from callcenter.admin.files import AgentEntry, AgentsFile
from callcenter.admin.versions import Files, RuleVersion
from callcenter.call_settings import CallSettings, Outbound
from callcenter.commands import AgentChanged, Command, QueueChanged, ScreenPop
from callcenter.desktop.desk import AgentLogin, Health, RecentContact, RulesConflictError, RulesDraft
from callcenter.desktop.floor import Floor
from callcenter.desktop.live.hub import Hub
from callcenter.desktop.reporting import ReportForm, ReportMade, ReportRefusedError, ReportWanted
from callcenter.desktop.staff import Staff
from callcenter.events import (
    AgentNotReady,
    AgentReady,
    AgentSignedIn,
    AgentSignedOut,
    ContactMoved,
    ContactPrioritised,
    ContactWithdrawn,
    Event,
    NoteAdded,
    OfferingSet,
    QueueStateSet,
    WrapUpEnded,
)
from callcenter.orders import (
    AgentSkillsSet,
    AgentStateSet,
    ContactGiven,
    ListenAsked,
    ListenStopped,
    MessageSent,
)
from callcenter.overview import AgentView, ContactView, Overview, QueueView
from callcenter.records import RecordChange
from callcenter.routing.explain import AgentReason, Explanation
from callcenter.scripts import Script
from callcenter.stories import Logged, Story, Wanted
from callcenter.types import (
    AgentId,
    AgentState,
    ContactId,
    ContactState,
    Customer,
    DeviceStatus,
    OfferId,
    PbxName,
    QueueName,
    Skill,
    SkillName,
    Tier,
)
from tests.desktop.fake_access import FakeAccess
from tests.desktop.fake_floor import FakeFloor
from tests.desktop.fake_staff import FakeStaff

PASSWORD = "right horse battery"
HASH = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
ANNA, BORIS, SUSAN = AgentId("anna"), AgentId("boris"), AgentId("susan")
SALES, SUPPORT = QueueName("sales"), QueueName("support")
PEOPLE = AgentsFile(
    agents=(
        AgentEntry(
            id=ANNA, name="Anna Lindqvist", device="PJSIP/1001", queues={SALES: 1, SUPPORT: 1}, password_hash=HASH
        ),
        AgentEntry(
            id=BORIS, name="Boris Novak", device="PJSIP/1002", queues={SALES: 1, SUPPORT: 1}, password_hash=HASH
        ),
        AgentEntry(id=SUSAN, name="Susan Supervisor", roles=("supervisor",), password_hash=HASH),
    )
)
DANA = Customer(7, "A-1007", "Dana Okafor", Tier("gold"), "en", "Prefers e-mail.\nRenewal due in March.")
BUSY_STATES = (AgentState.RESERVED, AgentState.TALKING, AgentState.WRAP_UP)


def agent_view(agent: AgentId, name: str, now_ms: int) -> AgentView:
    return AgentView(
        agent,
        name,
        AgentState.LOGGED_OUT,
        None,
        now_ms,
        None,
        None,
        None,
        DeviceStatus.FREE,
        (SALES, SUPPORT),
        phone=f"PJSIP/{agent}",
    )


def pop_for(agent: AgentId, now_ms: int, **changes: object) -> ScreenPop:
    pop = ScreenPop(
        agent=agent,
        offer=OfferId("offer-1"),
        contact=ContactId("contact-1"),
        caller="+12025550147",
        caller_name="D OKAFOR",
        dialled="8000",
        intent="renewal",
        language="en",
        tier=Tier("gold"),
        customers=(DANA,),
        identified=True,
        queue=SALES,
        priority=80,
        skills=(Skill(SkillName("sales"), 5), Skill(SkillName("english"), 3)),
        rule="gold-sales",
        because="tier is gold, dialled is 8000",
        arrived_ms=now_ms - 12_000,
    )
    return replace(pop, **changes)  # type: ignore[arg-type]


def waiting(contact: str, now_ms: int, queue: QueueName = SALES, **changes: object) -> ContactView:
    view = ContactView(
        ContactId(contact), ContactState.WAITING, Tier("gold"), queue, 60, "+12025550199", now_ms - 95_000, None
    )
    return replace(view, **changes)  # type: ignore[arg-type]


RECENT = (
    RecentContact(1_763_000_000_000, "sales", "Boris Novak", "answered", "sold", 184_000),
    RecentContact(1_762_500_000_000, "support", None, "abandoned", None, None),
)


class FakeRules:
    """Implements `Rules`. Drafts are kept in `drafts`; `refuse` is raised instead of publishing."""

    def __init__(self) -> None:
        self.kept = [RuleVersion(1, "(file)", 1_763_000_000_000, "read at start", 0, ("+routing.yaml",))]
        self.files: Files | None = {"routing.yaml": "version: 2\n# these count\n"}
        self.drafts: list[RulesDraft] = []
        self.refuse: Exception | None = None

    @property
    def in_force(self) -> RuleVersion:
        return self.kept[-1]

    async def versions(self, limit: int) -> Sequence[RuleVersion]:
        await asyncio.sleep(0)
        return self.kept[: -limit - 1 : -1]

    async def publish(self, draft: RulesDraft) -> RuleVersion:
        await asyncio.sleep(0)
        self.drafts.append(draft)
        if self.refuse is not None:
            raise self.refuse
        parent = self.in_force.number
        if draft.based_on != parent:
            raise RulesConflictError([version for version in self.kept[::-1] if version.number > draft.based_on])
        self.kept.append(
            RuleVersion(parent + 1, draft.author, 1_763_000_000_000 + parent, draft.message, parent, ("~routing.yaml",))
        )
        return self.in_force


class FakeContacts:
    """Implements `Contacts`. `stories` are those that there are, `wanted` what was looked for; `away` is raised."""

    def __init__(self) -> None:
        self.stories: dict[str, Story] = {}
        self.wanted: list[Wanted] = []
        self.away: Exception | None = None

    async def story(self, contact: ContactId) -> Story | None:
        await asyncio.sleep(0)
        if self.away is not None:
            raise self.away
        return self.stories.get(contact)

    async def find(self, wanted: Wanted) -> Sequence[Logged]:
        await asyncio.sleep(0)
        if self.away is not None:
            raise self.away
        self.wanted.append(wanted)
        found = sorted((story.contact for story in self.stories.values()), key=lambda one: -one.arrived_ms)
        return found[: wanted.limit]

    def number(self, text: str) -> str | None:
        return text if text.startswith("+") else None


class FakeReports:
    """Implements `Reports`: a report of no rows, and what was asked for."""

    def __init__(self) -> None:
        self.wanted: list[ReportWanted] = []
        self.away: Exception | None = None
        self.page = b"offered\r\n3\r\n"  # the one with plots

    async def make(self, wanted: ReportWanted) -> ReportMade:
        await asyncio.sleep(0)
        self.wanted.append(wanted)
        if self.away is not None:
            raise self.away
        if wanted.by not in (None, "15m", "30m", "60m", "day", "week", "month"):
            raise ReportRefusedError(f"{wanted.by!r} is no interval. Use one of: 15m, 30m, 60m, day, week, month")
        told = {
            "report": wanted.kind.value, "zone": wanted.zone or "UTC", "from_ms": 0, "to_ms": 900_000,
            "by": wanted.by, "group": [], "formula": "of_offered", "within_days": wanted.within_days,
            "columns": [{"key": "offered", "unit": "count", "formula": "contacts"}],
            "rows": [{"from_ms": 0, "to_ms": 900_000, "offered": 3}], "total": {"offered": 3}, "notes": [],
        }  # fmt: skip
        kinds = {ReportForm.CSV: "text/csv", ReportForm.HTML: "text/html", ReportForm.JSON: "application/json"}
        media_type = kinds.get(wanted.form, "application/vnd.apache.parquet")
        body = self.page if wanted.form is ReportForm.HTML else b"offered\r\n3\r\n"
        return ReportMade(told, body, media_type, f"{wanted.kind}-1970-01-01.{wanted.form}")


class FakeDesk:
    """Implements `Desk`. Events are kept in `events`; `on_submit` can delay or refuse them."""

    session_secret = b"0123456789abcdef0123456789abcdef"
    dispositions = ("sold", "call_back", "no_interest", "wrong_number")
    not_ready_reasons = ("break", "lunch", "training", "back_office")

    def __init__(self) -> None:
        logins = [
            AgentLogin(ANNA, "Anna Lindqvist", HASH),
            AgentLogin(BORIS, "Boris Novak", HASH),
            AgentLogin(SUSAN, "Susan Supervisor", HASH, ("supervisor",)),
        ]
        self.agents: Mapping[AgentId, AgentLogin] = {login.id: login for login in logins}
        self.offset_ms = 0
        now_ms = self.now_ms()
        self.views = {
            ANNA: agent_view(ANNA, "Anna Lindqvist", now_ms),
            BORIS: agent_view(BORIS, "Boris Novak", now_ms),
        }
        self.queues = [QueueView(SALES, 2, 30_000, 1, 2, 1), QueueView(SUPPORT, 0, 0, 0, 2, 0)]
        self.contacts = [
            ContactView(
                ContactId("contact-1"), ContactState.CONNECTED, Tier("gold"), SALES, 80, "+12025550147", now_ms, ANNA
            )
        ]
        self.reasons = [
            AgentReason(ANNA, "Anna Lindqvist", "talks", "talks with another customer"),
            AgentReason(BORIS, "Boris Novak", "level", "has billing 2, and 3 is asked for"),
        ]
        self.explained: list[ContactId] = []
        self.listed = 200
        self.pbx_up = True
        self.parts = {name: Health(True, "as it should be") for name in ("pbx", "redis", "sql", "engine")}
        self.events: list[Event] = []
        self.rules = FakeRules()
        self.staff: Staff = FakeStaff(PEOPLE)
        self.access = FakeAccess()
        self.floor: Floor = FakeFloor()
        self.hub = Hub(self)
        self.book = FakeContacts()
        self.reports = FakeReports()
        self.crm_link: str | None = None
        self.scripts: dict[QueueName, Script] = {}
        self.looked = 0
        self.offering_stopped_by: str | None = None
        self.frozen_ms: int | None = None
        self.recent_asked: list[tuple[tuple[int, ...], str | None]] = []
        self.recent: Callable[[], Awaitable[Sequence[RecentContact]]] = self._recent
        self.on_submit: Callable[[Event], Awaitable[None]] | None = None

    pbx = PbxName("pbx1")
    outbound = Outbound(CallSettings.model_validate({"outbound": {"allow": ["+1"], "extensions": ["1XXX"]}}), "US")

    def script(self, queue: QueueName) -> Script | None:
        return self.scripts.get(queue)

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000 + self.offset_ms

    def overview(self) -> Overview:
        self.looked += 1
        return Overview(
            self.frozen_ms or self.now_ms(),
            ((PbxName("main"), self.pbx_up),),
            tuple(self.queues),
            tuple(self.views.values()),
            tuple(self.contacts[: self.listed]),
            self.offering_stopped_by,
        )

    async def draw(self) -> Overview:
        await asyncio.sleep(0)
        return self.overview()

    def agent(self, agent: AgentId) -> AgentView | None:
        return self.views.get(agent)

    def explain(self, contact: ContactId) -> Explanation | None:
        self.explained.append(contact)
        view = next((one for one in self.contacts if one.id == contact), None)
        if view is None:
            return None
        same = [one for one in self.contacts if one.queue == view.queue and one.state is not ContactState.CONNECTED]
        return Explanation(
            contact=contact,
            now_ms=self.now_ms(),
            state=view.state,
            queue=view.queue,
            priority=view.priority,
            rule="gold-sales",
            because="tier is gold, dialled is 8000",
            needs=("serves sales", "billing >= 3"),
            relaxed=("billing >= 3 in place of 5",) * view.relaxed,
            held_for=view.held_for,
            place=same.index(view) + 1 if view in same else None,
            waiting=len(same),
            agents=tuple(self.reasons),
        )

    def health(self) -> Mapping[str, Health]:
        return self.parts

    async def _recent(self) -> Sequence[RecentContact]:
        await asyncio.sleep(0)
        return RECENT

    async def recent_contacts(self, customer_ids: Sequence[int], caller: str | None) -> Sequence[RecentContact]:
        self.recent_asked.append((tuple(customer_ids), caller))
        return await self.recent()

    async def submit(self, event: Event, change: RecordChange | None = None) -> str | None:
        if self.on_submit is not None:
            await self.on_submit(event)
        self.events.append(event)
        if change is not None:
            self.access.changes.append(change)
        match event:
            case AgentSignedIn(agent):
                if self.views[agent].state is AgentState.LOGGED_OUT:
                    self.change(agent, AgentState.NOT_READY, reason="signed_in")
            case AgentSignedOut(agent):
                self._leave(agent, "logged_out")
            case AgentReady(agent):
                self._ready(agent)
            case AgentNotReady(agent, reason):
                self._leave(agent, reason)
            case WrapUpEnded(agent, contact):
                return self._end_wrap_up(agent, contact)
            case ContactMoved(contact, queue):
                self.contact(contact, queue=queue)
            case ContactPrioritised(contact, priority):
                self.contact(contact, priority=priority)
            case ContactWithdrawn(contact):
                self.contacts = [view for view in self.contacts if view.id != contact]
            case QueueStateSet(queue, state, by):
                self.queues = [replace(view, state=state) if view.name == queue else view for view in self.queues]
                self.tell(QueueChanged(queue, state, by))
            case OfferingSet(offering, by):
                self.offering_stopped_by = None if offering else by
            case NoteAdded():
                pass
            case AgentStateSet() | AgentSkillsSet() | ContactGiven() | MessageSent() | ListenAsked() | ListenStopped():
                pass  # see `EngineDesk`
            case _:
                raise AssertionError(f"the desktop has no business with {event}")
        return None

    def _ready(self, agent: AgentId) -> None:
        view = self.views[agent]
        if view.state is AgentState.NOT_READY:
            self.change(agent, AgentState.READY)
        elif view.pending is not None:
            self._keep(replace(view, pending=None))

    def _end_wrap_up(self, agent: AgentId, contact: ContactId) -> str | None:
        view = self.views[agent]
        if view.state is not AgentState.WRAP_UP or view.contact != contact:
            return "there is no such wrap-up"
        if view.pending is None:
            self.change(agent, AgentState.READY)
        else:
            self.change(agent, AgentState.NOT_READY, reason=view.pending)
        return None

    def _leave(self, agent: AgentId, reason: str) -> None:
        view = self.views[agent]
        if view.state in BUSY_STATES:
            self._keep(replace(view, pending=reason))
        elif reason == "logged_out":
            self.change(agent, AgentState.LOGGED_OUT)
        elif view.state is not AgentState.LOGGED_OUT:
            self.change(agent, AgentState.NOT_READY, reason=reason)

    def change(
        self, agent: AgentId, state: AgentState, reason: str | None = None, deadline_in_ms: int | None = None
    ) -> None:
        """Put an agent into a state and say so, as the engine would."""
        now_ms = self.now_ms()
        busy = state in BUSY_STATES
        self._keep(
            replace(
                self.views[agent],
                state=state,
                reason=reason,
                since_ms=now_ms,
                deadline_ms=None if deadline_in_ms is None else now_ms + deadline_in_ms,
                contact=ContactId("contact-1") if busy else None,
                pending=None,
            )
        )

    def _keep(self, view: AgentView) -> None:
        self.views[view.id] = view
        changed = AgentChanged(
            view.id, view.state, view.reason, view.since_ms, view.deadline_ms, view.contact, view.pending
        )
        self.tell(changed)

    def contact(self, contact: ContactId, **changes: object) -> None:
        self.contacts = [
            replace(view, **changes) if view.id == contact else view  # type: ignore[arg-type]
            for view in self.contacts
        ]

    def tell(self, command: Command) -> None:
        self.hub.execute(command)

    def offer(self, agent: AgentId, **changes: object) -> ScreenPop:
        """Ring an agent: the pop first, then the state, as the engine orders them."""
        pop = pop_for(agent, self.now_ms(), **changes)
        self.tell(pop)
        self.change(agent, AgentState.RESERVED, deadline_in_ms=20_000)
        return pop
