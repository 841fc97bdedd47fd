"""The first rule whose conditions all hold decides; without one, the default queue."""

import dataclasses

from callcenter.routing.language.facts import make_facts
from callcenter.routing.language.program import compile_rules
from callcenter.routing.rules import NO_RULE
from callcenter.routing.rules import decide as decide_by_program
from callcenter.types import AgentId, Configuration, Overflow, Preference, QueueName, Route, RuleConfig, Tier
from tests.playbook import configuration, queue, rule, skills

FACTS = {"tier": Tier("gold"), "dialled": "100", "intent": "billing", "language": "de"}
QUEUES = (queue("general"), queue("vip"))


def decide(config: Configuration, facts: dict[str, str], **known: AgentId) -> Route:
    made = make_facts(config, now_ms=0, **facts)  # type: ignore[arg-type]
    return decide_by_program(config, compile_rules(config), made, **known)


def test_the_first_rule_that_holds_decides() -> None:
    rules = (rule("no", tier="silver"), rule("first", to="vip", priority=7, dialled="100"), rule("second", tier="gold"))
    route = decide(configuration(queues=QUEUES, rules=rules), FACTS)
    assert (route.rule, route.queue, route.priority, route.matched) == ("first", "vip", 7, True)
    assert route.because == "dialled is 100"


def test_all_conditions_of_a_rule_must_hold() -> None:
    both = rule("both", tier="gold", dialled="100", intent="billing", language="de", needs=skills(billing=3))
    route = decide(configuration(rules=(both,)), FACTS)
    assert route.rule == "both"
    assert route.skills == skills(billing=3)
    assert route.because == "tier is gold and dialled is 100 and intent is billing and language is de"
    for change in ({"tier": Tier("silver")}, {"dialled": "101"}, {"intent": ""}, {"language": "en"}):
        assert decide(configuration(rules=(both,)), {**FACTS, **change}).rule == NO_RULE


def test_one_of_several_values_is_enough() -> None:
    either = dataclasses.replace(rule("either"), tier=(Tier("silver"), Tier("gold")))
    assert decide(configuration(rules=(either,)), FACTS).because == "tier is gold"


def test_a_rule_that_asks_nothing_takes_all() -> None:
    assert decide(configuration(rules=(rule("all"),)), FACTS).because == "the rule asks nothing"


def test_without_a_rule_the_default_queue_takes_it_and_says_so() -> None:
    config = configuration(queues=QUEUES, rules=(rule("no", tier="silver"),))
    route = decide(config, {**FACTS, "dialled": ""})
    assert (route.queue, route.priority, route.skills, route.rule, route.matched) == ("general", 0, (), NO_RULE, False)
    assert route.because == "no rule is for dialled (nothing) and tier gold"


def test_a_rule_may_be_an_expression_beside_its_facts() -> None:
    late = dataclasses.replace(rule("late", tier="gold"), when="contact.intent == 'billing' and now.hour < 8")
    route = decide(configuration(rules=(late,)), FACTS)
    assert (route.rule, route.because) == ("late", "tier is gold and contact.intent is billing and now.hour is 0")
    assert decide(configuration(rules=(late,)), {**FACTS, "intent": ""}).rule == NO_RULE


def test_all_that_a_rule_says_is_in_the_route() -> None:
    told = RuleConfig(
        "told",
        QueueName("vip"),
        7,
        prefer=(Preference.LAST_AGENT, Preference.ACCOUNT_MANAGER),
        prefer_for_ms=1_000,
        tags=("vip",),
        text="Greet by name",
        overflow=Overflow(60_000),
        away="holiday",
    )
    route = decide(configuration(queues=QUEUES, rules=(told,)), FACTS, account_manager=AgentId("ada"))
    assert (route.prefer, route.prefer_for_ms) == (("ada",), 1_000)
    assert (route.tags, route.text, route.overflow) == (("vip",), "Greet by name", Overflow(60_000))
    assert route.away == "holiday"
