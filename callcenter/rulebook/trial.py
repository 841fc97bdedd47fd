"""A contact that is made up, so that the rules can be asked about it: for `callcenter rules test` and `rules explain`.

One idea: a fact is given by the path that expressions know it by, `customer.spend_12m` or `queue.sales.waiting`, and
looked at by the same schema. What is not given is as in a quiet moment: nobody waits, every queue is open, and all
agents are at work and free. So a case depends on nothing but what it says and the admin's files.

`Rules.ask` is the only door to the rules here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from callcenter.admin import calendars
from callcenter.admin.model import RoutingFile, attribute_value
from callcenter.numbers import DEFAULT_REGION, to_e164
from callcenter.routing.language.declared import Declared, without_conditions
from callcenter.routing.language.facts import LANGUAGE_SPOKEN, Facts, make_facts
from callcenter.routing.language.mistakes import did_you_mean
from callcenter.routing.language.program import compile_rules
from callcenter.routing.language.trace import RuleTrace, trace, trace_tiers
from callcenter.routing.language.tree import Kind
from callcenter.routing.rules import decide, highest_tier
from callcenter.types import AgentId, AttributeKind, AttributeValue, Configuration, Customer, Hours, Route, Tier

_DAY_MS = 86_400_000
_FIRST_YEAR, _LAST_YEAR = 1971, 2100
_BEFORE_MS, _DAYS = _DAY_MS, 3  # of the calendar around a moment that is asked about
_WORDS = {
    Kind.NUMBER: "It should be a number",
    Kind.FLAG: "It should be true or false",
    Kind.DATE: "It should be a date, such as 2026-12-24",
}


class FactError(ValueError):
    """A fact that cannot be: what is wrong and how to mend it. `of_name`: its name, else its value."""

    def __init__(self, wrong: str, remedy: str, *, of_name: bool) -> None:
        super().__init__(f"{wrong}. {remedy}")
        self.wrong = wrong
        self.remedy = remedy
        self.of_name = of_name


# ---- the time


@dataclass(frozen=True, slots=True)
class Clock:
    """The time zone of the rules, and their opening hours at any moment, however long ago or far ahead."""

    routing: RoutingFile

    @property
    def timezone(self) -> str:
        return self.routing.timezone

    def moment(self, text: str) -> int:
        """The ms of a local time such as 2026-12-24T17:00. Of a time that comes twice, the first. Raises FactError."""
        remedy = "Write the time as 2026-12-24T17:00"
        try:
            naive = datetime.strptime(text, "%Y-%m-%dT%H:%M")  # noqa: DTZ007 - the zone comes next
            local = naive.replace(tzinfo=ZoneInfo(self.timezone))
            at_ms = round(local.timestamp() * 1_000)
            there = self._local(at_ms).replace(tzinfo=None) == naive
        except (ValueError, OverflowError):
            raise FactError(f"{text!r} is no time", remedy, of_name=False) from None
        if not _FIRST_YEAR <= naive.year <= _LAST_YEAR:
            wrong = f"{text} is too far away"
            raise FactError(wrong, f"Write a year from {_FIRST_YEAR} to {_LAST_YEAR}", of_name=False)
        if not there:
            wrong = f"{text} does not exist in {self.timezone}: clocks go forward over it"
            raise FactError(wrong, "Write an hour later", of_name=False)
        return at_ms

    def words(self, at_ms: int) -> str:
        """Such as `Thu 2026-12-24 17:00 (Europe/Berlin)`."""
        return f"{self._local(at_ms):%a %Y-%m-%d %H:%M} ({self.timezone})"

    def around(self, configuration: Configuration, moments: Iterable[int]) -> Configuration:
        """The configuration with its hours and its time zone known around these moments, and nowhere else."""
        windows = _windows(moments)
        zone = self.timezone
        hours = []
        for name, entry in self.routing.hours.items():
            parts = [
                calendars.expand(
                    name, entry.week, entry.exceptions, entry.holidays, entry.timezone or zone, from_ms, days
                )
                for from_ms, days in windows
            ]
            stretches = tuple(stretch for part in parts for stretch in part.open)
            hours.append(Hours(name, stretches, tuple(stretch for part in parts for stretch in part.holidays)))
        offsets = tuple(offset for from_ms, days in windows for offset in calendars.zone_of(zone, from_ms, days))
        return replace(configuration, zone=offsets, hours=tuple(hours))

    def _local(self, at_ms: int) -> datetime:
        return datetime.fromtimestamp(at_ms / 1_000, UTC).astimezone(ZoneInfo(self.timezone))


def _windows(moments: Iterable[int]) -> list[tuple[int, int]]:
    """Stretches of whole days, from when (ms) and how many, around the moments: ascending, and none overlap."""
    found: list[tuple[int, int]] = []
    for first in sorted({moment // _DAY_MS * _DAY_MS - _BEFORE_MS for moment in moments}):
        if found and first <= found[-1][0] + found[-1][1] * _DAY_MS:
            from_ms, _ = found[-1]
            found[-1] = (from_ms, (first - from_ms) // _DAY_MS + _DAYS)
        else:
            found.append((first, _DAYS))
    return found


# ---- the facts


@dataclass(frozen=True, slots=True)
class Trial:
    """A contact about which the rules are asked. `facts` are those of itself, of queues and of agents, by path; those
    of its customer are in the records."""

    at_ms: int
    facts: Mapping[str, AttributeValue]
    customers: tuple[Customer, ...]
    last_agent: AgentId | None


@dataclass(slots=True)
class Draft:
    """Facts as they come in. `given` are those that somebody has given, by path; `fields` are those that there are.

    A caller's number is read as the daemon would read it, with `default_region` for one without a country code.
    """

    configuration: Configuration
    fields: Mapping[str, Declared]
    default_region: str = DEFAULT_REGION
    given: dict[str, AttributeValue] = field(default_factory=dict)
    account_manager: AgentId | None = None
    last_agent: AgentId | None = None

    def give(self, path: str, text: str) -> None:
        """A fact, such as `customer.tier` and `gold`. Raises FactError."""
        if path.partition(".")[0] in ("now", "open", "holiday"):
            raise FactError(f"`{path}` follows from the time", "Give the time instead, `at`", of_name=True)
        if path == LANGUAGE_SPOKEN:
            remedy = "Give one of them instead: the call's counts, where it has one"
            raise FactError(f"`{path}` follows from the language of call and customer", remedy, of_name=True)
        if path not in self.fields:
            raise FactError(f"there is no fact `{path}`", did_you_mean(path, self.fields), of_name=True)
        declared = self.fields[path]
        kind = declared.kind
        value = attribute_value(AttributeKind(kind.value), text.lower() if kind is Kind.FLAG else text)
        if value is None:
            raise FactError(f"is {text!r}", _WORDS[kind], of_name=False)
        if kind is Kind.NUMBER and isinstance(value, int | float) and value < 0 and not path.startswith("customer."):
            raise FactError(f"is {text!r}", "It should be a number, 0 or greater", of_name=False)
        if declared.allowed and value not in declared.allowed:
            raise FactError(f"is {text!r}", did_you_mean(text, declared.allowed), of_name=False)
        if path == "contact.caller":
            value = to_e164(text, self.default_region) or text
        self.given[path] = value

    def trial(
        self, at_ms: int, found: Sequence[Customer] = (), live: Mapping[str, AttributeValue] | None = None
    ) -> Trial:
        """The contact. `found` are records that were looked up, `live` what queues and agents are like just now; what
        was given counts instead of either."""
        quiet = _quiet(self.configuration) if live is None else live
        own = {path: value for path, value in self.given.items() if not path.startswith("customer.")}
        return Trial(at_ms, {**quiet, **own}, tuple(self._records(found)), self.last_agent)

    def _records(self, found: Sequence[Customer]) -> Iterator[Customer]:
        """As many as the facts speak of, all alike but for what was found."""
        own = {path.partition(".")[2]: value for path, value in self.given.items() if path.startswith("customer.")}
        known, shared = own.pop("known", None), own.pop("shared", None)
        count = len(found)
        if shared is not None:
            count = max(count, 2) if shared else min(count, 1)
        if not count and (known or own or self.account_manager is not None):
            count = 1
        if known is False and not shared:
            count = 0
        blank = Customer(0, "", "", self.configuration.default_tier)
        for number in range(count):
            record = found[number] if number < len(found) else replace(blank, id=number + 1)
            yield self._changed(record, own)

    def _changed(self, record: Customer, own: Mapping[str, AttributeValue]) -> Customer:
        names = {attribute.name for attribute in self.configuration.attributes}
        return replace(
            record,
            account=str(own.get("account", record.account)),
            name=str(own.get("name", record.name)),
            tier=Tier(str(own.get("tier", record.tier))),
            language=str(own["language"]) if "language" in own else record.language,
            account_manager=self.account_manager or record.account_manager,
            attributes=record.attributes | {name: value for name, value in own.items() if name in names},
        )


def fields_of(configuration: Configuration) -> Mapping[str, Declared]:
    """The facts that there are, by path."""
    return without_conditions(configuration).fields


def _quiet(configuration: Configuration) -> dict[str, AttributeValue]:
    facts: dict[str, AttributeValue] = {}
    for queue in configuration.queues:
        serving = sum(queue.name in agent.queues for agent in configuration.agents)
        facts |= live_facts(queue.name, waiting=0, longest_wait_s=0, is_open=True, ready=serving, signed_in=serving)
    return facts


def live_facts(
    queue: str, *, waiting: int, longest_wait_s: float, is_open: bool, ready: int, signed_in: int
) -> dict[str, AttributeValue]:
    """The facts of one queue and its agents, by path."""
    return {
        f"queue.{queue}.waiting": waiting,
        f"queue.{queue}.longest_wait_s": longest_wait_s,
        f"queue.{queue}.open": is_open,
        f"agents.{queue}.ready": ready,
        f"agents.{queue}.signed_in": signed_in,
    }


# ---- asking


@dataclass(frozen=True, slots=True)
class Answer:
    """What the rules say. `tier` is the one that they see; `tier_rule` is the index of the rule that gave it, None: the
    record did."""

    route: Route
    tier: Tier
    tier_rule: int | None


@dataclass(frozen=True, slots=True)
class Tried:
    """The rules that were tried, in their order; the last one matched if any did."""

    tier_rules: tuple[RuleTrace, ...]
    rules: tuple[RuleTrace, ...]


class Rules:
    """The rules of one configuration, which knows its hours at the times that are asked about: see `Clock.around`."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self._program = compile_rules(configuration)

    def ask(self, trial: Trial) -> Answer:
        facts = self._facts(trial)
        tried = trace_tiers(self.configuration, facts) if self.configuration.tier_rules else ()
        tier_rule = len(tried) - 1 if tried and tried[-1].matched else None
        tier = self._program.tier(facts) or highest_tier(self.configuration, trial.customers)
        return Answer(self._decide(facts.with_tier(tier), trial), tier, tier_rule)

    def tried(self, trial: Trial) -> Tried:
        """The same question, with what each part of each condition came to."""
        facts = self._facts(trial)
        tiers = trace_tiers(self.configuration, facts)
        tier = self._program.tier(facts) or highest_tier(self.configuration, trial.customers)
        return Tried(tiers, trace(self.configuration, facts.with_tier(tier)))

    def facts(self, trial: Trial, tier: Tier) -> dict[str, AttributeValue]:
        """What is known of the contact and its customer, of this tier; texts that are empty are left out."""
        values = self._facts(trial).with_tier(tier).values
        roots = ("contact.", "customer.")
        return {path: value for path, value in values.items() if path.startswith(roots) and value != ""}

    def _decide(self, facts: Facts, trial: Trial) -> Route:
        """The door to the decision itself."""
        alone = trial.customers[0] if len(trial.customers) == 1 else None
        manager = alone.account_manager if alone is not None else None
        return decide(self.configuration, self._program, facts, manager, trial.last_agent)

    def _facts(self, trial: Trial) -> Facts:
        return make_facts(
            self.configuration,
            now_ms=trial.at_ms,
            tier=highest_tier(self.configuration, trial.customers),
            customers=trial.customers,
            given=trial.facts,
        )
