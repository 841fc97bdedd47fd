import pytest

from callcenter.admin_files import AgentsFile, RoutingFile, configuration, crossed, doubtful
from callcenter.schema import validate
from callcenter.types import (
    AgentConfig,
    AgentId,
    Configuration,
    DeviceRef,
    PbxName,
    QueueConfig,
    QueueName,
    RuleConfig,
    Skill,
    SkillName,
    Tier,
)
from callcenter.yaml_source import Document, parse

AGENTS = """
agents:
  - {id: anna, name: Anna, device: PJSIP/1, skills: {sales: 9, german: 5}, queues: [sales]}
  - {id: bilal, name: Bilal, device: PJSIP/2, skills: {sales: 3}, queues: [sales, general]}
"""
ROUTING = """
version: 1
tiers: [gold, standard]
default_tier: standard
default_queue: general
queues:
  sales: {offer_timeout_s: 1.5, wrap_up_s: 0, service_level_s: 20}
  general:
rules:
  - name: first
    when: {tier: gold, dialled: [8001, 0800]}
    route: {queue: sales, priority: 50, skills: {sales: 5}}
  - name: second
    route: {queue: general}
"""


def agents_and_routing(agents: str = AGENTS, routing: str = ROUTING) -> tuple[Document, Document]:
    return parse(agents, "agents.yaml"), parse(routing, "routing.yaml")


def crossed_lines(agents: str = AGENTS, routing: str = ROUTING) -> list[str]:
    return [str(mistake) for mistake in crossed(*agents_and_routing(agents, routing), device_prefix="PJSIP/")]


def made(agents: str = AGENTS, routing: str = ROUTING) -> tuple[Configuration, Document]:
    agents_document, routing_document = agents_and_routing(agents, routing)
    agents_file, mistakes = validate(AgentsFile, agents_document)
    routing_file, more = validate(RoutingFile, routing_document)
    assert [*mistakes, *more] == []
    assert agents_file is not None
    assert routing_file is not None
    return configuration(agents_file, routing_file, PbxName("main"), 200), routing_document


def test_files_without_mistakes_become_the_configuration_that_the_core_obeys() -> None:
    sales, general = QueueName("sales"), QueueName("general")
    assert crossed_lines() == []
    assert made()[0] == Configuration(
        tiers=(Tier("gold"), Tier("standard")),
        default_tier=Tier("standard"),
        default_queue=general,
        queues=(QueueConfig(sales, 1_500, 0, 20_000), QueueConfig(general, 20_000, 30_000, 20_000)),
        rules=(
            RuleConfig(
                "first",
                sales,
                50,
                (Skill(SkillName("sales"), 5),),
                tier=(Tier("gold"),),
                dialled=("8001", "0800"),
            ),
            RuleConfig("second", general, 0),
        ),
        agents=(
            AgentConfig(
                AgentId("anna"),
                "Anna",
                DeviceRef(PbxName("main"), "PJSIP/1"),
                (Skill(SkillName("sales"), 9), Skill(SkillName("german"), 5)),
                (sales,),
            ),
            AgentConfig(
                AgentId("bilal"),
                "Bilal",
                DeviceRef(PbxName("main"), "PJSIP/2"),
                (Skill(SkillName("sales"), 3),),
                (sales, general),
            ),
        ),
        lookup_deadline_ms=200,
    )


@pytest.mark.parametrize(
    ("written", "instead", "mistake"),
    [
        (
            "default_queue: general",
            "default_queue: genral",
            "routing.yaml:5: default_queue: there is no queue `genral` in queues. Did you mean `general`?",
        ),
        (
            "default_tier: standard",
            "default_tier: basic",
            "routing.yaml:4: default_tier: there is no tier `basic` in tiers. Known here: gold, standard",
        ),
        (
            "tier: gold",
            "tier: [gold, gould]",
            "routing.yaml:11: rules[0].when.tier[1]: there is no tier `gould` in tiers. Did you mean `gold`?",
        ),
        (
            "{queue: general}",
            "{queue: all}",
            "routing.yaml:14: rules[1].route.queue: there is no queue `all` in queues. Known here: sales, general",
        ),
        (
            "skills: {sales: 5}",
            "skills: {saless: 5}",
            "routing.yaml:12: rules[0].route.skills.saless: there is no skill `saless` in agents.yaml. "
            "Did you mean `sales`?",
        ),
        (
            "name: second",
            "name: first",
            "routing.yaml:13: rules[1].name: `first` stands here for the second time, first on line 10. Keep one",
        ),
        (
            "tiers: [gold, standard]",
            "tiers: [gold, standard, gold]",
            "routing.yaml:3: tiers[2]: `gold` stands here for the second time, first on line 3. Keep one",
        ),
        (
            "version: 1",
            "version: 1\nnot_ready_reasons: [lunch, rona]",
            "routing.yaml:3: not_ready_reasons[1]: `rona` is set by the engine itself. Leave it out of this list",
        ),
    ],
)
def test_a_name_in_the_routing_that_does_not_fit(written: str, instead: str, mistake: str) -> None:
    assert crossed_lines(routing=ROUTING.replace(written, instead)) == [mistake]


@pytest.mark.parametrize(
    ("written", "instead", "mistake"),
    [
        (
            "queues: [sales]",
            "queues: [sale]",
            "agents.yaml:3: agents[0].queues[0]: there is no queue `sale` in routing.yaml. Did you mean `sales`?",
        ),
        (
            "id: bilal",
            "id: anna",
            "agents.yaml:4: agents[1].id: `anna` stands here for the second time, first on line 3. Keep one",
        ),
        (
            "PJSIP/2",
            "PJSIP/1",
            "agents.yaml:4: agents[1].device: `PJSIP/1` stands here for the second time, first on line 3. Keep one",
        ),
        (
            "PJSIP/2",
            "SIP/2",
            "agents.yaml:4: agents[1].device: `SIP/2` does not start with `PJSIP/`. "
            "Write PJSIP/… as the PBX does, or mend pbx.device_prefix",
        ),
    ],
)
def test_a_name_among_the_agents_that_does_not_fit(written: str, instead: str, mistake: str) -> None:
    assert crossed_lines(agents=AGENTS.replace(written, instead)) == [mistake]


def test_a_wrong_level_hides_no_wrong_queue() -> None:
    assert (
        "there is no queue `sale`"
        in crossed_lines(agents=AGENTS.replace("sales: 9", "sales: 99").replace("[sales]", "[sale]"))[0]
    )


def test_one_missing_section_is_one_mistake_and_not_one_for_each_that_refers_to_it() -> None:
    start, end = ROUTING.index("queues:"), ROUTING.index("rules:")
    assert crossed_lines(routing=ROUTING[:start] + ROUTING[end:]) == []
    assert crossed_lines(agents="agents: []") == []


@pytest.mark.parametrize("text", ["", "[]", "x", "agents: 1", "agents: [1, [2], {queues: 3}]", "rules: {a: 1}"])
def test_documents_of_any_shape_can_be_crossed(text: str) -> None:
    assert crossed_lines(agents=text, routing=text) == []


@pytest.mark.parametrize(
    ("agent", "mistake"),
    [
        ("password_hash: plain", "is not right (its value is not shown). Make one with `callcenter hash-password`"),
        ("skills: {sales: 0}", "It should be greater than or equal to 1"),
        ("roles: [boss]", "is 'boss'. It should be `agent` or `supervisor`"),
        ("device: 1001", "is '1001'. It should be the name that the PBX has for the phone, such as PJSIP/1001"),
        ('device: "PJSIP/1\\r\\nEvent: x"', "It should be the name that the PBX has for the phone"),
    ],
)
def test_a_value_of_an_agent_that_does_not_fit(agent: str, mistake: str) -> None:
    key = agent.split(":", maxsplit=1)[0]
    base = {"id": "a", "name": "A", "device": "PJSIP/1", "queues": "[sales]"}
    text = ", ".join([*(f"{name}: {value}" for name, value in base.items() if name != key), agent])
    _, mistakes = validate(AgentsFile, parse(f"agents:\n  - {{{text}}}\n", "agents.yaml"))
    assert len(mistakes) == 1
    assert mistake in str(mistakes[0])
    assert mistakes[0].line == 2


def test_what_is_doubtful_is_told_and_no_mistake() -> None:
    routing = ROUTING.replace("skills: {sales: 5}", "skills: {sales: 9, german: 6}")
    routing = routing.replace("  general:", "  general:\n  idle:")
    routing += "  - name: third\n    when: {dialled: 8001}\n    route: {queue: sales}\n"
    assert [str(mistake) for mistake in doubtful(*made(routing=routing))] == [
        "routing.yaml:9: queues.idle: no agent serves this queue. Give it to an agent",
        "routing.yaml:13: rules[0].route.skills: no agent of queue `sales` has all the skills that `first` requires. "
        "Lower a level, or teach an agent",
        "routing.yaml:16: rules[2]: `third` is never reached: `second` above it takes all that it asks for. "
        "Put the narrower rule first",
    ]
    assert list(doubtful(*made())) == []
