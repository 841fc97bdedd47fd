"""The auditor notices who listens without being asked to, does not, or is forgotten."""

from collections.abc import Callable

import pytest

from callcenter.commands import RecordDecision
from callcenter.orders import (
    ChangeListening,
    ListenAsked,
    ListeningBegan,
    ListeningChanged,
    ListeningEnded,
    ListenMode,
    ListenStopped,
    StartListening,
    StopListening,
)
from callcenter.simulation.auditor import BrokenInvariantError
from callcenter.types import AgentId, DeviceStatus
from tests.playbook import (
    Playbook,
    agent,
    answered,
    arrived,
    changed,
    configuration,
    device,
    feed_distorted,
    left,
    phone,
    ringing,
    without,
)

ADA, SUE = AgentId("ada"), AgentId("sue")
CONFIG = configuration(agent("ada"), agent("bob"))


def asked(mode: ListenMode = ListenMode.LISTEN) -> ListenAsked:
    return ListenAsked(SUE, device("sue"), ADA, mode)


def talking() -> Playbook:
    story = Playbook.open(CONFIG).at(100, phone("sue", DeviceStatus.FREE), arrived("anna"))
    return story.at(200, ringing("anna.1"), answered("anna.1"))


def listening() -> Playbook:
    story = talking().at(300, asked())
    return story.at(400, ListeningBegan(story.first(StartListening).listening))


def noticed(feed: Callable[[], object], invariant: str) -> None:
    with pytest.raises(BrokenInvariantError) as caught:
        feed()
    assert caught.value.invariant == invariant


def test_what_is_not_told_to_the_pbx() -> None:
    what = "who listens is what supervisors want and the PBX says"
    noticed(lambda: feed_distorted(talking(), without(StartListening), asked()), what)
    noticed(lambda: feed_distorted(listening(), without(ChangeListening), asked(ListenMode.BARGE)), what)
    noticed(lambda: feed_distorted(listening(), without(StopListening), left("anna")), what)
    noticed(lambda: feed_distorted(listening(), without(StopListening), ListenStopped(SUE)), what)


def test_another_mode_than_the_one_that_was_asked_for() -> None:
    wrong = changed(StartListening, mode=ListenMode.BARGE)
    noticed(lambda: feed_distorted(talking(), wrong, asked()), "who listens is what supervisors want and the PBX says")


def test_what_the_log_or_the_screens_are_not_told() -> None:
    story = talking().at(300, asked())
    name = story.first(StartListening).listening
    noticed(
        lambda: feed_distorted(story, without(RecordDecision), ListeningBegan(name)),
        "each decision is recorded once, and no other",
    )
    story = talking().at(300, asked())
    noticed(lambda: feed_distorted(story, without(ListeningChanged), ListeningBegan(name)), "screens know who listens")


def test_who_is_forgotten() -> None:
    story = listening()
    story.engine.snapshot().listening.clear()
    noticed(lambda: story.at(500, arrived("ben")), "who listens is known")


def test_an_end_is_believed() -> None:
    story = listening()
    story.at(500, ListeningEnded(next(iter(story.engine.snapshot().listening))), ListenStopped(SUE))
