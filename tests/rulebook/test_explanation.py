"""The explanation of one decision: the rules tried, the decision in words, and who could take the contact."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from callcenter.admin.load import Made
from callcenter.routing.explain import AgentReason, Explanation
from callcenter.rulebook.explanation import Explained, Live, explain, lines_of, who_fits
from callcenter.rulebook.trial import Clock, Draft, Rules, fields_of
from callcenter.types import (
    AgentId,
    ContactId,
    ContactState,
    QueueName,
    QueueState,
    Relaxation,
    Route,
    Skill,
    SkillName,
)
from tests.rules_samples import RULES, made, write_files

SUPPORT = SkillName("support")


@pytest.fixture
def sample(tmp_path: Path) -> Made:
    return made(write_files(tmp_path))


def explained(sample: Made, live: Live | None = None, at: str = "2026-01-14T10:00", **facts: str) -> Explained:
    clock = Clock(sample.routing)
    at_ms = clock.moment(at)
    draft = Draft(sample.configuration, fields_of(sample.configuration), last_agent=AgentId("bob"))
    for path, text in facts.items():
        draft.give(path.replace("__", "."), text)
    return explain(Rules(clock.around(sample.configuration, [at_ms])), clock, draft.trial(at_ms), live)


def test_a_decision_is_told_from_the_facts_to_the_agents(sample: Made) -> None:
    lines = list(lines_of(explained(sample, contact__dialled="8001", customer__spend_12m="70000")))
    assert lines == [
        "A contact at Wed 2026-01-14 10:00 (Europe/Berlin)",
        "  contact.dialled is 8001",
        "  customer.known is true",
        "  customer.shared is false",
        "  customer.tier is platinum",
        "  customer.spend_12m is 70000",
        "  customer.since is 2020-01-01",
        "  customer.newsletter is false",
        "",
        "Rules for the tier",
        "    1. yes  platinum",
        "            yes  customer.spend_12m >= 50000   (customer.spend_12m is 70000)",
        "  The tier is platinum.",
        "",
        "Rules",
        "    1.  no  nobody there",
        "             no  not conditions.office",
        "                 yes  conditions.office",
        "                      yes  open('office') and not holiday('office')",
        "                           yes  open('office')",
        "                           yes  not holiday('office')",
        "                                 no  holiday('office')",
        "    2. yes  vip",
        "            yes  customer.tier == 'platinum' or contact.caller in lists.vip_numbers",
        "                 yes  customer.tier == 'platinum'   (customer.tier is platinum)",
        "                   -  contact.caller in lists.vip_numbers",
        "",
        "Decision: vip",
        "  queue support, priority 80",
        "  because customer.tier is platinum",
        "  needs support >= 7",
        "  after 60 s: support >= 3 is enough",
        "  kept for bob for 30 s",
        "  after 120 s: hears a message, and the call ends",
        "  tags vip, loyal",
        "  the agent sees: Greet by name.",
        "",
        "Who may take it, by queue and skills (who is free now: --live)",
        "  carla  can take it",
        "  anna   can take it, support is number 2 in its own order",
        "  bob    can take it after 60 s",
        "  david  lacks support, support >= 3 is asked for",
    ]


def test_a_contact_that_no_rule_is_for_goes_to_the_default_queue(sample: Made) -> None:
    lines = list(lines_of(explained(sample, customer__tier="gold")))
    assert "  The tier is gold, that of the record." in lines
    assert "  No rule is for it: the default queue." in lines
    assert "Decision: (no rule)" in lines


def test_the_default_of_an_entry_and_the_overflow_of_its_queue_are_told(sample: Made) -> None:
    one = explained(sample, contact__dialled="8001")
    assert one.rules[-1].name == "Sales line (default)"
    assert "  after 300 s: goes to queue general" in lines_of(one)


def test_a_rule_that_sends_away_is_told_with_its_message_and_without_agents(tmp_path: Path) -> None:
    sunday = RULES.replace("route: {queue: general, priority: 1}", "route: {queue: away, message: holiday}")
    sample = made(write_files(tmp_path, rules=sunday.replace('text: "We are closed."', "tags: [late]")))
    for live in (None, Live(0, None, None)):
        lines = list(lines_of(explained(sample, live, at="2026-12-25T10:00", contact__dialled="8001")))
        assert lines[lines.index("Decision: nobody there") :] == [
            "Decision: nobody there",
            "  holiday: hears a message, and the call ends",
            "  because open('office') is false",
            "  tags late",
            "",
            "Nobody is offered it: it waits in no queue.",
        ]


def test_whom_nobody_knows_the_contact_is_not_kept_for(sample: Made) -> None:
    route = replace(explained(sample, customer__tier="platinum").route, prefer=())
    one = replace(explained(sample, customer__tier="platinum"), route=route)
    assert "  kept for nobody: whom the rule prefers is not known" in lines_of(one)


def test_an_agent_fits_from_the_step_on_that_lets_it(sample: Made) -> None:
    route = Route(
        QueueName("sales"),
        0,
        (Skill(SUPPORT, 9),),
        "x",
        "",
        relaxations=(
            Relaxation(10_000, lower=(Skill(SUPPORT, 4),), add_queues=(QueueName("support"),)),
            Relaxation(20_000, drop=(SUPPORT,)),
        ),
        preferred=(Skill(SUPPORT, 8),),
    )
    assert [(fit.agent, fit.from_ms) for fit in who_fits(sample.configuration, route)] == [
        ("anna", 0),
        ("carla", 10_000),
        ("bob", 10_000),
        ("david", 20_000),
    ]
    assert who_fits(sample.configuration, route)[1].words == "can take it after 10 s, has 1 of the preferred skills"


def test_the_explanation_is_json_too(sample: Made) -> None:
    told = msgspec.json.decode(msgspec.json.encode(explained(sample, contact__dialled="8001")))
    assert (told["route"]["queue"], told["rules"][-1]["matched"]) == ("sales", True)
    assert told["agents"][0] == {"agent": "anna", "name": "Anna", "from_ms": 0, "words": "can take it"}


# ---- with what the daemon knows


STANDING = Explanation(
    contact=ContactId("x"),
    now_ms=0,
    state=ContactState.WAITING,
    queue=QueueName("support"),
    priority=80,
    rule="vip",
    because="",
    needs=(),
    relaxed=(),
    held_for=AgentId("bob"),
    place=2,
    waiting=3,
    agents=(AgentReason(AgentId("carla"), "Carla", "state", "wrap up"),),
)


def test_who_could_take_it_now_is_told_where_the_daemon_is_asked(sample: Made) -> None:
    lines = list(lines_of(explained(sample, Live(0, QueueState.OPEN, STANDING), customer__tier="platinum")))
    assert lines[-3:] == [
        "Who could take it, as the daemon last knew at Thu 1970-01-01 01:00 (Europe/Berlin)",
        "  place 2 of 3, kept for bob",
        "  carla  wrap up",
    ]


def test_a_queue_that_takes_nobody_is_told(sample: Made) -> None:
    lines = list(lines_of(explained(sample, Live(0, QueueState.CLOSED, STANDING), customer__tier="platinum")))
    assert "The queue support is closed: nobody new may wait there. Otherwise:" in lines


def test_a_queue_that_is_not_in_force_yet_is_told_with_who_may_take_it_by_the_files(sample: Made) -> None:
    lines = list(lines_of(explained(sample, Live(0, None, None), customer__tier="platinum")))
    assert "The daemon does not know the queue support: these rules are not in force." in lines
    assert lines[-1].startswith("  david  lacks support")
