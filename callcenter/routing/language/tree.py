"""What an expression is, once it has been read and its types are known: a tree of these values.

`text` is the part of the source that a node was read from and `at` its offset there; two nodes are equal if they mean
the same, wherever they were written.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

Value = str | int | float | bool


class Kind(Enum):
    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    DATE = "date"  # a text such as 2026-12-24, or empty where the date is not known


@dataclass(frozen=True, slots=True)
class Literal:
    value: Value
    kind: Kind
    text: str = field(default="", compare=False)
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Values:
    """A list: written out, or the one called `name`. `kind` is that of its values, TEXT or NUMBER."""

    items: tuple[Literal, ...]
    kind: Kind
    name: str = ""
    text: str = field(default="", compare=False)
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Field:
    """A fact, by its path: `customer.tier`, `queue.sales.waiting`, or `open.office` for open('office').

    `allowed` are the only values that a text can have, empty: any. `default` is the value where nobody knows one.
    `word` is what people call it.
    """

    path: str
    kind: Kind
    allowed: tuple[str, ...]
    default: Value
    word: str = field(default="", compare=False)
    text: str = field(default="", compare=False)
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Reference:
    """`conditions.NAME`; `expression` is None where that one has mistakes of its own."""

    name: str
    expression: "Expression | None" = field(compare=False)
    text: str = field(default="", compare=False)
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Lower:
    part: "Node"
    text: str = field(default="", compare=False)
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class StartsWith:
    part: "Node"
    prefix: str
    text: str = field(default="", compare=False)
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    part: "Node"
    text: str = field(default="", compare=False)
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Minus:
    part: "Node"
    text: str = field(default="", compare=False)
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`operator` is one of + - *. It is done in floating point, so that no number can grow without bound."""

    operator: str
    left: "Node"
    right: "Node"
    text: str = field(default="", compare=False)
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    """`first operator operand [operator operand ...]`: each operand is compared with the one before it.

    An operator is one of == != < <= > >= `in` and `not in`.
    """

    first: "Node"
    rest: tuple[tuple[str, "Node"], ...]
    text: str = field(default="", compare=False)
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Junction:
    """Parts joined by `and` (`all_of`) or by `or`."""

    all_of: bool
    parts: tuple["Node", ...]
    text: str = field(default="", compare=False)
    at: int = field(default=0, compare=False)


Node = Literal | Values | Field | Reference | Lower | StartsWith | Not | Minus | Arithmetic | Comparison | Junction


@dataclass(frozen=True, slots=True)
class Expression:
    """A condition that may be evaluated. `fields` are the paths that it reads, those in its conditions too, each once,
    in the order in which they are written. `depth` counts the conditions in it as parts."""

    source: str
    tree: Node
    fields: tuple[str, ...]
    depth: int


def kind_of(node: Node) -> Kind | None:
    """The kind of its value; None for a list."""
    match node:
        case Values():
            return None
        case Literal() | Field():
            return node.kind
        case Lower():
            return Kind.TEXT
        case Minus() | Arithmetic():
            return Kind.NUMBER
        case Reference() | StartsWith() | Not() | Comparison() | Junction():
            return Kind.FLAG


def children(node: Node) -> tuple[Node, ...]:
    """The parts of a node. What a condition is made of are no parts of a reference to it."""
    match node:
        case Literal() | Values() | Field() | Reference():
            return ()
        case Lower() | StartsWith() | Not() | Minus():
            return (node.part,)
        case Arithmetic():
            return (node.left, node.right)
        case Comparison():
            return (node.first, *(operand for _, operand in node.rest))
        case Junction():
            return node.parts


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, as one reads."""
    yield node
    for child in children(node):
        yield from walk(child)
