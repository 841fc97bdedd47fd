"""Words, and whether they can stand in this order, told in words of our own."""

import pytest

from callcenter.routing.language.mistakes import Mistakes
from callcenter.routing.language.words import MAX_DEPTH, in_order, read_words, skeleton


def told(source: str) -> list[tuple[int, str]]:
    """Columns and messages of what is wrong with the words and their order."""
    mistakes = Mistakes(source)
    in_order(read_words(source, mistakes), mistakes)
    return [(it.column, it.message) for it in mistakes.error().mistakes] if mistakes else []


def test_python_sees_only_the_shape() -> None:
    words = read_words("contact.caller  in\n('__import__', \"a' b\") and not open('x') == 1_000.5", Mistakes(""))
    shape = skeleton(words)
    assert shape.text == "t0 in ( t3 , t5 ) and not t9 ( t11 ) == t14 "
    assert [words[shape.starts[at]].text for at in sorted(shape.starts)] == [word.text for word in words]


def test_names_of_queues_lists_and_conditions_may_have_hyphens() -> None:
    source = "queue.german-support.waiting-1 agents.a-b.ready lists.x-y conditions.no-one customer.a-customer.b"
    texts = [word.text for word in read_words(source, Mistakes(source))]
    assert texts[:6] == ["queue.german-support.waiting", "-", "1", "agents.a-b.ready", "lists.x-y", "conditions.no-one"]
    assert texts[6:] == ["customer.a", "-", "customer.b"]


@pytest.mark.parametrize(
    ("source", "column", "message"),
    [
        ("a = 1", 3, "`=` is not how it is written"),
        ("a === 1", 3, "`===` is not how it is written"),
        ("a && b", 3, "`&&` is not how it is written"),
        ("a || b", 3, "`||` is not how it is written"),
        ("! a", 1, "`!` is not how it is written"),
        ("a <> b", 3, "`<>` is not how it is written"),
        ("a AND b", 3, "`AND` is not how it is written"),
        ("a == true", 6, "`true` is not how it is written"),
        ("a is not b", 3, "`is` is not how it is written"),
        ("a => b", 3, "`=>` is not how it is written"),
        ("a / b", 3, "`/` is no part of an expression"),
        ("a ** b", 3, "`**` is no part of an expression"),
        ("a if b", 3, "`if` is no part of an expression"),
        ("lambda", 1, "`lambda` is no part of an expression"),
        ("a == None", 6, "`None` is no part of an expression"),
        ("a # b", 3, "`#` is no part of an expression"),
        ("a \x00", 3, "The character U+0000 is no part of an expression"),
        ("'abc", 1, "The text `'abc` has no end"),
        ("'a\nb'", 1, "The text `'a` has no end"),
        ("'a\\'", 1, "The text `'a\\'` has a backslash in it"),
        ("'a\tb'", 1, "The text `'a b'` has a character that cannot be seen in it"),
        ("a b", 3, "Something is missing between `a` and `b`"),
        ("'a' 'b'", 5, "Something is missing between `'a'` and `'b'`"),
        ("f'x'", 2, "Something is missing between `f` and `'x'`"),
        ("0x1f", 2, "Something is missing between `0` and `x1f`"),
        ("a[0]", 2, "`a` has no parts in [ ]"),
        ("'a'[0]", 4, "Something is missing between `'a'` and `[`"),
        ("a, b", 2, "A comma stands outside of a list"),
        ("and a", 1, "A value is missing before `and`"),
        ("a and", 3, "A value is missing after `and`"),
        ("a and or b", 7, "A value is missing between `and` and `or`"),
        ("(a and)", 7, "A value is missing between `and` and `)`"),
        ("(1, , 2)", 5, "A value is missing between `,` and `,`"),
        ("(a", 1, "`(` is not closed"),
        ("a)", 2, "`)` closes nothing"),
        ("(a]", 3, "`]` does not close `(`"),
        ("a == not b", 6, "`not` cannot follow `==`"),
        ("*a", 1, "A value is missing before `*`"),
        ("()()", 3, "Something is missing between `)` and `(`"),
        ("not " * (MAX_DEPTH + 1) + "a", 4 * MAX_DEPTH + 1, f"The expression is more than {MAX_DEPTH} deep"),
        ("-" * (MAX_DEPTH + 1) + "1", MAX_DEPTH + 1, f"The expression is more than {MAX_DEPTH} deep"),
        ("[" * (MAX_DEPTH + 1), MAX_DEPTH + 1, f"The expression is more than {MAX_DEPTH} deep"),
    ],
)
def test_what_cannot_stand_is_told_where_it_stands(source: str, column: int, message: str) -> None:
    assert told(source)[0] == (column, message)


@pytest.mark.parametrize(
    "source", ["()", "(1,)", "[1, 2]", "open()", "f(1,)", "not not a", "(((a)))", "a not in b", "- - 1"]
)
def test_what_can_stand_is_let_through(source: str) -> None:
    assert told(source) == []


def test_all_that_was_meant_otherwise_is_told_at_once() -> None:
    assert [column for column, _ in told("a = 1 && b <> TRUE || ! c")] == [3, 7, 12, 15, 20, 23]
