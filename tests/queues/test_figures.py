"""What rules may ask about queues and agents."""

from callcenter.events import QueueStateSet
from callcenter.queues.figures import StateFigures
from callcenter.types import DeviceStatus, QueueName, QueueState
from tests.playbook import Playbook, agent, answered, arrived, configuration, phone, queue, rule

GENERAL, SALES = QueueName("general"), QueueName("sales")


def test_figures_are_of_this_moment() -> None:
    rules = (rule("sales", to="sales", dialled="200"), rule("all"))
    crew = (agent("ada"), agent("bob", "sales"), agent("cleo", "sales", "general"))
    story = Playbook.open(configuration(*crew, queues=(queue("general"), queue("sales")), rules=rules))
    story.at(100, phone("bob", DeviceStatus.IN_USE), phone("cleo", DeviceStatus.IN_USE))
    story.at(200, arrived("busy"), answered("busy.1"), arrived("anna"), arrived("sam", dialled="200"))
    story.at(5_200, arrived("ben"), phone("cleo", DeviceStatus.FREE), QueueStateSet(SALES, QueueState.DRAINED, "sue"))
    figures = StateFigures(story.engine._state)
    assert [figures.waiting(queue) for queue in (GENERAL, SALES)] == [2, 1]
    assert [figures.longest_wait_s(queue) for queue in (GENERAL, SALES)] == [5.0, 5.0]
    assert [figures.open(queue) for queue in (GENERAL, SALES)] == [True, False]
    assert [figures.ready(queue) for queue in (GENERAL, SALES)] == [0, 0]
    assert [figures.signed_in(queue) for queue in (GENERAL, SALES)] == [2, 2]


def test_a_queue_without_anybody() -> None:
    figures = StateFigures(Playbook.open(configuration(agent("ada"))).engine._state)
    assert (figures.waiting(GENERAL), figures.longest_wait_s(GENERAL), figures.ready(GENERAL)) == (0, 0.0, 1)
