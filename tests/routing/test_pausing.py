"""No more offers, and offers again: nobody loses a place, nobody who talks is disturbed."""

from callcenter.commands import EventIgnored, RingDevice, StopRinging
from callcenter.events import OfferingSet
from callcenter.types import AgentState, ContactId, OfferState
from tests.playbook import SUE, Playbook, agent, answered, arrived, closed, configuration, ring, stop, talking, want

CONFIG = configuration(agent("ada"), agent("bob"))
STOP, STOP_ALL, GO = OfferingSet(False, SUE), OfferingSet(False, SUE, withdraw=True), OfferingSet(True, SUE)


def test_nobody_is_offered_until_offers_are_made_again_and_then_in_order() -> None:
    story = Playbook.open(CONFIG).at(100, STOP).at(200, arrived("anna")).at(300, arrived("ben"))
    story.expect_nothing_of(RingDevice).wait_until(60_000).expect_nothing_of(RingDevice)
    story.at(60_100, GO).expect(ring("anna.1"), ring("ben.1"))


def test_a_phone_that_rings_may_still_be_answered() -> None:
    story = Playbook.open(CONFIG).at(100, arrived("anna")).at(200, STOP).expect_nothing_of(StopRinging)
    story.at(300, answered("anna.1")).agent_is("ada", AgentState.TALKING)


def test_an_orderly_stop_stops_the_phones_and_blames_nobody() -> None:
    story = Playbook.open(CONFIG).at(100, arrived("anna")).at(200, STOP)
    story.at(300, STOP_ALL).expect(closed("anna.1", OfferState.WITHDRAWN), stop("anna.1"))
    story.expect_nothing_of(RingDevice).agent_is("ada", AgentState.READY)
    story.at(400, GO).expect(ring("anna.2"))


def test_who_talks_talks_on() -> None:
    story = talking(CONFIG).at(60_000, STOP_ALL).expect_nothing_of(StopRinging)
    story.agent_is("ada", AgentState.TALKING)


def test_offers_that_are_made_cannot_be_made_again() -> None:
    Playbook.open(CONFIG).at(100, GO).expect(want(EventIgnored, event="OfferingSet"))


def test_pictures_and_explanations_say_who_has_asked_for_it() -> None:
    story = Playbook.open(CONFIG).at(100, STOP).at(200, arrived("anna"))
    now_ms = Playbook.START_MS + 200
    assert story.engine.overview(now_ms).offering_stopped_by == SUE
    told = story.engine.explain(now_ms, ContactId("anna"))
    assert told is not None
    assert {(reason.reason, reason.words) for reason in told.agents} == {
        ("drained", "no offers are made, sue has asked for it")
    }
    assert story.at(300, GO).engine.overview(now_ms).offering_stopped_by is None
