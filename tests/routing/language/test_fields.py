"""The conditions of a configuration are read in their order."""

from callcenter.routing.language.fields import schema_of
from callcenter.types import Condition
from tests.routing.language.examples import configuration


def test_conditions_are_read_with_those_above_them() -> None:
    schema = schema_of(configuration())
    read = schema.conditions["valued_now"]
    assert read is not None
    assert read.fields == ("customer.tier", "customer.spend_12m", "open.office", "holiday.xmas")


def test_a_condition_with_mistakes_is_named_and_not_read() -> None:
    conditions = [
        Condition("wrong", "nonsense"),
        Condition("uses", "conditions.wrong"),
        Condition("itself", "conditions.itself"),
        Condition("later", "conditions.last"),
        Condition("last", "True"),
    ]
    read = schema_of(configuration(conditions=conditions)).conditions
    assert [name for name, expression in read.items() if expression is None] == ["wrong", "itself", "later"]
