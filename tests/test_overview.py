"""The picture on supervisors' screens: its numbers are those of the state."""

from callcenter.events import AgentSignedIn
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
