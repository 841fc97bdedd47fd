"""All that an expression may ask about one contact at one moment, by the paths of the fields.

What costs nothing is there from the start. The figures of queues and agents, opening hours and the local time are asked
for when the first rule wants them, and at most once, so that all rules of one decision see the same.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from math import isnan
from typing import Protocol

from callcenter.routing.language.civil import days_of, is_date, local
from callcenter.routing.language.tree import Value
from callcenter.types import Attribute, AttributeKind, AttributeValue, Configuration, Customer, QueueName, Tier

MAX_MAGNITUDE = 1e15  # numbers from outside are cut here: up to it, floating point holds every whole number
LANGUAGE_SPOKEN = "contact.spoken"  # the contact's language, else the customer's: `language` in rules of version 1
LONG_AGO_DAYS = 10_000_000  # since a date that is not known: more than since any other, as it is also before any other
_AFTER_ALL_MS = 1 << 62


class Figures(Protocol):
    """What queues and their agents are like at this moment. Each must answer for every queue of the configuration."""

    def waiting(self, queue: QueueName) -> int: ...

    def longest_wait_s(self, queue: QueueName) -> float: ...

    def open(self, queue: QueueName) -> bool: ...

    def ready(self, queue: QueueName) -> int: ...

    def signed_in(self, queue: QueueName) -> int: ...


class Facts:
    """`values` are those known so far, by path; `ask` gives one of the others and adds it to them."""

    __slots__ = ("_configuration", "_figures", "_now_ms", "values")

    def __init__(
        self, values: dict[str, Value], configuration: Configuration, figures: Figures | None, now_ms: int
    ) -> None:
        self.values = values
        self._configuration = configuration
        self._figures = figures
        self._now_ms = now_ms

    def with_tier(self, tier: Tier) -> "Facts":
        """The same facts about a customer of another tier: the one that `Program.tier` says."""
        return Facts({**self.values, "customer.tier": tier}, self._configuration, self._figures, self._now_ms)

    def ask(self, path: str, default: Value) -> Value:
        """The value at this path, `default` where nobody knows one. Asked once; then it is in `values`."""
        if path in self.values:
            return self.values[path]
        root, _, rest = path.partition(".")
        if root == "now":
            date, weekday, hour, minute = local(self._now_ms + _offset_ms(self._configuration.zone, self._now_ms))
            moment: dict[str, Value] = {
                "now.date": date,
                "now.weekday": weekday,
                "now.hour": hour,
                "now.minute": minute,
            }
            self.values.update({name: value for name, value in moment.items() if name not in self.values})
        elif root in ("open", "holiday"):
            self.values[path] = self._is_within(root, rest)
        elif root == "days_since":
            self.values[path] = self._days_since(rest)
        elif root in ("queue", "agents") and self._figures is not None:
            self.values[path] = _figure(self._figures, root, rest, default)
        return self.values.setdefault(path, default)

    def _days_since(self, of: str) -> int:
        """Whole days from a date, written out or the field of this path, to today; negative for one to come."""
        if is_date(of):
            date: Value = of
        else:
            date = self.ask(of, "") if of.startswith("now.") else self.values.get(of, "")
        then, today = days_of(str(date)), days_of(str(self.ask("now.date", "")))
        return LONG_AGO_DAYS if then is None or today is None else today - then

    def _is_within(self, function: str, hours: str) -> bool:
        for one in self._configuration.hours:
            if one.name == hours:
                return _within(one.open if function == "open" else one.holidays, self._now_ms)
        return False


def make_facts(
    configuration: Configuration,
    *,
    now_ms: int,
    tier: Tier,
    figures: Figures | None = None,
    dialled: str = "",
    caller: str = "",
    caller_name: str = "",
    intent: str = "",
    language: str = "",
    account: str = "",
    customers: Sequence[Customer] = (),
    given: Mapping[str, Value] | None = None,
) -> Facts:
    """The facts of a contact, in time that does not depend on how long it waits or how busy the queues are.

    `tier` is that of the record; `caller` is in E.164 where the number can be read so. The customer's fields are those
    of the only record; with none or several they are empty, and the attributes as the configuration says. An attribute
    of the wrong kind counts as not known. `given` are values by path that count more than all others, such as
    {"queue.sales.waiting": 12}; an admin tries them out.
    """
    alone = customers[0] if len(customers) == 1 else None
    own_language = (alone.language if alone is not None else None) or ""
    values: dict[str, Value] = {
        "contact.dialled": dialled,
        "contact.caller": caller,
        "contact.caller_name": caller_name,
        "contact.intent": intent,
        "contact.language": language,
        "contact.account": account,
        "customer.known": alone is not None,
        "customer.shared": len(customers) > 1,
        "customer.account": alone.account if alone is not None else "",
        "customer.name": alone.name if alone is not None else "",
        "customer.language": own_language,
        LANGUAGE_SPOKEN: language or own_language,
        "customer.tier": tier,
    }
    record: Mapping[str, AttributeValue] = alone.attributes if alone is not None else {}
    for attribute in configuration.attributes:
        values.setdefault(f"customer.{attribute.name}", _known(attribute, record.get(attribute.name)))
    if given:
        values.update(given)
        if "contact.language" in given or "customer.language" in given:
            values[LANGUAGE_SPOKEN] = values["contact.language"] or values["customer.language"]
    return Facts(values, configuration, figures, now_ms)


def _known(attribute: Attribute, value: AttributeValue | None) -> Value:
    """The record's value, or the default where it has none or one that does not fit."""
    match attribute.kind:
        case AttributeKind.FLAG if isinstance(value, bool):
            return value
        case AttributeKind.NUMBER if isinstance(value, int | float) and not isinstance(value, bool):
            return attribute.default if isinstance(value, float) and isnan(value) else _bounded(value)
        case AttributeKind.TEXT if isinstance(value, str) and (not attribute.values or value in attribute.values):
            return value
        case AttributeKind.DATE if isinstance(value, str) and (not value or is_date(value)):
            return value
        case _:
            return attribute.default


def _bounded(number: float) -> float:
    return number if -MAX_MAGNITUDE <= number <= MAX_MAGNITUDE else MAX_MAGNITUDE if number > 0 else -MAX_MAGNITUDE


def _figure(figures: Figures, root: str, rest: str, default: Value) -> Value:
    name, _, figure = rest.rpartition(".")
    queue = QueueName(name)
    match root, figure:
        case "queue", "waiting":
            return _bounded(figures.waiting(queue))
        case "queue", "longest_wait_s":
            return _bounded(figures.longest_wait_s(queue))
        case "queue", "open":
            return figures.open(queue)
        case "agents", "ready":
            return _bounded(figures.ready(queue))
        case "agents", "signed_in":
            return _bounded(figures.signed_in(queue))
        case _:
            return default


def _offset_ms(zone: tuple[tuple[int, int], ...], now_ms: int) -> int:
    """How far local time is ahead of UTC. Before the first entry it is as in the first; without any, it is UTC."""
    if not zone:
        return 0
    return zone[max(0, bisect_right(zone, (now_ms, _AFTER_ALL_MS)) - 1)][1]


def _within(stretches: tuple[tuple[int, int], ...], now_ms: int) -> bool:
    """Whether the moment is in one of these half-open stretches of time, which are in order."""
    index = bisect_right(stretches, (now_ms, _AFTER_ALL_MS)) - 1
    return index >= 0 and now_ms < stretches[index][1]
