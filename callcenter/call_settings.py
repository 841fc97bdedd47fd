"""The settings `calls`: which numbers agents may call, transfer to and consult.

Nothing is allowed unless it is written down, for a number that may be dialled is money: prefixes of public numbers in
E.164, and patterns of the PBX's own. Whatever a page asks for comes through `Outbound` and goes on in one spelling.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from callcenter.admin.schema import Listed, Model, Name
from callcenter.numbers import to_e164

MAX_PREFIXES = 200
MAX_NUMBERS = 200


def _prefix(text: str) -> str:
    if not re.fullmatch(r"\+[1-9][0-9]{0,14}", text):
        raise PydanticCustomError("prefix", "It should be the beginning of a number in E.164, such as '+49' or '+1212'")
    return text


def _pattern(text: str) -> str:
    if not re.fullmatch(r"[0-9*#X]{2,8}", text):
        raise PydanticCustomError("extension", "It should be digits, and X for any digit, such as '1XXX'")
    return text


Prefixes = Annotated[tuple[Annotated[str, AfterValidator(_prefix)], ...], Listed(), Field(max_length=MAX_PREFIXES)]
Patterns = Annotated[tuple[Annotated[str, AfterValidator(_pattern)], ...], Listed(), Field(max_length=MAX_PREFIXES)]


class KnownNumber(Model):
    """One that pages offer by its name."""

    label: Name
    number: Annotated[str, Field(min_length=1, max_length=32)]


class OutboundSettings(Model):
    """`allow` are prefixes of public numbers; `refuse` those among them that may not be called all the same.

    `extensions` are patterns of the PBX's own numbers, where X is any digit.
    """

    allow: Prefixes = ()
    refuse: Prefixes = ()
    extensions: Patterns = ()


class CallSettings(Model):
    outbound: OutboundSettings = OutboundSettings()
    numbers: Annotated[tuple[KnownNumber, ...], Field(max_length=MAX_NUMBERS)] = ()


class NumberRefusedError(Exception):
    """This may not be called. `remedy` says what could be done about it."""

    def __init__(self, words: str, remedy: str) -> None:
        super().__init__(words)
        self.remedy = remedy


class Outbound:
    """`region` (ISO 3166) is where numbers without a country code are."""

    def __init__(self, settings: CallSettings, region: str) -> None:
        self._outbound = settings.outbound
        self._region = region
        self.known = tuple((one.label, one.number) for one in settings.numbers)

    def number(self, text: str) -> str:
        """The number as the PBX is asked to call it: in E.164, or the PBX's own. Raises NumberRefusedError."""
        plain = re.sub(r"[\s()./-]", "", text)
        if any(_fits(plain, pattern) for pattern in self._outbound.extensions):
            return plain
        if not self._outbound.allow:
            raise NumberRefusedError("Numbers outside may not be called.", "See calls.outbound in callcenter.yaml.")
        number = to_e164(text, self._region)
        if number is None:
            raise NumberRefusedError(f"{text!r} is no telephone number.", "Use one such as +12125550123.")
        if not number.startswith(self._outbound.allow) or number.startswith(self._outbound.refuse or ("none",)):
            raise NumberRefusedError(f"{number} may not be called.", "See calls.outbound in callcenter.yaml.")
        return number


def _fits(text: str, pattern: str) -> bool:
    same = len(text) == len(pattern)
    return same and all(
        want == is_ or (want == "X" and is_.isdecimal()) for is_, want in zip(text, pattern, strict=True)
    )
