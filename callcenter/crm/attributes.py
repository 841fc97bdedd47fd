"""What is known of a customer besides: from the text in the database to a value of the kind that the rules declare.

One idea: a rule may rely on the kind. A text that is no value of it is left out, as if it were not there, and the
attribute's default counts.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import date

from callcenter.stores.tables import MAX_ATTRIBUTE
from callcenter.types import Attribute, AttributeKind, AttributeValue

_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_EXPECTED = {
    AttributeKind.NUMBER: "a number, such as 1250.5",
    AttributeKind.FLAG: "`true` or `false`",
    AttributeKind.DATE: "a date, such as 2026-12-24",
}


def read(
    declared: Mapping[str, Attribute], texts: Iterable[tuple[str, str]]
) -> tuple[dict[str, AttributeValue], list[str]]:
    """The declared attributes in the order of their names, and for each text that is none of them what is wrong.

    Names that are not declared are passed over. What is wrong is said without the value: that is the customer's.
    """
    values: dict[str, AttributeValue] = {}
    wrong: list[str] = []
    for name, text in sorted(texts):
        if (attribute := declared.get(name)) is None:
            continue
        value = _value(attribute, text)
        if value is None:
            wrong.append(f"`{name}` is not {_expected(attribute)}")
        else:
            values[name] = value
    return values, wrong


def _value(attribute: Attribute, text: str) -> AttributeValue | None:
    match attribute.kind:
        case AttributeKind.TEXT:
            fits = text in attribute.values if attribute.values else len(text) <= MAX_ATTRIBUTE
            return text if fits else None
        case AttributeKind.FLAG:
            return _FLAGS.get(text.strip().lower())
        case AttributeKind.NUMBER:
            return _number(text)
        case AttributeKind.DATE:
            return _date(text.strip())


def _number(text: str) -> float | None:
    """Always a float: a number must read the same from the database as from the journal."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in text else None


def _date(text: str) -> str | None:
    """A time as JSON has it, `2026-12-24T10:00:00Z`, is that day."""
    if text[10:11] == "T":
        text = text[:10]
    try:
        return text if date.fromisoformat(text).isoformat() == text else None
    except ValueError:
        return None


def _expected(attribute: Attribute) -> str:
    if attribute.kind is AttributeKind.TEXT:
        return "one of the texts declared" if attribute.values else f"a text of at most {MAX_ATTRIBUTE} characters"
    return _EXPECTED[attribute.kind]
