"""Offers, their ends, and wrap-up: contact, offer and agent move together."""

from callcenter.commands import (
    AgentChanged,
    EventIgnored,
    OfferClosed,
    RecordDisposition,
    RecordSegment,
    RingDevice,
    ScreenClear,
    ScreenPop,
)
from callcenter.events import AgentNotReady, AgentSignedOut, WrapUpEnded
from callcenter.types import AgentId, AgentState, ContactId, LegEnd, OfferState, SegmentKind
from tests.playbook import (
    BACKOFF_MS,
    OFFER_TIMEOUT_MS,
    Playbook,
    agent,
    answered,
    arrived,
    closed,
    configuration,
    left,
    leg_ended,
    queue,
    ring,
    ringing,
    segment,
    talking,
    want,
)

CONFIG = configuration(agent("ada"))


def test_the_screen_pops_before_the_phone_rings() -> None:
    story = Playbook.open(CONFIG).at(100, arrived("anna"))
    kinds = [type(command) for command in story.came if isinstance(command, ScreenPop | AgentChanged | RingDevice)]
    assert kinds == [ScreenPop, AgentChanged, RingDevice]


def test_offers_of_a_contact_are_numbered() -> None:
    story = Playbook.open(CONFIG)
    story.at(100, arrived("anna")).expect(ring("anna.1"))
    for number in range(2, 5):
        story.at(story.now_ms + 10, leg_ended(f"anna.{number - 1}", LegEnd.BUSY))
        story.wait_until(story.now_ms + BACKOFF_MS).expect(ring(f"anna.{number}"))


def test_each_offer_is_a_segment_with_its_end_and_waiting_lies_between() -> None:
    story = Playbook.open(CONFIG).at(100, arrived("anna"))
    story.at(600, leg_ended("anna.1", LegEnd.BUSY)).expect(
        segment("anna", 2, kind=SegmentKind.OFFER, result="declined", agent="ada", offer="anna.1")
    )
    story.wait_until(600 + BACKOFF_MS).expect(segment("anna", 3, kind=SegmentKind.WAITING, agent=None, offer=None))
    start = Playbook.START_MS
    story.at(11_000, left("anna")).expect(
        segment("anna", 4, kind=SegmentKind.OFFER, result="withdrawn", started_ms=start + 600 + BACKOFF_MS)
    )


def test_every_queue_has_its_own_offer_time_out() -> None:
    story = Playbook.open(configuration(agent("ada"), queues=(queue("general", offer_timeout_ms=4_000),)))
    story.at(100, arrived("anna"), ringing("anna.1")).wait_until(4_099).expect_nothing_of(OfferClosed)
    story.wait_until(4_100).expect(closed("anna.1", OfferState.EXPIRED, ring_ms=4_000))


def test_an_agent_who_asked_to_leave_while_it_rang_leaves_when_the_offer_is_over() -> None:
    story = Playbook.open(CONFIG).at(100, arrived("anna"), AgentSignedOut(AgentId("ada")))
    story.expect_nothing_of(OfferClosed)
    story.at(200, leg_ended("anna.1", LegEnd.BUSY)).agent_is("ada", AgentState.LOGGED_OUT)
    story.wait_until(60_000).expect_nothing_of(RingDevice)


def test_an_agent_who_asked_for_a_break_and_lets_it_ring_gets_the_break() -> None:
    story = Playbook.open(CONFIG).at(100, arrived("anna"), ringing("anna.1"), AgentNotReady(AgentId("ada"), "lunch"))
    story.wait_until(100 + OFFER_TIMEOUT_MS).agent_is("ada", AgentState.NOT_READY, "lunch")


def test_an_agent_who_asked_to_sign_out_while_talking_still_does_the_wrap_up() -> None:
    story = talking(CONFIG).at(2_000, AgentSignedOut(AgentId("ada"))).agent_is("ada", AgentState.TALKING)
    story.at(3_000, left("anna")).agent_is("ada", AgentState.WRAP_UP)
    story.at(4_000, WrapUpEnded(AgentId("ada"), ContactId("anna"), "sold")).agent_is("ada", AgentState.LOGGED_OUT)


def test_wrap_up_ends_once() -> None:
    story = talking(CONFIG).at(2_000, left("anna"))
    done = WrapUpEnded(AgentId("ada"), ContactId("anna"), "sold")
    story.at(3_000, done, done).expect(
        want(RecordDisposition, disposition="sold"), want(EventIgnored, event="WrapUpEnded")
    )
    story.wait_until(100_000).expect_nothing_of(RecordDisposition, RecordSegment, AgentChanged)


def test_a_failed_bridge_after_the_answer_costs_a_back_off() -> None:
    for how in (LegEnd.HUNG_UP, LegEnd.FAILED):
        story = Playbook.open(CONFIG).at(100, arrived("anna")).at(200, leg_ended("anna.1", how))
        story.expect(closed("anna.1", OfferState.FAILED), want(ScreenClear, offer="anna.1"))
        story.at(300, answered("anna.1")).expect(want(EventIgnored, event="OfferConnected"))
        story.wait_until(200 + BACKOFF_MS).expect(ring("anna.2"))
