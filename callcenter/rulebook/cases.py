"""`cases.yaml`: what the rules should say to contacts that are made up, beside the rules that it tests.

One idea: a case writes down facts and as much of the answer as matters. Only what is written is compared, so a case
about the queue does not break when somebody changes a priority. Which rules no case has reached is told as well: a rule
that nothing tests may say anything.

A file has 1 MiB at most, like all that is read here; that bounds the number of cases.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from callcenter.admin import folder as rules_folder
from callcenter.admin import schema, yaml_source
from callcenter.admin.files import default_rule_name
from callcenter.admin.model import Fact, Label, RoutingFile, Skills
from callcenter.admin.schema import Listed, Model, did_you_mean
from callcenter.admin.yaml_source import Document, Key, Mark, Mistake, Place
from callcenter.numbers import DEFAULT_REGION
from callcenter.routing.rules import NO_RULE
from callcenter.rulebook.trial import Answer, Clock, Draft, FactError, Rules, Trial, fields_of
from callcenter.settings import Loaded
from callcenter.types import AWAY, MAX_PRIORITY, MIN_PRIORITY, AgentId, Configuration

# The moment of a case that gives none: a Wednesday morning, always the same, so that no case fails on a Sunday.
USUAL_TIME = "2026-01-14T10:00"

Texts = Annotated[tuple[str, ...], Listed()]
Expected = str | int | dict[str, int] | list[str]


class QueueFacts(Model):
    waiting: str | None = None
    longest_wait_s: str | None = None
    open: str | None = None


class AgentsFacts(Model):
    ready: str | None = None
    signed_in: str | None = None


class FactsEntry(Model):
    """The texts that expressions may ask for are looked at by `Draft.give`, which knows what they should be."""

    dialled: Fact | None = None
    caller: Fact | None = None
    caller_name: Fact | None = None
    intent: Fact | None = None
    language: Fact | None = None
    account: Fact | None = None
    tier: str | None = None  # of the customer's record
    customer: dict[str, str] = Field(default_factory=dict)
    account_manager: str | None = None
    last_agent: str | None = None
    at: str | None = None
    queues: dict[str, QueueFacts] = Field(default_factory=dict)
    agents: dict[str, AgentsFacts] = Field(default_factory=dict)


class ExpectEntry(Model):
    """What is left out is not compared."""

    queue: str | None = None
    priority: Annotated[int, Field(ge=MIN_PRIORITY, le=MAX_PRIORITY)] | None = None
    skills: Skills | None = None
    rule: str | None = None
    tier: str | None = None
    tags: Texts | None = None
    text: str | None = None
    prefer: Texts | None = None

    @model_validator(mode="after")
    def _compares_something(self) -> "ExpectEntry":
        if all(getattr(self, name) is None for name in type(self).model_fields):
            raise PydanticCustomError("nothing", "It should name what to compare, such as `queue: sales`")
        return self


class CaseEntry(Model):
    name: Label = Field(description="what the case is about, such as `name: gold customers first`")
    facts: FactsEntry = FactsEntry()
    expect: ExpectEntry = Field(description="what the rules should say, such as `expect: {queue: sales}`")


class CasesFile(Model):
    cases: tuple[CaseEntry, ...] = Field(min_length=1, description="the list of cases")


# ---- reading


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    mark: Mark
    trial: Trial
    expect: ExpectEntry


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases of a file and everything that is wrong with it; where something is, there are none."""

    file: Path
    cases: tuple[Case, ...]
    mistakes: tuple[Mistake, ...]


def path_of(rules: Path) -> Path:
    """Where the cases of these rules are: in their folder, or beside their file."""
    return rules / rules_folder.CASES if rules.is_dir() else rules.with_name(rules_folder.CASES)


def read(path: Path, configuration: Configuration, clock: Clock, default_region: str = DEFAULT_REGION) -> Cases:
    """Read the cases for these rules; callers' numbers without a country code are of this region. Raises nothing."""
    document = yaml_source.read(path)
    entries, found = schema.validate(CasesFile, document)
    mistakes = [*document.mistakes, *found]
    cases, fields = [], fields_of(configuration)
    for index, entry in enumerate(entries.cases if entries is not None else ()):
        reader = _Reader(document, ("cases", index), configuration, clock)
        trial = reader.trial(entry.facts, Draft(configuration, fields, default_region))
        cases.append(Case(entry.name, document.mark(("cases", index)), trial, entry.expect))
        mistakes += [*reader.mistakes, *reader.unknown(entry.expect)]
    mistakes += _named_twice(document)
    return Cases(path, () if mistakes else tuple(cases), tuple(yaml_source.in_order(mistakes)))


class _Reader:
    """One case; what is wrong with its facts is noted in `mistakes`."""

    def __init__(self, document: Document, place: Place, configuration: Configuration, clock: Clock) -> None:
        self.document = document
        self.place = place
        self.configuration = configuration
        self.clock = clock
        self.mistakes: list[Mistake] = []

    def trial(self, facts: FactsEntry, draft: Draft) -> Trial:
        here: Place = (*self.place, "facts")
        for name in ("dialled", "caller", "caller_name", "intent", "language", "account"):
            self._give(draft, f"contact.{name}", getattr(facts, name), (*here, name))
        self._give(draft, "customer.tier", facts.tier, (*here, "tier"))
        for name, text in facts.customer.items():
            self._give(draft, f"customer.{name}", text, (*here, "customer", name))
        for kind, queues in (("queue", facts.queues), ("agents", facts.agents)):
            section = "queues" if kind == "queue" else kind
            for queue, values in queues.items():
                if not self._is_queue(queue, (*here, section, Key(queue))):
                    continue
                for name in type(values).model_fields:
                    self._give(draft, f"{kind}.{queue}.{name}", getattr(values, name), (*here, section, queue, name))
        for name in ("account_manager", "last_agent"):
            agent = getattr(facts, name)
            if agent is not None:
                self.mistakes += self._among("agent", [((*here, name), agent)], self._agents(), "agents.yaml")
                setattr(draft, name, AgentId(agent))
        return draft.trial(self._moment(facts.at, (*here, "at")))

    def unknown(self, expect: ExpectEntry) -> Iterator[Mistake]:
        """Names in what is expected that no answer can have."""
        here, rules = (*self.place, "expect"), self.configuration.rules
        queues = [*(queue.name for queue in self.configuration.queues), AWAY]
        skills = {
            skill.name
            for rule in rules
            for skill in (*rule.skills, *(one for group in rule.any_of for one in group), *rule.preferred)
        }
        tags = {tag for rule in rules for tag in rule.tags}
        texts = self.document.texts
        yield from self._among("queue", texts(*here, "queue"), queues, "the rules")
        yield from self._among("tier", texts(*here, "tier"), self.configuration.tiers, "the rules")
        yield from self._among("rule", texts(*here, "rule"), [*(rule.name for rule in rules), NO_RULE], "the rules")
        named = [((*here, "skills", Key(name)), name) for name in expect.skills or ()]
        yield from self._among("skill", named, sorted(skills), "the rules")
        yield from self._among("tag", texts(*here, "tags"), sorted(tags), "the rules")
        yield from self._among("agent", texts(*here, "prefer"), self._agents(), "agents.yaml")

    def _give(self, draft: Draft, path: str, text: str | None, place: Place) -> None:
        if text is None:
            return
        try:
            draft.give(path, text)
        except FactError as error:
            at = (*place[:-1], Key(place[-1])) if error.of_name else place
            self.mistakes.append(self.document.mistake(at, error.wrong, error.remedy))

    def _is_queue(self, name: str, place: Place) -> bool:
        found = list(self._among("queue", [(place, name)], [q.name for q in self.configuration.queues], "the rules"))
        self.mistakes += found
        return not found

    def _moment(self, text: str | None, place: Place) -> int:
        try:
            return self.clock.moment(text or USUAL_TIME)
        except FactError as error:
            self.mistakes.append(self.document.mistake(place, error.wrong, error.remedy))
            return 0

    def _agents(self) -> list[AgentId]:
        return [agent.id for agent in self.configuration.agents]

    def _among(
        self, kind: str, given: Iterable[tuple[Place, str]], known: Iterable[str], where: str
    ) -> Iterator[Mistake]:
        names = list(known)
        for place, word in given:
            if word not in names:
                remedy = did_you_mean(word, names, "Leave it out")
                yield self.document.mistake(place, f"there is no {kind} `{word}` in {where}", remedy)


def _named_twice(document: Document) -> Iterator[Mistake]:
    first: dict[str, Place] = {}
    for index in range(document.count("cases")):
        place: Place = ("cases", index, "name")
        name = document.text(*place)
        if name in first:
            wrong = f"`{name}` stands here for the second time, first {document.where(first[name], place)}"
            yield document.mistake(place, wrong, "Give each case a name of its own")
        elif name is not None:
            first[name] = place


# ---- running


@dataclass(frozen=True, slots=True)
class Difference:
    key: str
    expected: Expected
    got: Expected


@dataclass(frozen=True, slots=True)
class Failure:
    """A case that got another answer: which rule gave it and why, beside what differs."""

    case: str
    file: str
    line: int
    rule: str
    because: str
    differences: tuple[Difference, ...]

    def __str__(self) -> str:
        differences = "; ".join(f"{it.key} is {shown(it.got)}, not {shown(it.expected)}" for it in self.differences)
        return f"{self.file}:{self.line}: case `{self.case}`: {differences} (rule `{self.rule}`)"


@dataclass(frozen=True, slots=True)
class Report:
    """`uncovered_rules` and `uncovered_tier_rules` are those that no case has reached; of the latter, number and words.

    `uncovered_entries`: the names of entries whose default no case has reached. `default_covered`: some case goes to
    the default queue because no rule is for it.
    """

    cases: int
    failures: tuple[Failure, ...]
    uncovered_rules: tuple[str, ...]
    uncovered_tier_rules: tuple[str, ...]
    uncovered_entries: tuple[str, ...]
    default_covered: bool


def run(cases: Iterable[Case], configuration: Configuration, clock: Clock) -> Report:
    """Ask the rules about each case."""
    all_cases = list(cases)
    asked = Rules(clock.around(configuration, (case.trial.at_ms for case in all_cases)))
    failures, rules, tier_rules = [], set(), set()
    for case in all_cases:
        answer = asked.ask(case.trial)
        rules.add(answer.route.rule)
        tier_rules.add(answer.tier_rule)
        differences = tuple(_differences(case.expect, answer))
        if differences:
            route = answer.route
            failures.append(Failure(case.name, case.mark.file, case.mark.line, route.rule, route.because, differences))
    entries = clock.routing.entries.values()
    defaults = {default_rule_name(entry.name): entry.name for entry in entries if entry.default is not None}
    return Report(
        len(all_cases),
        tuple(failures),
        tuple(rule.name for rule in configuration.rules if rule.name not in rules and rule.name not in defaults),
        tuple(
            f"{number} ({rule.tier}: {rule.when})"
            for number, rule in enumerate(configuration.tier_rules, start=1)
            if number - 1 not in tier_rules
        ),
        tuple(entry for rule, entry in defaults.items() if rule not in rules),
        NO_RULE in rules,
    )


def failures(rules: Path, loaded: Loaded) -> list[str]:
    """What the cases beside these rules, a folder or a file, have against them, a line for each; for publishing.

    Nothing where there are no cases. `loaded` is what was read from the same rules, without mistakes.
    """
    path = path_of(rules)
    if not path.exists():
        return []
    routing, mistakes = schema.validate(RoutingFile, rules_folder.read(rules))
    if routing is None:
        return [str(mistake) for mistake in mistakes]
    clock = Clock(routing)
    found = read(path, loaded.configuration, clock, loaded.settings.crm.default_region)
    if found.mistakes:
        return [str(mistake) for mistake in found.mistakes]
    return [str(failure) for failure in run(found.cases, loaded.configuration, clock).failures]


def _differences(expect: ExpectEntry, answer: Answer) -> Iterator[Difference]:
    route = answer.route
    pairs: tuple[tuple[str, Expected | None, Expected], ...] = (
        ("queue", expect.queue, route.queue),
        ("priority", expect.priority, route.priority),
        ("skills", expect.skills, {skill.name: skill.level for skill in route.skills}),
        ("rule", expect.rule, route.rule),
        ("tier", expect.tier, answer.tier),
        ("tags", _sorted(expect.tags), sorted(route.tags)),
        ("text", expect.text, route.text),
        ("prefer", None if expect.prefer is None else list(expect.prefer), list(route.prefer)),
    )
    for key, wanted, got in pairs:
        if wanted is not None and wanted != got:
            yield Difference(key, wanted, got)


def _sorted(texts: tuple[str, ...] | None) -> list[str] | None:
    return None if texts is None else sorted(texts)


# ---- in words


def shown(value: Expected) -> str:
    """A value as one would write it in the file."""
    match value:
        case dict():
            return f"{{{', '.join(f'{name}: {level}' for name, level in value.items())}}}"
        case list():
            return f"[{', '.join(value)}]"
        case "":
            return '""'
        case _:
            return str(value)


def lines_of(report: Report) -> Iterator[str]:
    """The report as lines for a terminal."""
    for failure in report.failures:
        yield f"FAILED  {failure.case}  ({failure.file}:{failure.line})"
        for it in failure.differences:
            yield f"  - {it.key}: {shown(it.expected)}"
            yield f"  + {it.key}: {shown(it.got)}"
        yield f"    rule `{failure.rule}`: {failure.because}"
        yield ""
    failed = len(report.failures)
    yield f"{report.cases} case{'' if report.cases == 1 else 's'}: {report.cases - failed} passed, {failed} failed."
    uncovered = [
        *(f"rule `{name}`" for name in report.uncovered_rules),
        *(f"tier rule {words}" for words in report.uncovered_tier_rules),
    ]
    defaults = [*report.uncovered_entries, *(() if report.default_covered else ("the default queue",))]
    if defaults:
        uncovered.append(f"where no rule holds: {', '.join(defaults)}")
    if uncovered:
        yield "No case covers:"
        yield from (f"  {words}" for words in uncovered)
