import pytest

from callcenter.admin.files import AgentsFile, configuration
from callcenter.admin.model import RoutingFile
from callcenter.admin.schema import validate
from callcenter.admin.yaml_source import parse
from callcenter.types import (
    AWAY,
    AgentConfig,
    AgentId,
    Announce,
    Configuration,
    DeviceRef,
    PbxName,
    Preference,
    QueueConfig,
    QueueName,
    Relaxation,
    RuleConfig,
    Skill,
    SkillName,
    Strategy,
    Tier,
    Treatment,
)

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


def made(agents: str = AGENTS, routing: str = ROUTING) -> Configuration:
    agents_file, mistakes = validate(AgentsFile, parse(agents, "agents.yaml"))
    routing_file, more = validate(RoutingFile, parse(routing, "routing.yaml"))
    assert [*mistakes, *more] == []
    assert agents_file is not None
    assert routing_file is not None
    return configuration(agents_file, routing_file, PbxName("main"), 200, now_ms=0)


def level(name: str, least: int) -> Skill:
    return Skill(SkillName(name), least)


def test_files_without_mistakes_become_the_configuration_that_the_core_obeys() -> None:
    sales, general = QueueName("sales"), QueueName("general")
    assert made() == Configuration(
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


def test_who_takes_contacts_without_a_device_is_an_agent_that_chooses_its_phone() -> None:
    both = made(AGENTS.replace(" device: PJSIP/1,", ""))
    assert [agent.device for agent in both.agents] == [
        DeviceRef(PbxName("main"), ""),
        DeviceRef(PbxName("main"), "PJSIP/2"),
    ]


RICH_ROUTING = """
version: 1
tiers: [gold]
default_tier: gold
default_queue: sales
ageing_s: 0.5
rona_backoff_s: 7
draw_seed: 2147483647
queues:
  sales: {strategy: ranked, ranked: [bilal, anna], ring_at_once: 3, closed_to: general}
  general: {strategy: random}
rules:
  - name: rich
    route:
      queue: sales
      skills: {sales: 5}
      any_of: [{german: 3, dutch: 4}, {french: 2}]
      prefer_skills: {poetry: 1}
      prefer: [last_agent, account_manager]
      prefer_for_s: 1.5
      relax:
        - {after_s: 30, skills: {sales: 3, german: 1}}
        - {after_s: 60.5, drop: [german, sales], add_queues: [general]}
  - name: one preferred, for as long as nobody says
    route: {queue: sales, prefer: account_manager}
"""


def test_what_a_rule_and_a_queue_can_ask_becomes_what_the_core_obeys() -> None:
    got = made(routing=RICH_ROUTING)
    sales, general = QueueName("sales"), QueueName("general")
    assert (got.ageing_ms, got.rona_backoff_ms, got.draw_seed) == (500, 7_000, 2**31 - 1)
    assert got.queues == (
        QueueConfig(
            sales, 20_000, 30_000, 20_000, Strategy.RANKED, 3, (AgentId("bilal"), AgentId("anna")), closed_to=general
        ),
        QueueConfig(general, 20_000, 30_000, 20_000, Strategy.RANDOM),
    )
    assert got.rules[0] == RuleConfig(
        "rich",
        sales,
        0,
        (level("sales", 5),),
        any_of=((level("german", 3), level("dutch", 4)), (level("french", 2),)),
        preferred=(level("poetry", 1),),
        relaxations=(
            Relaxation(30_000, lower=(level("sales", 3), level("german", 1))),
            Relaxation(60_500, drop=(SkillName("german"), SkillName("sales")), add_queues=(general,)),
        ),
        prefer=(Preference.LAST_AGENT, Preference.ACCOUNT_MANAGER),
        prefer_for_ms=1_500,
    )
    assert (got.rules[1].prefer, got.rules[1].prefer_for_ms) == ((Preference.ACCOUNT_MANAGER,), 30_000)


def test_a_route_to_away_has_a_message_and_in_version_1_a_queue_may_have_that_name() -> None:
    later = ROUTING.replace("version: 1", "version: 2").replace("{queue: general}", "{queue: away}")
    later += "entries: {8001: {name: Line, default: {queue: away, message: holiday}}}\n"
    got = made(routing=later)
    assert got.rules[1] == RuleConfig("second", AWAY, 0, away="closed")
    assert got.rules[2] == RuleConfig("Line (default)", AWAY, 0, away="holiday", entry=("8001",))
    old = made(routing=ROUTING.replace("general", "away"))
    assert old.rules[1] == RuleConfig("second", QueueName("away"), 0)


def test_an_agents_queues_are_a_list_or_have_levels() -> None:
    one, other = made(agents=AGENTS.replace("[sales]", "{general: 2, sales: 1}")).agents
    assert (one.queues, one.levels) == ((QueueName("general"), QueueName("sales")), {QueueName("general"): 2})
    assert (other.queues, other.levels) == ((QueueName("sales"), QueueName("general")), {})


@pytest.mark.parametrize(
    ("agent", "mistake"),
    [
        ("password_hash: plain", "is not right (its value is not shown). Make one with `callcenter hash-password`"),
        ("skills: {sales: 0}", "It should be a whole number from 1 to 10"),
        ("queues: {sales: 0}", "agents[0].queues.sales: is '0'. It should be a whole number from 1 to 10"),
        ("queues: {sales: 11}", "agents[0].queues.sales: is '11'. It should be a whole number from 1 to 10"),
        ("queues: {sales: }", "agents[0].queues.sales: has no value. It should be a whole number from 1 to 10"),
        (
            "queues: sales",
            "queues: is 'sales'. It should be queues, such as `[sales, support]` or `{sales: 1, support: 2}`",
        ),
        ("queues: [[sales]]", "queues: is a list. It should be queues, such as"),
        ("queues:", "queues: has no value. It should be queues, such as"),
        ("roles: [boss]", "is 'boss'. It should be `agent`, `supervisor`, `admin` or `viewer` (reads only)"),
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


STRATEGIES = (
    "'longest_idle', 'least_occupied', 'fewest_contacts', 'most_proficient', 'least_flexible', 'round_robin', "
    "'ranked' or 'random'"
)


@pytest.mark.parametrize(
    ("written", "instead", "mistake"),
    [
        ("ageing_s: 0.5", "ageing_s: 0", "6:11: ageing_s: is '0'. It should be a number from 0.1 to 86400"),
        ("ageing_s: 0.5", "ageing_s: 86401", "6:11: ageing_s: is '86401'. It should be a number from 0.1 to 86400"),
        ("backoff_s: 7", "backoff_s: -1", "7:17: rona_backoff_s: is '-1'. It should be a number from 0 to 3600"),
        (
            "2147483647",
            "2147483648",
            "8:12: draw_seed: is '2147483648'. It should be a whole number from 0 to 2147483647",
        ),
        ("strategy: ranked", "strategy: rank", f"10:21: queues.sales.strategy: is 'rank'. It should be {STRATEGIES}"),
        ("once: 3", "once: 0", "10:66: queues.sales.ring_at_once: is '0'. It should be a whole number from 1 to 20"),
        ("once: 3", "once: 21", "10:66: queues.sales.ring_at_once: is '21'. It should be a whole number from 1 to 20"),
        (
            "[bilal, anna]",
            "bilal",
            "10:37: queues.sales.ranked: is 'bilal'. It should be a list, such as `[a, b]`",
        ),
        ("{french: 2}", "{}", "17:39: rules[0].route.any_of[1]: is empty. Name at least one"),
        (
            "{french: 2}",
            "{french: 11}",
            "17:48: rules[0].route.any_of[1].french: is '11'. It should be a whole number from 1 to 10",
        ),
        (
            "poetry: 1",
            "poetry: 0",
            "18:31: rules[0].route.prefer_skills.poetry: is '0'. It should be a whole number from 1 to 10",
        ),
        (
            "[last_agent, account_manager]",
            "[last]",
            "19:16: rules[0].route.prefer[0]: is 'last'. It should be 'account_manager' or 'last_agent'",
        ),
        (
            "prefer: account_manager",
            "prefer: manager",
            "25:35: rules[1].route.prefer: is 'manager'. It should be 'account_manager' or 'last_agent'",
        ),
        ("prefer: account_manager", "prefer: []", "25:27: rules[1].route.prefer: is empty. Name at least one"),
        (
            "for_s: 1.5",
            "for_s: 601",
            "20:21: rules[0].route.prefer_for_s: is '601'. It should be a number from 1 to 600",
        ),
        (
            "after_s: 30, ",
            "",
            "22:11: rules[0].route.relax[0].after_s: is missing. "
            "Add it: the seconds from the contact's arrival to this step, such as `after_s: 30`",
        ),
        (
            "after_s: 30",
            "after_s: 0.5",
            "22:21: rules[0].route.relax[0].after_s: is '0.5'. It should be a number from 1 to 3600",
        ),
        ("drop: [", "dropp: [", "23:27: rules[0].route.relax[1].dropp: is not a known key. Did you mean `drop`?"),
    ],
)
def test_a_value_of_the_routing_that_does_not_fit(written: str, instead: str, mistake: str) -> None:
    assert written in RICH_ROUTING
    _, mistakes = validate(RoutingFile, parse(RICH_ROUTING.replace(written, instead, 1), "routing.yaml"))
    assert [str(one) for one in mistakes] == [f"routing.yaml:{mistake}"]


def test_a_queues_treatment() -> None:
    sales = (
        """sales: {treatment: {music: jazz, greeting: custom/hello, announce: {sounds: [a, b.c], position: true}}}"""
    )
    routing = ROUTING.replace("version: 1", "version: 2").replace(
        "sales: {offer_timeout_s: 1.5, wrap_up_s: 0, service_level_s: 20}", sales
    )
    first, second = made(routing=routing).queues
    assert first.treatment == Treatment("jazz", "custom/hello", Announce(60_000, ("a", "b.c"), position=True))
    assert second.treatment is None
