"""Who listens to whom, as the core keeps account of it."""

import pytest

from callcenter.commands import EventIgnored, RecordDecision, RingDevice
from callcenter.engine import Engine
from callcenter.events import AgentReady, AgentSignedIn, PbxLost, PbxSynced
from callcenter.orders import (
    ChangeListening,
    ListenAsked,
    ListeningBegan,
    ListeningChanged,
    ListeningEnded,
    ListeningId,
    ListenMode,
    ListenStopped,
    Spy,
    StartListening,
    StopListening,
)
from callcenter.stores.snapshot import decode_snapshot, encode_snapshot
from callcenter.types import AgentId, ContactId, DecisionKind, DeviceStatus, LegEnd, OfferId, PbxName
from tests.playbook import (
    PBX,
    Playbook,
    agent,
    answered,
    arrived,
    configuration,
    decided,
    device,
    left,
    leg,
    leg_ended,
    no,
    phone,
    queue,
    ring,
    ringing,
    synced,
    want,
)

ADA, BOB, SUE = AgentId("ada"), AgentId("bob"), AgentId("sue")
CONFIG = configuration(agent("ada"), agent("bob"))
LISTEN, WHISPER, BARGE = ListenMode


def asked(name: AgentId = ADA, mode: ListenMode = LISTEN, by: AgentId = SUE) -> ListenAsked:
    return ListenAsked(by, device(by), name, mode)


def talks(*also: str) -> Playbook:
    """ada talks to anna, and bob to ben if asked for; sue's phone is free."""
    story = Playbook.open(CONFIG).at(100, phone("sue", DeviceStatus.FREE), arrived("anna"))
    story.at(200, ringing("anna.1"), answered("anna.1"))
    for contact in also:
        story.at(300, arrived(contact)).at(400, ringing(f"{contact}.1"), answered(f"{contact}.1"))
    return story


def begun(mode: ListenMode = LISTEN) -> tuple[Playbook, ListeningId]:
    story = talks().at(1_000, asked(mode=mode))
    name = story.first(StartListening).listening
    story.at(1_100, phone("sue", DeviceStatus.IN_USE), ListeningBegan(name))
    return story, name


def test_a_supervisors_phone_is_rung_and_what_it_hears_is_in_the_contacts_log() -> None:
    story = talks().at(1_000, asked())
    story.expect(
        want(ListeningChanged, over=False),
        want(StartListening, device=device("sue"), leg="anna.1", mode=LISTEN, agent="Ada"),
        no(RecordDecision),
    )
    name = story.first(StartListening).listening
    story.at(1_100, ListeningBegan(name)).expect(
        want(ListeningChanged), decided("anna", 2, DecisionKind.LISTENED, words="listens to Ada", by="sue")
    )
    story.at(1_200, ListenStopped(SUE)).expect(
        want(ListeningChanged, over=True),
        decided("anna", 3, DecisionKind.LISTENED, words="listens no more to Ada", by="sue"),
        want(StopListening, listening=name, device=device("sue")),
    )
    story.at(1_300, ListeningEnded(name)).expect(want(EventIgnored), no(StopListening))


def test_another_mode_does_not_ring_anew() -> None:
    story, name = begun()
    story.at(2_000, asked(mode=WHISPER)).expect(
        want(ListeningChanged),
        want(ChangeListening, listening=name, leg="anna.1", mode=WHISPER),
        decided("anna", 3, DecisionKind.LISTENED, words="whispers to Ada"),
        no(StartListening),
    )
    story.at(2_100, ListeningBegan(name)).expect(no(RecordDecision))
    story.at(2_200, asked(mode=BARGE)).expect(
        want(ChangeListening, mode=BARGE),
        decided("anna", 4, DecisionKind.LISTENED, words="speaks with the caller and Ada"),
    )
    story.at(2_300, asked(mode=BARGE)).expect(want(EventIgnored, why="sue does so already"), no(ChangeListening))


def test_another_agent_follows_without_ringing() -> None:
    story = talks("ben").at(1_000, asked())
    name = story.first(StartListening).listening
    story.at(1_100, ListeningBegan(name)).at(1_200, asked(BOB)).expect(
        decided("anna", 3, DecisionKind.LISTENED, words="listens no more to Ada"),
        want(ChangeListening, listening=name, leg="ben.1"),
        decided("ben", 2, DecisionKind.LISTENED, words="listens to Bob"),
        no(StartListening),
    )
    story.at(1_300, left("anna")).expect(no(StopListening))
    story.at(1_400, left("ben")).expect(want(StopListening, listening=name))


@pytest.mark.parametrize("end", [left("anna"), leg_ended("anna.1", LegEnd.HUNG_UP)])
def test_it_ends_with_the_talk_whoever_ends_that(end: PbxSynced) -> None:
    story, name = begun(BARGE)
    story.at(2_000, end).expect(
        want(ListeningChanged, over=True), want(StopListening, listening=name), no(RecordDecision)
    )
    assert story.engine.snapshot().listening == {}


def test_a_phone_that_rings_for_a_talk_that_is_over_is_stopped() -> None:
    story = talks().at(1_000, asked())
    name = next(iter(story.engine.snapshot().listening))
    story.at(1_500, left("anna")).expect(want(StopListening, listening=name))
    story.at(1_600, ListeningBegan(name)).expect(want(EventIgnored), no(RecordDecision))


def test_a_phone_that_is_not_answered_ends_it() -> None:
    story = talks().at(1_000, asked())
    story.at(21_000, ListeningEnded(story.first(StartListening).listening)).expect(
        want(ListeningChanged, over=True), no(RecordDecision), no(StopListening)
    )


def test_who_hangs_up_in_the_middle_is_in_the_log_and_may_listen_again() -> None:
    story, name = begun()
    story.at(2_000, ListeningEnded(name), phone("sue", DeviceStatus.FREE)).expect(
        decided("anna", 3, DecisionKind.LISTENED, words="listens no more to Ada"), no(StopListening)
    )
    story.at(3_000, asked()).expect(want(StartListening))
    assert story.first(StartListening).listening != name


def test_why_nobody_is_listened_to() -> None:
    def ignored(story: Playbook, order: ListenAsked) -> str:
        story.at(5_000, order).expect(want(EventIgnored, event="ListenAsked")).expect_nothing_of(StartListening)
        return str(story.first(EventIgnored).why)

    assert ignored(talks(), asked(BOB)) == "agent bob talks to nobody"
    assert ignored(talks(), asked(AgentId("eve"))) == "agent eve talks to nobody"
    assert ignored(talks(), asked(by=ADA)) == "ada cannot listen to ada"
    elsewhere = ListenAsked(SUE, device("sue", PbxName("pbx2")), ADA, LISTEN)
    assert ignored(talks(), elsewhere) == "sue cannot listen to ada"
    busy = "the phone PJSIP/sue of sue is not free"
    assert ignored(talks().at(1_000, phone("sue", DeviceStatus.IN_USE)), asked()) == busy
    assert ignored(talks().at(1_000, PbxLost(PBX)), asked()) == busy
    assert ignored(talks().at(1_000, left("anna")), asked()) == "agent ada talks to nobody"
    talks().at(1_000, ListenStopped(SUE)).expect(want(EventIgnored, why="sue listens to nobody"))


def test_an_agent_who_is_about_to_listen_is_offered_nothing_until_that_is_over() -> None:
    story = talks().at(1_000, asked(by=BOB)).expect(want(StartListening))
    name = story.first(StartListening).listening
    story.at(1_100, arrived("ben")).expect(no(RingDevice))
    told = story.engine.explain(story.START_MS + 1_100, ContactId("ben"))
    assert told is not None
    assert [one.reason for one in told.agents if one.agent == BOB] == ["listens"]
    story.at(1_200, ListeningEnded(name)).expect(ring("ben.1", device="bob"))


def test_it_goes_on_over_a_restart_of_the_daemon() -> None:
    story, name = begun(WHISPER)
    saved = decode_snapshot(encode_snapshot(story.engine.snapshot()))
    assert Engine(saved).snapshot().listening[name].mode is WHISPER
    assert [one.listening.id for one in Engine(saved).resume() if isinstance(one, ListeningChanged)] == [name]
    story.at(2_000, PbxLost(PBX)).expect(no(ListeningChanged))
    spy = Spy(name, OfferId("anna.1"), WHISPER, True)
    story.at(3_000, _synced(spy)).expect_nothing_of(StopListening, ChangeListening, ListeningChanged)


def test_after_a_reconnect_what_the_pbx_holds_counts() -> None:
    story, name = begun()
    stray = Spy(ListeningId("stray"), OfferId("anna.1"), LISTEN, True)
    story.at(2_000, PbxLost(PBX)).at(3_000, _synced(stray)).expect(
        want(ListeningChanged, over=True),
        decided("anna", 3, DecisionKind.LISTENED, words="listens no more to Ada"),
        want(StopListening, listening="stray"),
    )
    story = talks().at(1_000, asked(mode=BARGE))
    name = story.first(StartListening).listening
    heard_otherwise = Spy(name, OfferId("anna.1"), LISTEN, True)
    story.at(2_000, PbxLost(PBX)).at(3_000, _synced(heard_otherwise)).expect(
        want(ChangeListening, listening=name, mode=BARGE),
        decided("anna", 2, DecisionKind.LISTENED, words="speaks with the caller and Ada"),
    )


def test_a_reconnect_of_another_pbx_says_nothing_of_it() -> None:
    config = configuration(agent("ada"), agent("bob", pbx=PbxName("pbx2")), queues=(queue("general"),))
    story = Playbook.open(config).at(100, phone("sue", DeviceStatus.FREE), arrived("anna"))
    story.at(200, ringing("anna.1"), answered("anna.1")).at(300, asked())
    story.at(400, synced(pbx=PbxName("pbx2"))).expect(no(ListeningChanged), no(StopListening))
    assert story.at(500, AgentSignedIn(BOB), AgentReady(BOB)).engine.snapshot().listening


def _synced(*spies: Spy) -> PbxSynced:
    base = synced(
        phone("ada", DeviceStatus.IN_USE),
        phone("bob", DeviceStatus.FREE),
        waiting=(arrived("anna"),),
        legs=(leg("anna.1", "anna"),),
    )
    return PbxSynced(base.pbx, base.waiting, base.fallback, base.legs, base.devices, listening=spies)
