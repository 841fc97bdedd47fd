"""What a caller says of itself, made fit to keep, to show and to send on.

Names and numbers come from outside and hold anything. They are cleaned once, at this door: no character that acts on a
screen, a log or a database gets past it, and what goes back to the PBX can't end the quotes that it stands in.
"""

import re
import unicodedata

TEXT_LIMIT = 80  # characters of a caller's name and of the other texts from outside
_UNPRINTABLE = ("Cc", "Cf", "Cs", "Zl", "Zp")
_JOINERS = "\u200c\u200d"  # format characters that some scripts need within a word
_NO_NUMBER = ("", "<unknown>", "unknown", "anonymous", "restricted", "private", "withheld", "unavailable")
_NOT_IN_NUMBER = re.compile(r"[^0-9A-Za-z+*#._-]")
_NOT_IN_NAME = re.compile(r'["<>\\]')


def clean(text: str) -> str:
    """Text from outside without control, format and line separator characters, at most 80 characters."""
    kept = (one for one in text if one in _JOINERS or unicodedata.category(one) not in _UNPRINTABLE)
    return "".join(kept).strip()[:TEXT_LIMIT]


def caller_number(text: str) -> str | None:
    """The number, None when it is withheld or absent."""
    number = clean(text)
    return None if number.casefold() in _NO_NUMBER else number


def caller_id(number: str | None, name: str) -> str:
    """`"name" <number>` as Asterisk reads it, for the agent's phone."""
    number = _NOT_IN_NUMBER.sub("", number or "") or "anonymous"
    return f'"{_NOT_IN_NAME.sub("", clean(name)) or number}" <{number}>'
