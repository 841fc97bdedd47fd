"""What an expression of the rules says of a caller now: Python evaluates it, on plain objects that hold the facts.

Expressions have Python's syntax, so this is a second reading of them that shares nothing with the engine's language.
It is for expressions that the simulation has drawn itself.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Protocol

from callcenter.simulation.account import Caller, Worker
from callcenter.types import (
    AgentId,
    AgentState,
    Attribute,
    AttributeKind,
    AttributeValue,
    Configuration,
    ContactId,
    Customer,
    QueueName,
    QueueState,
    Tier,
)

UNKNOWN_DAYS = 10_000_000


class Account(Protocol):
    """What the rules may ask about."""

    now_ms: int
    callers: dict[ContactId, Caller]
    workers: dict[AgentId, Worker]
    queue_states: dict[QueueName, QueueState]

    @property
    def rules_of_now(self) -> Configuration: ...

    def available(self, worker: Worker) -> bool: ...


class _Lazy:
    """An object whose attributes are worked out when somebody asks for them."""

    def __init__(self, answers: Mapping[str, Callable[[], object]]) -> None:
        self._answers = answers

    def __getattr__(self, name: str) -> object:
        return self._answers[name]()


def holds(account: Account, caller: Caller, tier: Tier, when: str) -> bool:
    """Whether the expression is true of the caller as things are; an empty one always is."""
    return not when or bool(_value(when, _names(account, caller, tier)))


def _value(when: str, names: Mapping[str, object]) -> object:
    return eval(when, {"__builtins__": {}}, names)  # noqa: S307 - drawn by the simulation, never from outside


def _names(account: Account, caller: Caller, tier: Tier) -> dict[str, object]:
    config, arrival = account.rules_of_now, caller.arrival
    customer = _customer(config, caller.customers or (), tier)
    contact = SimpleNamespace(
        dialled=arrival.dialled,
        caller=arrival.number or arrival.caller or "",
        caller_name=arrival.caller_name,
        intent=arrival.intent or "",
        language=arrival.language or "",
        spoken=arrival.language or customer.language,
        account=arrival.account or "",
    )
    names: dict[str, object] = {
        "contact": contact,
        "customer": customer,
        "queue": _Lazy({queue.name: _asked(_queue, account, queue.name) for queue in config.queues}),
        "agents": _Lazy({queue.name: _asked(_agents, account, queue.name) for queue in config.queues}),
        "now": _Lazy(
            {part: _asked(_now, config, account.now_ms, part) for part in ("weekday", "hour", "minute", "date")}
        ),
        "lists": SimpleNamespace(**{named.name: named.values for named in config.lists}),
        "open": lambda name: _within(_hours(config, name, "open"), account.now_ms),
        "holiday": lambda name: _within(_hours(config, name, "holidays"), account.now_ms),
        "starts_with": lambda text, prefix: text[: len(prefix)] == prefix,
        "lower": lambda text: text.lower(),
        "days_since": lambda text: _days_since(config, account.now_ms, text),
    }
    names["conditions"] = _Lazy({one.name: _asked(_value, one.when, names) for one in config.conditions})
    return names


def _asked(work: Callable[..., object], *arguments: object) -> Callable[[], object]:
    return lambda: work(*arguments)


def _customer(config: Configuration, customers: tuple[Customer, ...], tier: Tier) -> SimpleNamespace:
    """The only record; where there is none, or several fit, nothing is known."""
    alone = customers[0] if len(customers) == 1 else None
    own = alone.attributes if alone is not None else {}
    return SimpleNamespace(
        **{attribute.name: _attribute(attribute, own) for attribute in config.attributes},
        known=alone is not None,
        shared=len(customers) > 1,
        tier=tier,
        account=alone.account if alone is not None else "",
        name=alone.name if alone is not None else "",
        language=(alone.language if alone is not None else None) or "",
    )


def _attribute(attribute: Attribute, own: Mapping[str, AttributeValue]) -> AttributeValue:
    """The record's value, if it is one of the kind."""
    value = own.get(attribute.name, attribute.default)
    kinds = {AttributeKind.FLAG: (bool,), AttributeKind.NUMBER: (int, float)}
    fits = type(value) in kinds.get(attribute.kind, (str,))
    return value if fits and (not attribute.values or value in attribute.values) else attribute.default


def _queue(account: Account, queue: QueueName) -> SimpleNamespace:
    waiting = [
        caller for caller in account.callers.values() if caller.asks is None and caller.waits and caller.queue == queue
    ]
    waits_ms = [account.now_ms - caller.arrived_ms for caller in waiting]
    return SimpleNamespace(
        waiting=len(waiting), longest_wait_s=max(waits_ms, default=0) / 1000, open=queue not in account.queue_states
    )


def _agents(account: Account, queue: QueueName) -> SimpleNamespace:
    serving = [worker for worker in account.workers.values() if queue in worker.config.queues]
    return SimpleNamespace(
        ready=sum(account.available(worker) for worker in serving),
        signed_in=sum(worker.state is not AgentState.LOGGED_OUT for worker in serving),
    )


def _now(config: Configuration, now_ms: int, part: str) -> object:
    """A part of the local time."""
    offsets_ms = [offset_ms for from_ms, offset_ms in config.zone if from_ms <= now_ms]
    offset_ms = offsets_ms[-1] if offsets_ms else config.zone[0][1] if config.zone else 0
    moment = datetime.fromtimestamp(now_ms // 1000, tz=UTC) + timedelta(milliseconds=offset_ms)
    parts = {"hour": moment.hour, "minute": moment.minute, "date": moment.date().isoformat()}
    return parts.get(part, ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[moment.weekday()])


def _days_since(config: Configuration, now_ms: int, day: str) -> int:
    """Days from that date to the local one; more than from any date where it is not known."""
    today = date.fromisoformat(str(_now(config, now_ms, "date")))
    return (today - date.fromisoformat(day)).days if day else UNKNOWN_DAYS


def _hours(config: Configuration, name: str, what: str) -> tuple[tuple[int, int], ...]:
    stretches: tuple[tuple[int, int], ...] = next(getattr(one, what) for one in config.hours if one.name == name)
    return stretches


def _within(stretches: tuple[tuple[int, int], ...], now_ms: int) -> bool:
    return any(start_ms <= now_ms < end_ms for start_ms, end_ms in stretches)
