"""The words of an expression, and whether they can stand in this order.

Python's parser is shown the shape alone: `skeleton` writes each name, number and text as t0, t1, ... So whatever
an admin writes, Python sees only these, operators, brackets and commas, at most as deep as is told below.
"""

import re
from dataclasses import dataclass
from enum import Enum
from keyword import iskeyword

from callcenter.routing.language.mistakes import Mistakes, shown

MAX_LENGTH = 2_000
MAX_DEPTH = 40

_WORD = re.compile(
    r"""
    (?P<space>\s+)
    | (?P<text>'[^'\\\x00-\x1f\x7f]*' | "[^"\\\x00-\x1f\x7f]*")
    | (?P<number>[0-9]+(?:_[0-9]+)*(?:\.[0-9]+)?)
    # names of queues, lists and conditions may have hyphens in them
    | (?P<path>(?:queue|agents|lists|conditions)\.[^\W\d][\w-]*(?:\.[^\W\d]\w*)* | [^\W\d]\w*(?:\.[^\W\d]\w*)*)
    | (?P<operator>==(?!=) | != | <=(?!>) | >= | <(?!>) | > | \+ | - | \*(?!\*) | [()\[\],])
    | (?P<wrong>===|<>|=>|=<|:=|&&|\|\||\*\*|//|['"][^\n]*|.)
    """,
    re.VERBOSE | re.DOTALL,
)

_BINARY = ("==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "and", "or", "in", "not in")
_BEFORE_NOT = ("(", "[", ",", "and", "or", "not")
_CLOSING = {"(": ")", "[": "]"}
_OPERATORS = ("and", "or", "not", "in")
_FLAGS = ("True", "False")

# What people write instead: the words of ours that were meant, or the remedy where there are none.
_MEANT = {
    "=": "==",
    "===": "==",
    "<>": "!=",
    "!": "not",
    "=>": ">=",
    "=<": "<=",
    "&&": "and",
    "&": "and",
    "||": "or",
    "|": "or",
    "is": "==",
    "AND": "and",
    "And": "and",
    "OR": "or",
    "Or": "or",
    "NOT": "not",
    "Not": "not",
    "IN": "in",
    "In": "in",
    "true": "True",
    "TRUE": "True",
    "false": "False",
    "FALSE": "False",
}
_REMEDIES = {
    "/": "Multiply the other side instead: there are only + - *",
    "//": "Multiply the other side instead: there are only + - *",
    "%": "There are only + - *",
    "**": "There are only + - *",
    "#": "Put comments into the YAML around it",
    ":": "Compare now.hour and now.minute with numbers, or ask open('hours')",
    ":=": "Write == to compare",
    "\\": "Leave it out: an expression may go over several lines, and texts need no backslash",
    "None": "A text that is not known is '', so compare with ''",
}

_Wrong = tuple[int, str, str]  # where, what, and how to mend it


class Sort(Enum):
    VALUE = "value"  # a number, a text, True or False
    PATH = "path"
    OPERATOR = "operator"  # brackets and commas too
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Word:
    sort: Sort
    text: str  # as it is understood
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Skeleton:
    """The shape of an expression in one line of ASCII, and which word begins and ends where in it."""

    text: str
    starts: dict[int, int]
    ends: dict[int, int]


def read_words(source: str, mistakes: Mistakes) -> list[Word]:
    """The words of the source; what is none of ours is a mistake, and stands for what was probably meant.

    The source is MAX_LENGTH characters at most. The words need not make sense together: `in_order` tells.
    """
    words: list[Word] = []
    for found in _WORD.finditer(source):
        if found.lastgroup == "space":
            continue
        word = _word(str(found.lastgroup), found.group(), found.start(), mistakes)
        before = words[-1] if words else None
        if before is not None and before.sort is Sort.OPERATOR and (before.text, word.text) == ("not", "in"):
            words[-1] = Word(Sort.OPERATOR, "not in", before.start, word.end)
        elif before is not None and source[before.start : before.end] == "is" and word.text == "not":
            words[-1] = Word(Sort.OPERATOR, "!=", before.start, word.end)
        else:
            words.append(word)
    return words


def _word(group: str, text: str, start: int, mistakes: Mistakes) -> Word:
    end = start + len(text)
    if group in ("text", "number") or text in _FLAGS:
        return Word(Sort.VALUE, text, start, end)
    if group == "operator" or text in _OPERATORS:
        return Word(Sort.OPERATOR, text, start, end)
    if group == "path" and text not in _MEANT and not iskeyword(text):
        return Word(Sort.PATH, text, start, end)
    meant = _MEANT.get(text)
    if meant is not None:
        mistakes.add(start, f"{shown(text)} is not how it is written", f"Write {meant}")
        return Word(Sort.VALUE if meant in _FLAGS else Sort.OPERATOR, meant, start, end)
    if text[0] in "'\"":
        mistakes.add(start, *_broken_text(text))
    else:
        mistakes.add(start, f"{_visible(text)} is no part of an expression", _REMEDIES.get(text, "Leave it out"))
    return Word(Sort.WRONG, text, start, end)


def _visible(text: str) -> str:
    return shown(text) if text.isprintable() else f"The character U+{ord(text[0]):04X}"


def _broken_text(text: str) -> tuple[str, str]:
    inside, quote, _ = text[1:].partition(text[0])
    if not quote:
        return f"The text {shown(text)} has no end", f"Close it with {text[0]} on the same line"
    what = "a backslash" if "\\" in inside else "a character that cannot be seen"
    return f"The text {shown(text[0] + inside + quote)} has {what} in it", "Leave it out"


def in_order(words: list[Word], mistakes: Mistakes) -> bool:
    """Whether the words can stand in this order, at most MAX_DEPTH deep. If not, the first that cannot is a mistake."""
    order = _Order()
    for word in words:
        mistake = order.value(word) if order.wants_value else order.operator(word)
        if mistake is not None:
            mistakes.add(*mistake)
            return False
        order.before = word
    mistake = order.end()
    if mistake is not None:
        mistakes.add(*mistake)
    return mistake is None


class _Order:
    """What may come next: a value or an operator, and which brackets are open.

    Each method takes the next word and returns what is wrong with it here, None if nothing is.
    """

    def __init__(self) -> None:
        self.wants_value = True
        self.before: Word | None = None
        self._opened: list[Word] = []
        self._signs = 0  # how many `not` and minus stand in a row

    def value(self, word: Word) -> _Wrong | None:
        """A word where a value should begin."""
        if word.sort is not Sort.OPERATOR:
            self.wants_value, self._signs = False, 0
            return None
        if word.text in ("not", "-"):
            self._signs += 1
            if word.text == "not" and self.before is not None and self.before.text not in _BEFORE_NOT:
                return word.start, f"`not` cannot follow {shown(self.before.text)}", "Put brackets around it: (not ...)"
            return _too_deep(word) if self._signs > MAX_DEPTH else None
        if word.text in _CLOSING:
            return self._open(word)
        ends_list = (
            self._opened and self.before is not None and (self.before is self._opened[-1] or self.before.text == ",")
        )
        return self._close(word) if word.text in _CLOSING.values() and ends_list else _no_value(word, self.before)

    def operator(self, word: Word) -> _Wrong | None:
        """A word where a value has ended."""
        if word.sort is Sort.OPERATOR:
            if word.text in _CLOSING.values():
                return self._close(word)
            if word.text == "(" and self.before is not None and self.before.sort is Sort.PATH:
                return self._open(word)
            if word.text in _BINARY or (word.text == "," and self._opened):
                self.wants_value = True
                return None
        return _no_operator(word, self.before)

    def end(self) -> _Wrong | None:
        if self._opened:
            bracket = self._opened[-1]
            return bracket.start, f"{shown(bracket.text)} is not closed", f"Add {_CLOSING[bracket.text]}"
        if self.wants_value and self.before is not None:
            return self.before.start, f"A value is missing after {shown(self.before.text)}", "Add it, or leave this out"
        return None

    def _open(self, word: Word) -> _Wrong | None:
        self._opened.append(word)
        self.wants_value, self._signs = True, 0
        return _too_deep(word) if len(self._opened) > MAX_DEPTH else None

    def _close(self, word: Word) -> _Wrong | None:
        if not self._opened:
            return word.start, f"{shown(word.text)} closes nothing", "Leave it out, or open it before"
        opened = self._opened.pop()
        self.wants_value = False
        wanted = _CLOSING[opened.text]
        if word.text == wanted:
            return None
        return (
            word.start,
            f"{shown(word.text)} does not close {shown(opened.text)}",
            f"Write {wanted} here or before it",
        )


def _too_deep(word: Word) -> _Wrong:
    remedy = "Make parts of it conditions, and use them by their names"
    return word.start, f"The expression is more than {MAX_DEPTH} deep", remedy


def _no_value(word: Word, before: Word | None) -> _Wrong:
    if before is None:
        return word.start, f"A value is missing before {shown(word.text)}", f"Begin with a value, not with {word.text}"
    return word.start, f"A value is missing between {shown(before.text)} and {shown(word.text)}", "Add it"


def _no_operator(word: Word, before: Word | None) -> _Wrong:
    assert before is not None, "a first word of an expression that wants a value"
    if word.text == ",":
        return word.start, "A comma stands outside of a list", "Write `and`, or put brackets around the list"
    if word.text == "[" and before.sort is Sort.PATH:
        return word.start, f"{shown(before.text)} has no parts in [ ]", "Compare the value as a whole"
    between = f"between {shown(before.text)} and {shown(word.text)}"
    return word.start, f"Something is missing {between}", "Add `and`, `or`, a comparison, or a comma within a list"


def skeleton(words: list[Word]) -> Skeleton:
    text, starts, ends = "", {}, {}
    for index, word in enumerate(words):
        starts[len(text)] = index
        text += word.text if word.sort is Sort.OPERATOR else f"t{index}"
        ends[len(text)] = index
        text += " "
    return Skeleton(text, starts, ends)
