"""From an admin's text to a typed tree, or to all that is wrong with it.

Three doors, each closed before the next: the words (`words`), their order, and the types. Python's own parser stands
behind the second one and sees only the shape, so nothing of an admin's text reaches it.
"""

import ast

from callcenter.routing.language import kinds
from callcenter.routing.language.civil import is_date
from callcenter.routing.language.declared import FUNCTIONS, Schema
from callcenter.routing.language.facts import LONG_AGO_DAYS
from callcenter.routing.language.mistakes import Mistakes, did_you_mean, nearest, shown
from callcenter.routing.language.names import named
from callcenter.routing.language.tree import (
    Arithmetic,
    Comparison,
    Expression,
    Field,
    Junction,
    Kind,
    Literal,
    Lower,
    Minus,
    Node,
    Not,
    Reference,
    StartsWith,
    Values,
    kind_of,
    walk,
)
from callcenter.routing.language.words import (
    MAX_DEPTH,
    MAX_LENGTH,
    Skeleton,
    Sort,
    Word,
    in_order,
    read_words,
    skeleton,
)

MAX_NUMBER = 10**15  # of a number that is written out: what floating point holds exactly

_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}
_ARITHMETIC: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}


def parse(source: str, schema: Schema) -> Expression:
    """The condition that is written in `source`, which is MAX_LENGTH characters long at most.

    Raises ExpressionError, and nothing else, with all mistakes of the first door that does not open. Costs time in
    proportion to the length.
    """
    mistakes = Mistakes(source)
    if len(source) > MAX_LENGTH:
        mistakes.add(
            MAX_LENGTH, f"The expression is longer than {MAX_LENGTH} characters", "Make parts of it conditions"
        )
        raise mistakes.error()
    words = read_words(source, mistakes)
    if not words:
        mistakes.add(0, "The expression is empty", "Write a condition, or leave the key out")
    readable = bool(words) and all(word.sort is not Sort.WRONG for word in words) and in_order(words, mistakes)
    if not readable:
        raise mistakes.error()
    shape = skeleton(words)
    try:
        body = ast.parse(shape.text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        mistakes.add(
            words[0].start, "The expression cannot be read", "Make it simpler, or put brackets around its parts"
        )
        raise mistakes.error() from None
    tree = _Reader(source, words, shape, schema, mistakes).whole(body)
    if mistakes or tree is None:
        raise mistakes.error()
    depth = _depth(tree)
    if depth > MAX_DEPTH:
        mistakes.add(tree.at, f"The expression and its conditions are more than {MAX_DEPTH} deep", "Make them simpler")
        raise mistakes.error()
    return Expression(source, tree, tuple(dict.fromkeys(_fields(tree))), depth)


class _Reader:
    """Reads Python's tree of one expression. What is wrong is None, and nothing that follows from it is told."""

    def __init__(self, source: str, words: list[Word], shape: Skeleton, schema: Schema, mistakes: Mistakes) -> None:
        self._source = source
        self._words = words
        self._shape = shape
        self._schema = schema
        self._mistakes = mistakes
        self._depth = 0
        self._too_deep = False

    def whole(self, node: ast.expr) -> Node | None:
        return self._condition(node)

    def _node(self, node: ast.expr) -> Node | None:
        if self._mistakes.full:
            return None
        if self._depth >= MAX_DEPTH and self._too_deep:
            return None
        if self._depth >= MAX_DEPTH:
            self._too_deep = True
            message = f"The expression is more than {MAX_DEPTH} deep"
            self._mistakes.add(
                self._place(node)[0], message, "Make parts of it conditions, and use them by their names"
            )
            return None
        self._depth += 1
        read = self._read(node)
        self._depth -= 1
        return read

    def _read(self, node: ast.expr) -> Node | None:  # noqa: PLR0911 - one for each kind of node
        match node:
            case ast.Name():
                return self._leaf(self._words[self._shape.starts[node.col_offset]])
            case ast.BoolOp():
                return self._junction(node)
            case ast.UnaryOp(op=ast.Not()):
                part = self._condition(node.operand)
                return None if part is None else Not(part, *self._where(node))
            case ast.UnaryOp():
                return self._minus(node)
            case ast.BinOp():
                return self._arithmetic(node)
            case ast.Compare():
                return self._comparison(node)
            case ast.Call():
                return self._call(node)
            case ast.Tuple() | ast.List():
                return self._values(node)
            case _:
                self._mistakes.add(self._place(node)[0], "This is no part of an expression", "Leave it out")
                return None

    # ---- what has no parts

    def _leaf(self, word: Word) -> Node | None:
        if word.sort is Sort.PATH:
            return named(word.text, word.start, self._schema, self._mistakes)
        if word.text in ("True", "False"):
            return Literal(word.text == "True", Kind.FLAG, word.text, word.start)
        if word.text[0] in "'\"":
            return Literal(word.text[1:-1], Kind.TEXT, word.text, word.start)
        if len(word.text) > len(str(MAX_NUMBER)) or float(word.text) > MAX_NUMBER:
            remedy = "Write a telephone number in quotes, as a text; numbers go up to 10 to the power of 15"
            self._mistakes.add(word.start, f"{shown(word.text)} is too long for a number", remedy)
            return None
        value = float(word.text) if "." in word.text else int(word.text)
        return Literal(value, Kind.NUMBER, word.text, word.start)

    def _values(self, node: ast.Tuple | ast.List) -> Node | None:
        items: list[Literal] = []
        wrong = False
        for element in node.elts:
            item = self._node(element)
            if isinstance(item, Literal) and item.kind is not Kind.FLAG and item.kind is (items or [item])[0].kind:
                items.append(item)
                continue
            wrong = True
            if isinstance(item, Literal) and item.kind is not Kind.FLAG:
                remedy = "Write all of them with quotes, or none"
                self._mistakes.add(item.at, f"{shown(item.text)} is of another kind than those before it", remedy)
            elif item is not None:
                remedy = "A list has texts or numbers that are written out; join comparisons with `or` instead"
                self._mistakes.add(item.at, f"{shown(item.text)} cannot stand in a list", remedy)
        if not node.elts:
            self._mistakes.add(self._place(node)[0], "The list is empty", "Write the values, as in ('a', 'b')")
        return None if wrong or not items else Values(tuple(items), items[0].kind, "", *self._where(node))

    # ---- what has parts

    def _junction(self, node: ast.BoolOp) -> Node | None:
        parts = [self._condition(part) for part in node.values]
        read = tuple(part for part in parts if part is not None)
        if len(read) < len(parts):
            return None
        return Junction(isinstance(node.op, ast.And), read, *self._where(node))

    def _minus(self, node: ast.UnaryOp) -> Node | None:
        part = self._number(node.operand)
        if isinstance(part, Literal) and isinstance(part.value, int | float):
            return Literal(-part.value, Kind.NUMBER, *self._where(node))
        return None if part is None else Minus(part, *self._where(node))

    def _arithmetic(self, node: ast.BinOp) -> Node | None:
        left, right = self._number(node.left), self._number(node.right)
        if left is None or right is None:
            return None
        return Arithmetic(_ARITHMETIC[type(node.op)], left, right, *self._where(node))

    def _comparison(self, node: ast.Compare) -> Node | None:
        first = self._node(node.left)
        left, rest = first, []
        whole = first is not None
        for python, comparator in zip(node.ops, node.comparators, strict=True):
            operator = _COMPARISONS[type(python)]
            right = self._node(comparator)
            if left is not None and right is not None:
                kinds.pair(left, operator, right, self._mistakes)
                rest.append((operator, right))
            whole &= right is not None
            left = right
        return Comparison(first, tuple(rest), *self._where(node)) if whole and first is not None else None

    def _call(self, node: ast.Call) -> Node | None:
        at, text = self._place(node)[0], self._where(node)[0]
        assert isinstance(node.func, ast.Name), "in_order lets only a name be called"
        name = self._words[self._shape.starts[node.func.col_offset]].text
        if name not in FUNCTIONS:
            self._unknown_function(name, at)
            return None
        count = 2 if name == "starts_with" else 1
        if len(node.args) != count:
            remedy = f"Write {_USAGE[name]}"
            self._mistakes.add(at, f"{name} takes {count} value{'s'[: count - 1]}, not {len(node.args)}", remedy)
            return None
        arguments = [self._node(argument) for argument in node.args]
        if name in ("open", "holiday"):
            return self._hours(name, arguments[0], text, at)
        if name == "days_since":
            return self._days_since(arguments[0], text, at)
        subject = arguments[0]
        if subject is not None and kind_of(subject) is not Kind.TEXT:
            message = f"{shown(subject.text)} is {kinds.words_of(subject)}, and {name} takes a text"
            self._mistakes.add(subject.at, message, f"Write {_USAGE[name]}")
            subject = None
        if name == "lower":
            return None if subject is None else Lower(subject, text, at)
        prefix = self._written(arguments[1], name)
        return None if subject is None or prefix is None else StartsWith(subject, str(prefix.value), text, at)

    def _hours(self, name: str, argument: Node | None, text: str, at: int) -> Node | None:
        hours = self._written(argument, name)
        if hours is None:
            return None
        if hours.value not in self._schema.hours:
            remedy = did_you_mean(str(hours.value), self._schema.hours, "No hours are declared")
            self._mistakes.add(hours.at, f"There are no hours {shown(hours.text)}", remedy)
            return None
        return Field(f"{name}.{hours.value}", Kind.FLAG, (), False, f"{name}('{hours.value}')", text, at)

    def _days_since(self, argument: Node | None, text: str, at: int) -> Node | None:
        """A fact of its own for each date, so that it is worked out once, and its values are known as numbers."""
        if argument is None:
            return None
        if isinstance(argument, Field) and argument.kind is Kind.DATE:
            of = argument.path
        elif isinstance(argument, Literal) and isinstance(argument.value, str):
            if not is_date(argument.value):
                message = f"{shown(argument.text)} is no date"
                self._mistakes.add(argument.at, message, "Write it as year, month and day: '2026-12-24'")
                return None
            of = argument.value
        else:
            message = f"{shown(argument.text)} is {kinds.words_of(argument)}, and days_since takes a date"
            self._mistakes.add(argument.at, message, f"Write {_USAGE['days_since']}")
            return None
        return Field(f"days_since.{of}", Kind.NUMBER, (), LONG_AGO_DAYS, f"days_since({argument.text})", text, at)

    def _written(self, argument: Node | None, function: str) -> Literal | None:
        """The argument, which must be a text that is written out."""
        if argument is None or (isinstance(argument, Literal) and argument.kind is Kind.TEXT):
            return argument
        message = f"{shown(argument.text)} is not a text in quotes"
        self._mistakes.add(argument.at, message, f"Write {_USAGE[function]}")
        return None

    def _unknown_function(self, name: str, at: int) -> None:
        subject, dot, method = name.rpartition(".")
        near = nearest(method, FUNCTIONS)
        if dot and near in ("starts_with", "lower"):
            rest = ", '...'" if near == "starts_with" else ""
            self._mistakes.add(at, f"{shown(name)} is no function", f"Write {near}({subject[:60]}{rest})")
        else:
            self._mistakes.add(at, f"{shown(name)} is no function", did_you_mean(name, FUNCTIONS))

    # ---- parts of one kind, and places

    def _condition(self, node: ast.expr) -> Node | None:
        read = self._node(node)
        if read is not None:
            kinds.condition(read, self._mistakes)
        return read

    def _number(self, node: ast.expr) -> Node | None:
        read = self._node(node)
        if read is None:
            return None
        kinds.number(read, self._mistakes)
        return read if kind_of(read) is Kind.NUMBER else None

    def _place(self, node: ast.expr) -> tuple[int, int]:
        """Where the node begins and ends in the source."""
        assert node.end_col_offset is not None
        first = self._words[self._shape.starts[node.col_offset]]
        return first.start, self._words[self._shape.ends[node.end_col_offset]].end

    def _where(self, node: ast.expr) -> tuple[str, int]:
        """The node's text, in one line, and where it begins."""
        start, end = self._place(node)
        return " ".join(line.strip() for line in self._source[start:end].splitlines()), start


_USAGE = {
    "open": "open('hours')",
    "holiday": "holiday('hours')",
    "starts_with": "starts_with(text, 'prefix')",
    "lower": "lower(text)",
    "days_since": "days_since(date), with a field that is a date, such as now.date, or with '2026-12-24'",
}


def _depth(node: Node) -> int:
    match node:
        case Reference():
            return 1 + (node.expression.depth if node.expression is not None else 0)
        case Literal() | Values() | Field():
            return 1
        case Lower() | StartsWith() | Not() | Minus():
            return 1 + _depth(node.part)
        case Arithmetic():
            return 1 + max(_depth(node.left), _depth(node.right))
        case Comparison():
            return 1 + max(_depth(part) for part in (node.first, *(operand for _, operand in node.rest)))
        case Junction():
            return 1 + max(_depth(part) for part in node.parts)


def _fields(tree: Node) -> list[str]:
    found: list[str] = []
    for node in walk(tree):
        if isinstance(node, Field):
            found.append(node.path)
        elif isinstance(node, Reference) and node.expression is not None:
            found += node.expression.fields
    return found
