"""The picture on supervisors' screens: its numbers are those of the state."""

import pytest

from callcenter.events import AgentNotReady, AgentSignedIn
from callcenter.overview import STROKE
from callcenter.types import AgentId, AgentState, ContactState, DeviceStatus
from tests.playbook import (
    Playbook,
    agent,
    answered,
    arrived,
    configuration,
    customer,
    found,
    left,
    phone,
    queue,
    rule,
)

QUEUES = (queue("general"), queue("sales"))
RULES = (rule("sales", to="sales", dialled="200"), rule("all"))
CONFIG = configuration(agent("ada", "general", "sales"), agent("bob", "sales"), queues=QUEUES, rules=RULES)


def test_waiting_and_connected_are_counted_by_queue() -> None:
    story = Playbook.open(CONFIG).at(1_000, arrived("anna"), answered("anna.1"))
    story.at(2_000, arrived("ben"), arrived("carl", dialled="200"), arrived("dora", dialled="200"))
    story.at(2_500, arrived("emil", caller="+1"))
    seen = story.engine.overview(Playbook.START_MS + 5_000)
    general, sales = seen.queues
    assert (general.name, general.waiting, general.longest_wait_ms, general.connected) == ("general", 1, 3_000, 1)
    assert (sales.name, sales.waiting, sales.longest_wait_ms, sales.connected) == ("sales", 2, 3_000, 0)
    assert [view.state for view in seen.contacts] == [
        ContactState.CONNECTED,
        ContactState.WAITING,
        ContactState.OFFERED,
        ContactState.WAITING,
        ContactState.IDENTIFYING,
    ]
    assert seen.pbxs == (("pbx1", True),)


def test_a_queue_without_callers_has_no_longest_wait() -> None:
    general = Playbook.open(CONFIG).engine.overview(Playbook.START_MS).queues[0]
    assert (general.waiting, general.longest_wait_ms, general.connected) == (0, 0, 0)


def test_agents_serving_are_those_signed_in_and_ready_those_who_may_be_offered() -> None:
    story = Playbook(CONFIG)
    assert story.engine.overview(0).queues[1].agents_serving == 0
    story.at(100, AgentSignedIn(AgentId("ada")))
    sales = story.engine.overview(0).queues[1]
    assert (sales.agents_serving, sales.agents_ready) == (1, 0)
    story = Playbook.open(CONFIG).at(100, phone("bob", DeviceStatus.IN_USE))
    sales = story.engine.overview(0).queues[1]
    assert (sales.agents_serving, sales.agents_ready) == (2, 1)


def test_an_agent_is_shown_with_phone_state_and_contact() -> None:
    story = Playbook.open(CONFIG).at(1_000, arrived("anna"), answered("anna.1"))
    ada = story.engine.overview(0).agents[0]
    assert (ada.id, ada.state, ada.contact, ada.device) == ("ada", AgentState.TALKING, "anna", DeviceStatus.FREE)
    assert ada.queues == ("general", "sales")


def test_contacts_are_shown_oldest_first_up_to_the_number_asked_for_and_not_when_over() -> None:
    story = Playbook(CONFIG)
    for number in range(5):
        story.at(number, arrived(f"c{number}", caller="+1"), found(f"c{number}", customer(1, "gold")))
    story.at(100, left("c0"))
    shown = story.engine.overview(Playbook.START_MS, contacts=2)
    assert [view.id for view in shown.contacts] == ["c1", "c2"]
    assert shown.contacts[0].tier == "gold"
    assert shown.queues[0].waiting == 4


def test_a_contact_in_wrap_up_is_over() -> None:
    story = Playbook.open(CONFIG).at(100, arrived("anna"), answered("anna.1")).at(200, left("anna"))
    assert story.engine.overview(0).contacts == ()
    assert story.agent("ada").state is AgentState.WRAP_UP


def test_agents_of_a_queue_are_counted_by_what_they_do() -> None:
    crew = tuple(agent(name, "general") for name in ("ada", "bob", "cem", "dee", "eve"))
    story = Playbook.open(configuration(*crew, queues=QUEUES, rules=RULES))
    story.at(1_000, arrived("anna"), answered("anna.1"), arrived("ben"), answered("ben.1"), left("ben"))
    story.at(1_000, AgentNotReady(AgentId("cem"), "lunch"), AgentNotReady(AgentId("dee"), "lunch"))
    general = story.engine.overview(story.START_MS + 2_000).queues[0]
    assert (general.talking, general.wrap_up, general.agents_ready) == (1, 1, 1)
    assert general.not_ready == (("lunch", 2),)
    assert general.service_level_ms == 20_000


def test_the_picture_is_the_same_drawn_at_once_or_stroke_by_stroke() -> None:
    story = Playbook.open(CONFIG).at(1_000, *(arrived(f"c{number}") for number in range(3 * STROKE)))
    strokes = story.engine.draw(story.START_MS + 2_000, contacts=10, of_each=20)
    for _ in range(3 + 1):
        next(strokes)
    with pytest.raises(StopIteration) as drawn:
        next(strokes)
    assert drawn.value.value == story.engine.overview(story.START_MS + 2_000, contacts=10, of_each=20)


def test_each_queue_has_some_contacts_listed_however_many_older_ones_there_are_elsewhere() -> None:
    story = Playbook(CONFIG).at(1_000, *(arrived(f"c{number}") for number in range(30)))
    story.at(2_000, *(arrived(f"s{number}", dialled="200") for number in range(5)))
    shown = story.engine.overview(story.START_MS + 3_000, contacts=10, of_each=2).contacts
    assert [view.id for view in shown][:10] == [f"c{number}" for number in range(10)]
    assert [view.id for view in shown][10:] == ["s0", "s1"]


def test_what_happens_between_two_strokes_breaks_nothing() -> None:
    story = Playbook.open(CONFIG).at(1_000, *(arrived(f"c{number}") for number in range(2 * STROKE)))
    strokes = story.engine.draw(story.START_MS + 2_000)
    next(strokes)
    story.at(2_000, *(left(f"c{number}") for number in range(2 * STROKE)))
    for _ in strokes:
        pass


def test_an_agents_figures_tier_and_skills_are_shown() -> None:
    story = Playbook.open(CONFIG).at(1_000, arrived("anna"), answered("anna.1"))
    ada = story.engine.agent(AgentId("ada"))
    assert ada is not None
    assert (ada.tier, ada.figures.answered, ada.figures.ready_ms) == ("standard", 1, 1_000)
    assert ada.call is not None
    assert story.engine.agent(AgentId("nobody")) is None


def test_who_waits_is_counted_by_tier() -> None:
    story = Playbook(CONFIG)
    for number, tier in enumerate(("gold", "standard", "gold")):
        story.at(number, arrived(f"c{number}", caller="+1"), found(f"c{number}", customer(number, tier)))
    general, sales = story.engine.overview(Playbook.START_MS).queues
    assert general.waiting_by_tier == (("gold", 2), ("standard", 1))
    assert sales.waiting_by_tier == ()


def test_the_wait_of_the_next_one_is_estimated_from_the_parts_that_ended_and_who_is_at_work() -> None:
    story = Playbook.open(CONFIG).at(1_000, arrived("anna"), answered("anna.1")).at(61_000, left("anna"))
    general = story.engine.overview(story.START_MS + 61_000).queues[0]
    assert general.estimated_wait_ms is None, "no part has ended"
    story.wait_until(91_000)  # the wrap-up is over: 60 s of talk, 30 s of wrap-up
    assert story.engine.overview(story.START_MS + 91_000).queues[0].estimated_wait_ms == 0, "ada is free"
    story.at(92_000, arrived("ben"), answered("ben.1"), arrived("carl"), arrived("dora"))
    general = story.engine.overview(story.START_MS + 92_000).queues[0]
    assert general.estimated_wait_ms == (2 + 1) * 90_000
    story.at(93_000, AgentNotReady(AgentId("ada"), "lunch")).at(94_000, left("ben")).wait_until(130_000)
    assert story.engine.overview(story.START_MS + 130_000).queues[0].estimated_wait_ms is None, "nobody is at work"
