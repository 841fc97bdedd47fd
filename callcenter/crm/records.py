"""What a customer base says of a customer, in our words: the same record whatever it came from.

A source hands over `Raw`: for each field the value as it got it, and where that stood (a column, a path). `record_of`
makes our record of it, all of it text. Whoever tries a mapping is shown both.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from callcenter.numbers import to_e164
from callcenter.stores.text import clean_text

MAX_SHARING = 20  # of the customers on one number, so many are shown; a switchboard may have thousands
MAX_NUMBERS = 50  # of one customer
MAX_KEY, MAX_ACCOUNT, MAX_NAME, MAX_WORD, MAX_NOTES, MAX_VALUE = 256, 64, 256, 128, 10_000, 1_000

ATTRIBUTE = "attributes."  # before the names of attributes, among the fields of Raw


class SourceError(Exception):
    """The source could not be asked, or its answer cannot be used; the words are for a log, without secrets."""


class Said(NamedTuple):
    """A value as the source has it, and where it stood, such as a column's name."""

    place: str
    value: Any


Raw = Mapping[str, Said]


class Source(Protocol):
    """A customer base. Both questions raise SourceError, and give at most MAX_SHARING customers in a lasting order."""

    async def by_account(self, account: str) -> Sequence[Raw]: ...

    async def by_number(self, number: str) -> Sequence[Raw]:
        """`number` is in E.164."""
        ...

    def asked(self, number: str | None, account: str | None) -> str:
        """What would be asked, in words, for who tries it."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Record:
    """`key` tells the customer from all others of the source. `numbers` are in E.164, as far as they can be read so.

    `tier` is empty where the source says nothing of it. `id` is the contact log's id where the source has it, too.
    """

    key: str
    account: str
    name: str
    tier: str
    language: str | None = None
    notes: str | None = None
    account_manager: str | None = None
    numbers: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    id: int | None = None


class RecordError(ValueError):
    """What the source says is no record; the words say what it lacks."""


def record_of(raw: Raw, tiers: Mapping[str, str], region: str, *, own: bool = False) -> Record:
    """Our record. `tiers` are the source's words for ours; where a word is not among them it is taken as it is.

    An attribute that is blank is none, but in our own table (`own`), where that is what somebody has written. Raises
    RecordError.
    """
    key = text_of(raw["id"].value)
    if key is None:
        raise RecordError(f"a record has no {raw['id'].place}, by which it is told from others")
    if len(key) > MAX_KEY:
        raise RecordError(f"{raw['id'].place} of a record is longer than {MAX_KEY} characters")
    account = _text(raw, "account", MAX_ACCOUNT + 1) or ""
    if len(account) > MAX_ACCOUNT:
        raise RecordError(f"{raw['account'].place} of a record is longer than {MAX_ACCOUNT} characters")
    tier = _text(raw, "tier", MAX_WORD) or ""
    return Record(
        key,
        account,
        _name(raw),
        tiers.get(tier, tier),
        _text(raw, "language", MAX_WORD),
        _text(raw, "notes", MAX_NOTES),
        _text(raw, "account_manager", MAX_WORD),
        numbers_in(raw, region),
        {
            name.removeprefix(ATTRIBUTE): text
            for name, said in raw.items()
            if name.startswith(ATTRIBUTE)
            and (text := said.value if own else text_of(said.value)) is not None
            and len(text) <= MAX_VALUE
        },
    )


def _text(raw: Raw, name: str, limit: int) -> str | None:
    text = text_of(raw[name].value) if name in raw else None
    return None if text is None else clean_text(text, limit)


def _name(raw: Raw) -> str:
    """A name may stand in several columns: those that have something, in their order."""
    value = raw["name"].value
    parts = value if isinstance(value, list | tuple) else [value]
    return clean_text(" ".join(text for part in parts if (text := text_of(part)) is not None), MAX_NAME)


def numbers_in(raw: Raw, region: str) -> tuple[str, ...]:
    """The record's telephone numbers in E.164, those that can be read so."""
    value = raw["numbers"].value if "numbers" in raw else None
    listed = value if isinstance(value, list | tuple) else [value]
    found = (to_e164(text_of(one), region) for one in listed[:MAX_NUMBERS])
    return tuple(dict.fromkeys(number for number in found if number is not None))


def text_of(value: Any) -> str | None:
    """A value of a database or of JSON as our text: `true`, `1250.5`, `2026-12-24`; None for nothing and blanks."""
    match value:
        case None:
            text = ""
        case bool():
            text = "true" if value else "false"
        case float():
            text = f"{value:.15g}"
        case Decimal():
            text = f"{value.normalize():f}"
        case datetime():
            text = value.date().isoformat()
        case bytes() | bytearray() | memoryview():
            text = bytes(value).hex()
        case list() | tuple() | dict():
            text = json.dumps(value, ensure_ascii=False, default=str) if value else ""
        case _:
            text = str(value)
    return text.strip() or None
