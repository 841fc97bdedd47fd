"""Whatever a rule asks becomes trees that must all hold."""

import pytest

from callcenter.routing.language.conditions import all_asked, asked_of, asked_of_tier, facts_asked, sound_schema
from callcenter.routing.language.fields import schema_of
from callcenter.routing.language.mistakes import ExpressionError
from callcenter.routing.language.tree import Comparison, Field, Node
from callcenter.types import Condition, Tier, TierRule
from tests.playbook import rule
from tests.routing.language.examples import asking, configuration

SCHEMA = schema_of(configuration())


def told(node: Node) -> tuple[str, str]:
    assert isinstance(node, Comparison)
    assert isinstance(node.first, Field)
    return node.first.path, node.text


def test_a_tier_that_is_asked_for_as_a_fact_is_one_of_those_that_there_are() -> None:
    (comparison,) = facts_asked(rule("all", tier="gold"), SCHEMA)
    assert isinstance(comparison, Comparison)
    assert isinstance(comparison.first, Field)
    assert comparison.first.allowed == SCHEMA.fields["customer.tier"].allowed != ()
    assert facts_asked(asking("customer.known"), SCHEMA) == ()


def test_facts_come_first_then_the_entry_then_the_expression() -> None:
    asked = asked_of(asking("customer.known", entry=("1", "2"), tier=("gold",)), SCHEMA)
    assert [told(part) for part in asked.parts[:2]] == [
        ("customer.tier", "tier == 'gold'"),
        ("contact.dialled", "contact.dialled in ('1', '2')"),
    ]
    assert asked.parts[2].text == "customer.known"


def test_each_fact_of_version_1_has_the_word_that_it_always_had() -> None:
    asked = asked_of(rule("all", tier="gold", dialled="1", intent="x", language="de"), SCHEMA)
    assert [told(part) for part in asked.parts] == [
        ("customer.tier", "tier == 'gold'"),
        ("contact.dialled", "dialled == '1'"),
        ("contact.intent", "intent == 'x'"),
        ("contact.spoken", "language == 'de'"),
    ]


def test_a_rule_that_asks_nothing_has_no_parts() -> None:
    assert asked_of(rule("all"), SCHEMA).parts == ()


def test_rules_for_the_tier_and_all_rules_are_read_alike() -> None:
    assert len(asked_of_tier(TierRule("customer.known", Tier("gold")), SCHEMA).parts) == 1
    config = configuration("True", "False")
    assert [one.parts[0].text for one in all_asked(config, schema_of(config))] == ["True", "False"]
    with pytest.raises(ExpressionError):
        all_asked(configuration("nonsense"), SCHEMA)


def test_a_schema_is_sound_when_all_its_conditions_can_be_read() -> None:
    assert sound_schema(configuration()).conditions.keys() == SCHEMA.conditions.keys()
    with pytest.raises(ExpressionError, match="nonsense"):
        sound_schema(configuration(conditions=[Condition("fine", "True"), Condition("broken", "nonsense")]))
