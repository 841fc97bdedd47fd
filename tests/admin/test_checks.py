import pytest

from callcenter.admin.checks import crossed
from callcenter.admin.yaml_source import parse
from tests.admin.small_rules import AGENTS, ROUTING


def told(agents: str = AGENTS, routing: str = ROUTING) -> list[str]:
    found = crossed(parse(agents, "agents.yaml"), parse(routing, "routing.yaml"), device_prefix="PJSIP/")
    return [str(mistake) for mistake in found]


@pytest.mark.parametrize(
    ("written", "instead", "mistake"),
    [
        (
            "default_queue: general",
            "default_queue: genral",
            "routing.yaml:5:16: default_queue: there is no queue `genral` in queues. Did you mean `general`?",
        ),
        (
            "default_tier: standard",
            "default_tier: basic",
            "routing.yaml:4:15: default_tier: there is no tier `basic` in tiers. Known here: gold, standard",
        ),
        (
            "tier: gold",
            "tier: [gold, gould]",
            "routing.yaml:11:25: rules[0].when.tier[1]: there is no tier `gould` in tiers. Did you mean `gold`?",
        ),
        (
            "{queue: general}",
            "{queue: all}",
            "routing.yaml:14:20: rules[1].route.queue: there is no queue `all` in queues. Known here: sales, general",
        ),
        (
            "skills: {sales: 5}",
            "skills: {saless: 5}",
            "routing.yaml:12:50: rules[0].route.skills.saless: there is no skill `saless` in agents.yaml. "
            "Did you mean `sales`?",
        ),
        (
            "name: second",
            "name: first",
            "routing.yaml:13:11: rules[1].name: `first` stands here for the second time, first on line 10. Keep one",
        ),
        (
            "tiers: [gold, standard]",
            "tiers: [gold, standard, gold]",
            "routing.yaml:3:25: tiers[2]: `gold` stands here for the second time, first on line 3. Keep one",
        ),
        (
            "version: 1",
            "version: 1\nnot_ready_reasons: [lunch, rona]",
            "routing.yaml:3:28: not_ready_reasons[1]: `rona` is set by the engine itself. Leave it out of this list",
        ),
    ],
)
def test_a_name_in_the_routing_that_does_not_fit(written: str, instead: str, mistake: str) -> None:
    assert told(routing=ROUTING.replace(written, instead)) == [mistake]


@pytest.mark.parametrize(
    ("written", "instead", "mistake"),
    [
        (
            "queues: [sales]",
            "queues: [sale]",
            "agents.yaml:3:85: agents[0].queues[0]: there is no queue `sale` in routing.yaml. Did you mean `sales`?",
        ),
        (
            "id: bilal",
            "id: anna",
            "agents.yaml:4:10: agents[1].id: `anna` stands here for the second time, first on line 3. Keep one",
        ),
        (
            "PJSIP/2",
            "PJSIP/1",
            "agents.yaml:4:38: agents[1].device: `PJSIP/1` stands here for the second time, first on line 3. Keep one",
        ),
        (
            "PJSIP/2",
            "SIP/2",
            "agents.yaml:4:38: agents[1].device: `SIP/2` does not start with `PJSIP/`. "
            "Write PJSIP/… as the PBX does, or mend pbx.device_prefix",
        ),
    ],
)
def test_a_name_among_the_agents_that_does_not_fit(written: str, instead: str, mistake: str) -> None:
    assert told(agents=AGENTS.replace(written, instead)) == [mistake]


def test_a_wrong_level_hides_no_wrong_queue() -> None:
    assert (
        "there is no queue `sale`"
        in told(agents=AGENTS.replace("sales: 9", "sales: 99").replace("[sales]", "[sale]"))[0]
    )


QUEUES = ROUTING[ROUTING.index("  sales: ") : ROUTING.index("rules:")]


@pytest.mark.parametrize(
    ("queues", "mistakes"),
    [
        ("  sales: {strategy: ranked, ranked: [bilal, anna], closed_to: general}\n  general:\n", []),
        (
            "  sales: {strategy: ranked, ranked: [bilall]}\n  general:\n",
            ["38: queues.sales.ranked[0]: there is no agent `bilall` in agents.yaml. Did you mean `bilal`?"],
        ),
        (
            "  sales: {strategy: ranked, ranked: [bilal, anna, bilal]}\n  general:\n",
            ["51: queues.sales.ranked[2]: `bilal` stands here for the second time, first on line 7. Keep one"],
        ),
        (
            "  general: {strategy: ranked, ranked: [anna]}\n  sales:\n",
            [
                "40: queues.general.ranked[0]: `anna` does not serve queue `general`. "
                "Leave the agent out, or add the queue in agents.yaml"
            ],
        ),
        (
            "  sales: {ranked: [anna]}\n  general:\n",
            [
                "11: queues.sales.ranked: is given, and the strategy is `longest_idle`. "
                "Write `strategy: ranked`, or leave the list out"
            ],
        ),
        (
            "  sales: {strategy: round_robin, ranked: [anna]}\n  general:\n",
            [
                "34: queues.sales.ranked: is given, and the strategy is `round_robin`. "
                "Write `strategy: ranked`, or leave the list out"
            ],
        ),
        ("  sales: {strategy: rnked, ranked: [anna]}\n  general:\n", []),  # the schema tells that
        (
            "  sales: {closed_to: genral}\n  general:\n",
            ["22: queues.sales.closed_to: there is no queue `genral` in queues. Did you mean `general`?"],
        ),
        (
            "  sales: {closed_to: sales}\n  general:\n",
            ["22: queues.sales.closed_to: `sales` is this queue itself. Name another queue, or leave the key out"],
        ),
    ],
)
def test_what_a_queue_names_that_does_not_fit(queues: str, mistakes: list[str]) -> None:
    assert told(routing=ROUTING.replace(QUEUES, queues)) == [f"routing.yaml:7:{mistake}" for mistake in mistakes]


def test_queues_with_levels_are_looked_at_like_those_in_a_list() -> None:
    levelled = AGENTS.replace("[sales]", "{sales: 1, genral: 2}")
    assert told(agents=levelled) == [
        "agents.yaml:3:95: agents[0].queues.genral: there is no queue `genral` in routing.yaml. Did you mean `general`?"
    ]
    routing = ROUTING.replace(QUEUES, "  general: {strategy: ranked, ranked: [anna]}\n  sales:\n")
    assert told(agents=AGENTS.replace("[sales]", "{sales: 1, general: 2}"), routing=routing) == []
    assert told(agents=AGENTS.replace("[sales]", "[sales, sales]")) == [
        "agents.yaml:3:92: agents[0].queues[1]: `sales` stands here for the second time, first on line 3. Keep one"
    ]


@pytest.mark.parametrize(
    ("asked", "mistake"),
    [
        ("any_of: [{german: 1, sales: 2}], prefer_skills: {german: 9}, prefer: [last_agent], prefer_for_s: 5", ""),
        (
            "any_of: [{sales: 1}, {germn: 1}]",
            "63: any_of[1].germn: there is no skill `germn` in agents.yaml. Did you mean `german`?",
        ),
        (
            "prefer_skills: {germn: 1}",
            "57: prefer_skills.germn: there is no skill `germn` in agents.yaml. Did you mean `german`?",
        ),
        (
            "prefer: [last_agent, account_manager, last_agent]",
            "79: prefer[2]: `last_agent` stands here for the second time, first on line 12. Keep one",
        ),
        (
            "prefer: , prefer_for_s: 20",
            "65: prefer_for_s: is given, and nobody is preferred. "
            "Add `prefer: account_manager` or `prefer: last_agent`, or leave it out",
        ),
    ],
)
def test_what_a_rule_asks_that_does_not_fit(asked: str, mistake: str) -> None:
    expected = [f"routing.yaml:12:{mistake}"] if mistake else []
    found = told(routing=ROUTING.replace("skills: {sales: 5}", asked))
    assert [line.replace("rules[0].route.", "") for line in found] == expected


def steps_told(*steps: str) -> list[str]:
    """The mistakes in these steps of a rule, the first of them on line 5 and each on a line of its own."""
    asked = "{queue: sales, skills: {sales: 5}, any_of: [{german: 3, dutch: 4}]}"
    lines = [f"- {{name: a, route: {asked[:-1]},", "   relax: [", *(f"     {step}," for step in steps), "]}}"]
    routing = "\n".join(["queues: {sales: , general: , support: }", "rules:", *lines])
    return [
        str(mistake).removeprefix("routing.yaml:")
        for mistake in crossed(parse("", "a"), parse(routing, "routing.yaml"), "")
    ]


@pytest.mark.parametrize(
    "steps",
    [
        ["{after_s: 30, skills: {sales: 4}}", "{after_s: 60, skills: {sales: 3, dutch: 1}, add_queues: [general]}"],
        ["{after_s: 30, skills: {german: 2}}", "{after_s: 31, drop: [german, dutch, sales]}"],
        ["{after_s: 1, add_queues: [general]}", "{after_s: 2, add_queues: [support], drop: [sales]}"],
        ["{after_s: x, skills: {sales: x}}", "{after_s: 60, skills: {sales: 3}}"],  # what is no number the schema tells
    ],
)
def test_steps_that_widen_are_in_order(steps: list[str]) -> None:
    assert steps_told(*steps) == []


@pytest.mark.parametrize(
    ("steps", "mistakes"),
    [
        (
            ["{after_s: 60, drop: [sales]}", "{after_s: 60, drop: [german]}", "{after_s: 30, add_queues: [general]}"],
            [
                "6:16: relax[1].after_s: is 60, and the step above comes at 60. "
                "Put the steps in the order of their time, each later than the one above",
                "7:16: relax[2].after_s: is 30, and the step above comes at 60. "
                "Put the steps in the order of their time, each later than the one above",
            ],
        ),
        (
            ["{after_s: 60}", "{after_s: 70, skills: {}, drop: [], add_queues: }", "{after_s: 80, dorp: [sales]}"],
            [
                "5:6: relax[0]: changes nothing. "
                "Add what it changes, `skills`, `drop` or `add_queues`, or leave the step out",
                "6:6: relax[1]: changes nothing. "
                "Add what it changes, `skills`, `drop` or `add_queues`, or leave the step out",
            ],
        ),
        (
            ["{after_s: 60, skills: {sales: 5}}"],
            [
                "5:29: relax[0].skills.sales: `sales` is asked for at level 5 by then, and 5 is no lower. "
                "Write a lower level, or leave it out"
            ],
        ),
        (
            ["{after_s: 60, skills: {sales: 3, german: 2}}", "{after_s: 70, skills: {sales: 4, german: 2}}"],
            [
                "6:29: relax[1].skills.sales: `sales` is asked for at level 3 by then, and 4 is no lower. "
                "Write a lower level, or leave it out",
                "6:39: relax[1].skills.german: `german` is asked for at level 2 by then, and 2 is no lower. "
                "Write a lower level, or leave it out",
            ],
        ),
        (
            ["{after_s: 60, skills: {germn: 2}, drop: [billing]}"],
            [
                "5:47: relax[0].drop[0]: this rule does not ask for `billing`. Known here: dutch, german, sales",
                "5:29: relax[0].skills.germn: this rule does not ask for `germn`. Did you mean `german`?",
            ],
        ),
        (
            [
                "{after_s: 60, drop: [sales, sales]}",
                "{after_s: 70, drop: [sales]}",
                "{after_s: 80, skills: {sales: 1}}",
            ],
            [
                "5:34: relax[0].drop[1]: `sales` stands here for the second time, first on line 5. Keep one",
                "6:27: relax[1].drop[0]: `sales` is no longer asked for: it was dropped on line 5. Leave it out",
                "7:29: relax[2].skills.sales: `sales` is no longer asked for: it was dropped on line 5. Leave it out",
            ],
        ),
        (
            ["{after_s: 60, drop: [german]}", "{after_s: 70, drop: [dutch]}"],
            [
                "6:27: relax[1].drop[0]: `dutch` is no longer asked for: it went with `german`, "
                "which was dropped on line 5. Leave it out"
            ],
        ),
        (
            ["{after_s: 60, skills: {sales: 1}, drop: [sales]}"],
            ["5:29: relax[0].skills.sales: `sales` is no longer asked for: it was dropped on line 5. Leave it out"],
        ),
        (
            ["{after_s: 60, add_queues: [sales, genral, support]}", "{after_s: 70, add_queues: [support]}"],
            [
                "5:33: relax[0].add_queues[0]: `sales` is asked for already, on line 3. Leave it out",
                "5:40: relax[0].add_queues[1]: there is no queue `genral` in queues. Did you mean `general`?",
                "6:33: relax[1].add_queues[0]: `support` is asked for already, on line 5. Leave it out",
            ],
        ),
    ],
)
def test_a_step_that_does_not_fit(steps: list[str], mistakes: list[str]) -> None:
    assert [line.replace("rules[0].route.", "") for line in steps_told(*steps)] == mistakes


def test_a_step_drops_all_that_a_rule_asks_for_and_nothing_is_left_to_offer() -> None:
    assert steps_told("{after_s: 60, drop: [sales, german]}", "{after_s: 70, drop: [french]}") == [
        "6:27: rules[0].route.relax[1].drop[0]: this rule does not ask for `french`. Leave it out"
    ]


def test_one_missing_section_is_one_mistake_and_not_one_for_each_that_refers_to_it() -> None:
    start, end = ROUTING.index("queues:"), ROUTING.index("rules:")
    assert told(routing=ROUTING[:start] + ROUTING[end:]) == []
    assert told(agents="agents: []") == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "x",
        "agents: 1",
        "agents: [1, [2], {queues: 3}]",
        "rules: {a: 1}",
        "queues: {a: [1], b: {ranked: {x: 1}, closed_to: [b], strategy: {}}}",
        "rules: [{route: {skills: [a], any_of: [1, {b: }, [c]], relax: [1, ~, {}, {drop: {a: 1}, skills: [a]}]}}]",
        "rules: [{route: {relax: {after_s: 1}, prefer: {a: 1}, any_of: {a: 1}}}]",
        "entries: {a: [1], b: {name: [x], default: [y]}, c: }\nattributes: [a]\nqueues: {a: {overflow: [1]}}",
        "attributes: {a: {values: x, type: [y]}}\nlists: {a: b}\ntier_rules: [1, {tier: [a]}]\nskills: {a: b}",
        "version: 1\nhours:\nrules: [{when: , set: , entry: , route: {overflow: }}]",
        "rules: [{route: {skills: [a], relax: [{after_s: 1e999, drop: x}, {after_s: nan, add_queues: {a: 1}}]}}]",
    ],
)
def test_documents_of_any_shape_can_be_crossed(text: str) -> None:
    assert told(agents=text, routing=text) == []


LATER = ROUTING.replace("version: 1", "version: 2")


@pytest.mark.parametrize(
    ("added", "mistakes"),
    [
        ("skills: [sales, german]\n", []),
        (
            "skills: [sales, dutch]\n",
            [
                "agents.yaml:3:64: agents[0].skills.german: there is no skill `german` in skills of routing.yaml. "
                "Known here: sales, dutch"
            ],
        ),
        (
            "entries: {8001: {name: Sales, default: {queue: sales}}, 8002: {name: Sales, default: {queue: seles}}}\n",
            [
                "routing.yaml:15:70: entries.8002.name: `Sales` stands here for the second time, first on line 15. "
                "Keep one",
                "routing.yaml:15:94: entries.8002.default.queue: there is no queue `seles` in queues. "
                "Did you mean `sales`?",
            ],
        ),
        (
            "attributes: {name: {type: text, default: x}, spend: {type: number, default: 1, values: [1]}}\n",
            [
                "routing.yaml:15:14: attributes.name: every customer has `customer.name` already. "
                "Give the attribute another name",
                "routing.yaml:15:80: attributes.spend.values: is given, and the type is `number`. "
                "Only a text can be one of several: leave the list out",
            ],
        ),
        (
            "tier_rules: [{when: customer.known, tier: golden}]\n",
            ["routing.yaml:15:43: tier_rules[0].tier: there is no tier `golden` in tiers. Did you mean `gold`?"],
        ),
    ],
)
def test_sections_of_version_2_that_do_not_fit(added: str, mistakes: list[str]) -> None:
    assert told(routing=LATER + added) == mistakes


def test_what_version_1_does_not_know_is_told_where_it_stands() -> None:
    routing = ROUTING.replace("{tier: gold, dialled: [8001, 0800]}", "customer.known")
    routing = routing.replace("priority: 50", "overflow: {after_s: 5, to: away}")
    assert told(routing=routing + "lists: {vips: []}\n") == [
        f"routing.yaml:{place}: {what} is not known in version 1, which stands on line 2. "
        "Write `version: 2` there; all that version 1 has goes on working"
        for place, what in (
            ("15:1: lists", "`lists`"),
            ("12:27: rules[0].route.overflow", "`overflow`"),
            ("11:5: rules[0].when", "`when` as an expression"),
        )
    ]
    assert told(routing=LATER + "lists: {vips: []}\n") == []


@pytest.mark.parametrize(
    ("person", "mistakes"),
    [
        ("queues: [general]", []),  # it chooses a phone each time
        ("device: PJSIP/1", ["queues: is missing. Add it: the queues served"]),
        ("device: , queues: []", ["queues: is empty. Name the queues"]),
        ("device: PJSIP/1, queues: {}", ["queues: is empty. Name the queues served"]),
        ("roles: [agent, supervisor]", ["queues: is missing. "]),
        ("roles: [supervisor]", []),
    ],
)
def test_who_takes_contacts_has_queues_and_others_need_none(person: str, mistakes: list[str]) -> None:
    found = told(agents=f"agents:\n  - {{id: anna, name: Anna, skills: {{sales: 5}}, {person}}}\n")
    assert len(found) == len(mistakes)
    for line, mistake in zip(found, mistakes, strict=True):
        assert f"agents[0].{mistake}" in line
        assert line.endswith("or leave `agent` out of the roles")


GROUPED = ROUTING + "queue_groups:\n  floor: [sales]\n"
LEADS = "queues: [sales]}"


def test_a_login_leads_a_group_that_there_is() -> None:
    assert told(AGENTS.replace(LEADS, "queues: [sales], queue_groups: [floor]}"), GROUPED) == []


@pytest.mark.parametrize(
    ("groups", "routing", "mistake"),
    [
        ("[flor]", GROUPED, "there is no queue group `flor` in queue_groups of routing.yaml. Did you mean `floor`?"),
        ("[floor]", ROUTING, "there is no queue group `floor`. Add `queue_groups: {NAME: [QUEUE, ...]}` to"),
        ("[floor, floor]", GROUPED, "`floor` stands here for the second time, first on line 3. Keep one"),
    ],
)
def test_a_group_that_a_login_leads_and_that_is_not_there(groups: str, routing: str, mistake: str) -> None:
    (line,) = told(AGENTS.replace(LEADS, f"queues: [sales], queue_groups: {groups}}}"), routing)
    assert mistake in line
    assert "agents[0].queue_groups" in line
