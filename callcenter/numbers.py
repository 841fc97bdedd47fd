"""Telephone numbers in one spelling, E.164 (`+12125550123`), so that what a PBX says and what a CRM holds can meet.

A PBX hands over what the line gave it: national or international, with or without a plus, as a SIP address, or a
word such as `anonymous`. What is no public telephone number at all (withheld, an extension, an emergency number) has
no E.164 form, and nobody is found by it.
"""

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, ValidationResult

# An extension is shorter than this. Some countries have public numbers as short; they count if they are in use.
_MIN_UNLISTED_DIGITS = 7
_MAX_LENGTH = 250

DEFAULT_REGION = "US"


def to_e164(raw: str | None, default_region: str) -> str | None:
    """The number in E.164, or None for what is withheld, internal, short or no number.

    `default_region` (ISO 3166, such as `US`) is where numbers without a country code are dialled.
    """
    if raw is None or len(raw) > _MAX_LENGTH:
        return None
    text = _without_address(raw)
    if not text or any(character.isalpha() for character in text):
        return None  # a word; letters on a keypad are for dialling, no line sends them
    number = _parse(text, default_region)
    if number is None and text.isdecimal():
        number = _parse("+" + text, default_region)  # some lines send E.164 without its plus
    return None if number is None else phonenumbers.format_number(number, PhoneNumberFormat.E164)


def country_code(region: str) -> str:
    """Such as `+1` for `US`; `+` for a region that there is not."""
    return f"+{phonenumbers.country_code_for_region(region) or ''}"


def _without_address(raw: str) -> str:
    text = raw.strip()
    scheme, colon, rest = text.partition(":")
    if colon and scheme.lower() in ("sip", "sips", "tel"):
        text = rest
    return text.partition("@")[0].partition(";")[0].strip()


def _parse(text: str, region: str) -> PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    if phonenumbers.is_valid_number(number):
        return number
    # Number ranges open faster than any library knows of them: an unlisted number of the right length counts too,
    # unless it looks like an extension or like the zeros that some lines send for a withheld number.
    digits = phonenumbers.national_significant_number(number)
    possible = phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
    if possible and len(digits) >= _MIN_UNLISTED_DIGITS and len(set(digits)) > 1:
        return number
    return None
