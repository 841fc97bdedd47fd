"""What an expression may name: fields with their types, lists, conditions, hours."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from callcenter.routing.language.civil import WEEKDAYS
from callcenter.routing.language.tree import Expression, Kind, Value
from callcenter.types import Configuration

FUNCTIONS = ("open", "holiday", "starts_with", "lower", "days_since")
ROOTS = ("contact", "customer", "queue", "agents", "now", "lists", "conditions")


@dataclass(frozen=True, slots=True)
class Declared:
    """A field's type. `allowed`: a text is one of them, empty: any. `default`: its value where nobody knows one."""

    kind: Kind
    default: Value
    allowed: tuple[str, ...] = ()


_TEXT, _NUMBER, _FLAG = Declared(Kind.TEXT, ""), Declared(Kind.NUMBER, 0), Declared(Kind.FLAG, False)

CONTACT_FIELDS = ("dialled", "caller", "caller_name", "intent", "language", "spoken", "account")
CUSTOMER_FIELDS: Mapping[str, Declared] = {  # no attribute may have one of these names
    "known": _FLAG,
    "shared": _FLAG,
    "tier": _TEXT,
    "account": _TEXT,
    "name": _TEXT,
    "language": _TEXT,
}
QUEUE_FIELDS: Mapping[str, Declared] = {
    "waiting": _NUMBER,
    "longest_wait_s": _NUMBER,
    "open": Declared(Kind.FLAG, True),
}
AGENTS_FIELDS: Mapping[str, Declared] = {"ready": _NUMBER, "signed_in": _NUMBER}
NOW_FIELDS: Mapping[str, Declared] = {
    "weekday": Declared(Kind.TEXT, WEEKDAYS[0], WEEKDAYS),
    "hour": _NUMBER,
    "minute": _NUMBER,
    "date": Declared(Kind.DATE, ""),
}
# These cost something: they are asked for only when a rule comes to them, and once.
COSTLY_ROOTS = ("queue", "agents", "now", "open", "holiday", "days_since")


@dataclass(frozen=True, slots=True)
class Schema:
    """All names that an expression may use.

    `fields` are by path. `conditions` are those that may be used, None where one has mistakes; `below` are those that
    are declared after the place of the expression.
    """

    fields: Mapping[str, Declared]
    queues: tuple[str, ...] = ()
    hours: tuple[str, ...] = ()
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    conditions: Mapping[str, Expression | None] = field(default_factory=dict)
    below: tuple[str, ...] = ()

    def above(self, condition: str) -> "Schema":
        """What this condition itself may use: only the conditions above it."""
        names = list(self.conditions)
        index = names.index(condition)
        usable = {name: self.conditions[name] for name in names[:index]}
        return replace(self, conditions=usable, below=tuple(names[index:]))


def without_conditions(configuration: Configuration) -> Schema:
    """The schema as far as it needs no expression to be read."""
    tiers = tuple(configuration.tiers)
    fields = {f"contact.{name}": _TEXT for name in CONTACT_FIELDS}
    for attribute in configuration.attributes:
        kind = Kind(attribute.kind.value)
        fields[f"customer.{attribute.name}"] = Declared(kind, attribute.default, attribute.values)
    fields |= {f"customer.{name}": declared for name, declared in CUSTOMER_FIELDS.items()}
    fields["customer.tier"] = Declared(Kind.TEXT, configuration.default_tier, tiers)
    fields |= {f"now.{name}": declared for name, declared in NOW_FIELDS.items()}
    queues = tuple(queue.name for queue in configuration.queues)
    for queue in queues:
        fields |= {f"queue.{queue}.{name}": declared for name, declared in QUEUE_FIELDS.items()}
        fields |= {f"agents.{queue}.{name}": declared for name, declared in AGENTS_FIELDS.items()}
    return Schema(
        fields,
        queues,
        tuple(hours.name for hours in configuration.hours),
        {named.name: named.values for named in configuration.lists},
    )
