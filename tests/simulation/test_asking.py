"""What an expression says of a caller, fact by fact: and the engine's own language says the same."""

import dataclasses

import pytest

from callcenter.events import AgentSignedOut
from callcenter.simulation.account import Caller
from callcenter.simulation.asking import holds
from callcenter.types import (
    AgentId,
    Attribute,
    AttributeKind,
    AttributeValue,
    Condition,
    Configuration,
    ContactId,
    Hours,
    NamedList,
    QueueState,
    Tier,
)
from tests.playbook import Playbook, agent, arrived, configuration, customer, found, queue, queue_set, rule

NOON_MS = 1_766_577_600_000  # Wednesday 2025-12-24, 12:00 UTC
ATTRIBUTES = (
    Attribute("spend", AttributeKind.NUMBER, 0.0),
    Attribute("segment", AttributeKind.TEXT, "", ("", "retail")),
    Attribute("since", AttributeKind.DATE, "2020-01-01"),
    Attribute("vip", AttributeKind.FLAG, False),
)


def _center(when: str) -> Configuration:
    asks = dataclasses.replace(rule("asks"), when=when)
    return dataclasses.replace(
        configuration(agent("ada"), agent("bob", "sales"), queues=(queue("general"), queue("sales")), rules=(asks,)),
        attributes=ATTRIBUTES,
        lists=(NamedList("numbers", ("+1", "+2")),),
        conditions=(Condition("known", "customer.known"), Condition("both", "conditions.known and customer.vip")),
        hours=(Hours("office", ((NOON_MS, NOON_MS + 1_000),), ((NOON_MS - 1, NOON_MS),)),),
        zone=((0, 7_200_000), (NOON_MS - 5, -43_200_000)),
    )


def _asked(
    when: str, at_ms: int = NOON_MS, attributes: dict[str, AttributeValue] | None = None
) -> tuple[Playbook, Caller]:
    """Anna is known; ben and cleo wait, since a second and two."""

    class Then(Playbook):
        START_MS = at_ms - 10_000

    story = Then.open(_center(when)).at(1, AgentSignedOut(AgentId("ada")))
    story.at(8_000, arrived("cleo")).at(9_000, arrived("ben"), queue_set("sales", QueueState.DRAINED))
    record = dataclasses.replace(customer(1, "gold", "de"), attributes=attributes or {})
    story.at(10_000, arrived("anna", caller="+1", intent="billing", account="A-1"), found("anna", record))
    return story, story.auditor.picture.callers[ContactId("anna")]


@pytest.mark.parametrize(
    "when",
    [
        "",
        "contact.dialled == '100' and contact.caller in lists.numbers and contact.caller_name == 'Anna'",
        "contact.intent == 'billing' and contact.language == '' and contact.account == 'A-1'",
        "customer.known and not customer.shared and customer.tier == 'gold' and customer.account == 'A-1'",
        "customer.name == 'Customer 1' and customer.language == 'de' and conditions.known and not conditions.both",
        "customer.spend == 0 and customer.segment == '' and customer.since == '2020-01-01' and not customer.vip",
        "queue.general.waiting == 2 and queue.sales.waiting == 0 and 1 < queue.general.longest_wait_s <= 2",
        "queue.general.open and not queue.sales.open",
        "agents.general.ready == 0 and agents.general.signed_in == 0",
        "agents.sales.ready == 1 and agents.sales.signed_in == 1",
        "now.weekday == 'wed' and now.hour == 0 and now.minute == 0 and now.date == '2025-12-24'",
        "open('office') and not holiday('office')",
        "days_since(now.date) == 0 and days_since('2025-12-01') == 23 and days_since(customer.since) == 2184",
        "contact.spoken == 'de'",
        "starts_with(contact.caller, '+') and lower(contact.caller_name) == 'anna'",
    ],
)
def test_what_is_known_of_a_caller(when: str) -> None:
    story, anna = _asked(when)
    route = story.contact("anna").route
    assert anna.route is not None
    assert route is not None
    assert (anna.route.rule, route.rule) == ("asks", "asks")


def test_time_is_local_and_stretches_are_half_open() -> None:
    for at_ms, when in (
        (NOON_MS - 6, "now.hour == 13 and now.minute == 59"),
        (NOON_MS - 1, "holiday('office') and not open('office')"),
        (NOON_MS + 1_000, "not open('office')"),
    ):
        _, anna = _asked(when, at_ms)
        assert anna.route is not None
        assert anna.route.rule == "asks"


def test_an_attribute_that_is_not_as_declared_counts_as_not_known() -> None:
    odd: dict[str, AttributeValue] = {"spend": "much", "segment": "other", "vip": True}
    _, anna = _asked("customer.spend == 0 and customer.segment == '' and conditions.both", attributes=odd)
    assert anna.route is not None
    assert anna.route.rule == "asks"


def test_the_number_that_was_read_counts_and_a_date_that_is_not_known_is_long_ago() -> None:
    story, anna = _asked("")
    assert holds(story.auditor.picture, anna, Tier("gold"), "contact.caller == '+1' and days_since('') == 10000000")
    anna.arrival = dataclasses.replace(anna.arrival, caller="01", number="+4401")
    assert holds(story.auditor.picture, anna, Tier("gold"), "contact.caller == '+4401'")


def test_several_records_are_nobodys() -> None:
    story, anna = _asked("")
    anna.customers = (customer(1), customer(2))
    shared = "customer.shared and not customer.known and customer.account == '' and customer.tier == 'silver'"
    assert holds(story.auditor.picture, anna, Tier("silver"), shared)
