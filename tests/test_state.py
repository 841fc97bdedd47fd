"""What is remembered, for how long, and what may be offered something."""

from callcenter.commands import EventIgnored, RecordSegment, RingDevice
from callcenter.events import AgentNotReady, PbxLost, TimePassed
from callcenter.state import FORGOTTEN_AT_ONCE, REMEMBERED_ENDS
from callcenter.types import AgentId, ContactId, DeviceStatus, LegEnd, OfferState
from tests.playbook import (
    PBX,
    Playbook,
    agent,
    answered,
    arrived,
    closed,
    configuration,
    left,
    leg_ended,
    phone,
    ring,
    stop,
    synced,
    want,
)

ADA = agent("ada")


def test_ends_are_remembered_up_to_a_bound_and_the_oldest_go_first() -> None:
    story = Playbook(configuration(ADA))
    handle = story.engine.handle
    for number in range(REMEMBERED_ENDS + FORGOTTEN_AT_ONCE):
        handle(1_000_000, arrived(f"c{number}"))
        handle(1_000_000, left(f"c{number}"))
    ended = story.engine.snapshot().ended
    assert len(ended) == REMEMBERED_ENDS
    assert ContactId(f"c{FORGOTTEN_AT_ONCE - 1}") not in ended
    assert ContactId(f"c{FORGOTTEN_AT_ONCE}") in ended


def test_a_second_arrival_of_what_is_over_changes_nothing() -> None:
    story = Playbook.open(configuration(ADA)).at(100, arrived("anna")).at(200, left("anna"))
    story.at(300, arrived("anna")).expect(want(EventIgnored, event="ContactArrived"))
    story.expect_nothing_of(RingDevice)
    assert story.is_gone("anna")


def test_a_closed_offer_is_still_known_by_its_device() -> None:
    story = Playbook.open(configuration(ADA)).at(100, arrived("anna"))
    story.at(200, leg_ended("anna.1", LegEnd.BUSY)).expect(closed("anna.1", OfferState.DECLINED))
    story.at(300, answered("anna.1")).expect(want(EventIgnored, event="OfferConnected"), stop("anna.1"))
    story.at(300, answered("ben.7")).expect(want(EventIgnored, event="OfferConnected"))


def test_only_ready_agents_out_of_back_off_with_a_free_phone_at_a_pbx_that_answers_may_be_offered() -> None:
    story = Playbook.open(configuration(ADA))

    def ready() -> int:
        return story.engine.overview(0).queues[0].agents_ready

    assert ready() == 1
    story.at(100, phone("ada", DeviceStatus.IN_USE))
    assert ready() == 0
    story.at(200, phone("ada", DeviceStatus.FREE), PbxLost(PBX))
    assert ready() == 0
    story.at(300, synced(phone("ada", DeviceStatus.FREE)))
    assert ready() == 1
    story.at(400, arrived("anna"), leg_ended("anna.1", LegEnd.BUSY), left("anna"))
    assert ready() == 0
    story.at(10_400, TimePassed())
    assert ready() == 1
    story.at(10_500, AgentNotReady(AgentId("ada"), "lunch"))
    assert ready() == 0


def test_who_is_offered_again_in_the_same_instant_did_not_wait_in_between() -> None:
    story = Playbook.open(configuration(ADA, agent("bob"))).at(100, arrived("anna"))
    story.at(500, leg_ended("anna.1", LegEnd.BUSY)).expect(
        want(RecordSegment, number=2, result="declined"), ring("anna.2", device="bob")
    )
    story.at(900, leg_ended("anna.2", LegEnd.BUSY)).at(2_000, left("anna")).expect(
        want(RecordSegment, number=4, started_ms=Playbook.START_MS + 900, ended_ms=Playbook.START_MS + 2_000)
    )
