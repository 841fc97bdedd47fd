"""What roles may do, whose floor it is, and what is shown of a number."""

import pytest

from callcenter.desktop.access.permissions import (
    CENTER_WIDE,
    MASK,
    ROLES,
    Caller,
    Permission,
    mask,
    may_see_customer,
    number_for,
    permissions_of,
)
from callcenter.types import AgentId, QueueName

ANNA, BORIS = AgentId("anna"), AgentId("boris")
SALES, SUPPORT = QueueName("sales"), QueueName("support")
NUMBER = "+4930901234"


def test_an_agent_can_do_nothing_that_a_supervisor_or_a_viewer_may() -> None:
    agent = ROLES["agent"]
    assert agent == {Permission.TAKE_CONTACTS}
    for role in ("supervisor", "admin", "viewer"):
        assert not agent & ROLES[role]


def test_each_role_above_may_do_all_that_the_one_below_may() -> None:
    assert ROLES["viewer"] < ROLES["supervisor"] < ROLES["admin"]
    assert ROLES["admin"] == frozenset(Permission) - {Permission.TAKE_CONTACTS}
    assert all(permission.startswith("see_") for permission in ROLES["viewer"])


def test_roles_add_up_and_one_that_is_unknown_is_nothing() -> None:
    assert permissions_of(["agent", "viewer"]) == ROLES["agent"] | ROLES["viewer"]
    assert permissions_of(["boss"]) == permissions_of([]) == frozenset()


def test_who_is_limited_to_some_queues_holds_nothing_that_concerns_the_whole_center() -> None:
    assert permissions_of(["admin"], limited=True) == ROLES["admin"] - CENTER_WIDE
    assert Permission.MANAGE_QUEUES in permissions_of(["supervisor"], limited=True)


def test_the_floor_of_a_queue_group() -> None:
    everything, sellers = Caller(ANNA, "Anna", frozenset()), Caller(ANNA, "Anna", frozenset(), frozenset({SALES}))
    assert everything.reaches([SUPPORT])
    assert everything.reaches([])
    assert sellers.reaches([SUPPORT, SALES])
    assert not sellers.reaches([SUPPORT])
    assert not sellers.reaches([])
    assert not Caller(ANNA, "Anna", frozenset(), frozenset()).reaches([SALES])


def test_any_of_several_permissions_is_enough_and_none_is_needed_where_none_is_named() -> None:
    caller = Caller(ANNA, "Anna", frozenset({Permission.LISTEN}))
    assert caller.may()
    assert caller.may(Permission.SEE_AUDIT, Permission.LISTEN)
    assert not caller.may(Permission.SEE_AUDIT)


def test_the_credential_is_named_and_not_told() -> None:
    assert Caller(ANNA, "Anna", frozenset(), token="0123").credential == "token 0123"
    told = Caller(ANNA, "Anna", frozenset(), session="very-secret").credential
    assert told.startswith("session ")
    assert "secret" not in told


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (NUMBER, f"+49{MASK}1234"),
        ("+12025550147", f"+1{MASK}0147"),
        ("+8613812345678", f"+86{MASK}5678"),
        ("03012345678", f"{MASK}5678"),
        ("123456", f"{MASK}56"),
        ("1001", MASK),
        ("anonymous", MASK),
        ("+", MASK),
        ("", MASK),
        (None, None),
    ],
)
def test_a_masked_number(number: str | None, shown: str | None) -> None:
    assert mask(number) == shown


def test_a_number_and_a_customer_are_shown_to_whose_call_it_is_and_to_who_may_see_all() -> None:
    anna = Caller(ANNA, "Anna", ROLES["agent"])
    supervisor = Caller(BORIS, "Boris", ROLES["supervisor"])
    viewer = Caller(BORIS, "Boris", ROLES["viewer"])
    for caller, agents, seen in (
        (anna, [ANNA], True),
        (anna, [BORIS, ANNA], True),
        (anna, [BORIS], False),
        (anna, [None], False),
        (anna, [], False),
        (supervisor, [ANNA], True),
        (viewer, [ANNA], False),
        (viewer, [BORIS], False),
    ):
        assert may_see_customer(caller, agents) is seen
        assert number_for(caller, NUMBER, agents) == (NUMBER if seen else f"+49{MASK}1234")
    assert number_for(viewer, None) is None
