"""What a rule asks, as one list of trees that must all hold: facts of version 1, entry, and its expression.

The facts of version 1 become the trees that one would write for them, so that all that follows knows only trees.
"""

from dataclasses import dataclass

from callcenter.routing.language.declared import Schema
from callcenter.routing.language.facts import LANGUAGE_SPOKEN
from callcenter.routing.language.fields import schema_of
from callcenter.routing.language.parse import parse
from callcenter.routing.language.tree import Comparison, Field, Kind, Literal, Node, Values
from callcenter.types import Configuration, RuleConfig, TierRule


@dataclass(frozen=True, slots=True)
class Asked:
    """The parts of a rule's condition, in the order in which they are asked. Without any, the rule always holds."""

    parts: tuple[Node, ...]


def sound_schema(configuration: Configuration) -> Schema:
    """The configuration's schema, all its conditions read. Raises ExpressionError where one has mistakes."""
    schema = schema_of(configuration)
    for condition in configuration.conditions:
        if schema.conditions[condition.name] is None:
            parse(condition.when, schema.above(condition.name))
    return schema


def asked_of(rule: RuleConfig, schema: Schema) -> Asked:
    """Raises ExpressionError where `when` has mistakes."""
    written = (parse(rule.when, schema).tree,) if rule.when else ()
    return Asked((*facts_asked(rule, schema), *written))


def facts_asked(rule: RuleConfig, schema: Schema) -> tuple[Node, ...]:
    """What the rule asks besides `when`."""
    facts = (
        ("customer.tier", "tier", rule.tier),
        ("contact.dialled", "dialled", rule.dialled),
        ("contact.intent", "intent", rule.intent),
        (LANGUAGE_SPOKEN, "language", rule.language),
        ("contact.dialled", "contact.dialled", rule.entry),
    )
    return tuple(
        _is_one_of(path, word, _allowed(path, schema), tuple(values)) for path, word, values in facts if values
    )


def asked_of_tier(rule: TierRule, schema: Schema) -> Asked:
    """Raises ExpressionError where `when` has mistakes."""
    return Asked((parse(rule.when, schema).tree,))


def all_asked(configuration: Configuration, schema: Schema) -> tuple[Asked, ...]:
    """What each rule asks. Raises ExpressionError."""
    return tuple(asked_of(rule, schema) for rule in configuration.rules)


def _allowed(path: str, schema: Schema) -> tuple[str, ...]:
    return schema.fields[path].allowed if path in schema.fields else ()


def _is_one_of(path: str, word: str, allowed: tuple[str, ...], values: tuple[str, ...]) -> Node:
    """The comparison with one value or with several, as one would write it."""
    literals = tuple(Literal(value, Kind.TEXT, f"'{value}'") for value in values)
    field = Field(path, Kind.TEXT, allowed, "", word, word)
    if len(literals) == 1:
        return Comparison(field, (("==", literals[0]),), f"{word} == {literals[0].text}")
    listed = Values(literals, Kind.TEXT, text=f"({', '.join(literal.text for literal in literals)})")
    return Comparison(field, (("in", listed),), f"{word} in {listed.text}")
