"""SIPp's own account of a story, and the contact log held against it.

SIPp knows when a caller came and went and which phone answered whom. What cannot have been seen, because a part was
away at that moment, may be told in more than one way; everything else must be in the log as SIPp has it, and once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from callcenter.stores.tables import ContactRow, SegmentRow
from lab.sipp import Step, What

NEAR_S = 1.0  # two things so close to each other may be seen in either order, or the first one not at all
AFTER_S = 1.5  # so long the dialplan may hold a caller whose agent has hung up
LATE_MS = 5_000  # so late a machine without spare time may note what it sees


@dataclass(frozen=True, slots=True)
class Talk:
    """A phone that answered a caller. `ended_s` is None where it was cut off."""

    phone: str
    began_s: float
    ended_s: float | None


@dataclass(frozen=True, slots=True)
class Call:
    """A caller's call; the PBX takes each at once, None where it did not. `left_s` is None where it was cut off.

    `hung_up`: the caller ended it, and not the PBX.
    """

    number: str
    held_s: float | None
    left_s: float | None
    hung_up: bool
    talks: tuple[Talk, ...]


@dataclass(slots=True)
class Account:
    """`away` are the stretches (s) in which the daemon could not see the PBX; `deaths` those of the PBX itself."""

    calls: dict[str, Call] = field(default_factory=dict)
    away: list[tuple[float, float]] = field(default_factory=list)
    deaths: list[tuple[float, float]] = field(default_factory=list)

    def add(self, callers: Iterable[Step], phones: Sequence[Step]) -> None:
        """What SIPp's callers and phones have written down. Each caller has a number of its own."""
        talks: dict[str, list[Talk]] = {}
        ends = {step.call: step.at_s for step in phones if step.what in (What.ENDED, What.HUNG_UP)}
        for step in phones:
            if step.what is What.ANSWERED:
                talks.setdefault(step.other, []).append(Talk(step.own, step.at_s, ends.get(step.call)))
        seen: dict[str, dict[What, float]] = {}
        for step in callers:
            seen.setdefault(step.own, {})[step.what] = step.at_s
        for number, steps in seen.items():
            assert number not in self.calls, f"{number} has called twice"
            assert What.REFUSED not in steps, f"{number} was refused"
            left_s = steps.get(What.ENDED, steps.get(What.HUNG_UP))
            hung_up = What.ENDED not in steps
            self.calls[number] = Call(number, steps.get(What.ANSWERED), left_s, hung_up, tuple(talks.get(number, ())))

    def unended(self, phones: Sequence[Step]) -> list[Step]:
        """Phones that rang and then neither stopped nor hung up; those at a PBX that died are left out."""
        ends = {step.call for step in phones if step.what in (What.ENDED, What.HUNG_UP, What.CANCELLED)}
        since_s = max((back_s for _, back_s in self.deaths), default=0.0)
        return [step for step in phones if step.what is What.RINGING and step.call not in ends and step.at_s > since_s]

    def compare(self, rows: Sequence[ContactRow]) -> None:
        """Raises AssertionError at the first caller of whom the log says anything else."""
        logged = {row.caller: row for row in rows}
        assert len(logged) == len(rows), "a caller is in the log twice"
        assert not (strangers := logged.keys() - self.calls.keys()), f"SIPp does not know {strangers}"
        for number, call in self.calls.items():
            row = logged.get(number)
            if row is None:
                assert self._may_be_unknown(call), f"{number} is not in the log: {call}"
            else:
                wrong = self._wrong(call, row)
                assert wrong is None, f"{number}: {wrong}; SIPp: {call}; log: {_short(row)}"

    def _may_be_unknown(self, call: Call) -> bool:
        """The PBX died before it could tell, or the caller came and went while nobody listened."""
        if self._dies(call.held_s):
            return True
        return call.held_s is not None and self._unseen(call.held_s, call.left_s)

    def _wrong(self, call: Call, row: ContactRow) -> str | None:
        outcomes = self._outcomes(call)
        if row.outcome not in outcomes:
            return f"the outcome should be {' or '.join(sorted(outcomes))}"
        ends_s = [call.left_s]
        if row.outcome == "answered":
            talk = next((talk for talk in call.talks if row.agent == f"agent{talk.phone}"), None)
            if talk is None:
                return "another agent had the caller"
            if not self._same_time(row.connected_ms, talk.began_s):
                return "the talk began at another time"
            ends_s.append(talk.ended_s)
        if call.left_s is not None and not any(self._same_time(row.ended_ms, at_s) for at_s in ends_s):
            return "the caller left at another time"
        return None

    def _outcomes(self, call: Call) -> set[str]:
        """How the contact can have ended."""
        end_s = call.left_s if call.left_s is not None else self._death_after(call.held_s)
        talk = call.talks[-1] if call.talks else None
        over = {"lost"} if call.left_s is None else {"abandoned"}
        unseen = {"lost"} if self._dies(end_s) else set()
        if talk is None:
            return over | unseen
        if self._unseen(talk.began_s, end_s) or self._is_away(talk.ended_s):
            return {"answered", *over, *unseen}  # we may know of the talk, and the PBX not that we do
        if call.left_s is not None and not call.hung_up:
            return {"answered"}  # the PBX ends no call of its own accord but after a talk
        talks_on = talk.ended_s is None or talk.ended_s >= end_s
        if talks_on:
            return {"answered", *over} if end_s - talk.began_s < NEAR_S else {"answered"}
        just_over = talk.ended_s is not None and talk.ended_s >= end_s - AFTER_S
        return {"answered", *over} if just_over else over | unseen

    def _same_time(self, at_ms: int | None, at_s: float | None) -> bool:
        """Something is noted when it happens; what happens while nobody looks, as soon as somebody does."""
        if at_ms is None or at_s is None:
            return False
        noted_s = max((back_s for gone_s, back_s in self.away if gone_s - NEAR_S <= at_s <= back_s), default=at_s)
        return at_s * 1_000 - LATE_MS <= at_ms <= noted_s * 1_000 + LATE_MS

    def _unseen(self, began_s: float, ended_s: float | None) -> bool:
        end_s = ended_s if ended_s is not None else began_s
        return any(gone_s - NEAR_S <= began_s and end_s <= back_s + NEAR_S for gone_s, back_s in self.away)

    def _is_away(self, at_s: float | None) -> bool:
        return at_s is not None and any(gone_s - NEAR_S <= at_s <= back_s + NEAR_S for gone_s, back_s in self.away)

    def _dies(self, at_s: float | None) -> bool:
        return at_s is None or any(died_s - NEAR_S <= at_s <= back_s for died_s, back_s in self.deaths)

    def _death_after(self, at_s: float | None) -> float:
        later = [died_s for died_s, _ in self.deaths if at_s is None or died_s >= at_s - NEAR_S]
        assert later, f"who called at {at_s} was cut off, and nothing had died"
        return min(later)


def incomplete(row: ContactRow, segments: Sequence[SegmentRow]) -> str | None:
    """What is wrong with the stretches of a contact, None where they tell all of it."""
    if [segment.number for segment in segments] != list(range(1, len(segments) + 1)):
        return "a number is missing"
    if any(segment.started_ms > segment.ended_ms for segment in segments):
        return "one ends before it begins"
    if segments[0].kind != "waiting" or segments[0].started_ms != row.arrived_ms:
        return "the wait does not begin with the arrival"
    if sum(segment.kind == "offer" for segment in segments) != row.offers:
        return f"there should be {row.offers} offers"
    late = [
        (segment.kind, segment.started_ms, segment.agent) for segment in segments if segment.kind in ("talk", "wrap_up")
    ]
    answered = row.outcome == "answered"
    should = [("talk", row.connected_ms, row.agent), ("wrap_up", row.ended_ms, row.agent)] if answered else []
    return None if late == should else f"talk and wrap-up should be {should}"


def wrong_dispositions(
    rows: Sequence[ContactRow], given: Mapping[str, str], perhaps: Mapping[str, str]
) -> list[tuple[str, str | None]]:
    """Those that are not what an agent gave: confirmed ones for certain, others perhaps."""
    wrong = []
    for row in rows:
        may_be: tuple[str | None, ...] = (given[row.id],) if row.id in given else (None, perhaps.get(row.id))
        if row.disposition not in may_be:
            wrong.append((row.id, row.disposition))
    logged = {row.id for row in rows}
    return wrong + [(contact, None) for contact in given if contact not in logged]


def _short(row: ContactRow) -> str:
    return f"{row.outcome} {row.agent} {row.arrived_ms} {row.connected_ms} {row.ended_ms}"
