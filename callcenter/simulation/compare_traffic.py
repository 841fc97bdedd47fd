"""traffic.yaml: what a day at the call center is like, so that rules can be tried before calls depend on them.

The models look at each value by itself; `load` also holds the file against the agents and the rules that the day is
played with. Everything by half-hour is written with its times as keys, `"08:00": 40` for one half-hour or
`"08:00-12:00": 40` for each one of several, or as a list of 48 numbers from midnight on; what is not named is 0.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from math import exp, log, log1p, sqrt
from pathlib import Path
from statistics import NormalDist
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from callcenter.admin import schema, yaml_source
from callcenter.admin.schema import Model, like
from callcenter.admin.yaml_source import Document, Mistake, Place
from callcenter.numbers import DEFAULT_REGION, to_e164
from callcenter.types import AgentConfig, AttributeKind, AttributeValue, Configuration

MINUTE_MS = 60_000
HALF_HOUR_MS = 30 * MINUTE_MS
DAY_MS = 24 * 60 * MINUTE_MS
HALF_HOURS = DAY_MS // HALF_HOUR_MS
MAX_CALLS_A_DAY = 200_000
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MAX_DAYS_AHEAD = 365  # well within the time for which opening hours are worked out
_STANDARD = NormalDist()
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d"
_HALF = r"(?:[01]\d|2[0-3]):[03]0"
_A_HALF_HOUR = "the beginning of a half-hour or several half-hours, such as 08:30 or 08:00-12:00"


def _times(value: object) -> object:
    """A list of 48 numbers as the map that it stands for."""
    if not isinstance(value, list):
        return value
    if len(value) != HALF_HOURS:
        raise PydanticCustomError("times", "It should have 48 numbers, one for each half-hour from 00:00 on")
    return {clock(slot * HALF_HOUR_MS): number for slot, number in enumerate(value)}


def _weighted(value: object) -> object:
    """A value that stands alone is the only one."""
    return {value: 1} if isinstance(value, str) else value


Times = Annotated[str, like(rf"{_HALF}(-({_HALF}|24:00))?", _A_HALF_HOUR)]
Rates = Annotated[
    dict[Times, Annotated[float, Field(ge=0, le=MAX_CALLS_A_DAY)]], BeforeValidator(_times), Field(min_length=1)
]
Counts = Annotated[dict[Times, Annotated[int, Field(ge=0, le=10_000)]], BeforeValidator(_times), Field(min_length=1)]
Hours = Annotated[
    str,
    like(
        rf"{_TIME}-({_TIME}|24:00)( {_TIME}-({_TIME}|24:00))*", "times such as 08:00-12:00 or 08:00-12:00 13:00-17:00"
    ),
]
Day = Annotated[str, like(rf"{'|'.join(WEEKDAYS)}|\d{{4}}-\d\d-\d\d", "mon to sun, or a date such as 2026-12-24")]
Fact = Annotated[str, like(r"[^\x00-\x1f\x7f]{1,80}", "1 to 80 printable characters")]
Weight = Annotated[float, Field(ge=0, le=1_000_000)]
Weighted = Annotated[dict[Fact, Weight], BeforeValidator(_weighted), Field(min_length=1)]
Chance = Annotated[float, Field(ge=0, le=0.9)]


class Duration(Model):
    """How long something takes. `cv`, the standard deviation divided by the mean, counts with `lognormal` only."""

    mean_s: Annotated[float, Field(ge=0.1, le=86_400)] = Field(description="the mean in seconds, such as `mean_s: 180`")
    distribution: Literal["exponential", "lognormal"] = "exponential"
    cv: Annotated[float, Field(ge=0.01, le=10)] = 1.0

    def ms(self, share: float) -> int:
        """The time in ms that `share` (0 to 1, exclusive) of all are shorter than."""
        if self.distribution == "exponential":
            return round(-1000 * self.mean_s * log1p(-share))
        middle, spread = self._logarithm
        return round(1000 * exp(middle + spread * _STANDARD.inv_cdf(share)))

    @cached_property
    def _logarithm(self) -> tuple[float, float]:
        """Mean and standard deviation of the logarithm, from those of the time itself."""
        variance = log1p(self.cv**2)
        return log(self.mean_s) - variance / 2, sqrt(variance)


class Kind(Model):
    """Callers of one kind; a fact is one value, or several with weights. Without tier and attributes: in no record."""

    weight: Weight = 1.0
    dialled: Weighted = Field(description="the number that they dial, such as `dialled: 8001`")
    caller: Weighted | None = None
    tier: Weighted | None = None
    intent: Weighted | None = None
    language: Weighted | None = None
    attributes: dict[str, Weighted] = Field(default_factory=dict)


class Handling(Model):
    talk: Duration = Field(description="how long a conversation takes, such as `talk: {mean_s: 240}`")
    wrap_up: Duration = Duration(mean_s=30)


class HandlingByQueue(Model):
    default: Handling = Field(description="talk and wrap-up, such as `default: {talk: {mean_s: 240}}`")
    queues: dict[str, Handling] = Field(default_factory=dict)


class Offers(Model):
    """What agents do when the phone rings. One who let it ring is ready again after `ready_again_s`."""

    answer: Duration = Duration(mean_s=4)
    declined: Chance = 0.0
    unanswered: Chance = 0.0
    ready_again_s: Annotated[float, Field(ge=0, le=3600)] = 30.0


class Staff(Model):
    """Who is at work when: all of them at `hours`, or of them, in the order of their names, as many as `count` says."""

    agents: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    queue: str | None = None
    skill: str | None = None
    hours: Hours | None = None
    count: Counts | None = None


class TrafficFile(Model):
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    day: Day = "mon"
    arrivals: Rates = Field(description='calls by half-hour, such as `arrivals: {"08:00-18:00": 40}`')
    mix: Annotated[tuple[Kind, ...], Field(min_length=1)] = Field(
        description="the kinds of callers, such as `mix: [{dialled: 8001}]`"
    )
    patience: Duration = Field(description="how long callers wait at most, such as `patience: {mean_s: 120}`")
    handling: HandlingByQueue = Field(description="such as `handling: {default: {talk: {mean_s: 240}}}`")
    offers: Offers = Offers()
    staffing: Annotated[tuple[Staff, ...], Field(min_length=1)] = Field(
        description='who is at work, such as `staffing: [{agents: [anna], hours: "08:00-17:00"}]`'
    )


@dataclass(frozen=True, slots=True)
class Shift:
    """An agent at work; times in ms since midnight."""

    agent: AgentConfig
    from_ms: int
    to_ms: int


class TrafficError(Exception):
    """What is wrong with the traffic, all of it. Its text has one line for each mistake."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = tuple(yaml_source.in_order(mistakes))
        count = "1 mistake" if len(self.mistakes) == 1 else f"{len(self.mistakes)} mistakes"
        super().__init__("\n".join([f"{count} in the traffic:", *(f"  {mistake}" for mistake in self.mistakes)]))


def load(
    path: Path,
    current: Configuration,
    candidate: Configuration,
    today: date,
    default_region: str = DEFAULT_REGION,
) -> TrafficFile:
    """Read the traffic at `path`, for a day from `today` on. Raises TrafficError with every mistake.

    Callers' numbers come out as rules see them; those without a country code are of `default_region`.
    """
    document = yaml_source.read(path)
    traffic, mistakes = schema.validate(TrafficFile, document)
    mistakes = document.mistakes + mistakes
    if traffic is not None:
        mistakes += _crossed(traffic, document, (current, candidate))
        mistakes += _day(traffic, document, today)
    if mistakes or traffic is None:
        raise TrafficError(mistakes)
    mix = tuple(kind.model_copy(update={"caller": _read(kind.caller, default_region)}) for kind in traffic.mix)
    return traffic.model_copy(update={"mix": mix})


def _read(numbers: dict[str, float] | None, default_region: str) -> dict[str, float] | None:
    """The same with the numbers in E.164, where they can be read so."""
    read: dict[str, float] = {}
    for number, weight in (numbers or {}).items():
        spelled = to_e164(number, default_region) or number
        read[spelled] = read.get(spelled, 0) + weight
    return read or numbers


def date_of(traffic: TrafficFile, today: date) -> date:
    """The day that is played: the one that is named, or the first such weekday after `today`."""
    if traffic.day not in WEEKDAYS:
        return date.fromisoformat(traffic.day)
    return today + timedelta((WEEKDAYS.index(traffic.day) - today.weekday() - 1) % 7 + 1)


def by_half_hour(numbers: dict[str, float] | dict[str, int]) -> tuple[float, ...]:
    """The 48 numbers that a map of times stands for."""
    found = [0.0] * HALF_HOURS
    for times, number in numbers.items():
        for slot in _slots(times):
            found[slot] = number
    return tuple(found)


def shifts_of(traffic: TrafficFile, agents: tuple[AgentConfig, ...]) -> tuple[Shift, ...]:
    """Who is at work when, in the order of the agents; nobody is counted for two places in the same half-hour."""
    at_work: dict[str, list[tuple[int, int]]] = {agent.id: [] for agent in agents}
    for staff in traffic.staffing:
        group = group_of(staff, agents)
        if staff.hours is not None:
            for agent in group:
                at_work[agent.id] += _spans(staff.hours)
        elif staff.count is not None:
            for slot, count in enumerate(by_half_hour(staff.count)):
                begin_ms, end_ms = slot * HALF_HOUR_MS, (slot + 1) * HALF_HOUR_MS
                free = [a for a in group if all(e <= begin_ms or b >= end_ms for b, e in at_work[a.id])]
                for agent in free[: int(count)]:
                    at_work[agent.id].append((begin_ms, end_ms))
    return tuple(Shift(agent, *span) for agent in agents for span in _merged(at_work[agent.id]))


def group_of(staff: Staff, agents: tuple[AgentConfig, ...]) -> list[AgentConfig]:
    """The agents that a line of the staffing is about."""
    if staff.agents is not None:
        by_id = {str(agent.id): agent for agent in agents}
        return [by_id[name] for name in dict.fromkeys(staff.agents) if name in by_id]
    if staff.queue is not None:
        return [agent for agent in agents if staff.queue in agent.queues]
    if staff.skill is not None:
        return [agent for agent in agents if any(skill.name == staff.skill for skill in agent.skills)]
    return list(agents)


def attribute_value(kind: AttributeKind, text: str) -> AttributeValue:
    """What a text of the file stands for. Raises ValueError with what would be right."""
    if kind is AttributeKind.NUMBER:
        try:
            return float(text)
        except ValueError:
            raise ValueError("It should be a number") from None
    if kind is AttributeKind.FLAG:
        if text.lower() not in ("true", "false"):
            raise ValueError("It should be true or false")
        return text.lower() == "true"
    if kind is AttributeKind.DATE:
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            raise ValueError("It should be a date such as 2026-12-24") from None
    return text


# ---- whether the values of different places fit together


def _crossed(
    traffic: TrafficFile, document: Document, configurations: tuple[Configuration, Configuration]
) -> list[Mistake]:
    return [
        *_arrivals(traffic, document),
        *_mix(traffic, document, configurations),
        *_handling(traffic, document, configurations),
        *_staffing(traffic, document, configurations[0].agents),
    ]


def _arrivals(traffic: TrafficFile, document: Document) -> Iterator[Mistake]:
    yield from _twice(traffic.arrivals, document, ("arrivals",))
    calls = sum(by_half_hour(traffic.arrivals))
    if not 0 < calls <= MAX_CALLS_A_DAY:
        yield document.mistake(("arrivals",), f"makes {calls:g} calls a day", f"1 to {MAX_CALLS_A_DAY} can be played")


def _twice(numbers: Iterable[str], document: Document, place: Place) -> Iterator[Mistake]:
    seen: dict[int, str] = {}
    for times in numbers:
        slots = _slots(times)
        if not slots:
            yield document.mistake((*place, times), "ends before it begins", "Write the earlier time first")
        for slot in slots:
            if slot in seen:
                wrong = f"speaks of {clock(slot * HALF_HOUR_MS)}, and so does {seen[slot]}"
                yield document.mistake((*place, times), wrong, "Let each half-hour be in one of them")
                break
            seen[slot] = times


def _mix(
    traffic: TrafficFile, document: Document, configurations: tuple[Configuration, Configuration]
) -> Iterator[Mistake]:
    tiers = _names(str(tier) for made in configurations for tier in made.tiers)
    attributes = {attribute.name: attribute for made in configurations for attribute in made.attributes}
    if not sum(kind.weight for kind in traffic.mix):
        yield document.mistake(("mix",), "has no weight above 0", "Give one of them a `weight`")
    for number, kind in enumerate(traffic.mix):
        place: Place = ("mix", number)
        for key, choices in _facts(kind):
            if not sum(choices.values()):
                yield document.mistake((*place, *key), "has no weight above 0", "Give one of them a weight")
        for tier in kind.tier or ():
            if tier not in tiers:
                wrong = f"is {tier!r}, which is no tier"
                yield document.mistake((*place, "tier"), wrong, schema.did_you_mean(tier, tiers))
        for name, choices in kind.attributes.items():
            if name not in attributes:
                remedy = schema.did_you_mean(name, attributes, "Declare it in `attributes` of the rules")
                yield document.mistake((*place, "attributes", name), "is no attribute", remedy)
                continue
            for text in choices:
                try:
                    attribute_value(attributes[name].kind, text)
                except ValueError as error:
                    yield document.mistake((*place, "attributes", name), f"is {text!r}", str(error))


def _facts(kind: Kind) -> Iterator[tuple[Place, dict[str, float]]]:
    for key in ("dialled", "caller", "tier", "intent", "language"):
        choices = getattr(kind, key)
        if choices is not None:
            yield (key,), choices
    for name, choices in kind.attributes.items():
        yield ("attributes", name), choices


def _handling(
    traffic: TrafficFile, document: Document, configurations: tuple[Configuration, Configuration]
) -> Iterator[Mistake]:
    queues = _names(str(queue.name) for made in configurations for queue in made.queues)
    for name in traffic.handling.queues:
        if name not in queues:
            yield document.mistake(("handling", "queues", name), "is no queue", schema.did_you_mean(name, queues))
    if traffic.offers.declined + traffic.offers.unanswered > 0.9:
        remedy = "Let at least one offer in ten be answered: with `declined` it is 0.9 at most"
        yield document.mistake(("offers", "unanswered"), f"is {traffic.offers.unanswered:g}", remedy)


def _staffing(traffic: TrafficFile, document: Document, agents: tuple[AgentConfig, ...]) -> Iterator[Mistake]:
    known = {
        "agents": _names(str(agent.id) for agent in agents),
        "queue": _names(str(queue) for agent in agents for queue in agent.queues),
        "skill": _names(str(skill.name) for agent in agents for skill in agent.skills),
    }
    for number, staff in enumerate(traffic.staffing):
        place: Place = ("staffing", number)
        if sum(value is not None for value in (staff.agents, staff.queue, staff.skill)) > 1:
            yield document.mistake(place, "chooses agents in two ways", "Keep one of agents, queue and skill")
            continue
        if (staff.hours is None) == (staff.count is None):
            wrong = "says neither when nor how many" if staff.hours is None else "has hours and a count"
            yield document.mistake(place, wrong, "Give `hours`, or a `count` by half-hour")
            continue
        named = {"agents": staff.agents or (), "queue": _alone(staff.queue), "skill": _alone(staff.skill)}
        unknown = [(key, name) for key, names in named.items() for name in names if name not in known[key]]
        for key, name in unknown:
            what = "agent of agents.yaml" if key == "agents" else f"{key} of any agent"
            yield document.mistake((*place, key), f"{name!r} is no {what}", schema.did_you_mean(name, known[key]))
        if staff.hours is not None and any(begin_ms >= end_ms for begin_ms, end_ms in _spans(staff.hours)):
            remedy = "Write the earlier time first; a night is two: 00:00-06:00 22:00-24:00"
            yield document.mistake((*place, "hours"), f"is {staff.hours!r}", remedy)
        if staff.count is not None and not unknown:
            yield from _twice(staff.count, document, (*place, "count"))
            there = len(group_of(staff, agents))
            if max(staff.count.values()) > there:
                wrong = f"asks for {max(staff.count.values())} agents"
                yield document.mistake((*place, "count"), wrong, f"There are {there} to choose from")


def _day(traffic: TrafficFile, document: Document, today: date) -> list[Mistake]:
    last = today + timedelta(MAX_DAYS_AHEAD)
    try:
        if today <= date_of(traffic, today) <= last:
            return []
    except ValueError:
        return [document.mistake(("day",), f"is {traffic.day!r}", "There is no such date")]
    remedy = f"It should be from {today} to {last}, where the opening hours are known, or a weekday, such as `day: mon`"
    return [document.mistake(("day",), f"is {traffic.day!r}", remedy)]


# ---- times of day


def _names(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _alone(name: str | None) -> tuple[str, ...]:
    return () if name is None else (name,)


def clock(ms: int) -> str:
    """Such as 08:30; ms since midnight."""
    hours, minutes = divmod(ms // MINUTE_MS, 60)
    return f"{hours:02}:{minutes:02}"


def _ms(clock: str) -> int:
    hours, minutes = clock.split(":")
    return (int(hours) * 60 + int(minutes)) * MINUTE_MS


def _slots(times: str) -> range:
    begin, _, end = times.partition("-")
    first = _ms(begin) // HALF_HOUR_MS
    return range(first, _ms(end) // HALF_HOUR_MS if end else first + 1)


def _spans(hours: str) -> list[tuple[int, int]]:
    return [(_ms(begin), _ms(end)) for begin, end in (span.split("-") for span in hours.split(" "))]


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans in the order of time, with those that touch or overlap as one."""
    merged: list[tuple[int, int]] = []
    for begin_ms, end_ms in sorted(spans):
        if merged and begin_ms <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end_ms))
        else:
            merged.append((begin_ms, end_ms))
    return merged
