"""The schema of a configuration: what its expressions may name, its conditions read in order."""

from dataclasses import replace

from callcenter.routing.language.declared import CUSTOMER_FIELDS, FUNCTIONS, Declared, Schema, without_conditions
from callcenter.routing.language.mistakes import ExpressionError
from callcenter.routing.language.parse import parse
from callcenter.routing.language.tree import Expression
from callcenter.types import Configuration

__all__ = ["CUSTOMER_FIELDS", "FUNCTIONS", "Declared", "Schema", "schema_of"]


def schema_of(configuration: Configuration) -> Schema:
    """What the expressions of this configuration may name. Nothing is raised.

    A condition that has mistakes may be named all the same, so that its users show only their own. To see its mistakes,
    `parse(condition.when, schema.above(condition.name))`.
    """
    schema = without_conditions(configuration)
    names = tuple(condition.name for condition in configuration.conditions)
    read: dict[str, Expression | None] = {}
    for index, condition in enumerate(configuration.conditions):
        usable = replace(schema, conditions=dict(read), below=names[index:])
        try:
            read[condition.name] = parse(condition.when, usable)
        except ExpressionError:
            read[condition.name] = None
    return replace(schema, conditions=read)
