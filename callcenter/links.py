"""URL templates: `https://crm.example.org/customers/{account}`, filled with what a caller may have said.

One idea: a value can only ever be a value. It is percent-encoded to the last sign, it cannot stand where the host is
named, and one that would climb to another folder (`..`) gives no address at all.
"""

from collections.abc import Collection, Mapping
from string import Formatter
from urllib.parse import quote, urlsplit

from callcenter.types import ContactId, Customer

LINK_FIELDS = ("account", "id", "number", "contact")
_MAX_LENGTH = 2_000


class TemplateError(ValueError):
    """A text that is no template; the words say what it should be."""


def fields_of(template: str, known: Collection[str]) -> tuple[str, ...]:
    """The fields that the template has, in its order. Raises TemplateError if it has others than those known."""
    if len(template) > _MAX_LENGTH or not template.isprintable() or " " in template:
        raise TemplateError(f"It should be an address of at most {_MAX_LENGTH} characters, without spaces")
    shown = " ".join(f"{{{name}}}" for name in known)
    try:
        parts = [(name, spec, conversion) for _, name, spec, conversion in Formatter().parse(template)]
        place = urlsplit(template)
        port = place.port
    except ValueError:
        raise TemplateError(f"It should be an address with fields in braces, such as {shown}") from None
    if place.scheme not in ("http", "https") or not place.hostname or port == 0:
        raise TemplateError("It should start with https:// or http:// and a host")
    if "@" in place.netloc:
        raise TemplateError("It should hold no user and no password: what it holds is shown")
    if "{" in place.netloc:
        raise TemplateError("It should name the host: no field may stand there")
    for name, spec, conversion in parts:
        if name is not None and (name not in known or spec or conversion):
            raise TemplateError(f"It should have no other fields than {shown}")
    return tuple(name for name, _, _ in parts if name is not None)


def filled(template: str, values: Mapping[str, str | None]) -> str | None:
    """The address with these values, percent-encoded; None where one that it needs is missing, empty, `.` or `..`."""
    parts: list[str] = []
    for literal, name, _, _ in Formatter().parse(template):
        parts.append(literal)
        if name is not None:
            value = values.get(name)
            if value is None or value.strip() in ("", ".", ".."):
                return None
            parts.append(quote(value, safe="", errors="replace"))
    return "".join(parts)


def crm_link(template: str, customer: Customer | None, caller: str | None, contact: ContactId) -> str | None:
    """Where the CRM's own page of this customer is, from the setting `crm.link`; None where it cannot be said.

    `id` is the customer's id in the CRM (of our own table: the row's), `number` is `caller` as it is handed in. For an
    unknown caller a template with `account` or `id` gives None.
    """
    values: dict[str, str | None] = {"number": caller, "contact": contact}
    if customer is not None:
        values |= {"account": customer.account, "id": customer.key or str(customer.id)}
    return filled(template, values)
