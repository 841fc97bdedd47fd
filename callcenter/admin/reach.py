"""Whether a condition can ever hold, and whether it can hold without another one: for rules that nobody ever reaches.

The idea: a condition is brought into a form of `all of` and `any of` whose parts say which values a field may have.
Parts that say nothing of that kind, such as a sum, are only ever compared with their like. So the answers `possible`
and `implies` may miss a rule that is never reached, but do not call one so that can be.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from callcenter.routing.language.tree import (
    Arithmetic,
    Comparison,
    Field,
    Junction,
    Kind,
    Literal,
    Node,
    Not,
    Reference,
    Value,
    Values,
    walk,
)

_NEGATED = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">", "in": "not in", "not in": "in"}
_MIRRORED = {"==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
_OPPOSITES = ("!=", "not in", ">=", ">")  # of which something unknown is said as the opposite of another one
_CLOCK = {"now.hour": 24, "now.minute": 60}
MAX_PARTS = 5_000  # conditions that use conditions could grow without bound
_COUNTS = ("queue.", "agents.")  # how the paths begin of what is counted: from 0 on


@dataclass(frozen=True, slots=True)
class Some:
    """These values and no others."""

    values: frozenset[Value]


@dataclass(frozen=True, slots=True)
class Between:
    """AllOf values between two bounds, None: without bound. A bound belongs to it where it `has` it."""

    low: Any = None
    has_low: bool = True
    high: Any = None
    has_high: bool = True
    without: frozenset[Value] = frozenset()

    def holds(self, value: Any) -> bool:
        if self.low is not None and not (value >= self.low if self.has_low else value > self.low):
            return False
        if self.high is not None and not (value <= self.high if self.has_high else value < self.high):
            return False
        return value not in self.without


Domain = Some | Between
ANYTHING = Between()


@dataclass(frozen=True, slots=True)
class Atom:
    """The field has one of the values of `domain`; it could have any of `universe`."""

    path: str
    domain: Domain
    universe: Domain = ANYTHING


@dataclass(frozen=True, slots=True)
class Opaque:
    """Something that nothing is known about but whether it is the same as something else."""

    node: Node
    positive: bool = True


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple["Form", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple["Form", ...]


@dataclass(frozen=True, slots=True)
class Constant:
    value: bool


Form = Atom | Opaque | AllOf | AnyOf | Constant


def form_of(node: Node, *, positive: bool = True) -> Form:
    """The form of a condition, or of its opposite. What is beyond its first MAX_PARTS parts is not looked into."""
    return _Former().form(node, positive)


@dataclass(slots=True)
class Known:
    """What is known of each field, and of what else there is, where `form` holds."""

    form: Form
    possible: bool = True
    domains: dict[str, Domain] = field(default_factory=dict)
    opaque: set[Opaque] = field(default_factory=set)
    choices: list[AnyOf] = field(default_factory=list)

    def __post_init__(self) -> None:
        for part in _parts(self.form):
            match part:
                case Atom():
                    before = self.domains.get(part.path, part.universe)
                    self.domains[part.path] = domain = meet(before, part.domain)
                    self.possible &= not is_empty(domain)
                case Opaque():
                    self.opaque.add(part)
                    self.possible &= Opaque(part.node, not part.positive) not in self.opaque
                case AnyOf():
                    self.choices.append(part)
                case Constant():
                    self.possible &= part.value
                case AllOf():
                    raise AssertionError("a part of all is no all")


def possible(form: Form) -> bool:
    """Whether it could hold, as far as one can tell."""
    known = Known(form)
    return known.possible and all(any(_together(known, option) for option in choice.parts) for choice in known.choices)


def implies(narrow: Known, wide: Form) -> bool:
    """Whether `wide` holds wherever what is known does, as far as one can tell."""
    match wide:
        case Constant():
            return wide.value
        case AllOf():
            return all(implies(narrow, part) for part in wide.parts)
        case AnyOf():
            return wide in narrow.choices or any(implies(narrow, part) for part in wide.parts)
        case Opaque():
            return wide in narrow.opaque
        case Atom():
            return is_within(narrow.domains.get(wide.path, wide.universe), wide.domain)


def culprit(form: Form) -> str | None:
    """The field that could not have any of the values asked for, None where it is none alone."""
    return next((path for path, domain in Known(form).domains.items() if is_empty(domain)), None)


def _parts(form: Form) -> Iterator[Form]:
    if isinstance(form, AllOf):
        for part in form.parts:
            yield from _parts(part)
    else:
        yield form


def _together(known: Known, option: Form) -> bool:
    """Whether the option could hold with the fields as they are known."""
    atoms = tuple(Atom(path, domain) for path, domain in known.domains.items())
    return possible(AllOf((*atoms, option)))


# ---- forms


class _Former:
    def __init__(self) -> None:
        self.left = MAX_PARTS

    def form(self, node: Node, positive: bool) -> Form:
        """The form of the node, or of its opposite."""
        self.left -= 1
        form: Form = Opaque(node, positive)
        if self.left < 0:
            return form
        match node:
            case Literal():
                form = Constant(bool(node.value) is positive)
            case Field():
                form = Atom(node.path, Some(frozenset({positive})), _universe(node))
            case Reference() if node.expression is not None:
                form = self.form(node.expression.tree, positive)
            case Not():
                form = self.form(node.part, not positive)
            case Junction():
                parts = tuple(self.form(part, positive) for part in node.parts)
                form = AllOf(parts) if node.all_of is positive else _either(parts)
            case Comparison() if not any(_is_product(part) for part in walk(node)):
                operands = (node.first, *(operand for _, operand in node.rest))
                operators = (operator if positive else _NEGATED[operator] for operator, _ in node.rest)
                parts = tuple(_pair(operands[i], operator, operands[i + 1]) for i, operator in enumerate(operators))
                form = AllOf(parts) if positive else _either(parts)
            case _:
                pass
        return form


def _is_product(node: Node) -> bool:
    """Products can become infinite and their difference no number at all, of which neither `<` holds nor `>=`."""
    return isinstance(node, Arithmetic) and node.operator == "*"


def _either(parts: tuple[Form, ...]) -> Form:
    """Any of these; values of one field are put together."""
    sets = [part for part in parts if isinstance(part, Atom) and isinstance(part.domain, Some)]
    if len(sets) == len(parts) and len({part.path for part in sets}) == 1:
        values = frozenset[Value]().union(*(part.domain.values for part in sets if isinstance(part.domain, Some)))
        return Atom(sets[0].path, Some(values), sets[0].universe)
    return parts[0] if len(parts) == 1 else AnyOf(parts)


def _pair(left: Node, operator: str, right: Node) -> Form:
    if isinstance(left, Literal) and isinstance(right, Field) and operator in _MIRRORED:
        left, operator, right = right, _MIRRORED[operator], left
    if isinstance(left, Field) and isinstance(right, Literal | Values):
        universe = _universe(left)
        return Atom(left.path, meet(universe, _domain(operator, right)), universe)
    if isinstance(left, Literal) and isinstance(right, Literal | Values):
        return Constant(_holds(_domain(operator, right), left.value))
    if operator in _OPPOSITES:
        return Opaque(Comparison(left, ((_NEGATED[operator], right),)), positive=False)
    return Opaque(Comparison(left, ((operator, right),)))


def _domain(operator: str, operand: Literal | Values) -> Domain:
    values = frozenset(item.value for item in ((operand,) if isinstance(operand, Literal) else operand.items))
    if operator in ("==", "in"):
        return Some(values)
    if operator in ("!=", "not in"):
        return Between(without=values)
    (value,) = values
    if operator in ("<", "<="):
        return Between(high=value, has_high=operator == "<=")
    return Between(low=value, has_low=operator == ">=")


def _universe(node: Field) -> Domain:
    if node.allowed:
        return Some(frozenset(node.allowed))
    if node.kind is Kind.FLAG:
        return Some(frozenset({True, False}))
    if node.path in _CLOCK:
        return Some(frozenset(range(_CLOCK[node.path])))
    return Between(low=0) if node.path.startswith(_COUNTS) else ANYTHING


# ---- domains


def _holds(domain: Domain, value: Value) -> bool:
    return value in domain.values if isinstance(domain, Some) else domain.holds(value)


def meet(one: Domain, other: Domain) -> Domain:
    if one is ANYTHING or other is ANYTHING:
        return other if one is ANYTHING else one
    if isinstance(one, Some) and isinstance(other, Some):
        return Some(one.values & other.values)
    if isinstance(one, Some):
        return Some(frozenset(value for value in one.values if _holds(other, value)))
    if isinstance(other, Some):
        return meet(other, one)
    low, has_low = _tighter(one.low, one.has_low, other.low, other.has_low, max)
    high, has_high = _tighter(one.high, one.has_high, other.high, other.has_high, min)
    return Between(low, has_low, high, has_high, one.without | other.without)


def _tighter(one: Any, has_one: bool, other: Any, has_other: bool, pick: Callable[[Any, Any], Any]) -> tuple[Any, bool]:
    if one is None or other is None:
        return (other, has_other) if one is None else (one, has_one)
    if one == other:
        return one, has_one and has_other
    return (one, has_one) if pick(one, other) == one else (other, has_other)


def is_empty(domain: Domain) -> bool:
    if isinstance(domain, Some):
        return not domain.values
    if domain.low is None or domain.high is None:
        return False
    return bool(domain.low > domain.high) or (domain.low == domain.high and not domain.holds(domain.low))


def is_within(inner: Domain, outer: Domain) -> bool:
    if isinstance(inner, Some) and isinstance(outer, Some):
        return inner.values <= outer.values
    if isinstance(inner, Some):
        return all(_holds(outer, value) for value in inner.values)
    if isinstance(outer, Some):
        return False
    met = meet(inner, Between(outer.low, outer.has_low, outer.high, outer.has_high))
    return met == inner and all(not inner.holds(value) for value in outer.without)
