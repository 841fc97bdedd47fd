"""Expressions are read into trees, or refused with all that is wrong with them; nothing else can happen."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from callcenter.routing.language.fields import schema_of
from callcenter.routing.language.mistakes import MAX_MISTAKES, ExpressionError
from callcenter.routing.language.parse import MAX_NUMBER, parse
from callcenter.routing.language.tree import Comparison, Field, Junction, Kind, Literal, Values, walk
from callcenter.routing.language.words import MAX_DEPTH, MAX_LENGTH
from callcenter.types import Condition
from tests.routing.language.examples import configuration

SCHEMA = schema_of(configuration())


def mistakes_of(source: str) -> list[tuple[int, int, str]]:
    with pytest.raises(ExpressionError) as raised:
        parse(source, SCHEMA)
    return [(it.line, it.column, it.message) for it in raised.value.mistakes]


def test_a_tree_has_the_text_and_the_place_of_each_part() -> None:
    read = parse("customer.known and\n  (customer.tier in ('gold',\n 'silver'))", SCHEMA)
    assert isinstance(read.tree, Junction)
    second = read.tree.parts[1]
    assert isinstance(second, Comparison)
    assert (second.text, second.at) == ("customer.tier in ('gold', 'silver')", 22)
    assert read.fields == ("customer.known", "customer.tier")
    assert read.depth == 3


def test_two_expressions_that_mean_the_same_have_equal_trees() -> None:
    assert parse("(now.hour)  in [1,2]", SCHEMA).tree == parse("now.hour in (1, 2)", SCHEMA).tree
    assert parse("now.hour in [1,2]", SCHEMA).tree != parse("now.hour in (2, 1)", SCHEMA).tree


def test_fields_are_those_of_the_conditions_too() -> None:
    read = parse("conditions.valued_now and contact.caller != ''", SCHEMA)
    assert read.fields == ("customer.tier", "customer.spend_12m", "open.office", "holiday.xmas", "contact.caller")


def test_all_mistakes_are_told_at_once_each_at_its_place() -> None:
    source = "customer.tier = 'glod' and\n  contact.dialed == '8003'\n  and open('ofice')\n  && now.hour < '9'"
    assert mistakes_of(source) == [
        (1, 15, "`=` is not how it is written"),
        (1, 17, "`'glod'` is no value of `customer.tier`"),
        (2, 11, "There is no field `contact.dialed`"),
        (3, 12, "There are no hours `'ofice'`"),
        (4, 3, "`&&` is not how it is written"),
        (4, 17, "`'9'` is a text, and `now.hour` is a number"),
    ]


def test_columns_count_characters_not_bytes() -> None:
    assert mistakes_of("contact.caller_name == 'Müller-Lüdenscheidt €' and customer.teir == ''")[0][1] == 61


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "The expression is empty"),
        (" \n ", "The expression is empty"),
        ("()", "The list is empty"),
        ("contact.caller in ()", "The list is empty"),
        ("now.hour in (1, 'x')", "`'x'` is of another kind than those before it"),
        ("now.hour in (1, now.minute)", "`now.minute` cannot stand in a list"),
        ("now.hour in ((1,), 2)", "`(1,)` cannot stand in a list"),
        ("now.hour in (True,)", "`True` cannot stand in a list"),
        ("open()", "open takes 1 value, not 0"),
        ("open('office', 'x')", "open takes 1 value, not 2"),
        ("starts_with(contact.caller)", "starts_with takes 2 values, not 1"),
        ("open(contact.caller)", "`contact.caller` is not a text in quotes"),
        ("holiday('ofice')", "There are no hours `'ofice'`"),
        ("starts_with(contact.caller, lower(contact.intent))", "`lower(contact.intent)` is not a text in quotes"),
        ("starts_with(now.hour, '1')", "`now.hour` is a number, and starts_with takes a text"),
        ("lower(3) == ''", "`3` is a number, and lower takes a text"),
        ("days_since() > 1", "days_since takes 1 value, not 0"),
        ("days_since(contact.intent) > 1", "`contact.intent` is a text, and days_since takes a date"),
        ("days_since(customer.spend_12m) > 1", "`customer.spend_12m` is a number, and days_since takes a date"),
        ("days_since('last year') > 1", "`'last year'` is no date"),
        ("days_since('') > 1", "`''` is no date"),
        ("days_since(now.date - 1) > 1", "`now.date` is a date, not a number"),
        ("days_since(now.day) > 1", "There is no field `now.day`"),
        ("days_since(now.date)", "`days_since(now.date)` is a number, not a condition"),
        ("dayssince(now.date) > 1", "`dayssince` is no function"),
        ("startswith(contact.caller, '+')", "`startswith` is no function"),
        ("contact.caller.startswith('+')", "`contact.caller.startswith` is no function"),
        ("contact.caller.lower() == ''", "`contact.caller.lower` is no function"),
        ("__import__('os')", "`__import__` is no function"),
        ("print()", "`print` is no function"),
        ("now.hour > 1000000000000001", "`1000000000000001` is too long for a number"),
        ("contact.caller == 4930123456789012345", "`4930123456789012345` is too long for a number"),
    ],
)
def test_what_is_told_of_a_wrong_expression(source: str, message: str) -> None:
    assert mistakes_of(source)[0][2] == message


def test_numbers_up_to_the_bound_are_exact() -> None:
    read = parse(f"now.hour < {MAX_NUMBER} and now.hour > -0.5", SCHEMA)
    numbers = [node.value for node in walk(read.tree) if isinstance(node, Literal)]
    assert numbers == [MAX_NUMBER, -0.5]


def test_an_expression_is_as_long_as_the_bound_and_no_longer() -> None:
    source = "True" + " " * (MAX_LENGTH - 4)
    assert parse(source, SCHEMA).source == source
    assert mistakes_of(source + " ") == [(1, MAX_LENGTH + 1, f"The expression is longer than {MAX_LENGTH} characters")]


def test_an_expression_is_as_deep_as_the_bound_and_no_deeper() -> None:
    assert parse("not " * (MAX_DEPTH - 1) + "True", SCHEMA).depth == MAX_DEPTH
    assert mistakes_of("not " * MAX_DEPTH + "True")[0][2] == f"The expression is more than {MAX_DEPTH} deep"
    assert mistakes_of("1+" * 999 + "1")[0][2] == f"The expression is more than {MAX_DEPTH} deep"
    assert parse("True or " * 249 + "True", SCHEMA).depth == 2


def test_conditions_within_conditions_count_as_deep_as_they_are() -> None:
    chain = [Condition("c0", "True"), *(Condition(f"c{n}", f"conditions.c{n - 1}") for n in range(1, 60))]
    schema = schema_of(configuration(conditions=chain))
    parse("conditions.c38", schema)
    with pytest.raises(ExpressionError, match="The expression and its conditions are more than 40 deep"):
        parse("conditions.c39", schema)


def test_an_expression_may_use_a_condition_that_has_mistakes_of_its_own() -> None:
    schema = schema_of(configuration(conditions=[Condition("broken", "nonsense")]))
    assert parse("conditions.broken and True", schema).fields == ()


def test_no_more_mistakes_are_told_than_anybody_would_read() -> None:
    assert len(mistakes_of(" or ".join(f"nonsense{n}" for n in range(100)))) == MAX_MISTAKES


@given(st.text(max_size=2_100))
@example("(" * 2_000)
@example("not " * 500)
@example("-" * 2_000)
@example("a." * 999 + "a")
@example("((1,)," * 300)
@example("1+" * 999 + "1 > 0")
@example("9" * 2_000)
@example("0x" + "f" * 1_000 + " > 1")
@example("10**10**10 > 1")
@example("f'{contact.caller}'")
@example("[x for x in lists.vip_numbers]")
@example("(x := 1)")
@example("\x00\ud800")
@example("'\ud800' == contact.caller")
def test_whatever_text_is_read_or_refused(source: str) -> None:
    read_or_refused(source)


WORDS = """
and or not in is if lambda ( ) [ ] , == != < <= > >= = + - * ** / . : := ! & 1 0.5 08 'gold' '' "x" ' # True None
customer.tier customer.spend_12m customer.known now.date now.hour queue.german-support.waiting lists.nobody {} f'' ﬁ
conditions.valued_now open('office') starts_with( lower( days_since( contact.spoken contact.__class__ __builtins__
customer.since '2026-12-24'
"""
PIECES = st.sampled_from([*WORDS.split(), "\n"])


@given(st.lists(PIECES, max_size=60).map(" ".join))
def test_whatever_pieces_are_put_together_are_read_or_refused(source: str) -> None:
    read_or_refused(source)


def read_or_refused(source: str) -> None:
    """A tree of declared things only, or mistakes that lie within the source."""
    try:
        read = parse(source, SCHEMA)
    except ExpressionError as error:
        lines = source.split("\n")
        for mistake in error.mistakes:
            assert 1 <= mistake.line <= len(lines)
            assert 1 <= mistake.column <= len(lines[mistake.line - 1]) + 1
            assert mistake.message
            assert mistake.remedy
        return
    for node in walk(read.tree):
        of_functions = ("open.", "holiday.", "days_since.")
        assert not isinstance(node, Field) or node.path in SCHEMA.fields or node.path.startswith(of_functions)
        assert not isinstance(node, Values) or node.kind in (Kind.TEXT, Kind.NUMBER)


def test_days_since_a_date_are_a_number_that_is_one_fact() -> None:
    read = parse("days_since(customer.since) > 1 and days_since( '2026-12-24' ) == 2", SCHEMA)
    assert read.fields == ("days_since.customer.since", "days_since.2026-12-24")
