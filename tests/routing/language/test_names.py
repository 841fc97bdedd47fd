"""A name stands for a field, a list or a condition; a wrong one is told with the one that was probably meant."""

import pytest

from callcenter.routing.language.fields import schema_of
from callcenter.routing.language.mistakes import Mistakes
from callcenter.routing.language.names import named
from callcenter.routing.language.tree import Field, Kind, Reference, Values
from tests.routing.language.examples import configuration

SCHEMA = schema_of(configuration())


def test_fields_lists_and_conditions_are_found_by_their_paths() -> None:
    mistakes = Mistakes("")
    tier = named("customer.tier", 3, SCHEMA, mistakes)
    assert isinstance(tier, Field)
    assert (tier.kind, tier.allowed, tier.at) == (Kind.TEXT, ("platinum", "gold", "silver", "standard"), 3)
    listed = named("lists.good-tiers", 0, SCHEMA, mistakes)
    assert isinstance(listed, Values)
    assert [item.value for item in listed.items] == ["platinum", "gold"]
    reference = named("conditions.office", 0, SCHEMA, mistakes)
    assert isinstance(reference, Reference)
    assert reference.expression is SCHEMA.conditions["office"]
    assert not mistakes


@pytest.mark.parametrize(
    ("path", "column", "message", "remedy"),
    [
        ("customer.teir", 10, "There is no field `customer.teir`", "Did you mean `customer.tier`?"),
        ("customer.spend_12n", 10, "There is no field `customer.spend_12n`", "Did you mean `customer.spend_12m`?"),
        ("custmer.tier", 1, "`custmer.tier` is not known", "Did you mean `customer.tier`?"),
        ("tier", 1, "`tier` is not known", "Did you mean `customer.tier`?"),
        ("hollyday", 1, "`hollyday` is not known", "Did you mean `holiday(...)`?"),
        ("xyzzy", 1, "`xyzzy` is not known", "Write a text in quotes: 'xyzzy'. "),
        ("contact", 1, "`contact` names no field", "Known here: contact.dialled, contact.caller, "),
        ("contact.caller.x", 9, "There is no field `contact.caller.x`", "Did you mean `contact.caller`?"),
        ("contact.__class__", 9, "There is no field `contact.__class__`", "Known here: contact.dialled"),
        ("queue", 1, "`queue` names no queue", "Known here: general, sales, german-support"),
        ("queue.sles.waiting", 7, "There is no queue `sles`", "Did you mean `sales`?"),
        ("queue.sales", 1, "`queue.sales` is a whole queue", "Say what of it: queue.sales.waiting or "),
        ("queue.sales.wating", 13, "A queue has no `wating` in `queue`", "Did you mean `waiting`?"),
        ("agents.sales.waiting", 14, "A queue has no `waiting` in `agents`", "Known here: ready, signed_in"),
        ("lists.vip_number", 7, "There is no list `lists.vip_number`", "Did you mean `lists.vip_numbers`?"),
        ("conditions.offise", 12, "There is no condition `conditions.offise`", "Did you mean `conditions.office`?"),
        ("сontact.caller", 1, "`сontact.caller` is not known", "Check its letters: "),  # noqa: RUF001 - a Cyrillic letter
        ("ｎow.hour", 1, "`ｎow.hour` is not known", "Check its letters: "),  # noqa: RUF001 - a full-width n
    ],
)
def test_a_name_that_is_not_known(path: str, column: int, message: str, remedy: str) -> None:
    mistakes = Mistakes(path)
    assert named(path, 0, SCHEMA, mistakes) is None
    (mistake,) = mistakes.error().mistakes
    assert (mistake.column, mistake.message) == (column, message)
    assert mistake.remedy.startswith(remedy)


def test_a_condition_that_comes_later_is_told_apart_from_one_that_is_none() -> None:
    mistakes = Mistakes("conditions.valued_now")
    assert named("conditions.valued_now", 0, SCHEMA.above("valued"), mistakes) is None
    (mistake,) = mistakes.error().mistakes
    assert (mistake.column, mistake.message) == (12, "The condition `valued_now` is not declared above this one")
