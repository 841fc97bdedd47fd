"""All rules of a configuration as one Python function: it reads each fact once, and returns where the first rule holds.

The function is built from Python's own syntax trees, never from text, and made without builtins: there is nothing in it
but comparisons of facts with constants. What costs something is asked for where the first rule comes to it; a
condition is worked out once, before the first rule that uses it.
"""

import ast
from collections.abc import Callable, Iterable
from types import CodeType, FunctionType
from typing import Any

from callcenter.routing.language.conditions import Asked, all_asked, asked_of_tier, sound_schema
from callcenter.routing.language.declared import COSTLY_ROOTS
from callcenter.routing.language.facts import Facts
from callcenter.routing.language.trace import because, holds
from callcenter.routing.language.tree import (
    Arithmetic,
    Comparison,
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
    Value,
    Values,
    kind_of,
    walk,
)
from callcenter.types import Configuration, Tier

_First = Callable[[Callable[[str, Value], Value], Callable[[str, Value], Value]], int | None]

_COMPARISONS: dict[str, type[ast.cmpop]] = {
    "==": ast.Eq,
    "!=": ast.NotEq,
    "<": ast.Lt,
    "<=": ast.LtE,
    ">": ast.Gt,
    ">=": ast.GtE,
    "in": ast.In,
    "not in": ast.NotIn,
}
_ARITHMETIC: dict[str, type[ast.operator]] = {"+": ast.Add, "-": ast.Sub, "*": ast.Mult}


class Program:
    """The rules of one configuration, ready to be asked. It has no state and raises nothing, whatever the facts."""

    def __init__(self, configuration: Configuration) -> None:
        schema = sound_schema(configuration)
        self._rules = all_asked(configuration, schema)
        self._tiers = tuple(rule.tier for rule in configuration.tier_rules)
        self._first = _function(self._rules)
        self._first_tier = _function(asked_of_tier(rule, schema) for rule in configuration.tier_rules)

    def first(self, facts: Facts, start: int = 0) -> int | None:
        """The index of the first rule that matches, from `start`; None where there is none.

        The facts have the tier that `tier` says. Only from 0 is it compiled; from further on, the rules are walked.
        """
        if start == 0:
            return self._first(facts.values.get, facts.ask)
        rest = range(start, len(self._rules))
        return next((index for index in rest if holds(self._rules[index], facts)), None)

    def tier(self, facts: Facts) -> Tier | None:
        """The tier of the first tier rule that matches; None: the tier of the record counts."""
        index = self._first_tier(facts.values.get, facts.ask)
        return None if index is None else self._tiers[index]

    def because(self, index: int, facts: Facts) -> str:
        """Which facts this rule asked, and their values, in words: `tier is gold and dialled is 8003`."""
        return because(self._rules[index], facts)


def compile_rules(configuration: Configuration) -> Program:
    """The program of a configuration. Raises ExpressionError where an expression has mistakes."""
    return Program(configuration)


def _function(rules: Iterable[Asked]) -> _First:
    """The function that returns the index of the first of these rules that holds.

    It takes `get` (of the values known) and `ask` (for those that cost something), each of a path and a default.
    """
    writer = _Writer()
    body: list[ast.stmt] = []
    for index, asked in enumerate(rules):
        body += writer.conditions_of(asked.parts)
        tests = [writer.condition(part) for part in asked.parts]
        found = ast.Return(ast.Constant(index))
        if not tests:
            body.append(found)
            break  # nothing comes after a rule that asks nothing
        test = tests[0] if len(tests) == 1 else ast.BoolOp(ast.And(), tests)
        body.append(ast.If(test, [found], []))
    module = ast.parse("def first(get, ask): ...")
    function = module.body[0]
    assert isinstance(function, ast.FunctionDef)
    function.body = [*writer.beginning(), *body, ast.Return(ast.Constant(None))]
    ast.fix_missing_locations(module)
    code = next(part for part in compile(module, "<rules>", "exec").co_consts if isinstance(part, CodeType))
    return FunctionType(code, {"__builtins__": {}})


class _Writer:
    """Writes trees in Python's own. Each field and each condition has a local variable, named by its number."""

    def __init__(self) -> None:
        self._fields: dict[str, tuple[str, Field]] = {}
        self._conditions: dict[str, str] = {}

    def beginning(self) -> list[ast.stmt]:
        """Read what is known into locals. What costs something is None, until it is asked for."""
        return [
            _assigned(name, ast.Constant(None) if _is_costly(field) else _called("get", field))
            for name, field in self._fields.values()
        ]

    def conditions_of(self, nodes: Iterable[Node]) -> list[ast.stmt]:
        """Work out the conditions in these nodes that no rule has used before, those that they use before them."""
        written: list[ast.stmt] = []
        for node in nodes:
            for part in walk(node):
                if isinstance(part, Reference) and part.name not in self._conditions:
                    assert part.expression is not None, "a condition with mistakes: it has been read before the rules"
                    written += self.conditions_of((part.expression.tree,))
                    test = self.condition(part.expression.tree)
                    name = self._conditions[part.name] = f"c{len(self._conditions)}"
                    written.append(_assigned(name, test))
        return written

    def condition(self, node: Node) -> ast.expr:  # noqa: PLR0911 - one for each kind of node
        match node:
            case Literal():
                return ast.Constant(node.value)
            case Field():
                return self._field(node)
            case Reference():
                return _name(self._conditions[node.name])
            case Values():
                values: Any = frozenset(item.value for item in node.items)  # typeshed does not know of such constants
                return ast.Constant(values)
            case Junction():
                operator = ast.And() if node.all_of else ast.Or()
                return ast.BoolOp(operator, [self.condition(part) for part in node.parts])
            case Comparison():
                operators = [_COMPARISONS[operator]() for operator, _ in node.rest]
                return ast.Compare(
                    self.condition(node.first), operators, [self.condition(part) for _, part in node.rest]
                )
            case Arithmetic():
                return ast.BinOp(self._float(node.left), _ARITHMETIC[node.operator](), self._float(node.right))
            case _:
                return self._of_one(node)

    def _of_one(self, node: Not | Minus | Lower | StartsWith) -> ast.expr:
        match node:
            case Not():
                return ast.UnaryOp(ast.Not(), self.condition(node.part))
            case Minus():
                return ast.UnaryOp(ast.USub(), self._float(node.part))
            case Lower():
                return _method(self.condition(node.part), "lower")
            case StartsWith():
                return _method(self.condition(node.part), "startswith", ast.Constant(node.prefix))

    def _float(self, node: Node) -> ast.expr:
        """A number for arithmetic: in floating point it can become infinite, but not slow and not an error."""
        assert kind_of(node) is Kind.NUMBER, "the types were checked"
        if isinstance(node, Literal):
            return ast.Constant(float(node.value))
        if isinstance(node, Field):
            return ast.BinOp(self._field(node), ast.Add(), ast.Constant(0.0))
        return self.condition(node)

    def _field(self, field: Field) -> ast.expr:
        if field.path not in self._fields:
            self._fields[field.path] = (f"v{len(self._fields)}", field)
        name = self._fields[field.path][0]
        if not _is_costly(field):
            return _name(name)
        missing = ast.Compare(_name(name), [ast.Is()], [ast.Constant(None)])
        asked = ast.NamedExpr(ast.Name(name, ast.Store()), _called("ask", field))
        return ast.IfExp(missing, asked, _name(name))


def _is_costly(field: Field) -> bool:
    return field.path.partition(".")[0] in COSTLY_ROOTS


def _name(name: str) -> ast.expr:
    return ast.Name(name, ast.Load())


def _assigned(name: str, value: ast.expr) -> ast.stmt:
    return ast.Assign([ast.Name(name, ast.Store())], value)


def _called(function: str, field: Field) -> ast.expr:
    return ast.Call(_name(function), [ast.Constant(field.path), ast.Constant(field.default)], [])


def _method(value: ast.expr, name: str, *arguments: Any) -> ast.expr:
    return ast.Call(ast.Attribute(value, name, ast.Load()), list(arguments), [])
