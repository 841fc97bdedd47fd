"""A PBX is lost and found again, in every phase of a call."""

from dataclasses import replace

from callcenter.commands import (
    ConfirmConnection,
    EventIgnored,
    OfferClosed,
    RecordContact,
    RingDevice,
    StopRinging,
)
from callcenter.events import ContactArrived, Leg, PbxLost, PbxSynced, WrapUpEnded
from callcenter.types import (
    AgentId,
    AgentState,
    ContactId,
    ContactState,
    Departure,
    DeviceStatus,
    OfferState,
    Outcome,
    PbxName,
)
from tests.playbook import (
    OFFER_TIMEOUT_MS,
    PBX,
    Playbook,
    agent,
    answered,
    arrived,
    closed,
    configuration,
    left,
    leg,
    phone,
    recorded,
    ring,
    ringing,
    stop,
    synced,
    talking,
    want,
)

CONFIG = configuration(agent("ada"), agent("bob"))
LOST = PbxLost(PBX)
ADA_FREE, BOB_FREE = phone("ada", DeviceStatus.FREE), phone("bob", DeviceStatus.FREE)


def _offered(*, rings: bool = True) -> Playbook:
    story = Playbook.open(CONFIG).at(100, arrived("anna"))
    return (story.at(100, ringing("anna.1")) if rings else story).at(1_000, LOST)


def _back(
    story: Playbook,
    at_ms: int,
    *legs: Leg,
    waiting: tuple[ContactArrived, ...] = (arrived("anna"),),
    fallback: tuple[str, ...] = (),
    gone: Departure = Departure.LOST,
) -> Playbook:
    return story.at(at_ms, replace(_sync(*legs, waiting=waiting, fallback=fallback), gone=gone))


def _sync(*legs: Leg, waiting: tuple[ContactArrived, ...], fallback: tuple[str, ...] = ()) -> PbxSynced:
    return synced(ADA_FREE, BOB_FREE, waiting=waiting, legs=legs, fallback=fallback)


def test_while_a_pbx_is_away_nothing_is_offered_and_callers_may_still_be_said_to_come() -> None:
    story = Playbook.open(CONFIG).at(100, LOST, arrived("anna")).wait_until(10_000).expect_nothing_of(RingDevice)
    _back(story, 11_000).expect(ring("anna.1", device="ada"))


def test_an_offer_does_not_expire_while_nobody_knows_whether_it_was_answered() -> None:
    story = _offered().wait_until(60_000).expect_nothing_of(OfferClosed)
    story.agent_is("ada", AgentState.RESERVED)


def test_an_offer_that_was_answered_meanwhile_is_connected() -> None:
    _back(_offered(), 30_000, leg("anna.1", "anna")).expect(
        closed("anna.1", OfferState.ACCEPTED), want(ConfirmConnection, offer="anna.1")
    ).agent_is("ada", AgentState.TALKING)


def test_an_offer_whose_leg_is_gone_is_withdrawn_and_made_again() -> None:
    _back(_offered(), 5_000).expect(
        closed("anna.1", OfferState.WITHDRAWN), stop("anna.1"), ring("anna.2", device="ada")
    )


def test_an_offer_that_still_rings_goes_on_to_its_deadline() -> None:
    story = _back(_offered(), 5_000, leg("anna.1")).expect_nothing_of(OfferClosed, RingDevice)
    story.wait_until(100 + OFFER_TIMEOUT_MS).expect(closed("anna.1", OfferState.EXPIRED))


def test_an_offer_that_still_rings_after_its_deadline_expires_at_once() -> None:
    story = _back(_offered(), 40_000, leg("anna.1")).expect_nothing_of(OfferClosed)
    story.wait_until(40_000).expect(closed("anna.1", OfferState.EXPIRED))


def test_a_phone_that_was_seen_ringing_only_by_the_sync_has_rung() -> None:
    story = _back(_offered(rings=False), 5_000, leg("anna.1", ringing=True))
    story.wait_until(100 + OFFER_TIMEOUT_MS).expect(closed("anna.1", OfferState.EXPIRED))


def test_a_phone_that_never_rang_has_failed() -> None:
    story = _back(_offered(rings=False), 5_000, leg("anna.1"))
    story.wait_until(100 + OFFER_TIMEOUT_MS).expect(closed("anna.1", OfferState.FAILED))


def test_a_caller_who_is_gone_is_lost_and_the_phone_stops() -> None:
    _back(_offered(), 5_000, leg("anna.1"), waiting=()).expect(
        closed("anna.1", OfferState.WITHDRAWN), recorded("anna", Outcome.LOST)
    ).agent_is("ada", AgentState.READY)


def test_a_caller_who_can_only_have_hung_up_meanwhile_has_abandoned() -> None:
    _back(_offered(), 5_000, leg("anna.1"), waiting=(), gone=Departure.HUNG_UP).expect(
        closed("anna.1", OfferState.WITHDRAWN), recorded("anna", Outcome.ABANDONED)
    ).agent_is("ada", AgentState.READY)


def test_a_caller_whom_the_pbx_gave_to_its_own_queue_is_a_fallback() -> None:
    _back(_offered(), 15_000, waiting=(), fallback=("anna",)).expect(
        closed("anna.1", OfferState.WITHDRAWN), recorded("anna", Outcome.FALLBACK)
    )


def test_a_caller_who_is_gone_while_being_looked_up_is_lost() -> None:
    story = Playbook.open(CONFIG).at(100, arrived("anna", caller="+1")).at(150, LOST)
    _back(story, 160, waiting=()).expect(recorded("anna", Outcome.LOST, queue=None))
    assert story.engine.next_due_ms() is None


def test_a_conversation_goes_on_and_is_confirmed_once_more() -> None:
    story = talking(CONFIG).at(2_000, LOST)
    _back(story, 3_000, leg("anna.1", "anna")).expect(want(ConfirmConnection, offer="anna.1"))
    story.expect_nothing_of(StopRinging, RecordContact).agent_is("ada", AgentState.TALKING)


def test_a_conversation_that_is_over_ended_when_that_was_seen() -> None:
    for waiting in ((), (arrived("anna"),)):
        story = talking(CONFIG).at(2_000, LOST)
        _back(story, 60_000, waiting=waiting).expect(recorded("anna", Outcome.ANSWERED))
        story.agent_is("ada", AgentState.WRAP_UP)


def test_wrap_up_is_no_business_of_the_pbx() -> None:
    story = talking(CONFIG).at(2_000, left("anna")).at(3_000, LOST)
    _back(story, 4_000, waiting=()).expect_nothing_of(RecordContact).agent_is("ada", AgentState.WRAP_UP)
    story.at(5_000, WrapUpEnded(AgentId("ada"), ContactId("anna"), None)).agent_is("ada", AgentState.READY)


def test_callers_who_came_meanwhile_have_just_arrived() -> None:
    story = Playbook.open(CONFIG).at(1_000, LOST)
    _back(story, 5_000, waiting=(arrived("anna"), arrived("ben"))).expect(
        ring("anna.1", device="ada"), ring("ben.1", device="bob")
    )
    assert story.contact("ben").arrived_ms == story.START_MS + 5_000


def test_a_phone_that_rings_for_an_offer_that_is_over_is_stopped() -> None:
    story = Playbook.open(CONFIG).at(100, arrived("anna"), left("anna"), LOST)
    _back(story, 200, leg("anna.1"), waiting=()).expect(
        want(StopRinging, offer="anna.1", device=CONFIG.agents[0].device)
    )


def test_a_phone_that_rings_for_an_offer_that_nobody_knows_is_stopped() -> None:
    story = Playbook.open(CONFIG).at(100, LOST)
    _back(story, 200, leg("ghost.1"), waiting=()).expect(stop("ghost.1"))


def test_an_answer_that_crossed_the_expiry_is_taken_down_and_the_caller_offered_to_the_next() -> None:
    story = Playbook.open(CONFIG).at(100, arrived("anna"), ringing("anna.1"))
    story.wait_until(100 + OFFER_TIMEOUT_MS).expect(ring("anna.2", device="bob")).at(16_000, LOST)
    _back(story, 17_000, leg("anna.1", "anna"), leg("anna.2")).expect(stop("anna.1"))
    story.agent_is("bob", AgentState.RESERVED)
    assert story.contact("anna").state is ContactState.OFFERED


def test_a_conversation_from_before_our_memory_is_left_alone() -> None:
    story = Playbook.open(CONFIG).at(100, LOST)
    _back(story, 200, leg("old.1", "old"), waiting=(arrived("old"),)).expect(want(EventIgnored, event="ContactArrived"))
    story.expect_nothing_of(StopRinging, RingDevice)


def test_a_second_sync_without_a_loss_changes_nothing() -> None:
    story = talking(CONFIG).at(1_500, arrived("ben"))
    again = _sync(leg("anna.1", "anna"), leg("ben.1"), waiting=(arrived("anna"), arrived("ben")))
    story.at(2_000, again, again).expect_nothing_of(RingDevice, StopRinging, OfferClosed, RecordContact)


def test_losing_and_finding_one_pbx_leaves_the_other_alone() -> None:
    west = PbxName("pbx2")
    config = configuration(agent("ada"), agent("will", pbx=west))
    story = Playbook.open(config).at(100, arrived("wanda", pbx=west)).expect(ring("wanda.1"))
    story.at(200, LOST).at(300, answered("wanda.1")).agent_is("will", AgentState.TALKING)
    story.at(400, synced(ADA_FREE)).expect_nothing_of(RecordContact, OfferClosed)


def test_devices_that_are_not_listed_are_not_there() -> None:
    story = Playbook.open(CONFIG).at(100, LOST).at(200, synced(BOB_FREE, waiting=(arrived("anna"),)))
    story.expect(ring("anna.1", device="bob"))
    story.at(300, arrived("ben")).expect_nothing_of(RingDevice)


def test_a_late_word_from_before_the_loss_is_still_taken() -> None:
    story = _offered().at(1_500, answered("anna.1")).agent_is("ada", AgentState.TALKING)
    _back(story, 2_000, leg("anna.1", "anna")).expect_nothing_of(OfferClosed)


def test_a_phone_of_nobody_changes_nothing() -> None:
    story = Playbook.open(CONFIG).at(100, phone("stranger", DeviceStatus.FREE))
    assert story.came == []


def test_a_daemon_that_was_down_past_the_deadline_keeps_the_conversation_that_began_meanwhile() -> None:
    story = Playbook.open(CONFIG).at(100, arrived("anna"), ringing("anna.1"))
    story.at(100 + 10 * OFFER_TIMEOUT_MS, LOST).expect_nothing_of(OfferClosed)  # the first event after the restart
    back_ms = 101 + 10 * OFFER_TIMEOUT_MS
    _back(story, back_ms, leg("anna.1", "anna")).expect(
        closed("anna.1", OfferState.ACCEPTED), want(ConfirmConnection, offer="anna.1")
    )
