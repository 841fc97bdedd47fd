"""A tree is walked as one reads it."""

from callcenter.routing.language.fields import schema_of
from callcenter.routing.language.parse import parse
from callcenter.routing.language.tree import Kind, children, kind_of, walk
from tests.routing.language.examples import configuration

SOURCE = "not (-now.hour + 1 > 2 or lower(contact.caller) in ('a',)) and conditions.office and starts_with('a', 'b')"


def test_the_parts_come_as_one_reads() -> None:
    tree = parse(SOURCE, schema_of(configuration())).tree
    assert [type(node).__name__ for node in walk(tree)] == [
        "Junction",
        "Not",
        "Junction",
        "Comparison",
        "Arithmetic",
        "Minus",
        "Field",
        "Literal",
        "Literal",
        "Comparison",
        "Lower",
        "Field",
        "Values",
        "Reference",
        "StartsWith",
        "Literal",
    ]


def test_each_node_has_the_kind_of_its_value_and_a_list_has_none() -> None:
    tree = parse(SOURCE, schema_of(configuration())).tree
    kinds = {type(node).__name__: kind_of(node) for node in walk(tree)}
    assert kinds["Values"] is None
    assert kinds["Lower"] is Kind.TEXT
    assert kinds["Minus"] is kinds["Arithmetic"] is Kind.NUMBER
    for name in ("Junction", "Not", "Comparison", "Reference", "StartsWith"):
        assert kinds[name] is Kind.FLAG
    assert all(child.at >= node.at for node in walk(tree) for child in children(node))
