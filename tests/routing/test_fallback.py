"""Callers whom the PBX has given to its own queue: asked for, kept in their places, offered when they are back."""

from callcenter.commands import EventIgnored, RecordContact, RingDevice, StopRinging, TakeBack
from callcenter.events import CallerFellBack, CallerReturned, PbxLost, PbxSynced
from callcenter.types import ContactId, ContactState, Departure, DeviceStatus, OfferState, Outcome
from tests.playbook import (
    PBX,
    Playbook,
    agent,
    answered,
    arrived,
    closed,
    configuration,
    left,
    phone,
    recorded,
    ring,
    stop,
    talking,
    want,
)

CONFIG = configuration(agent("ada"))
FREE = phone("ada", DeviceStatus.FREE)
BUSY = phone("ada", DeviceStatus.IN_USE)
FELL, BACK = CallerFellBack(ContactId("anna")), CallerReturned(ContactId("anna"))


def _waiting() -> Playbook:
    return Playbook.open(CONFIG).at(50, BUSY).at(100, arrived("anna")).at(200, arrived("ben"))


def test_who_is_in_the_pbxs_own_queue_is_asked_back_and_not_offered() -> None:
    story = _waiting().at(1_000, FELL).expect(want(TakeBack, contact="anna", channel=arrived("anna").channel))
    assert story.contact("anna").state is ContactState.WAITING
    story.at(1_100, FREE).expect(ring("ben.1"))


def test_who_is_back_has_the_old_place_and_the_old_age() -> None:
    story = _waiting().at(1_000, FELL).at(9_000, BACK).at(9_100, FREE).expect(ring("anna.1"))
    story.at(9_200, answered("anna.1"))
    story.at(9_300, left("anna")).expect(recorded("anna", Outcome.ANSWERED, waited_ms=9_100))


def test_who_comes_back_is_offered_at_once() -> None:
    story = Playbook.open(CONFIG).at(50, BUSY).at(100, arrived("anna")).at(1_000, FELL)
    story.at(1_100, FREE).expect_nothing_of(RingDevice).at(1_200, BACK).expect(ring("anna.1"))


def test_a_phone_that_rings_for_who_is_given_away_is_stopped() -> None:
    story = Playbook.open(CONFIG).at(100, arrived("anna"))
    story.at(1_000, FELL).expect(closed("anna.1", OfferState.WITHDRAWN), stop("anna.1"), want(TakeBack, contact="anna"))
    story.expect_nothing_of(RingDevice, RecordContact)


def test_who_is_answered_there_has_left_us_and_who_hangs_up_there_has_given_up() -> None:
    story = _waiting().at(1_000, FELL, CallerFellBack(ContactId("ben")))
    story.at(2_000, left("anna", Departure.FALLBACK)).expect(recorded("anna", Outcome.FALLBACK))
    story.at(2_100, left("ben")).expect(recorded("ben", Outcome.ABANDONED))


def test_who_is_there_after_a_reconnect_is_asked_back_known_or_not() -> None:
    story = _waiting().at(1_000, PbxLost(PBX))
    synced = PbxSynced(PBX, (arrived("anna"),), (), (), (FREE,), returnable=(arrived("ben"), arrived("carl")))
    story.at(20_000, synced).expect(want(TakeBack, contact="ben"), want(TakeBack, contact="carl"), ring("anna.1"))
    assert story.contact("ben").arrived_ms == Playbook.START_MS + 200
    assert story.contact("carl").arrived_ms == Playbook.START_MS + 20_000


def test_a_reconnect_tells_who_is_back_and_who_was_answered_there() -> None:
    story = _waiting().at(1_000, FELL, CallerFellBack(ContactId("ben"))).at(1_100, PbxLost(PBX))
    synced = PbxSynced(PBX, (arrived("anna"),), (ContactId("ben"),), (), (FREE,))
    story.at(20_000, synced).expect(recorded("ben", Outcome.FALLBACK), ring("anna.1")).expect_nothing_of(TakeBack)


def test_what_is_said_twice_or_too_late_changes_nothing() -> None:
    story = _waiting().at(1_000, BACK).expect(want(EventIgnored, event="CallerReturned"))
    story.at(1_100, CallerFellBack(ContactId("nobody"))).expect(want(EventIgnored, event="CallerFellBack"))
    story = talking(CONFIG).at(60_000, FELL).expect(want(EventIgnored, event="CallerFellBack"))
    story.expect_nothing_of(TakeBack, StopRinging)


def test_a_supervisor_is_told_why_it_is_not_offered() -> None:
    story = _waiting().at(1_000, FELL)
    told = story.engine.explain(Playbook.START_MS + 1_000, ContactId("anna"))
    assert told is not None
    assert [reason.reason for reason in told.agents] == ["fallback"]
    [anna, _] = story.engine.overview(Playbook.START_MS + 1_000).contacts
    assert anna.in_fallback
