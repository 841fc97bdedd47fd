"""Why: the rule, the place, and for each agent the one reason."""

from dataclasses import replace

import pytest

from callcenter.commands import RingDevice
from callcenter.engine import Engine
from callcenter.events import AgentNotReady, ConfigurationLoaded, PbxLost
from callcenter.routing.explain import Explanation
from callcenter.simulation.world import World
from callcenter.types import (
    AgentId,
    Configuration,
    ContactId,
    ContactState,
    DeviceStatus,
    LegEnd,
    PbxName,
    QueueName,
    Relaxation,
    Strategy,
)
from tests.playbook import (
    PBX,
    Playbook,
    agent,
    answered,
    arrived,
    configuration,
    leg_ended,
    phone,
    queue,
    ringing,
    rule,
    skills,
)

LAW = rule("law", needs=skills(law=5), priority=7)


def why(story: Playbook, contact: str = "anna") -> Explanation:
    explained = story.engine.explain(story.START_MS + story.now_ms, ContactId(contact))
    assert explained is not None
    return explained


def reasons(explained: Explanation) -> dict[str, tuple[str, str]]:
    return {reason.agent: (reason.reason, reason.words) for reason in explained.agents}


def test_each_agent_has_the_one_reason_that_decides() -> None:
    crew = (
        agent("unable", tact=9),
        agent("beginner", law=4),
        agent("elsewhere", "sales", law=9),
        agent("abroad", law=9, pbx=PbxName("pbx2")),
        agent("lunching", law=9),
        agent("phoneless", law=9),
        agent("refusing", law=9),
        agent("talking", law=9),
    )
    story = Playbook.open(configuration(*crew, queues=(queue("general"), queue("sales")), rules=(LAW,)))
    story.at(50, phone("phoneless", DeviceStatus.UNREACHABLE), AgentNotReady(AgentId("lunching"), "lunch"))
    story.at(60, phone("refusing", DeviceStatus.IN_USE), arrived("busy"), answered("busy.1"))
    story.at(70, phone("refusing", DeviceStatus.FREE), arrived("anna")).at(80, leg_ended("anna.1", LegEnd.BUSY))
    story.at(90, arrived("ben"))
    assert reasons(why(story)) == {
        "unable": ("skill", "lacks law, law >= 5 is asked for"),
        "beginner": ("level", "has law 4, law >= 5 is asked for"),
        "elsewhere": ("queue", "does not serve general"),
        "abroad": ("pbx", "has its phone at the PBX pbx2, the caller is at pbx1"),
        "lunching": ("state", "not ready (lunch)"),
        "phoneless": ("device", "the phone is unreachable"),
        "refusing": ("back_off", "gets no offers for another 10 s, after one that came to nothing"),
        "talking": ("state", "talking"),
    }
    explained = why(story)
    assert (explained.state, explained.queue, explained.priority) == (ContactState.WAITING, "general", 7)
    assert (explained.rule, explained.because, explained.needs) == ("law", "the rule asks nothing", ("law >= 5",))
    assert (explained.place, explained.waiting) == (1, 2)
    assert (why(story, "ben").place, why(story, "ben").waiting) == (2, 2)


def test_who_rings_and_who_talks() -> None:
    story = Playbook.open(configuration(agent("ada"))).at(100, arrived("anna"))
    assert reasons(why(story)) == {"ada": ("rings", "is being rung for it")}
    assert why(story).place is None
    story.at(200, answered("anna.1"))
    assert reasons(why(story)) == {"ada": ("talks", "has it: talking")}


def test_while_a_phone_rings_the_next_one_is_named_as_the_next() -> None:
    story = Playbook.open(configuration(agent("ada"), agent("bob"))).at(100, arrived("anna"))
    words = "is free and comes first if nobody answers (1 could take it now)"
    assert reasons(why(story)) == {"ada": ("rings", "is being rung for it"), "bob": ("first", words)}


def test_any_of_several_skills_a_relaxation_and_a_lost_pbx_in_words() -> None:
    wants = replace(
        LAW, skills=(), any_of=(skills(german=3, dutch=2),), relaxations=(Relaxation(1_000, lower=skills(german=1)),)
    )
    story = Playbook.open(configuration(agent("ada", german=1), rules=(wants,))).at(100, arrived("anna"))
    assert reasons(why(story)) == {"ada": ("skill", "has none of german >= 3 or dutch >= 2")}
    story.at(1_000, PbxLost(PBX)).wait_until(1_100)
    explained = why(story)
    assert explained.relaxed == ("after 1 s: german >= 1 is enough",)
    assert explained.needs == ("german >= 1 or dutch >= 2",)
    assert reasons(explained) == {"ada": ("pbx_lost", "the PBX pbx1 does not answer")}


def test_a_contact_that_is_being_looked_up_and_one_that_is_over() -> None:
    story = Playbook.open(configuration(agent("ada"))).at(100, arrived("anna", caller="+1"))
    explained = why(story)
    assert (explained.state, explained.queue, explained.agents) == (ContactState.IDENTIFYING, None, ())
    assert story.engine.explain(0, ContactId("nobody")) is None


def test_a_contact_that_rings_in_a_queue_that_is_no_more_can_be_asked_about() -> None:
    rules = (rule("all", to="sales"),)
    story = Playbook.open(configuration(agent("ada", "sales"), queues=(queue("general"), queue("sales")), rules=rules))
    story.at(100, arrived("anna"))
    story.at(200, ConfigurationLoaded(configuration(agent("ada", "general"))))
    assert why(story).queue == "general"


def offers_explained(config: Configuration, *events: object) -> list[Explanation]:
    story = Playbook.open(config)
    seen: list[Explanation] = []
    story.engine.explain_offers(seen.append)
    story.at(100, *events)  # type: ignore[arg-type]
    return seen


@pytest.mark.parametrize(
    ("strategy", "second"),
    [
        (Strategy.LONGEST_IDLE, ("longest_idle", "Ada has been idle longer")),
        (Strategy.MOST_PROFICIENT, ("most_proficient", "Bob is more proficient")),
        (Strategy.RANKED, ("ranked", "Bob comes earlier in the queue's list")),
    ],
)
def test_an_offer_is_explained_before_it_is_made(strategy: Strategy, second: tuple[str, str]) -> None:
    queues = (replace(queue("general"), strategy=strategy, ranked=(AgentId("bob"),)),)
    config = configuration(agent("ada", law=6), agent("bob", law=8), queues=queues, rules=(LAW,))
    [explained] = offers_explained(config, arrived("anna"))
    assert explained.offer == "anna.1"
    assert (explained.agents[0].reason, explained.agents[0].words) == (
        "first",
        "gets the contact (2 could take it now)",
    )
    assert (explained.agents[1].reason, explained.agents[1].words) == second


def test_order_of_queues_preferred_skills_and_refusals_are_reasons_too() -> None:
    wants = replace(rule("all"), preferred=skills(tact=3))
    ada = replace(agent("ada"), levels={QueueName("general"): 2})
    [explained] = offers_explained(configuration(ada, agent("bob"), rules=(wants,)), arrived("anna"))
    assert reasons(explained)["ada"] == ("own_order", "Bob has this queue earlier in its own order")
    [explained] = offers_explained(configuration(agent("ada"), agent("bob", tact=3), rules=(wants,)), arrived("anna"))
    assert reasons(explained)["ada"] == ("preferred", "Bob has more of the preferred skills")
    config = replace(configuration(agent("ada"), agent("bob")), decline_backoff_ms=0)
    first, again = offers_explained(config, arrived("anna"), ringing("anna.1"), leg_ended("anna.1", LegEnd.BUSY))
    assert reasons(first)["bob"] == ("longest_idle", "Ada has been idle longer")
    assert reasons(again)["ada"] == ("refused", "Bob has not refused it before")


@pytest.mark.parametrize("seed", range(40, 60))
def test_in_a_simulated_world_the_first_of_each_explanation_is_who_is_rung(seed: int) -> None:
    """With all strategies and faults. Explaining changes nothing: the commands are the same with and without."""
    world = World(seed, audit=True)
    asked, unasked = Engine.fresh(world.config), Engine.fresh(world.config)
    world.live(300)
    seen: list[Explanation] = []
    asked.explain_offers(seen.append)
    for now_ms, event in world.journal:
        seen.clear()
        commands = asked.handle(now_ms, event)
        assert commands == unasked.handle(now_ms, event)
        rung = [(command.offer, command.device) for command in commands if isinstance(command, RingDevice)]
        agents = asked.snapshot().agents
        assert rung == [(one.offer, agents[one.agents[0].agent].config.device) for one in seen]
        assert all(one.agents[0].reason in ("first", "given") for one in seen)
        assert all(len({reason.agent for reason in one.agents}) == len(agents) for one in seen)
