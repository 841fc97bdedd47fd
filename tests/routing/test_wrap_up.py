"""After-call work."""

from dataclasses import replace

from callcenter.commands import EventIgnored, RecordDisposition
from callcenter.events import WrapUpEnded
from callcenter.types import AgentId, AgentState, ContactId, SegmentKind
from tests.playbook import (
    WRAP_UP_MS,
    agent,
    becomes,
    configuration,
    left,
    no,
    queue,
    segment,
    talking,
    want,
)


def test_wrap_up_ends_by_its_deadline_without_a_disposition() -> None:
    story = talking(configuration(agent("ada"))).at(2_000, left("anna")).wait_until(2_000 + WRAP_UP_MS)
    story.expect(
        segment("anna", 4, kind=SegmentKind.WRAP_UP, started_ms=story.START_MS + 2_000, result=None, offer="anna.1"),
        want(RecordDisposition, contact="anna", disposition=None, handled_ms=1_000 + WRAP_UP_MS),
        becomes("ada", AgentState.READY, deadline_ms=None, contact=None),
    )


def test_the_agent_may_end_it_sooner_and_only_once() -> None:
    story = talking(configuration(agent("ada"))).at(2_000, left("anna"))
    done = WrapUpEnded(AgentId("ada"), ContactId("anna"), "sold")
    story.at(3_000, done).expect(want(RecordDisposition, disposition="sold", handled_ms=2_000))
    story.at(3_001, done).expect(
        want(EventIgnored, why="agent ada is not in the wrap-up of anna"), no(RecordDisposition)
    )


def test_a_queue_without_wrap_up_frees_the_agent_at_once() -> None:
    config = configuration(agent("ada"), queues=(replace(queue("general"), wrap_up_ms=0),))
    story = talking(config).at(2_000, left("anna"))
    story.expect(want(RecordDisposition, handled_ms=1_000), becomes("ada", AgentState.READY))
    assert story.agent("ada").idle_since_ms == story.START_MS + 2_000
