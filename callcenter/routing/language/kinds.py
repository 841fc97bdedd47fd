"""Which values may be compared with which. A comparison that can never hold by its types is a mistake."""

from callcenter.routing.language.civil import is_date
from callcenter.routing.language.mistakes import Mistakes, did_you_mean, shown
from callcenter.routing.language.tree import Field, Kind, Literal, Lower, Node, Values, kind_of

_ORDER = ("<", "<=", ">", ">=")
_WORDS = {Kind.TEXT: "a text", Kind.NUMBER: "a number", Kind.FLAG: "a flag", Kind.DATE: "a date"}
_EXAMPLES = {
    Kind.TEXT: "Compare it, as in {text} == '...'",
    Kind.NUMBER: "Compare it, as in {text} > 0",
    Kind.DATE: "Compare it, as in {text} == '2026-12-24'",
}


def condition(node: Node, mistakes: Mistakes) -> None:
    """A mistake unless the node is a flag."""
    kind = kind_of(node)
    if kind is not Kind.FLAG:
        remedy = _EXAMPLES[kind] if kind is not None else "Ask whether something is in it: ... in {text}"
        if isinstance(node, Literal):
            remedy = "Write the whole comparison again, or `in` with a list of values"
        mistakes.add(node.at, f"{shown(node.text)} is {words_of(node)}, not a condition", _filled(remedy, node))


def number(node: Node, mistakes: Mistakes) -> None:
    """A mistake unless the node is a number."""
    if kind_of(node) is not Kind.NUMBER:
        remedy = "There are + - * for numbers only"
        if kind_of(node) is Kind.DATE:
            remedy += "; compare dates with dates, or days_since(date) with a number"
        mistakes.add(node.at, f"{shown(node.text)} is {words_of(node)}, not a number", remedy)


def pair(left: Node, operator: str, right: Node, mistakes: Mistakes) -> None:
    """Mistakes unless the two may be compared in this way."""
    if operator in ("in", "not in"):
        _membership(left, right, mistakes)
        return
    for node in (left, right):
        if isinstance(node, Values):
            mistakes.add(
                node.at, f"{shown(node.text)} is a list", f"Write `in` to ask whether it has a value, not {operator}"
            )
            return
    kinds = (kind_of(left), kind_of(right))
    if not _alike(left, right, mistakes):
        return
    if operator in _ORDER and Kind.DATE not in kinds and kinds != (Kind.NUMBER, Kind.NUMBER):
        wrong = right if isinstance(left, Literal) else left
        remedy = "Name the values that you mean: == for one, `in` for several"
        mistakes.add(wrong.at, f"{shown(wrong.text)} is {words_of(wrong)}, which has no order for {operator}", remedy)


def _membership(left: Node, right: Node, mistakes: Mistakes) -> None:
    if isinstance(left, Values):
        mistakes.add(left.at, f"{shown(left.text)} is a list", "Only one value can be in a list: write it on the left")
    elif not isinstance(right, Values):
        remedy = "Put the values in brackets, as in ('a', 'b')"
        if isinstance(right, Literal):
            remedy = f"Write == for one value, or ({right.text},) with a comma"
        elif kind_of(right) is Kind.TEXT:
            remedy = "Write == to compare, or starts_with(text, 'prefix') for its beginning"
        mistakes.add(right.at, f"{shown(right.text)} is {words_of(right)}, not a list", remedy)
    elif kind_of(left) is not right.kind or isinstance(left, Lower) or (isinstance(left, Field) and left.allowed):
        for item in right.items:  # else each fits, as the list's own values are of one kind
            if not _alike(left, item, mistakes):
                break


def _alike(left: Node, right: Node, mistakes: Mistakes) -> bool:
    """Whether the two are of one kind and, where one is written out, the other can have this value."""
    kinds = (kind_of(left), kind_of(right))
    if kinds[0] is not kinds[1] and set(kinds) != {Kind.TEXT, Kind.DATE}:
        wrong, other = (left, right) if isinstance(left, Literal) else (right, left)
        message = f"{shown(wrong.text)} is {words_of(wrong)}, and {shown(other.text)} is {words_of(other)}"
        mistakes.add(wrong.at, message, _remedy_for_unlike(wrong, other))
        return False
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Literal) and not _possible(one, other, mistakes):
            return False
    if set(kinds) == {Kind.TEXT, Kind.DATE} and not isinstance(left, Literal) and not isinstance(right, Literal):
        message = f"{shown(right.text)} is {words_of(right)}, and {shown(left.text)} is {words_of(left)}"
        mistakes.add(right.at, message, "Compare a date with a date, as in '2026-12-24'")
        return False
    return True


def _possible(literal: Literal, other: Node, mistakes: Mistakes) -> bool:
    """Whether the other can have the value of the literal."""
    if not isinstance(literal.value, str):
        return True
    if kind_of(other) is Kind.DATE and literal.value and not is_date(literal.value):
        message = f"{shown(repr(literal.value))} is no date, and {shown(other.text)} is one"
        mistakes.add(literal.at, message, "Write it as year, month and day: '2026-12-24'")
        return False
    if isinstance(other, Field) and other.allowed and literal.value not in other.allowed:
        message = f"{shown(repr(literal.value))} is no value of {shown(other.text)}"
        mistakes.add(literal.at, message, did_you_mean(literal.value, [value or "''" for value in other.allowed]))
        return False
    if isinstance(other, Lower) and literal.value != literal.value.lower():
        message = f"{shown(repr(literal.value))} has capital letters, and lower(...) has none"
        mistakes.add(literal.at, message, f"Write '{literal.value.lower()}'")
        return False
    return True


def _remedy_for_unlike(wrong: Node, other: Node) -> str:
    if isinstance(wrong, Literal) and kind_of(other) is Kind.TEXT:
        return f"Write it in quotes: '{wrong.text}'"
    if isinstance(wrong, Literal) and kind_of(other) is Kind.NUMBER and kind_of(wrong) is Kind.TEXT:
        return "Write a number, without quotes"
    if kind_of(other) is Kind.DATE:
        return "Write the date in quotes: '2026-12-24'"
    if Kind.FLAG in (kind_of(other), kind_of(wrong)):
        return "A flag stands alone or after `not`, or is compared with True or False"
    return "Compare values of one kind"


def words_of(node: Node) -> str:
    kind = kind_of(node)
    return "a list" if kind is None else _WORDS[kind]


def _filled(remedy: str, node: Node) -> str:
    return remedy.replace("{text}", shown(node.text).strip("`"))
