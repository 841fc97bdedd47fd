"""Today's figures of queues and agents, and the last quarter of an hour: counted from the commands, when they are made.

The one idea: the figures are part of what a snapshot holds, and follow from the journal like everything else. So a
restart, however it came about, changes none of them, and nobody has to count anything again.

Day means what DayBegan says. The last quarter of an hour is in steps of STEP_MS: who was answered 15 minutes ago goes
out of it up to a step late.
"""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from callcenter.commands import AgentChanged, Command, OfferClosed
from callcenter.facts import RecordPart
from callcenter.queues.service_level import NO_COUNTS, Counts
from callcenter.stories import QueueLeft
from callcenter.types import AgentId, AgentState, OfferState, Outcome, QueueName

if TYPE_CHECKING:
    from callcenter.state import Saved

WINDOW_MS = 15 * 60_000
STEP_MS = 30_000
MAX_MISSED = 20  # offers that an agent is told of

# As the offer's table has them (routing/offer.py): the agent or its phone is the cause.
_MISSED = (OfferState.DECLINED, OfferState.EXPIRED, OfferState.FAILED)


@dataclass(frozen=True, slots=True)
class Missed:
    """An offer that this agent did not answer. `reason` is the offer's last state: declined, expired or failed."""

    at_ms: int
    queue: QueueName
    caller: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class AgentFigures:
    """An agent's day up to `upto_ms`; since then it is in `state`. Talk is with all that belongs to it, such as hold.

    `answered` are contacts, not consultations of a colleague's; to be asked takes time, too, and counts as talk.
    `since_ms` is the sign-in, None while nobody is signed in.
    """

    state: AgentState = AgentState.LOGGED_OUT
    upto_ms: int = 0
    since_ms: int | None = None
    answered: int = 0
    missed: int = 0
    ready_ms: int = 0
    reserved_ms: int = 0
    talk_ms: int = 0
    wrap_up_ms: int = 0
    not_ready_ms: int = 0

    @property
    def handle_ms(self) -> int:
        return self.talk_ms + self.wrap_up_ms

    @property
    def signed_in_ms(self) -> int:
        return self.ready_ms + self.reserved_ms + self.talk_ms + self.wrap_up_ms + self.not_ready_ms

    @property
    def occupancy(self) -> float | None:
        """Handling time ÷ (handling + ready time), from 0 to 1; None where there was neither."""
        of = self.handle_ms + self.ready_ms
        return self.handle_ms / of if of else None


NO_FIGURES = AgentFigures()
_TIMES = {
    AgentState.READY: "ready_ms",
    AgentState.RESERVED: "reserved_ms",
    AgentState.TALKING: "talk_ms",
    AgentState.WRAP_UP: "wrap_up_ms",
    AgentState.NOT_READY: "not_ready_ms",
}


@dataclass(slots=True)
class AgentTally:
    """`missed` are the last offers missed since the agent signed in, newest first."""

    figures: AgentFigures = NO_FIGURES
    missed: tuple[Missed, ...] = ()


@dataclass(slots=True)
class QueueTally:
    """`steps` has the last quarter of an hour: from when each step counts, oldest first; empty ones are left out."""

    today: Counts = NO_COUNTS
    steps: list[tuple[int, Counts]] = field(default_factory=list)

    def recent(self, now_ms: int) -> Counts:
        """Of the last quarter of an hour."""
        counts = NO_COUNTS
        for began_ms, step in self.steps:
            if began_ms > now_ms - WINDOW_MS - STEP_MS:
                counts = counts.plus(step)
        return counts


@dataclass(slots=True)
class Tally:
    queues: dict[QueueName, QueueTally] = field(default_factory=dict)
    agents: dict[AgentId, AgentTally] = field(default_factory=dict)


def begin_day(saved: "Saved") -> None:
    """All figures of the day begin anew; the last quarter of an hour and what an agent missed go on."""
    for queue in saved.tally.queues.values():
        queue.today = NO_COUNTS
    gone = [agent for agent in saved.tally.agents if agent not in saved.agents]
    for agent in gone:
        del saved.tally.agents[agent]
    for tally in saved.tally.agents.values():
        figures = tally.figures
        tally.figures = AgentFigures(figures.state, saved.now_ms, figures.since_ms)


def note(saved: "Saved", command: Command) -> None:
    """Count what this command says."""
    match command:
        case AgentChanged():
            _changed(saved, command)
        case OfferClosed():
            _offer_closed(saved, command)
        case QueueLeft():
            _add(saved, command.queue, _counts(command))
        case RecordPart():
            handle_ms = command.talk_ms + command.hold_ms + command.wrap_up_ms
            _add(saved, command.queue, Counts(parts=1, handle_ms=handle_ms))
        case _:
            pass


def _changed(saved: "Saved", changed: AgentChanged) -> None:
    tally = saved.tally.agents.setdefault(changed.agent, AgentTally())
    before, now_ms = tally.figures, saved.now_ms
    if before.state is changed.state:
        return  # told again, or for another reason: the stretch goes on
    time = _TIMES.get(before.state)
    times = {} if time is None else {time: getattr(before, time) + now_ms - before.upto_ms}
    since_ms = before.since_ms
    if changed.state is AgentState.LOGGED_OUT:
        since_ms = None
    elif before.since_ms is None:
        since_ms, tally.missed = now_ms, ()
    tally.figures = replace(before, state=changed.state, upto_ms=now_ms, since_ms=since_ms, **times)


def _offer_closed(saved: "Saved", closed: OfferClosed) -> None:
    tally = saved.tally.agents.setdefault(closed.agent, AgentTally())
    contact = saved.contacts.get(closed.contact)
    if closed.state is OfferState.ACCEPTED:
        asked_only = contact is not None and contact.consult_of is not None
        tally.figures = replace(tally.figures, answered=tally.figures.answered + (not asked_only))
    elif closed.state in _MISSED:
        tally.figures = replace(tally.figures, missed=tally.figures.missed + 1)
        caller = contact.caller if contact is not None else None
        missed = Missed(saved.now_ms, closed.queue, caller, closed.state.value)
        tally.missed = (missed, *tally.missed)[:MAX_MISSED]


def _add(saved: "Saved", queue: QueueName, counts: Counts) -> None:
    tally = saved.tally.queues.setdefault(queue, QueueTally())
    tally.today = tally.today.plus(counts)
    began_ms = saved.now_ms - saved.now_ms % STEP_MS
    if tally.steps and tally.steps[-1][0] == began_ms:
        tally.steps[-1] = began_ms, tally.steps[-1][1].plus(counts)
    else:
        old_ms = saved.now_ms - WINDOW_MS - STEP_MS
        tally.steps = [step for step in tally.steps if step[0] > old_ms]
        tally.steps.append((began_ms, counts))


def _counts(left: QueueLeft) -> Counts:
    within = left.waited_ms <= left.service_level_ms
    if left.outcome is Outcome.ANSWERED:
        return Counts(answered=1, answered_within=int(within), answer_wait_ms=left.waited_ms)
    if left.outcome is Outcome.ABANDONED:
        short = left.waited_ms < left.short_abandon_ms
        return Counts(abandoned=int(not short), short_abandoned=int(short), abandoned_within=int(within))
    return Counts(overflowed=1) if left.outcome is Outcome.OVERFLOWED else Counts(others=1)
