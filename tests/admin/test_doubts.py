import json

from callcenter.admin.doubts import doubtful
from callcenter.admin.files import AgentsFile, configuration
from callcenter.admin.model import RoutingFile
from callcenter.admin.schema import validate
from callcenter.admin.yaml_source import parse
from callcenter.types import PbxName
from tests.admin.small_rules import AGENTS, ROUTING

SPREAD = AGENTS.replace("german: 5", "poetry: 5").replace("sales: 3", "sales: 3, german: 5")


def told(agents: str = AGENTS, routing: str = ROUTING, region: str = "US") -> list[str]:
    document = parse(routing, "routing.yaml")
    agents_file, mistakes = validate(AgentsFile, parse(agents, "agents.yaml"))
    routing_file, more = validate(RoutingFile, document)
    assert [*mistakes, *more] == []
    assert agents_file is not None
    assert routing_file is not None
    made = configuration(agents_file, routing_file, PbxName("main"), 200, now_ms=0)
    return [str(mistake) for mistake in doubtful(made, document, region)]


def test_what_is_doubtful_is_told_and_no_mistake() -> None:
    routing = ROUTING.replace("skills: {sales: 5}", "skills: {sales: 9, german: 6}")
    routing = routing.replace("  general:", "  general:\n  idle:")
    routing += "  - name: third\n    when: {dialled: 8001}\n    route: {queue: sales}\n"
    assert told(routing=routing) == [
        "routing.yaml:9:3: queues.idle: no agent serves this queue. Give it to an agent",
        "routing.yaml:13:68: rules[0].route.skills.german: no agent has `german` at level 6, the highest is 5. "
        "Lower the level, or teach an agent",
        "routing.yaml:16:5: rules[2]: `third` is never reached: `second` above it takes all that it asks for. "
        "Put the narrower rule first",
    ]
    assert told() == []


def test_a_group_of_skills_of_which_nobody_has_one_is_told() -> None:
    assert told(routing=ROUTING.replace("skills: {sales: 5}", "any_of: [{german: 6, sales: 9}]")) == []
    assert told(routing=ROUTING.replace("skills: {sales: 5}", "any_of: [{sales: 1}, {german: 6, dutch: 1}]")) == [
        "routing.yaml:12:71: rules[0].route.any_of[1].german: no agent has `german` at level 6, the highest is 5. "
        "Lower the level, or teach an agent",
        "routing.yaml:12:81: rules[0].route.any_of[1].dutch: no agent has `dutch` at level 1, nor at any other. "
        "Lower the level, or teach an agent",
    ]


def test_skills_that_no_agent_of_the_queue_has_together_are_told() -> None:
    routing = ROUTING.replace("skills: {sales: 5}", "skills: {sales: 9, german: 5}")
    assert told(SPREAD, routing) == [
        "routing.yaml:12:41: rules[0].route.skills: no agent of queue `sales` has all the skills that `first` "
        "requires. Lower a level, or teach an agent"
    ]


def test_a_rule_that_its_last_step_makes_possible_is_in_order() -> None:
    relax = "skills: {sales: 5, german: 5}, relax: [{after_s: 30, skills: {sales: 3}}]"
    assert told(SPREAD, ROUTING.replace("skills: {sales: 5}", relax)) == []
    relax = "skills: {sales: 5, german: 5}, relax: [{after_s: 30, add_queues: [general]}]"
    assert told(SPREAD, ROUTING.replace("skills: {sales: 5}", relax)) == [
        "routing.yaml:12:41: rules[0].route.skills: no agent of queue `sales` has all the skills that `first` "
        "requires, not even after the last step of `relax`. Lower a level, or teach an agent"
    ]


def test_a_step_that_comes_with_nobody_new_is_told() -> None:
    relax = "skills: {sales: 5}, relax: [{after_s: 30, skills: {sales: 4}}, {after_s: 40, skills: {sales: 3}}]"
    assert told(routing=ROUTING.replace("skills: {sales: 5}", relax)) == [
        "routing.yaml:12:69: rules[0].route.relax[0]: nobody who could not take the contact before can take it from "
        "this step on. Let the step lower or drop more, or leave it out"
    ]


def test_a_ranked_queue_without_a_list_is_told() -> None:
    assert told(routing=ROUTING.replace("wrap_up_s: 0", "strategy: ranked")) == [
        "routing.yaml:7:43: queues.sales.strategy: is `ranked` without a list, so whoever has been idle longest comes "
        "first. List the agents in `ranked`, the first one first"
    ]
    assert told(routing=ROUTING.replace("wrap_up_s: 0", "strategy: ranked, ranked: [bilal]")) == []


def test_queues_that_close_to_each_other_are_told_once() -> None:
    chain = ROUTING.replace("wrap_up_s: 0", "closed_to: general")
    assert told(routing=chain) == []
    circle = chain.replace("  general:", "  third: {closed_to: sales}\n  general: {closed_to: sales}")
    agents = AGENTS.replace("[sales]", "[sales, third]")
    assert told(agents, circle) == [
        "routing.yaml:7:44: queues.sales.closed_to: leads in a circle, sales to general to sales: with all of them "
        "closed, callers are sent away. Let one of them lead out of the circle"
    ]


def test_a_rule_whose_facts_contradict_its_expression_is_told_by_the_word_that_was_written() -> None:
    later = ROUTING.replace("version: 1", "version: 2").replace("name: second", "name: second\n    when: now.hour < 0")
    assert told(routing=later) == [
        "routing.yaml:13:5: rules[1]: `second` can never match: `now.hour` cannot be all that it asks for. "
        "Mend its conditions, or leave it out"
    ]


def test_a_rule_that_sends_away_needs_no_agent_and_hides_those_below_it() -> None:
    away = ROUTING.replace("version: 1", "version: 2").replace("{queue: general}", "{queue: away, message: holiday}")
    away += "  - name: third\n    when: customer.known\n    route: {queue: sales}\n"
    assert told(routing=away) == [
        "routing.yaml:15:5: rules[2]: `third` is never reached: `second` above it takes all that it asks for. "
        "Put the narrower rule first"
    ]


def test_the_default_of_an_entry_is_looked_at_like_a_route_of_a_rule() -> None:
    entries = "entries: {8001: {name: Sales, default: {queue: general, skills: {french: 1}}}, 0800: {name: Free}}\n"
    later = ROUTING.replace("version: 1", "version: 2")
    assert told(routing=later + entries) == [
        "routing.yaml:15:74: entries.8001.default.skills.french: no agent has `french` at level 1, nor at any other. "
        "Lower the level, or teach an agent",
        "routing.yaml:15:80: entries.0800: has no default: contacts that no rule is for go to `general`, with "
        "priority 0. Write `default: {queue: general}` if that is meant",
    ]


def callers(when: str, **lists: list[str]) -> list[str]:
    """What is told of an expression of version 2, from its column on."""
    routing = ROUTING.replace("version: 1", "version: 2").split("rules:")[0]
    routing += f"lists: {json.dumps(lists)}\n" if lists else ""
    routing += f'rules: [{{name: first, when: "{when}", route: {{queue: sales}}}}]\n'
    return [line.partition("yaml:")[2].partition(":")[2] for line in told(routing=routing, region="DE")]


def test_a_number_in_a_spelling_that_no_callers_has_is_told_with_the_right_one() -> None:
    no_caller = "rules[0].when: no caller is `{}`: rules see numbers with + and the country code. Write it as '{}'"
    of_country = ", if DE is its country (crm.default_region)"
    assert callers("contact.caller == '030 23125012'") == [
        "48: " + no_caller.format("030 23125012", "+493023125012") + of_country
    ]
    assert callers("'4930-23125012' != contact.caller") == [
        "30: " + no_caller.format("4930-23125012", "+493023125012") + of_country
    ]
    assert callers("contact.caller in ('+493023125012', '00493023125012')") == [
        "66: " + no_caller.format("00493023125012", "+493023125012") + of_country
    ]
    assert callers("contact.caller == '+49 30 23125012'") == [
        "48: " + no_caller.format("+49 30 23125012", "+493023125012")
    ]
    assert callers(
        "contact.caller in lists.vip and contact.intent in lists.other",
        vip=["+493023125012", "03023125012"],
        other=["03023125012"],
    ) == [
        "34: lists.vip[1]" + no_caller.removeprefix("rules[0].when").format("03023125012", "+493023125012") + of_country
    ]
    assert callers("starts_with(contact.caller, '030')") == [
        "30: rules[0].when: `030` begins no number that a country code was found for. Begin it with + and the country "
        "code, such as '+49'"
    ]


def test_numbers_that_a_caller_may_have_are_not_doubted() -> None:
    for when in (
        "contact.caller in ('+493023125012', '214', '', 'anonymous')",
        "starts_with(contact.caller, '+4930') or starts_with(contact.intent, '0')",
        "contact.intent == '03023125012' or contact.dialled == '03023125012'",
    ):
        assert callers(when) == []


def test_what_can_never_be_is_told_by_the_name_that_the_admin_wrote() -> None:
    (told_of,) = callers("contact.spoken == 'de' and contact.spoken == 'en'")
    assert "`first` can never match: `contact.spoken` cannot be" in told_of


def test_days_since_a_date_are_compared_as_numbers() -> None:
    routing = ROUTING.replace("version: 1", "version: 2").split("rules:")[0]
    routing += "attributes: {last_order: {type: date, default: 2000-01-01}}\nrules:\n"
    for name, when in (
        ("lately", "days_since(customer.last_order) <= 90"),
        ("just now", "days_since(customer.last_order) < 30"),
        ("never", "days_since(customer.last_order) > 99 and days_since(customer.last_order) < 95"),
    ):
        routing += f"  - {{name: {name}, when: {when}, route: {{queue: sales}}}}\n"
    hidden, never = told(routing=routing)
    assert "`just now` is never reached: `lately` above it takes all that it asks for" in hidden
    assert "`never` can never match: `days_since(customer.last_order)` cannot be all that it asks for" in never
