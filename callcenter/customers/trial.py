"""The configured customer base, asked as the daemon would ask it: what it says, where that stood, what we make of it.

One idea: a mapping is right when the person who knows the customer sees the right record, so everything is shown side
by side: our value, the column or path that it is from, and what stood there. Nothing is remembered, nothing written.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from callcenter.crm import attributes as crm_attributes
from callcenter.crm.records import ATTRIBUTE, Raw, Record, RecordError, Source, SourceError, record_of, text_of
from callcenter.crm_settings import CrmSettings
from callcenter.numbers import to_e164
from callcenter.stores.database import DATABASE_ERRORS, in_short
from callcenter.types import Configuration

_MAX_SHOWN = 60
_FIELDS = ("account", "name", "tier", "language", "notes", "account_manager", "numbers")


class NoNumberError(ValueError):
    """What was given cannot be asked for; the words say why."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A field: our value, the place that it is from, and what the source says there."""

    field: str
    value: str
    place: str
    said: str


@dataclass(frozen=True, slots=True)
class ShownCustomer:
    key: str
    fields: tuple[Shown, ...]
    doubts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """`first_ms` is with the making of a connection, `again_ms` without."""

    asked: str
    first_ms: float
    again_ms: float
    deadline_ms: int
    customers: tuple[ShownCustomer, ...]
    left_out: tuple[str, ...]


async def ask(
    source: Source, crm: CrmSettings, configuration: Configuration, number: str | None, account: str | None
) -> Trial:
    """Ask twice, for the time that it takes. Raises SourceError and NoNumberError."""
    wanted = None if account is not None else to_e164(number, crm.default_region)
    if account is None and wanted is None:
        raise NoNumberError(
            f"{number!r} cannot be read as a telephone number in {crm.default_region} (crm.default_region); "
            "a caller with it is looked up by nothing"
        )
    raws, first_ms = await _timed(source, crm, wanted, account)
    _, again_ms = await _timed(source, crm, wanted, account)
    own = crm.source == "own"
    customers: list[ShownCustomer] = []
    left_out: list[str] = []
    for raw in raws:
        try:
            record = record_of(raw, {} if own else crm.tiers, crm.default_region, own=own)
        except RecordError as error:
            left_out.append(str(error))
        else:
            doubts = tuple(_doubts(record, crm, configuration, wanted))
            customers.append(ShownCustomer(record.key, tuple(_fields(raw, record)), doubts))
    asked = source.asked(wanted, account)
    return Trial(asked, first_ms, again_ms, crm.lookup_deadline_ms, tuple(customers), tuple(left_out))


async def _timed(
    source: Source, crm: CrmSettings, number: str | None, account: str | None
) -> tuple[Sequence[Raw], float]:
    started_s = time.monotonic()
    try:
        async with asyncio.timeout(crm.lookup_limit_s):
            raws = await (source.by_account(account) if account is not None else source.by_number(number or ""))
    except TimeoutError as error:
        raise SourceError(f"no answer within crm.lookup_limit_s ({crm.lookup_limit_s:g} s)") from error
    except DATABASE_ERRORS as error:
        raise SourceError(f"our database cannot be asked: {in_short(error)}") from error
    return raws, (time.monotonic() - started_s) * 1_000


def _fields(raw: Raw, record: Record) -> Iterator[Shown]:
    for name in ("id", *_FIELDS):
        if name in raw:
            value = record.key if name == "id" else getattr(record, name)
            yield Shown(name, _shown(value), raw[name].place, _said(raw[name].value))
    for name, said in raw.items():
        if name.startswith(ATTRIBUTE):
            value = record.attributes.get(name.removeprefix(ATTRIBUTE))
            yield Shown(name, _shown(value), said.place, _said(said.value))


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or "(none)"
    return text_of(value) or "(none)"


def _said(value: object) -> str:
    words = repr(value) if value is None or isinstance(value, str | int | float) else repr(_plain(value))
    return words if len(words) <= _MAX_SHOWN else f"{words[: _MAX_SHOWN - 1]}…"


def _plain(value: object) -> object:
    """Lists as lists, and all else as the text that we make of it."""
    if isinstance(value, list | tuple):
        return [one if one is None or isinstance(one, str | int | float) else text_of(one) for one in value]
    return text_of(value)


def _doubts(record: Record, crm: CrmSettings, configuration: Configuration, number: str | None) -> Iterator[str]:
    if not record.name:
        yield "it has no name"
    if record.tier not in configuration.tiers:
        known = ", ".join(configuration.tiers)
        remedy = "" if crm.source == "own" else "; crm.tiers says which word is which tier"
        yield (
            f"{record.tier!r} is no tier of the rules ({known}), so {configuration.default_tier} counts{remedy}"
            if record.tier
            else f"it has no tier, so {configuration.default_tier} counts"
        )
    manager = record.account_manager
    if manager is not None and manager not in [str(agent.id) for agent in configuration.agents]:
        yield f"the account manager {manager!r} is none of the agents, and is not preferred"
    declared = {attribute.name: attribute for attribute in configuration.attributes}
    _, wrong = crm_attributes.read(declared, record.attributes.items())
    yield from (f"attribute {words}; the default counts" for words in wrong)
    if number is not None and record.numbers and number not in record.numbers:
        yield f"none of its numbers reads as {number}"


# ---- in words


def lines_of(trial: Trial) -> Iterator[str]:
    """The trial as lines for a terminal."""
    yield f"Asked: {trial.asked}"
    count = len(trial.customers)
    found = "1 customer" if count == 1 else f"{count} customers" if count else "Nobody"
    yield f"{found}, after {trial.first_ms:.0f} ms; asked again, after {trial.again_ms:.1f} ms"
    if trial.again_ms > trial.deadline_ms:
        yield (
            f"Warning: a call waits {trial.deadline_ms} ms (crm.lookup_deadline_ms) and is then routed without its "
            "customer. Has the CRM an index for this question?"
        )
    for words in trial.left_out:
        yield f"Warning: left out: {words}"
    for customer in trial.customers:
        yield ""
        wide = max(len(shown.field) for shown in customer.fields)
        value_wide = min(max(len(shown.value) for shown in customer.fields), _MAX_SHOWN)
        for shown in customer.fields:
            yield f"  {shown.field:{wide}}  {shown.value:{value_wide}}  from {shown.place}: {shown.said}"
        for doubt in customer.doubts:
            yield f"  Warning: {doubt}"
