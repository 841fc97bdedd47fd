"""What an admin may write into the rules: each value looked at by itself.

`admin_files` makes what the core obeys of it, `admin_checks` asks whether the values of different places fit together,
and `scripts/draw_schema.py` draws docs/rules.schema.json from these models, so that an editor knows them too. The
descriptions are for both: an editor shows them, and so does the mistake that something is missing.
"""

from datetime import date
from typing import Annotated

from pydantic import Discriminator, Field, Tag, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from callcenter.admin.schema import MAPPING_TAG, TEXT_TAG, Listed, Model, Name, like
from callcenter.queues.treatment import MAX_SPOKEN_POSITION
from callcenter.types import (
    AWAY,
    MAX_PRIORITY,
    MAX_PROFICIENCY,
    MIN_PRIORITY,
    MIN_PROFICIENCY,
    AttributeKind,
    AttributeValue,
    Preference,
    Strategy,
)

MAX_DRAW_SEED = 2**31 - 1
MAX_TAGS = 20
MAX_SOUNDS = 20
MAX_STEPS, MAX_CHOICES = 200, 20  # of a script, and of a step
CLOSED = "closed"  # what a caller hears who is sent away, unless the rule names another message
_FLAGS = {"true": True, "false": False}


def attribute_value(kind: AttributeKind, text: str) -> AttributeValue | None:
    """What `text` means as a value of this kind, None where it means nothing."""
    try:
        match kind:
            case AttributeKind.TEXT:
                return text
            case AttributeKind.FLAG:
                return _FLAGS.get(text)
            case AttributeKind.DATE:
                return text if date.fromisoformat(text).isoformat() == text else None
            case AttributeKind.NUMBER:
                return _number(text)
    except ValueError:
        return None


def _number(text: str) -> float | None:
    number = float(text)
    if number in (float("inf"), float("-inf")) or number != number:  # noqa: PLR0124 - not a number
        return None
    return int(number) if number.is_integer() else number


Level = Annotated[int, Field(ge=MIN_PROFICIENCY, le=MAX_PROFICIENCY)]
Skills = dict[Name, Level]
SomeSkills = Annotated[Skills, Field(min_length=1)]
Label = Annotated[str, like(r"[^\W_][^\x00-\x1f\x7f]{0,79}", "a letter or digit, then at most 79 printable characters")]
Fact = Annotated[str, like(r"[^\x00-\x1f\x7f]{1,80}", "1 to 80 printable characters")]
Facts = Annotated[tuple[Fact, ...], Field(min_length=1), Listed()]
Reasons = tuple[Name, ...]
Word = Annotated[
    str,
    like(r"[a-z][a-z0-9_]{0,31}", "a lower-case letter, then at most 31 of a-z, 0-9 and _"),
]
Message = Annotated[
    str,
    like(r"[a-z][a-z0-9_]{1,31}", "a lower-case letter, then 1 to 31 of a-z, 0-9 and _"),
]
Sound = Annotated[
    str,
    like(
        r"(?!.*\.(?:wav|wav49|WAV|gsm|ulaw|alaw|sln|sln16|g722|g729|mp3)$)[A-Za-z0-9_-][A-Za-z0-9_.-]*"
        r"(?:/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*",
        "a sound as the PBX knows it, without the ending of its format, such as `queue-thankyou` or `custom/welcome`",
    ),
    Field(max_length=80),
]
MusicClass = Annotated[
    str, like(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,39}", "a class of musiconhold.conf: 1 to 40 of a-z, A-Z, 0-9, . _ and -")
]
Expression = Annotated[str, like(r"[\s\S]*\S[\s\S]*", "an expression, such as `customer.known`")]
Prose = Annotated[str, like(r"[^\x00-\x09\x0b-\x1f\x7f]{1,500}", "1 to 500 printable characters")]
ScriptText = Annotated[str, like(r"[^\x00-\x09\x0b-\x1f\x7f]{1,2000}", "1 to 2,000 printable characters")]
ScriptLine = Annotated[str, like(r"[^\x00-\x1f\x7f]{1,120}", "one line of 1 to 120 printable characters")]
AfterSeconds = Annotated[float, Field(ge=1, le=3600)]


class OverflowEntry(Model):
    after_s: AfterSeconds = Field(description="the seconds from the contact's arrival, such as `after_s: 300`")
    to: str = Field(description=f"the queue where it goes then, or `{AWAY}`: a message, and the end of the call")


class AnnounceEntry(Model):
    every_s: Annotated[float, Field(ge=10, le=3600)] = Field(
        default=60.0, description="the seconds of waiting in the queue from one announcement to the next"
    )
    sounds: tuple[Sound, ...] = Field(
        default=(), max_length=MAX_SOUNDS, description="one of them each time, in turn, such as `[custom/website]`"
    )
    position: bool = Field(
        default=False, description=f"say the caller's place in the queue, to the first {MAX_SPOKEN_POSITION}"
    )


class TreatmentEntry(Model):
    music: MusicClass | None = Field(default=None, description="the class of music in musiconhold.conf")
    greeting: Sound | None = Field(default=None, description="a sound, once, before a contact begins to wait")
    announce: AnnounceEntry | None = Field(default=None, description="what is said from time to time")


def _in_order(critical: float | None, info: ValidationInfo, *, worse_is_more: bool) -> float | None:
    """A critical value is reached after the warning."""
    warning = info.data.get("warning")
    if critical is not None and warning is not None and (critical < warning) == worse_is_more and critical != warning:
        than = "less" if worse_is_more else "more"
        raise PydanticCustomError("critical", "It should not be {than} than `warning`", {"than": than})
    return critical


class MoreIsWorse(Model):
    """At these values and above."""

    warning: Annotated[float, Field(ge=1, le=86_400)] | None = None
    critical: Annotated[float, Field(ge=1, le=86_400)] | None = None

    @field_validator("critical")
    @classmethod
    def _fits(cls, critical: float | None, info: ValidationInfo) -> float | None:
        return _in_order(critical, info, worse_is_more=True)


class LessIsWorse(Model):
    """Below these values."""

    warning: Annotated[float, Field(ge=1, le=100)] | None = None
    critical: Annotated[float, Field(ge=1, le=100)] | None = None

    @field_validator("critical")
    @classmethod
    def _fits(cls, critical: float | None, info: ValidationInfo) -> float | None:
        return _in_order(critical, info, worse_is_more=False)


class ThresholdsEntry(Model):
    waiting: MoreIsWorse | None = Field(
        default=None, description="contacts that wait, such as `waiting: {warning: 5, critical: 10}`"
    )
    longest_wait_s: MoreIsWorse | None = Field(default=None, description="seconds that the longest one has waited")
    service_level: LessIsWorse | None = Field(
        default=None, description="percent in the last 15 minutes, such as `service_level: {warning: 80, critical: 60}`"
    )


class QueueEntry(Model):
    offer_timeout_s: Annotated[float, Field(ge=1, le=300)] = Field(
        default=20.0, description="how many seconds an offered agent's phone rings"
    )
    wrap_up_s: Annotated[float, Field(ge=0, le=3600)] = Field(
        default=30.0, description="the seconds that an agent has for after-call work"
    )
    service_level_s: Annotated[float, Field(ge=1, le=3600)] = Field(
        default=20.0, description="the seconds within which a contact should be answered"
    )
    strategy: Strategy = Field(
        default=Strategy.LONGEST_IDLE, description="which of the free agents who may take a contact gets it"
    )
    ring_at_once: Annotated[int, Field(ge=1, le=20)] = Field(
        default=1, description="how many phones ring for one contact where so many agents are free"
    )
    ranked: tuple[str, ...] = Field(default=(), description="the order of the agents for `strategy: ranked`")
    closed_to: str | None = Field(default=None, description="the queue of those who find this one not open")
    overflow: OverflowEntry | None = Field(default=None, description="where a contact goes that has waited so long")
    treatment: TreatmentEntry | None = Field(default=None, description="what those hear who wait")
    short_abandon_s: Annotated[float, Field(ge=0, le=60)] = Field(
        default=5.0, description="who hangs up sooner is counted apart, and not in the service level"
    )
    thresholds: ThresholdsEntry | None = Field(default=None, description="when supervisors are alerted")
    script: str | None = Field(default=None, description="the script that agents follow, such as `script: sales`")


class FactsEntry(Model):
    """Facts that must be one of the values listed; what is left out is not asked."""

    tier: Facts | None = None
    dialled: Facts | None = None
    intent: Facts | None = None
    language: Facts | None = None


def _form(value: object) -> str:
    return TEXT_TAG if isinstance(value, str) else MAPPING_TAG


When = Annotated[
    Annotated[FactsEntry, Tag(MAPPING_TAG)] | Annotated[Expression, Tag(TEXT_TAG)],
    Discriminator(_form),
]


class StepEntry(Model):
    """A step of relaxation. What it may lower, drop and add depends on its rule."""

    after_s: AfterSeconds = Field(
        description="the seconds from the contact's arrival to this step, such as `after_s: 30`"
    )
    skills: Skills = Field(default_factory=dict, description="levels that are enough from now on")
    drop: tuple[str, ...] = Field(default=(), description="skills no longer asked for")
    add_queues: tuple[str, ...] = Field(default=(), description="queues whose agents may take the contact too")


class RouteEntry(Model):
    queue: str = Field(
        description=f"the queue that waits for an agent, such as `queue: sales`, or `{AWAY}`: a message, and the end"
    )
    message: Message | None = Field(
        default=None,
        description=f"what the caller hears with `queue: {AWAY}`: an extension of [callcenter-message] in the dialplan",
    )
    priority: Annotated[int, Field(ge=MIN_PRIORITY, le=MAX_PRIORITY)] = Field(
        default=0, description="the higher one is served first"
    )
    skills: Skills = Field(default_factory=dict, description="what an agent must have, with the least level")
    any_of: tuple[SomeSkills, ...] = Field(default=(), description="groups of skills; of each an agent must have one")
    prefer_skills: Skills = Field(default_factory=dict, description="who has them comes first; nobody is excluded")
    prefer: Annotated[tuple[Preference, ...], Field(min_length=1), Listed()] | None = Field(
        default=None, description="the contact is kept for the first of them who is signed in and may take it"
    )
    prefer_for_s: Annotated[float, Field(ge=1, le=600)] = Field(
        default=30.0, description="for so many seconds; counts with `prefer` only"
    )
    relax: tuple[StepEntry, ...] = Field(default=(), description="steps that let more agents take the contact")
    overflow: OverflowEntry | None = Field(default=None, description="instead of the queue's own")


class SetEntry(Model):
    tags: tuple[Name, ...] = Field(default=(), max_length=MAX_TAGS, description="words for reports, such as `[vip]`")
    text: Prose | None = Field(default=None, description="what the agent sees")


class RuleEntry(Model):
    name: Label = Field(description="the name under which the log shows this rule")
    entry: Facts | None = Field(default=None, description="the dialled number, or a list of them")
    when: When = Field(default=FactsEntry(), description="an expression that must hold, such as `customer.known`")
    route: RouteEntry = Field(description="where the contact goes, such as `route: {queue: sales}`")
    set: SetEntry = SetEntry()


class TierRuleEntry(Model):
    when: Expression = Field(description="an expression that must hold, such as `customer.spend_12m >= 50000`")
    tier: str = Field(description="the tier that the customer has then")


class ChoiceEntry(Model):
    label: ScriptLine = Field(description="what the customer answers, such as `label: wants to buy`")
    to: str = Field(description="the step that it leads to")


class StepOfScriptEntry(Model):
    text: ScriptText = Field(description="what the agent says or asks; {customer.name} and its like are filled in")
    choices: tuple[ChoiceEntry, ...] = Field(
        default=(), max_length=MAX_CHOICES, description="left out: the script ends with this step"
    )


class ScriptEntry(Model):
    title: Label | None = Field(default=None, description="what the agent sees above it")
    steps: dict[Name, StepOfScriptEntry] = Field(
        min_length=1, max_length=MAX_STEPS, description="the steps by name; it begins with the first one"
    )


class DialledEntry(Model):
    name: Label = Field(description="what the number is for, such as `name: Sales line`")
    default: RouteEntry | None = Field(default=None, description="where its contacts go that no rule is for")


class HoursEntry(Model):
    """The texts are looked at by `calendars`."""

    timezone: str | None = Field(default=None, description="such as Europe/Berlin; default: that of the rules")
    holidays: str | None = Field(default=None, description="a country such as DE, or one with subdivision: DE-BY")
    week: dict[str, str] = Field(description='the hours of each day, such as `week: {mon-fri: "08:00-18:00"}`')
    exceptions: dict[str, str] = Field(
        default_factory=dict, alias="except", description='other hours on a date, such as `2026-12-24: "08:00-12:00"`'
    )


class AttributeEntry(Model):
    type: AttributeKind = Field(description="`text`, `number`, `flag` or `date`")
    values: tuple[str, ...] = Field(default=(), description="a text is one of these")
    default: str = Field(description="the value of customers whose record has none, such as `default: 0`")

    @field_validator("default")
    @classmethod
    def _fits(cls, default: str, info: ValidationInfo) -> str:
        kind = info.data.get("type")
        if kind is None:
            return default
        if attribute_value(kind, default) is None:
            raise PydanticCustomError("default", "It should be {words}", {"words": _WORDS[kind]})
        values = info.data.get("values")
        if values and default not in values:
            raise PydanticCustomError("default", "It should be one of `values`: {words}", {"words": ", ".join(values)})
        return default


_WORDS = {
    AttributeKind.NUMBER: "a number, such as 0",
    AttributeKind.FLAG: "true or false",
    AttributeKind.DATE: "a date, such as 2026-12-24",
}


class RoutingFile(Model):
    version: Annotated[int, Field(ge=1, le=2)] = Field(description="`version: 2`, the form of the rules")
    timezone: str = Field(default="UTC", description="the clock of now.*, and of hours that name none")
    tiers: tuple[Name, ...] = Field(min_length=1, description="the customers' tiers, the highest first")
    default_tier: str = Field(description="the tier of callers who are in no record")
    default_queue: str = Field(description="the queue of contacts that no rule is for")
    decline_backoff_s: Annotated[float, Field(ge=0, le=3600)] = 10.0
    failure_backoff_s: Annotated[float, Field(ge=0, le=3600)] = 10.0
    rona_backoff_s: Annotated[float, Field(ge=0, le=3600)] = 0.0
    ageing_s: Annotated[float, Field(ge=0.1, le=86_400)] = 30.0
    draw_seed: Annotated[int, Field(ge=0, le=MAX_DRAW_SEED)] = 0
    dispositions: Reasons = ()
    not_ready_reasons: Reasons = ()
    skills: tuple[Name, ...] = Field(default=(), description="all skills there are; left out, any word is one")
    attributes: dict[Word, AttributeEntry] = Field(
        default_factory=dict, description="what a customer's record has besides: `customer.NAME` in expressions"
    )
    lists: dict[Name, tuple[Fact, ...]] = Field(
        default_factory=dict, description="texts under one name: `lists.NAME` in expressions"
    )
    conditions: dict[Name, Expression] = Field(
        default_factory=dict, description="expressions under a name: `conditions.NAME` in those below"
    )
    hours: dict[Name, HoursEntry] = Field(
        default_factory=dict, description="opening hours: `open('NAME')` and `holiday('NAME')` in expressions"
    )
    tier_rules: tuple[TierRuleEntry, ...] = Field(
        default=(), description="the first that holds gives the customer's tier; else the record does"
    )
    entries: dict[Fact, DialledEntry] = Field(default_factory=dict, description="the dialled numbers")
    queues: dict[Name, QueueEntry] = Field(min_length=1, description="the queues by name")
    queue_groups: dict[Name, Annotated[tuple[str, ...], Field(min_length=1)]] = Field(
        default_factory=dict, description="queues under one name, for supervisors who lead some of them"
    )
    scripts: dict[Name, ScriptEntry] = Field(
        default_factory=dict, description="what agents say, step by step; a queue names its script"
    )
    rules: tuple[RuleEntry, ...] = Field(default=(), description="tried from top to bottom; the first that holds")
