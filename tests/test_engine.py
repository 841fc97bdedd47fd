"""Stories of whole calls: each line that the product promises about routes and offers, told through the engine."""

import dataclasses
import hashlib
import subprocess
import sys

import msgspec

from callcenter.commands import (
    AgentChanged,
    ConfirmConnection,
    EventIgnored,
    LookUpCustomer,
    OfferClosed,
    RecordContact,
    RecordDisposition,
    RecordSegment,
    RingDevice,
    ScreenClear,
    ScreenPop,
    StopRinging,
)
from callcenter.engine import Engine
from callcenter.events import AgentReady, ConfigurationLoaded, Event, PbxLost, TimePassed, WrapUpEnded
from callcenter.simulation.world import run
from callcenter.state import Saved
from callcenter.types import (
    AgentId,
    AgentState,
    ContactId,
    DeviceStatus,
    LegEnd,
    OfferState,
    Outcome,
    SegmentKind,
)
from tests.playbook import (
    LOOKUP_MS,
    OFFER_TIMEOUT_MS,
    PBX,
    WRAP_UP_MS,
    Playbook,
    agent,
    answered,
    arrived,
    becomes,
    closed,
    configuration,
    customer,
    found,
    left,
    leg_ended,
    phone,
    pop,
    queue,
    recorded,
    ring,
    ringing,
    rule,
    segment,
    skills,
    stop,
    synced,
    talking,
    want,
)

ADA, BOB = agent("ada"), agent("bob")
START = Playbook.START_MS


def test_a_call_from_arrival_to_disposition() -> None:
    story = Playbook.open(configuration(ADA))
    story.at(100, arrived("anna", caller="+4420")).expect(want(LookUpCustomer, contact="anna", caller="+4420"))
    story.expect_nothing_of(RingDevice)
    story.at(150, found("anna", customer(7, "gold"))).expect(
        segment("anna", 1, kind=SegmentKind.WAITING, started_ms=START + 100, ended_ms=START + 150),
        pop("anna.1", agent="ada", tier="gold", priority=10, rule="gold first", identified=True),
        becomes("ada", AgentState.RESERVED, deadline_ms=START + 150 + OFFER_TIMEOUT_MS, contact="anna"),
        ring("anna.1", device="ada", contact="anna", timeout_ms=OFFER_TIMEOUT_MS + 3_000),
    )
    story.at(200, ringing("anna.1")).expect_nothing_of(AgentChanged, RingDevice, EventIgnored)
    story.at(2_150, answered("anna.1")).expect(
        closed("anna.1", OfferState.ACCEPTED, ring_ms=2_000, agent="ada"),
        segment("anna", 2, kind=SegmentKind.OFFER, result="accepted", agent="ada", offer="anna.1"),
        want(ConfirmConnection, offer="anna.1"),
        becomes("ada", AgentState.TALKING, contact="anna", deadline_ms=None),
    )
    story.at(62_150, left("anna")).expect(
        segment("anna", 3, kind=SegmentKind.TALK, started_ms=START + 2_150, ended_ms=START + 62_150),
        recorded("anna", Outcome.ANSWERED, waited_ms=2_050, customer=7, agent="ada", offers=1, queue="general"),
        becomes("ada", AgentState.WRAP_UP, deadline_ms=START + 62_150 + WRAP_UP_MS, contact="anna"),
    )
    story.at(70_000, WrapUpEnded(AgentId("ada"), ContactId("anna"), "sold")).expect(
        segment("anna", 4, kind=SegmentKind.WRAP_UP, result="sold", agent="ada"),
        want(RecordDisposition, contact="anna", disposition="sold", handled_ms=67_850),
        becomes("ada", AgentState.READY, contact=None, deadline_ms=None),
    )
    assert story.is_gone("anna")
    assert story.engine.next_due_ms() is None


def test_gold_overtakes_standard() -> None:
    story = Playbook.open(configuration(ADA))
    story.at(100, arrived("busy")).at(200, answered("busy.1"))
    story.at(300, arrived("anna", caller="+1"), found("anna", customer(1, "standard")))
    story.at(400, arrived("gus", caller="+2"), found("gus", customer(2, "gold")))
    story.at(500, left("busy")).at(600, WrapUpEnded(AgentId("ada"), ContactId("busy"), None)).expect(ring("gus.1"))


def test_same_tier_is_served_by_age() -> None:
    story = talking(configuration(ADA), "busy")
    story.at(1_100, arrived("first")).at(1_100, arrived("second"))
    story.at(2_000, left("busy"), WrapUpEnded(AgentId("ada"), ContactId("busy"), None)).expect(ring("first.1"))


def test_an_agent_without_the_skill_is_never_offered() -> None:
    rules = (rule("billing", needs=skills(billing=5)),)
    config = configuration(agent("ada", billing=4), agent("bob", sales=10), agent("cleo", billing=5), rules=rules)
    story = Playbook.open(config).at(100, arrived("anna")).expect(ring("anna.1", device="cleo"))
    story.at(200, arrived("ben")).expect_nothing_of(RingDevice)
    story.wait_until(100_000)
    assert story.contact("ben").offers_made == 0


def test_an_agent_of_another_queue_is_never_offered() -> None:
    queues = (queue("general"), queue("sales"))
    story = Playbook.open(configuration(agent("ada", "sales"), queues=queues, rules=(rule("all", to="general"),)))
    story.at(100, arrived("anna")).expect_nothing_of(RingDevice)


def test_longest_idle_goes_first() -> None:
    story = Playbook.open(configuration(ADA, BOB))  # ada went ready first
    story.at(100, arrived("anna")).expect(ring("anna.1", device="ada"))
    story.at(200, answered("anna.1"), left("anna"), WrapUpEnded(AgentId("ada"), ContactId("anna"), None))
    story.at(300, arrived("ben")).expect(ring("ben.1", device="bob"))


def test_who_comes_free_in_the_same_instant_does_not_overtake_who_has_been_idle_longest() -> None:
    story = talking(configuration(BOB, ADA), "busy")  # bob talks, ada is idle
    story.at(2_000, left("busy"))  # bob's wrap-up ends at 32,000 ms, and only then does anna come
    story.at(2_000 + WRAP_UP_MS, arrived("anna")).expect(ring("anna.1", device="ada"))


def test_who_arrives_in_the_same_instant_does_not_overtake_who_waits() -> None:
    story = talking(configuration(ADA), "busy")
    story.at(1_500, arrived("gus", caller="+1"), found("gus", customer(1, "gold")))
    story.at(2_000, left("busy"))
    story.at(2_000 + WRAP_UP_MS, arrived("anna")).expect(ring("gus.1", device="ada"))


def test_agent_declines_and_contact_keeps_its_place() -> None:
    story = Playbook.open(configuration(ADA, BOB))
    story.at(50, phone("bob", DeviceStatus.IN_USE))
    story.at(100, arrived("anna")).expect(ring("anna.1", device="ada"))
    story.at(110, arrived("ben"))
    story.at(1_000, leg_ended("anna.1", LegEnd.BUSY)).expect(
        closed("anna.1", OfferState.DECLINED),
        want(ScreenClear, agent="ada", offer="anna.1"),
        becomes("ada", AgentState.READY),
    )
    story.expect_nothing_of(RingDevice, StopRinging)
    story.at(2_000, phone("bob", DeviceStatus.FREE)).expect(ring("anna.2", device="bob"))


def test_the_agent_who_declined_is_left_in_peace_for_the_back_off_and_then_asked_again() -> None:
    story = Playbook.open(configuration(ADA)).at(100, arrived("anna")).at(1_000, leg_ended("anna.1", LegEnd.BUSY))
    story.wait_until(10_999).expect_nothing_of(RingDevice)
    story.wait_until(11_000).expect(ring("anna.2", device="ada"))


def test_back_off_is_not_shaken_off_by_going_ready_again() -> None:
    story = Playbook.open(configuration(ADA)).at(100, arrived("anna")).at(1_000, leg_ended("anna.1", LegEnd.BUSY))
    story.at(1_500, AgentReady(AgentId("ada")), phone("ada", DeviceStatus.FREE)).expect_nothing_of(RingDevice)


def test_rona_sends_the_agent_to_not_ready_and_the_contact_to_the_next() -> None:
    story = Playbook.open(configuration(ADA, BOB)).at(100, arrived("anna")).at(200, ringing("anna.1"))
    story.wait_until(100 + OFFER_TIMEOUT_MS).expect(
        closed("anna.1", OfferState.EXPIRED, agent="ada"),
        stop("anna.1"),
        want(ScreenClear, agent="ada", offer="anna.1"),
        becomes("ada", AgentState.NOT_READY, reason="rona"),
        becomes("bob", AgentState.RESERVED),
        ring("anna.2", device="bob"),
    )


def test_no_answer_from_the_pbx_is_a_rona_too() -> None:
    story = Playbook.open(configuration(ADA)).at(100, arrived("anna"))
    story.at(5_000, leg_ended("anna.1", LegEnd.NO_ANSWER)).agent_is("ada", AgentState.NOT_READY, "rona")
    story.expect_nothing_of(StopRinging)


def test_a_phone_that_never_rang_is_no_rona() -> None:
    story = Playbook.open(configuration(ADA)).at(100, arrived("anna")).wait_until(100 + OFFER_TIMEOUT_MS)
    story.expect(closed("anna.1", OfferState.FAILED), stop("anna.1"), becomes("ada", AgentState.READY))


def test_a_phone_out_of_reach_costs_the_agent_a_back_off_and_nothing_else() -> None:
    story = Playbook.open(configuration(ADA, BOB)).at(100, arrived("anna"))
    story.at(200, leg_ended("anna.1", LegEnd.UNREACHABLE)).expect(
        closed("anna.1", OfferState.FAILED), ring("anna.2", device="bob")
    )
    story.agent_is("ada", AgentState.READY)
    story.at(300, arrived("ben")).expect_nothing_of(RingDevice)
    story.wait_until(10_200).expect(ring("ben.1", device="ada"))


def test_caller_hangs_up_while_it_rings_and_the_phone_stops_at_once() -> None:
    story = Playbook.open(configuration(ADA, BOB)).at(100, arrived("anna")).at(200, ringing("anna.1"))
    story.at(5_000, left("anna")).expect(
        closed("anna.1", OfferState.WITHDRAWN),
        stop("anna.1"),
        want(ScreenClear, agent="ada", offer="anna.1"),
        becomes("ada", AgentState.READY, reason=None),
        recorded("anna", Outcome.ABANDONED, waited_ms=4_900, offers=1, agent=None),
    )
    story.at(5_001, leg_ended("anna.1", LegEnd.HUNG_UP)).expect(want(EventIgnored, event="OfferEnded"))
    story.at(6_000, arrived("ben")).expect(ring("ben.1", device="ada"))  # still the one idle longest


def test_caller_is_gone_at_the_moment_of_the_answer() -> None:
    story = Playbook.open(configuration(ADA, BOB)).at(100, arrived("anna"))
    story.at(5_000, leg_ended("anna.1", LegEnd.CALLER_GONE)).expect(
        closed("anna.1", OfferState.WITHDRAWN), recorded("anna", Outcome.ABANDONED)
    )
    story.at(5_001, left("anna")).expect(want(EventIgnored, event="CallerLeft"))
    story.expect_nothing_of(RecordContact, RecordSegment)
    story.at(6_000, arrived("ben")).expect(ring("ben.1", device="ada"))


def test_phones_that_are_in_use_or_not_registered_get_no_offer() -> None:
    for status in (DeviceStatus.IN_USE, DeviceStatus.RINGING, DeviceStatus.UNREACHABLE, DeviceStatus.UNKNOWN):
        story = Playbook.open(configuration(ADA)).at(50, phone("ada", status))
        story.at(100, arrived("anna")).expect_nothing_of(RingDevice)
        story.at(200, phone("ada", DeviceStatus.FREE)).expect(ring("anna.1", device="ada"))


def test_a_phone_that_the_pbx_does_not_know_gets_no_offer() -> None:
    story = Playbook.open(configuration(ADA), sync=False).at(100, synced())
    story.at(200, arrived("anna")).expect_nothing_of(RingDevice)


def test_wrap_up_ends_at_its_deadline() -> None:
    story = talking(configuration(ADA)).at(5_000, leg_ended("anna.1", LegEnd.HUNG_UP))
    story.expect(recorded("anna", Outcome.ANSWERED), becomes("ada", AgentState.WRAP_UP))
    story.at(6_000, arrived("ben")).expect_nothing_of(RingDevice)
    story.wait_until(5_000 + WRAP_UP_MS).expect(
        want(RecordDisposition, contact="anna", disposition=None, handled_ms=4_000 + WRAP_UP_MS),
        ring("ben.1", device="ada"),
    )


def test_a_queue_without_wrap_up_frees_the_agent_at_once() -> None:
    story = talking(configuration(ADA, queues=(queue("general", wrap_up_ms=0),)))
    story.at(4_000, arrived("ben"))
    story.at(5_000, left("anna")).expect(want(RecordDisposition, contact="anna"), ring("ben.1"))


def test_an_expired_offer_that_is_answered_after_all_is_taken_down() -> None:
    story = Playbook.open(configuration(ADA, BOB)).at(100, arrived("anna"), ringing("anna.1"))
    story.at(100 + OFFER_TIMEOUT_MS, answered("anna.1")).expect(  # the timer was first, by a hair
        closed("anna.1", OfferState.EXPIRED), stop("anna.1"), stop("anna.1"), ring("anna.2", device="bob")
    )


def test_a_clock_that_goes_backwards_is_taken_to_stand_still() -> None:
    story = Playbook.open(configuration(ADA)).at(1_000, arrived("anna"))
    commands = story.engine.handle(START + 10, answered("anna.1"))
    assert next(c for c in commands if isinstance(c, OfferClosed)).ring_ms == 0
    assert story.engine.snapshot().now_ms == START + 1_000


def test_desktops_that_restart_are_told_everything_again() -> None:
    story = talking(configuration(ADA, BOB)).at(2_000, arrived("ben"))
    told = story.engine.resume()
    assert [c.offer for c in told if isinstance(c, ScreenPop)] == ["anna.1", "ben.1"]
    assert [(c.agent, c.state) for c in told if isinstance(c, AgentChanged)] == [
        ("ada", AgentState.TALKING),
        ("bob", AgentState.RESERVED),
    ]
    story.at(2_001, TimePassed()).expect_nothing_of(AgentChanged, ScreenPop)


def test_looking_at_the_next_deadline_changes_nothing() -> None:
    story = Playbook.open(configuration(ADA)).at(100, arrived("anna")).at(200, answered("anna.1"))
    before = msgspec.json.encode(story.engine.snapshot())
    assert story.engine.next_due_ms() is None
    assert msgspec.json.encode(story.engine.snapshot()) == before


def test_before_the_first_sync_callers_wait_and_no_phone_rings() -> None:
    story = Playbook.open(configuration(ADA), sync=False).at(100, phone("ada", DeviceStatus.FREE), arrived("anna"))
    story.expect_nothing_of(RingDevice)
    story.at(200, synced(phone("ada", DeviceStatus.FREE), waiting=(arrived("anna"),))).expect(ring("anna.1"))
    story.expect_nothing_of(RecordContact)


# ---- restart


def test_snapshot_and_tail_are_the_live_state() -> None:
    config = configuration(ADA, BOB)
    story = Playbook.open(config).at(100, arrived("anna", caller="+1"), arrived("ben"), arrived("carl"))
    snapshot = msgspec.json.encode(story.engine.snapshot())
    restored = Engine(msgspec.json.decode(snapshot, type=Saved))
    assert msgspec.json.encode(restored.snapshot()) == snapshot
    tail: list[tuple[int, Event]] = [
        (300, ringing("ben.1")),
        (301 + LOOKUP_MS, TimePassed()),
        (1_000, leg_ended("ben.1", LegEnd.BUSY)),
        (1_500, found("anna", customer(1, "gold"))),
        (2_000, answered("anna.1")),
        (3_000, left("anna")),
        (3_100, PbxLost(PBX)),
        (3_200, ConfigurationLoaded(dataclasses.replace(config, agents=(ADA,)))),
        (20_000, synced(phone("ada", DeviceStatus.FREE), waiting=(arrived("carl"), arrived("dora")))),
    ]
    for at_ms, event in tail:
        assert restored.handle(START + at_ms, event) == story.engine.handle(START + at_ms, event)
    assert msgspec.json.encode(restored.snapshot()) == msgspec.json.encode(story.engine.snapshot())


def test_the_same_seed_gives_the_same_state_under_two_hash_seeds() -> None:
    program = "from tests.test_engine import digest; print(digest())"
    digests = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    ]
    assert len(set(digests)) == 1, digests
    assert digests[0]


def digest() -> str:
    """What some simulated hours of work leave behind, told in one word."""
    total = hashlib.sha256()
    for seed in (1, 2, 3):
        total.update(run(seed, events=400).digest.encode())
    return total.hexdigest()
