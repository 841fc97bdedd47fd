"""What may be compared with what, and what is told where it may not."""

import pytest

from callcenter.routing.language.fields import schema_of
from callcenter.routing.language.mistakes import ExpressionError
from callcenter.routing.language.parse import parse
from tests.routing.language.examples import configuration

SCHEMA = schema_of(configuration())


@pytest.mark.parametrize(
    "source",
    [
        "customer.tier == 'gold'",
        "'gold' == customer.tier",
        "customer.tier != customer.segment",
        "customer.tier in ('gold', 'platinum')",
        "customer.tier not in lists.good-tiers",
        "contact.caller in lists.nobody",
        "8 <= now.hour < 18",
        "now.hour in [8, 9, 10]",
        "now.weekday not in ('sat', 'sun')",
        "now.date >= '2026-12-24'",
        "now.date in ('2026-12-24', '2026-12-31')",
        "customer.since == '' or customer.since < now.date",
        "customer.insured == True and customer.known != customer.shared",
        "queue.sales.waiting * 2 - 1 > agents.sales.ready + -3",
        "starts_with(lower(contact.intent), 'bill')",
        "True",
        "1 == 1.0",
    ],
)
def test_values_of_one_kind_may_be_compared(source: str) -> None:
    assert parse(source, SCHEMA).source == source


@pytest.mark.parametrize(
    ("source", "column", "message", "remedy"),
    [
        ("customer.tier == 'glod'", 18, "`'glod'` is no value of `customer.tier`", "Did you mean `gold`?"),
        ("'glod' != customer.tier", 1, "`'glod'` is no value of `customer.tier`", "Did you mean `gold`?"),
        ("customer.tier in ('gold', 'x')", 27, "`'x'` is no value of `customer.tier`", "Known here: platinum, gold"),
        ("customer.tier in lists.vip_numbers", 18, "`'+49301234567'` is no value of `customer.tier`", "Known"),
        ("customer.segment == 'wholesale'", 21, "`'wholesale'` is no value of `customer.segment`", "Known here: ''"),
        ("now.weekday == 'friday'", 16, "`'friday'` is no value of `now.weekday`", "Did you mean `fri`?"),
        (
            "contact.dialled == 8003",
            20,
            "`8003` is a number, and `contact.dialled` is a text",
            "Write it in quotes: '8003'",
        ),
        ("contact.dialled == True", 20, "`True` is a flag, and `contact.dialled` is a text", "Write it in quotes"),
        ("now.hour == '8'", 13, "`'8'` is a text, and `now.hour` is a number", "Write a number, without quotes"),
        ("customer.known == 'yes'", 19, "`'yes'` is a text, and `customer.known` is a flag", "A flag stands alone"),
        ("now.hour == contact.caller", 13, "`contact.caller` is a text, and `now.hour` is a number", "Compare values"),
        (
            "now.date == 2026-12-24",
            13,
            "`2026-12-24` is a number, and `now.date` is a date",
            "Write the date in quotes",
        ),
        ("now.date == '24.12.2026'", 13, "`'24.12.2026'` is no date, and `now.date` is one", "Write it as year"),
        ("now.date == contact.intent", 13, "`contact.intent` is a text, and `now.date` is a date", "Compare a date"),
        ("customer.tier > 'gold'", 1, "`customer.tier` is a text, which has no order for >", "Name the values"),
        ("True < customer.known", 8, "`customer.known` is a flag, which has no order for <", "Name the values"),
        ("customer.tier in ('gold')", 19, "`'gold'` is a text, not a list", "Write == for one value, or ('gold',)"),
        ("'x' in contact.caller", 8, "`contact.caller` is a text, not a list", "Write == to compare, or starts_with"),
        ("1 in now.hour", 6, "`now.hour` is a number, not a list", "Put the values in brackets"),
        ("lists.vip_numbers == ('a',)", 1, "`lists.vip_numbers` is a list", "Write `in`"),
        ("lists.vip_numbers in ('a',)", 1, "`lists.vip_numbers` is a list", "Only one value can be in a list"),
        ("now.hour in ('a', 'b')", 14, "`'a'` is a text, and `now.hour` is a number", "Write a number"),
        (
            "lower(contact.intent) == 'Bill'",
            26,
            "`'Bill'` has capital letters, and lower(...) has none",
            "Write 'bill'",
        ),
        ("customer.tier", 1, "`customer.tier` is a text, not a condition", "Compare it, as in customer.tier == '...'"),
        ("now.hour and True", 1, "`now.hour` is a number, not a condition", "Compare it, as in now.hour > 0"),
        ("not now.date", 5, "`now.date` is a date, not a condition", "Compare it, as in now.date == '2026-12-24'"),
        (
            "lists.nobody",
            1,
            "`lists.nobody` is a list, not a condition",
            "Ask whether something is in it: ... in lists",
        ),
        ("customer.known or 'gold'", 19, "`'gold'` is a text, not a condition", "Write the whole comparison again"),
        (
            "now.date - 1 > 2",
            1,
            "`now.date` is a date, not a number",
            "There are + - * for numbers only; compare dates",
        ),
        ("1 + customer.known > 2", 5, "`customer.known` is a flag, not a number", "There are + - * for numbers only"),
        ("-contact.caller == 1", 2, "`contact.caller` is a text, not a number", "There are + - * for numbers only"),
    ],
)
def test_what_can_never_hold_by_its_kind_is_a_mistake(source: str, column: int, message: str, remedy: str) -> None:
    with pytest.raises(ExpressionError) as raised:
        parse(source, SCHEMA)
    assert (raised.value.column, raised.value.message) == (column, message)
    assert raised.value.remedy.startswith(remedy)
