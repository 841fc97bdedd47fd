"""What each part of a condition came to, for people: which rules were tried, and why they did not match.

It walks the trees, slowly and plainly; the compiled program (`program`) must come to the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from callcenter.routing.language.civil import is_date
from callcenter.routing.language.conditions import Asked, asked_of, asked_of_tier, sound_schema
from callcenter.routing.language.facts import Facts
from callcenter.routing.language.tree import (
    Arithmetic,
    Comparison,
    Field,
    Junction,
    Literal,
    Lower,
    Minus,
    Node,
    Not,
    Reference,
    StartsWith,
    Value,
    Values,
)
from callcenter.types import Configuration

MAX_REASONS = 12  # facts told of one rule
MAX_VALUE_LENGTH = 60  # of a text in the words about a rule
NOTHING_ASKED = "the rule asks nothing"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a condition: its text and its value, None where it was not asked because others had decided already.

    Values that are written out are no parts. What a condition is made of is told where a rule first comes to it.
    """

    source: str
    value: Value | None
    parts: tuple["Part", ...] = ()


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """A rule that was tried. All of `parts` must hold; without any, the rule always matches."""

    name: str
    matched: bool
    parts: tuple[Part, ...]


def trace(configuration: Configuration, facts: Facts) -> tuple[RuleTrace, ...]:
    """The rules in their order, until the one that matched. The facts have the tier that `trace_tiers` came to.

    Raises ExpressionError where the configuration has mistakes.
    """
    schema = sound_schema(configuration)
    rules = ((rule.name, asked_of(rule, schema)) for rule in configuration.rules)
    return tuple(_until_matched(rules, facts))


def trace_tiers(configuration: Configuration, facts: Facts) -> tuple[RuleTrace, ...]:
    """The same of the rules for the tier, each named by it; the facts have the tier of the record."""
    schema = sound_schema(configuration)
    rules = ((str(rule.tier), asked_of_tier(rule, schema)) for rule in configuration.tier_rules)
    return tuple(_until_matched(rules, facts))


def _until_matched(rules: Iterator[tuple[str, Asked]], facts: Facts) -> Iterator[RuleTrace]:
    for name, asked in rules:
        walk = _Walk(facts)
        parts, matched = walk.all_of(asked.parts)
        yield RuleTrace(name, matched, parts)
        if matched:
            return


def holds(asked: Asked, facts: Facts) -> bool:
    return _Walk(facts).all_of(asked.parts)[1]


def because(asked: Asked, facts: Facts) -> str:
    """The facts that were asked, with their values, in words: `tier is gold and contact.dialled is 8003`."""
    walk = _Walk(facts)
    walk.all_of(asked.parts)
    if not walk.read:
        return NOTHING_ASKED if not asked.parts else "its condition always holds"
    told = [f"{word} is {words_of(value)}" for word, value in walk.read.items()]
    if len(told) > MAX_REASONS:
        told[MAX_REASONS:] = [f"{len(told) - MAX_REASONS} more"]
    return " and ".join(told)


def words_of(value: Value) -> str:
    """A value as people write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        cut = value if len(value) <= MAX_VALUE_LENGTH else f"{value[:MAX_VALUE_LENGTH]}…"
        return cut or "empty"
    return f"{value:.15g}"


class _Walk:
    """One rule's way through its trees. `read` are the facts that it asked, by their words."""

    def __init__(self, facts: Facts) -> None:
        self.read: dict[str, Value] = {}
        self._facts = facts
        self._conditions: dict[str, bool] = {}

    def all_of(self, nodes: tuple[Node, ...]) -> tuple[tuple[Part, ...], bool]:
        return self._junction(nodes, all_of=True)

    def _junction(self, nodes: tuple[Node, ...], *, all_of: bool) -> tuple[tuple[Part, ...], bool]:
        """The parts up to the one that decides; the others are not asked."""
        parts: list[Part] = []
        for node in nodes:
            part = self._part(node)
            parts.append(part)
            if bool(part.value) is not all_of:
                parts += [Part(left.text, None) for left in nodes[len(parts) :]]
                return tuple(parts), not all_of
        return tuple(parts), all_of

    def _part(self, node: Node) -> Part:  # noqa: PLR0911 - one for each kind of node
        match node:
            case Literal():
                return Part(node.text, node.value)
            case Field():
                return Part(node.text, self._ask(node), self._date_in(node))
            case Junction():
                parts, value = self._junction(node.parts, all_of=node.all_of)
                return Part(node.text, value, parts)
            case Comparison():
                return self._comparison(node)
            case Arithmetic():
                left, right = self._part(node.left), self._part(node.right)
                calculated = _calculated(node.operator, left.value, right.value)
                return Part(node.text, calculated, _told((node.left, left), (node.right, right)))
            case Reference():
                return Part(node.text, *self._condition(node))
            case Values():
                raise AssertionError("a list stands only on the right of `in`, and that looks into it")
            case _:
                part = self._part(node.part)
                return Part(node.text, _of_one(node, part.value), _told((node.part, part)))

    def _ask(self, field: Field) -> Value:
        value = self._facts.ask(field.path, field.default)
        self.read[field.word] = value
        return value

    def _date_in(self, field: Field) -> tuple[Part, ...]:
        """The date that days are counted from, where it is a fact."""
        function, _, of = field.path.partition(".")
        if function != "days_since" or is_date(of):
            return ()
        return (Part(of, self._facts.values.get(of, "")),)

    def _condition(self, node: Reference) -> tuple[bool, tuple[Part, ...]]:
        """Its value, and its parts where it is met for the first time."""
        if node.name in self._conditions:
            return self._conditions[node.name], ()
        assert node.expression is not None, "a configuration with mistakes is compiled and traced by nobody"
        part = self._part(node.expression.tree)
        value = self._conditions[node.name] = bool(part.value)
        return value, _told((node.expression.tree, part))

    def _comparison(self, node: Comparison) -> Part:
        left = self._part(node.first)
        read: list[tuple[Node, Part]] = [(node.first, left)]
        value = True
        for operator, operand in node.rest:
            if isinstance(operand, Values):
                value = (left.value in [item.value for item in operand.items]) is (operator == "in")
            else:
                right = self._part(operand)
                read.append((operand, right))
                value = _compared(operator, left.value, right.value)
                left = right
            if not value:
                break
        return Part(node.text, value, _told(*read))


def _told(*read: tuple[Node, Part]) -> tuple[Part, ...]:
    """Those worth telling: what is written out is told by the text around it."""
    return tuple(part for node, part in read if not isinstance(node, Literal))


def _of_one(node: Not | Minus | Lower | StartsWith, value: Value | None) -> Value:
    match node:
        case Not():
            return not value
        case Minus():
            return -_number(value)
        case Lower():
            return str(value).lower()
        case StartsWith():
            return str(value).startswith(node.prefix)


def _number(value: Value | None) -> float:
    assert not isinstance(value, str)
    return float(value or 0)


def _calculated(operator: str, left: Value | None, right: Value | None) -> float:
    one, other = _number(left), _number(right)
    return one + other if operator == "+" else one - other if operator == "-" else one * other


def _compared(operator: str, left: Value | None, right: Value | None) -> bool:
    match operator:
        case "==":
            return left == right
        case "!=":
            return left != right
    if isinstance(left, str) and isinstance(right, str):
        below, same = left < right, left == right
        return _in_order(operator, below, same, above=not below and not same)
    one, other = _number(left), _number(right)
    return _in_order(operator, one < other, one == other, above=one > other)


def _in_order(operator: str, below: bool, same: bool, *, above: bool) -> bool:
    return {"<": below, "<=": below or same, ">": above, ">=": above or same}[operator]
