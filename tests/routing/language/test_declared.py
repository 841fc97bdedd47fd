"""What may be named, and what a condition may use."""

from callcenter.routing.language.declared import CUSTOMER_FIELDS, without_conditions
from callcenter.routing.language.fields import schema_of
from callcenter.routing.language.tree import Kind
from tests.routing.language.examples import configuration


def test_every_queue_has_its_figures_and_every_attribute_its_type() -> None:
    fields = without_conditions(configuration()).fields
    assert fields["queue.german-support.waiting"].kind is Kind.NUMBER
    assert fields["queue.sales.open"].kind is Kind.FLAG
    assert fields["agents.sales.signed_in"].kind is Kind.NUMBER
    assert fields["customer.segment"].allowed == ("", "retail", "business")
    assert fields["customer.since"].kind is Kind.DATE
    assert fields["customer.city"].default == "unknown"
    assert fields["customer.tier"].allowed == ("platinum", "gold", "silver", "standard")
    assert fields["customer.tier"].default == "standard"
    assert {f"customer.{name}" for name in CUSTOMER_FIELDS} <= fields.keys()


def test_a_condition_sees_only_those_above_it() -> None:
    schema = schema_of(configuration())
    above = schema.above("valued")
    assert list(above.conditions) == ["office"]
    assert above.below == ("valued", "valued_now")
    assert above.fields is schema.fields
