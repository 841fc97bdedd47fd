"""The auditor's reading of rules: the first that applies, the tier before it, and the route that it gives."""

import dataclasses

from callcenter.simulation.account import Caller
from callcenter.types import AgentId, Configuration, ContactId, Customer, Preference, Route, Tier, TierRule
from tests.playbook import Playbook, arrived, configuration, customer, found, overflow, rule, skills


def _routed(config: Configuration, *customers: Customer, dialled: str = "100", last_agent: str | None = None) -> Caller:
    answer = dataclasses.replace(found("anna", *customers), last_agent=AgentId(last_agent) if last_agent else None)
    story = Playbook(config).at(10, arrived("anna", caller="+1", dialled=dialled), answer)
    return story.auditor.picture.callers[ContactId("anna")]


def _route(caller: Caller) -> Route:
    assert caller.route is not None
    return caller.route


def test_the_first_rule_that_applies_counts_and_without_one_the_default_queue() -> None:
    entry = dataclasses.replace(rule("line two"), entry=("200", "300"))
    config = configuration(rules=(rule("gold", tier="gold"), entry))
    assert _route(_routed(config, customer(1, "gold"), dialled="200")).rule == "gold"
    assert _route(_routed(config, dialled="300")).rule == "line two"
    nobody = _route(_routed(config))
    assert (nobody.rule, nobody.queue, nobody.matched) == ("(no rule)", "general", False)


def test_an_expression_must_hold_as_well_as_the_facts() -> None:
    either = dataclasses.replace(rule("shared", dialled="200"), when="customer.shared")
    config = configuration(rules=(either, rule("rest")))
    two = (customer(1), customer(2))
    assert _route(_routed(config, *two, dialled="200")).rule == "shared"
    assert _route(_routed(config, *two)).rule == "rest"
    assert _route(_routed(config, customer(1), dialled="200")).rule == "rest"


def test_the_first_tier_rule_that_holds_counts_else_the_records_highest_tier() -> None:
    tier_rules = (TierRule("customer.tier == 'silver'", Tier("gold")), TierRule("customer.known", Tier("silver")))
    config = dataclasses.replace(configuration(rules=(rule("gold", tier="gold"), rule("rest"))), tier_rules=tier_rules)
    assert [_routed(config, customer(1, "silver")).tier, _routed(config, customer(1)).tier] == ["gold", "silver"]
    assert _routed(config, customer(1, "silver"), customer(2)).tier == "gold"
    assert _routed(config).tier == "standard"
    assert _route(_routed(config, customer(1, "silver"))).rule == "gold"


def test_a_route_has_all_that_its_rule_says() -> None:
    full = dataclasses.replace(
        rule("full", priority=7, needs=skills(law=3)),
        prefer=(Preference.LAST_AGENT, Preference.ACCOUNT_MANAGER),
        prefer_for_ms=5,
        tags=("vip",),
        text="Greet by name.",
        overflow=overflow(9_000, "general"),
    )
    record = dataclasses.replace(customer(1), account_manager=AgentId("ada"))
    route = _route(_routed(configuration(rules=(full,)), record, last_agent="bob"))
    assert (route.priority, route.skills, route.prefer, route.prefer_for_ms) == (7, skills(law=3), ("bob", "ada"), 5)
    assert (route.tags, route.text, route.overflow) == (("vip",), "Greet by name.", overflow(9_000, "general"))
