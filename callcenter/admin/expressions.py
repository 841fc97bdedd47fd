"""The expressions in the rules: each read, and its mistakes shown where they stand in the file.

What expressions may name is taken from the document as it was written, so a mistake in one section hides none in
another. Where the declaration of an attribute is itself wrong, what is wrong with its users is told when it is mended.
"""

from collections.abc import Iterator

from callcenter.admin.model import attribute_value
from callcenter.admin.yaml_source import Document, Mistake, Place
from callcenter.admin.yaml_spots import spot
from callcenter.routing.language.fields import Schema, schema_of
from callcenter.routing.language.mistakes import ExpressionError
from callcenter.routing.language.parse import parse
from callcenter.types import (
    Attribute,
    AttributeKind,
    Condition,
    Configuration,
    Hours,
    NamedList,
    QueueConfig,
    QueueName,
    Tier,
)

_FALLBACK_TIER = Tier("")


def wrong(routing: Document) -> Iterator[Mistake]:
    """Every mistake in the expressions of the conditions, the rules for tiers and the rules."""
    known, unclear = _attributes(routing)
    schema = schema_of(_declared(routing, known))
    for place, text in places(routing):
        if any(f"customer.{name}" in text for name in unclear):
            continue
        usable = schema.above(str(place[1])) if place[0] == "conditions" else schema
        yield from _mistakes(routing, place, text, usable)


def places(routing: Document) -> Iterator[tuple[Place, str]]:
    """Where expressions stand, each with its text, in the order of their sections."""
    for name in routing.keys("conditions"):
        yield from _text(routing, "conditions", name)
    for section in ("tier_rules", "rules"):
        for index in range(routing.count(section)):
            yield from _text(routing, section, index, "when")


def _text(routing: Document, *path: str | int) -> Iterator[tuple[Place, str]]:
    text = routing.text(*path)
    if text is not None and text.strip():
        yield path, text


def _mistakes(routing: Document, place: Place, text: str, schema: Schema) -> Iterator[Mistake]:
    try:
        parse(text, schema)
    except ExpressionError as error:
        for mistake in error.mistakes:
            mark = spot(routing.scalars[place], text, mistake.line, mistake.column)
            yield routing.mistake(place, _continued(mistake.message), mistake.remedy, mark)


def _continued(message: str) -> str:
    """A message that follows the key that it is about, as all do that are about files."""
    return message[:1].lower() + message[1:]


def _declared(routing: Document, attributes: list[Attribute]) -> Configuration:
    """As much of a configuration as says what expressions may name."""
    tiers = tuple(Tier(text) for _, text in routing.texts("tiers"))
    conditions = ((name, routing.text("conditions", name)) for name in routing.keys("conditions"))
    return Configuration(
        tiers=tiers,
        default_tier=tiers[0] if tiers else _FALLBACK_TIER,
        default_queue=QueueName(""),
        queues=tuple(QueueConfig(QueueName(name), 0, 0, 0) for name in routing.keys("queues")),
        rules=(),
        agents=(),
        hours=tuple(Hours(name, ()) for name in routing.keys("hours")),
        attributes=tuple(attributes),
        lists=tuple(
            NamedList(name, tuple(text for _, text in routing.texts("lists", name))) for name in routing.keys("lists")
        ),
        conditions=tuple(Condition(name, text or "True") for name, text in conditions),
    )


def _attributes(routing: Document) -> tuple[list[Attribute], list[str]]:
    """The attributes that can be read, and the names of those that cannot."""
    known, unclear = [], []
    for name in routing.keys("attributes"):
        here = ("attributes", name)
        try:
            kind = AttributeKind(routing.text(*here, "type"))
        except ValueError:
            unclear.append(name)
            continue
        default = attribute_value(kind, routing.text(*here, "default") or "")
        values = tuple(text for _, text in routing.texts(*here, "values"))
        known.append(Attribute(name, kind, "" if default is None else default, values))
    return known, unclear
