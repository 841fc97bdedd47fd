"""The first rule whose conditions all hold decides; without one, the default queue."""

import dataclasses

from callcenter.routing.rules import NO_RULE, Facts, decide
from callcenter.types import Tier
from tests.playbook import configuration, queue, rule, skills

FACTS = Facts(Tier("gold"), dialled="100", intent="billing", language="de")
QUEUES = (queue("general"), queue("vip"))


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
        assert decide(configuration(rules=(both,)), dataclasses.replace(FACTS, **change)).rule == NO_RULE


def test_one_of_several_values_is_enough() -> None:
    either = dataclasses.replace(rule("either"), tier=(Tier("silver"), Tier("gold")))
    assert decide(configuration(rules=(either,)), FACTS).because == "tier is gold"


def test_a_rule_that_asks_nothing_takes_all() -> None:
    assert decide(configuration(rules=(rule("all"),)), FACTS).because == "the rule asks nothing"


def test_without_a_rule_the_default_queue_takes_it_and_says_so() -> None:
    config = configuration(queues=QUEUES, rules=(rule("no", tier="silver"),))
    route = decide(config, dataclasses.replace(FACTS, dialled=""))
    assert (route.queue, route.priority, route.skills, route.rule, route.matched) == ("general", 0, (), NO_RULE, False)
    assert route.because == "no rule is for dialled (nothing) and tier gold"
