"""One seed, one world: virtual time, people, PBXs with faults, the engine under test, and the auditor beside it.

First a safety phase: the seed's own mix of faults, and no promise may break. Then a liveness phase: no more faults and
no new callers, and everybody must be served, everything must come to rest. `run` gives the result or raises
`SeedFailedError`, whose journal replays the failure without the world.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, get_args

from callcenter.call_commands import CallCommand, DialCustomer, RingNumber, RingOwnPhone, StopDialling
from callcenter.commands import (
    AgentChanged,
    CallChanged,
    Command,
    ConfirmConnection,
    LookUpCustomer,
    PbxCommand,
    PlaySounds,
    RecordContact,
    RingDevice,
    SendAway,
    SetMusic,
    StopRinging,
    TakeBack,
)
from callcenter.engine import Engine
from callcenter.events import (
    ConfigurationLoaded,
    DayBegan,
    DeviceChanged,
    Event,
    OfferingSet,
    PbxLost,
    PbxSynced,
    QueueStateSet,
    TimePassed,
)
from callcenter.orders import ListenCommand
from callcenter.simulation.auditor import Auditor, BrokenInvariantError
from callcenter.simulation.drawing import (
    AT_EACH_EVENT,
    CALM,
    Chances,
    Mix,
    between,
    draw_change,
    draw_configuration,
    draw_features,
    draw_mix,
    pick,
)
from callcenter.simulation.keeping import Entry, Keeping, digest_of
from callcenter.simulation.pbx import PbxModel
from callcenter.simulation.people import Agents, Callers, Supervisors
from callcenter.simulation.promises import check
from callcenter.state import Saved
from callcenter.types import (
    AgentState,
    Configuration,
    ContactId,
    ContactState,
    DeviceRef,
    DeviceStatus,
    OfferId,
    Outcome,
    PbxName,
    QueueState,
)

START_MS = 1_700_000_000_000
SETTLING_MS = 6 * 3_600_000
PHONES = range(1, 14)
OF_A_CALLER = (
    RingNumber,
    DialCustomer,
    StopDialling,
    ConfirmConnection,
    SendAway,
    TakeBack,
    SetMusic,
    PlaySounds,
    *get_args(CallCommand),
)
STOPPING = "(stop)"  # who wants no more offers then


@dataclass(frozen=True, slots=True)
class Result:
    seed: int
    events: int
    digest: str
    counts: dict[str, int]


class SeedFailedError(Exception):
    """A promise was broken. `journal` is what the engine was fed, the last entry being the one that broke it."""

    def __init__(self, seed: int, asked: int, journal: list[Entry], cause: Exception) -> None:
        self.seed = seed
        self.journal = journal
        self.cause = cause
        self.invariant = invariant_of(cause)
        command = f"python -m callcenter.simulation --seed {seed} --events {asked}"
        super().__init__(f"{cause} (after {len(journal)} events; again: {command})")


def invariant_of(cause: Exception) -> str:
    """Which promise: the auditor's name for it, or what the engine raised."""
    return cause.invariant if isinstance(cause, BrokenInvariantError) else f"the engine raised {type(cause).__name__}"


def run(seed: int, events: int, audit: bool = True) -> Result:
    """Let `events` events happen under the seed's faults, then let everything come to rest."""
    world = World(seed, audit)
    try:
        world.live(events)
    except Exception as cause:
        raise SeedFailedError(seed, events, world.journal, cause) from cause
    counts = dict(world.auditor.counts) if world.auditor else {}
    return Result(seed, world.handled, digest_of(world.engine), counts)


class World:
    def __init__(self, seed: int, audit: bool, mix: Mix | None = None, config: Configuration | None = None) -> None:
        """`mix` and `config` are drawn where they are not given."""
        self.rng = rng = Random(seed)  # noqa: S311 - repeatable on purpose
        self.mix = mix or draw_mix(rng)
        self._chances = _chances(rng, self.mix)
        self._reorder, self._grain_ms = self.mix.reorder, self.mix.grain_ms
        self.now_ms = START_MS
        self.features = draw_features(rng)
        self.config: Configuration = config or draw_configuration(rng, self.features)
        self.engine = Engine.fresh(self.config)
        self.auditor = Auditor() if audit else None
        restarts = self.mix.crash > 0 or self.mix.stop > 0
        self._kept = Keeping(self.config, whole=audit, restarts=restarts)
        self.handled = 0
        self.answered: set[ContactId] = set()
        names = dict.fromkeys([PbxName("pbx1"), *(agent.device.pbx for agent in self.config.agents)])
        self.pbxs = {name: PbxModel(name, self, [_phone(name, number) for number in PHONES]) for name in names}
        talk_ms = rng.choice((2_000, 20_000, 60_000))
        gap_ms = rng.choice((500, 3_000, 10_000, 30_000))
        self.callers = Callers(self, gap_ms, rng.choice((2_000, 20_000, 120_000)), talk_ms)
        self.agents = Agents(self)
        self.supervisors = Supervisors(self)
        self._release = self._releases()
        self._schedule: list[tuple[int, int, Callable[[], None]]] = []
        self._scheduled = 0
        self._spoken: dict[str, int] = {}  # when the last event of a stream comes

    @property
    def journal(self) -> list[Entry]:
        return self._kept.journal

    # ---- the two phases

    def live(self, events: int) -> None:
        self.live_under_faults(events)
        self._come_to_rest()
        self._kept.check_replay(self.engine)

    def live_under_faults(self, events: int) -> None:
        """The first phase alone: it ends in the middle of things."""
        self.feed(ConfigurationLoaded(self.config))
        for pbx in self.pbxs.values():
            self.later(between(self.rng, 0, 3_000), self._linking(pbx))
        self.callers.start()
        while self.handled < events:
            self._step()

    def _come_to_rest(self) -> None:
        """No more faults, no more callers: all that can be served is served within hours of virtual time."""
        self.mix = CALM
        self._chances = _chances(self.rng, CALM)
        self.callers.open = False
        for queue in list(self.engine.snapshot().queue_states):
            self.feed(QueueStateSet(queue, QueueState.OPEN, "sue"))
        self.feed(OfferingSet(True, "sue"))
        for pbx in self.pbxs.values():
            for device in list(pbx.odd_phones):
                pbx.set_phone(device, DeviceStatus.FREE)
            if not pbx.link_up:
                self.later(0, self._linking(pbx))
        self._run_until(self.now_ms + SETTLING_MS, self._only_the_unserveable_wait)
        for pbx in self.pbxs.values():
            for contact in list(pbx.lines):
                pbx.hang_up(contact)
        self._run_until(self.now_ms + SETTLING_MS, self._at_rest)
        saved = self.engine.snapshot()
        leftover = (saved.contacts, saved.offers, [pbx.legs for pbx in self.pbxs.values() if pbx.legs])
        check("everything comes to rest", not any(leftover) and self._at_rest(), leftover)

    def _run_until(self, end_ms: int, done: Callable[[], bool]) -> None:
        while not done():
            if self.now_ms > end_ms:
                raise BrokenInvariantError("everything comes to rest", str(self.engine.snapshot().contacts.values()))
            self._prod()
            self._step()

    def _prod(self) -> None:
        """Whoever still is not ready goes ready: in the liveness phase all agents are at work."""
        if self._schedule:
            return
        for agent in self.engine.snapshot().agents.values():
            seen = self.agents.told.get(agent.config.id)
            if seen is not None and agent.state in (AgentState.LOGGED_OUT, AgentState.NOT_READY):
                self.agents.see(seen)
        if not self._schedule and self.engine.next_due_ms() is None:
            self.later(60_000, lambda: self.feed(TimePassed()))

    def _only_the_unserveable_wait(self) -> bool:
        saved = self.engine.snapshot()
        if saved.offers or not all(pbx.link_up for pbx in self.pbxs.values()) or not self._all_ready(saved):
            return False
        if any(contact.in_fallback for contact in saved.contacts.values()):
            return False
        check("a caller who is held is known", not (lost := self._forgotten(saved)), lost)
        contacts = saved.contacts.values()
        return all(one.state is ContactState.WAITING and one.to_be_offered for one in contacts)

    def _forgotten(self, saved: Saved) -> list[ContactId]:
        """Callers who hear music, have been here a while, and whom the engine does not know.

        Whose agent hung up before the PBX had heard that the conversation is known is back in the holding place though
        the contact is over: a gap of milliseconds that the dialplan's rule leaves, so those are not counted.
        """
        held = [contact for pbx in self.pbxs.values() for contact in pbx.lines if pbx.is_holding(contact)]
        known = saved.contacts.keys() | self.answered
        return [contact for contact in held if contact not in known and not self._schedule]

    def _at_rest(self) -> bool:
        saved = self.engine.snapshot()
        return not saved.contacts and not self._schedule and self._all_ready(saved)

    @staticmethod
    def _all_ready(saved: Saved) -> bool:
        return all(agent.state is AgentState.READY for agent in saved.agents.values())

    # ---- time

    def later(self, delay_ms: int, action: Callable[[], None]) -> None:
        self._at(self.now_ms + delay_ms, action)

    def _at(self, at_ms: int, action: Callable[[], None]) -> None:
        self._scheduled += 1
        grain_ms = self._grain_ms
        heapq.heappush(self._schedule, (-(-at_ms // grain_ms) * grain_ms, self._scheduled, action))

    def _step(self) -> None:
        """Whatever is next: a timer of the engine's, or something in the world."""
        due_ms = self.engine.next_due_ms()
        if due_ms is not None and (not self._schedule or due_ms + self.mix.lag_ms < self._schedule[0][0]):
            self.now_ms = max(self.now_ms, due_ms + self.mix.lag_ms)
            self.feed(TimePassed())
        elif self._schedule:
            at_ms, _, action = heapq.heappop(self._schedule)
            self.now_ms = max(self.now_ms, at_ms)
            action()

    # ---- the daemon

    def feed(self, event: Event) -> None:
        """handle -> journal -> release, as the runner does it; the daemon may crash on the way."""
        now_ms, crash = self.now_ms, False
        happens = self._chances.draw()
        if happens:
            now_ms -= between(self.rng, 1, 5_000) if "backwards" in happens else 0
            crash = "crash" in happens
        commands = self.engine.handle(now_ms, event)
        if crash and self.rng.random() < 0.4:
            self._crash()  # before the journal: the event is lost with the commands
            return
        self.handled += 1
        self._kept.append((now_ms, event), self.engine, crashes=crash)
        self._note_ends(commands)
        if self.auditor is not None:
            self.auditor.observe(now_ms, event, commands, self.engine.snapshot())
            if self.handled % 10 == 0:
                self.auditor.overview(self.engine.overview(self.now_ms))
        if crash:  # after the journal: of the commands none is released, or only the first ones
            digest = digest_of(self.engine)
            self._let_out(commands[: between(self.rng, 0, len(commands)) if self.rng.random() < 0.6 else 0])
            self._crash(digest)
            return
        self._let_out(commands)
        for what in happens:
            self._happens(what)

    def _let_out(self, commands: list[Command]) -> None:
        for command in commands:
            release = self._release.get(type(command))
            if release is not None:
                release(command)

    def _crash(self, digest: str | None = None) -> None:
        """The daemon starts again from the snapshot and the tail of the journal, and all links are new."""
        self.engine = self._kept.restored()
        check("snapshot + tail is the live state", digest in (None, digest_of(self.engine)), "digests differ")
        for pbx in self.pbxs.values():
            self._cut(pbx)
        self._let_out(self.engine.resume())
        self.feed(ConfigurationLoaded(self.config))
        if self.engine.snapshot().offering_stopped_by is not None:
            self.feed(OfferingSet(True, "(start)"))

    def _stop(self) -> None:
        """An orderly stop, and a start after it: no phone rings when it ends, and nothing has been forgotten."""
        links = {pbx.name: pbx.epoch for pbx in self.pbxs.values() if pbx.link_up}

        def end() -> None:
            if self.mix == CALM or self.engine.snapshot().offering_stopped_by != STOPPING:
                return  # a crash, or somebody who wants offers, came first
            offers = [offer for offer in self.engine.snapshot().offers.values() if offer.agent is not None]
            check("an orderly stop leaves no offer", not offers, offers)
            for pbx in self.pbxs.values():
                if pbx.link_up and links.get(pbx.name) == pbx.epoch:
                    ringing = [o for o, leg in pbx.legs.items() if not (leg.bridged or leg.own or leg.device is None)]
                    check("an orderly stop leaves no phone ringing", not ringing, ringing)
            self._kept.snapshot(self.engine)
            self._crash(digest_of(self.engine))

        self.feed(OfferingSet(False, STOPPING, withdraw=True))
        self.later(between(self.rng, 500, 2_000), end)

    def _releases(self) -> dict[type[Command], Callable[[Any], None]]:
        """Who takes which command. The others are for the log and the screens."""
        return {
            **dict.fromkeys(
                (RingDevice, RingOwnPhone, StopRinging), lambda command: self._send(command, command.device.pbx)
            ),
            **dict.fromkeys(OF_A_CALLER, lambda command: self._send(command, command.channel.pbx)),
            **dict.fromkeys(get_args(ListenCommand), lambda command: self._send(command, command.device.pbx)),
            LookUpCustomer: self.callers.look_up,
            AgentChanged: self.agents.see,
            CallChanged: self.agents.see_call,
        }

    def _note_ends(self, commands: list[Command]) -> None:
        """Records are journalled with their event, so no crash costs one."""
        for command in commands:
            if isinstance(command, RecordContact) and command.outcome is Outcome.ANSWERED:
                self.answered.add(command.contact)

    # ---- the link to a PBX

    def _send(self, command: PbxCommand, name: PbxName) -> None:
        pbx = self.pbxs[name]
        epoch = pbx.epoch
        if isinstance(command, CallCommand):  # an old connection's orders do not come after a new one's questions
            self.later(between(self.rng, 0, 20), lambda: pbx.obey(command) if pbx.epoch == epoch else None)
        elif pbx.link_up:
            self.later(between(self.rng, 0, 20), lambda: pbx.obey(command))
            if self.rng.random() < self.mix.twice:
                self.later(between(self.rng, 0, 200), lambda: pbx.obey(command))

    def say(self, pbx: PbxName, stream: str, event: Event) -> None:
        """An event on its way from the PBX: in order within its stream, late or twice if the seed wants it."""
        model, rng, mix = self.pbxs[pbx], self.rng, self.mix
        if not model.link_up:
            return
        epoch = model.epoch
        key = f"{pbx} {stream}" if self._reorder else pbx
        delay_ms = between(rng, 0, 2_000) if rng.random() < mix.late else between(rng, 0, 5)
        at_ms = self._spoken[key] = max(self.now_ms + delay_ms, self._spoken.get(key, 0))

        def deliver() -> None:
            if model.link_up and model.epoch == epoch:
                self.feed(event)

        self._at(at_ms, deliver)
        if rng.random() < mix.twice and not isinstance(event, DeviceChanged):
            self._at(at_ms + between(rng, 0, 3_000), deliver)

    def phone_rings(self, pbx: PbxName, offer: OfferId) -> None:
        self.agents.phone_rings(self.pbxs[pbx], offer)

    def number_rings(self, pbx: PbxName, contact: ContactId) -> None:
        self.callers.number_rings(self.pbxs[pbx], contact)

    def fell_back(self, pbx: PbxName, contact: ContactId) -> None:
        self.callers.fall_back(self.pbxs[pbx], contact)

    def in_conversation(self, pbx: PbxName, offer: OfferId, contact: ContactId) -> None:
        self.callers.talk(self.pbxs[pbx], offer, contact)

    def _linking(self, pbx: PbxModel) -> Callable[[], None]:
        def link() -> None:
            if not pbx.link_up:
                sync: PbxSynced = pbx.sync()
                self.feed(sync)

        return link

    def _cut(self, pbx: PbxModel) -> None:
        pbx.cut()
        self.feed(PbxLost(pbx.name))
        self.later(between(self.rng, 10, 8_000), self._linking(pbx))

    # ---- faults that come by themselves

    def _happens(self, what: str) -> None:
        rng = self.rng
        pbx = pick(rng, list(self.pbxs.values()))
        if what == "cut" and pbx.link_up:
            self._cut(pbx)
        elif what == "restart" and pbx.link_up:
            pbx.restart()
            self._cut(pbx)
        elif what == "stop":
            self._stop()
        elif what == "silent" and pbx.link_up:
            pbx.silence(between(rng, 0, 3_000))
        elif what == "reload":
            self.later(between(rng, 0, 100), self._reload)
        elif what == "fumble":
            known = list(self.engine.snapshot().agents)
            self.later(between(rng, 0, 2_000), lambda: self.agents.fumble(known))
        elif what in ("move", "prioritise", "withdraw", "drain", "queue_state", "order"):
            self.supervisors.act(what, list(self.engine.snapshot().contacts), self.config)
        elif what == "day":
            self.later(0, lambda: self.feed(DayBegan(f"day {between(rng, 1, 4)}")))
        elif what == "phone":
            device = pick(rng, pbx.devices)
            status = pick(rng, (DeviceStatus.IN_USE, DeviceStatus.UNREACHABLE))
            self.later(0, lambda: pbx.set_phone(device, status))
            self.later(between(rng, 100, 20_000), lambda: pbx.set_phone(device, DeviceStatus.FREE))

    def _reload(self) -> None:
        if self.mix != CALM:
            self.config = draw_change(self.rng, self.config, list(self.pbxs), self.features)
            self.feed(ConfigurationLoaded(self.config, reroute=self.rng.random() < 0.5))


def _chances(rng: Random, mix: Mix) -> Chances:
    """What may happen at each event, besides the event."""
    return Chances(rng, {name: getattr(mix, name) for name in AT_EACH_EVENT})


def _phone(pbx: PbxName, number: int) -> DeviceRef:
    return DeviceRef(pbx, f"PJSIP/{1000 + number}")
