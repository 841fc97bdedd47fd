"""How one telephone number may stand in a CRM: `+12025550101`, `(202) 555-0101`, `202.555.0101`, ...

One idea: the CRM's column is searched for what may stand in it, letter by letter, so the CRM's own index is used and
nothing of it has to be changed. A spelling without a country is only tried for numbers of our own country: abroad the
same digits are somebody else.
"""

import re
from collections.abc import Callable, Mapping, Sequence

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat

from callcenter.numbers import country_code


def _formatted(form: int) -> Callable[[PhoneNumber], str]:
    return lambda number: phonenumbers.format_number(number, form)


def _digits(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)[1:]


def _national_digits(number: PhoneNumber) -> str:
    return re.sub(r"\D", "", phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL))


_ANYWHERE: Mapping[str, Callable[[PhoneNumber], str]] = {
    "e164": _formatted(PhoneNumberFormat.E164),
    "digits": _digits,
    "double_zero": lambda number: f"00{_digits(number)}",
    "international": _formatted(PhoneNumberFormat.INTERNATIONAL),
    "rfc3966": _formatted(PhoneNumberFormat.RFC3966),
}
_AT_HOME: Mapping[str, Callable[[PhoneNumber], str]] = {
    "national": _formatted(PhoneNumberFormat.NATIONAL),
    "national_digits": _national_digits,
}


def spellings(number: str, formats: Sequence[str], region: str) -> tuple[str, ...]:
    """The number, given in E.164, in each of these formats that it has, without repetition.

    A format is one of `crm_settings.NUMBER_FORMATS`, or a pattern with a # for each digit of the national number
    (without the 0 that some countries dial before it), such as `(###) ###-####`. `region` is our own country.
    """
    parsed = phonenumbers.parse(number)
    at_home = f"+{parsed.country_code}" == country_code(region)
    spelt: dict[str, None] = {}
    for form in formats:
        if form in _ANYWHERE:
            spelt[_ANYWHERE[form](parsed)] = None
        elif at_home and form in _AT_HOME:
            spelt[_AT_HOME[form](parsed)] = None
        elif at_home and form.count("#") == len(digits := phonenumbers.national_significant_number(parsed)):
            spelt[_patterned(form, digits)] = None
    return tuple(spelt)


def _patterned(pattern: str, digits: str) -> str:
    following = iter(digits)
    return "".join(next(following) if sign == "#" else sign for sign in pattern)
