"""Stretches of agents' states: one after the other from sign-in to sign-out, each told when it begins and ends."""

from dataclasses import replace

import msgspec

from callcenter.engine import Engine
from callcenter.events import AgentNotReady, AgentReady, AgentSignedIn, AgentSignedOut, PbxLost, TimePassed
from callcenter.facts import RecordStretch
from callcenter.orders import AgentStateSet
from callcenter.state import Saved
from callcenter.types import AgentId, AgentState
from tests.playbook import (
    PBX,
    WRAP_UP_MS,
    Playbook,
    Want,
    agent,
    answered,
    arrived,
    configuration,
    left,
    no,
    queue,
    reloaded,
    ringing,
    talking,
    want,
)

ADA = AgentId("ada")
CONFIG = configuration(agent("ada"))
NOT_READY, READY, RESERVED = AgentState.NOT_READY, AgentState.READY, AgentState.RESERVED
TALKING, WRAP_UP, OUT = AgentState.TALKING, AgentState.WRAP_UP, AgentState.LOGGED_OUT


def begins(state: AgentState, **fields: object) -> Want:
    return want(RecordStretch, agent=ADA, state=state, ended_ms=None, **fields)


def over(state: AgentState, ended_ms: int, **fields: object) -> Want:
    return want(RecordStretch, agent=ADA, state=state, ended_ms=Playbook.START_MS + ended_ms, **fields)


def test_a_stretch_ends_where_the_next_one_begins_from_sign_in_to_sign_out() -> None:
    story = Playbook(CONFIG).expect(no(RecordStretch)).at(100, AgentSignedIn(ADA))
    story.expect(begins(NOT_READY, reason="signed_in", began_ms=story.ms(100)))
    story.at(300, AgentReady(ADA)).expect(over(NOT_READY, 300, began_ms=story.ms(100)), begins(READY, reason=None))
    story.at(900, AgentNotReady(ADA, "lunch")).expect(over(READY, 900), begins(NOT_READY, reason="lunch"))
    story.at(950, AgentNotReady(ADA, "training"))
    story.expect(over(NOT_READY, 950, reason="lunch"), begins(NOT_READY, reason="training"))
    story.at(960, AgentNotReady(ADA, "training")).expect(no(RecordStretch))
    story.at(990, AgentSignedOut(ADA)).expect(over(NOT_READY, 990, reason="training"))


def test_an_offer_a_talk_and_its_wrap_up_are_stretches() -> None:
    story = Playbook.open(CONFIG).at(500, arrived("anna")).expect(over(READY, 500), begins(RESERVED))
    story.at(600, ringing("anna.1")).expect(no(RecordStretch))
    story.at(1_000, answered("anna.1")).expect(over(RESERVED, 1_000), begins(TALKING))
    story.at(2_000, left("anna")).expect(over(TALKING, 2_000), begins(WRAP_UP))
    story.wait_until(2_000 + WRAP_UP_MS).expect(over(WRAP_UP, 2_000 + WRAP_UP_MS), begins(READY))


def test_a_state_for_no_time_within_an_event_is_no_stretch() -> None:
    config = configuration(agent("ada"), queues=(replace(queue("general"), wrap_up_ms=0),))
    story = talking(config).at(1_500, arrived("ben")).at(2_000, left("anna"))
    story.expect(over(TALKING, 2_000), begins(RESERVED, began_ms=story.ms(2_000)))


def test_of_stretches_that_begin_in_the_same_millisecond_the_last_one_has_the_highest_number() -> None:
    story = Playbook(CONFIG).at(100, AgentSignedIn(ADA), AgentReady(ADA), AgentNotReady(ADA, "lunch"))
    begun = [command for command in story.came if isinstance(command, RecordStretch)]
    assert [(one.number, one.state, one.began_ms, one.ended_ms) for one in begun] == [
        (1, NOT_READY, story.ms(100), None),
        (2, READY, story.ms(100), None),
        (3, NOT_READY, story.ms(100), None),
    ]


def test_who_talks_through_a_lost_link_and_a_restart_is_in_the_same_stretch() -> None:
    story = talking(CONFIG).at(2_000, PbxLost(PBX)).expect(no(RecordStretch))
    story.engine = Engine(msgspec.json.decode(msgspec.json.encode(story.engine.snapshot()), type=Saved))
    story.engine.resume()
    story.at(3_000, reloaded(CONFIG), TimePassed()).expect(no(RecordStretch))
    story.at(4_000, left("anna")).expect(over(TALKING, 4_000, began_ms=story.ms(1_000)), begins(WRAP_UP))


def test_who_is_no_longer_in_the_configuration_is_signed_out_at_once_or_after_the_contact() -> None:
    nobody = configuration(agent("bob"))
    story = Playbook.open(CONFIG).at(500, reloaded(nobody)).expect(over(READY, 500))
    story = talking(CONFIG).at(2_000, reloaded(nobody)).expect(no(RecordStretch)).at(3_000, left("anna"))
    story.wait_until(3_000 + WRAP_UP_MS).expect(over(WRAP_UP, 3_000 + WRAP_UP_MS))


def test_a_state_that_a_supervisor_orders_is_a_stretch() -> None:
    story = Playbook.open(CONFIG).at(500, AgentStateSet(ADA, NOT_READY, "meeting", "sue"))
    story.expect(over(READY, 500), begins(NOT_READY, reason="meeting"))
    story.at(700, AgentStateSet(ADA, OUT, None, "sue")).expect(over(NOT_READY, 700))


def test_who_is_signed_in_since_an_older_version_has_stretches_from_the_next_change_on() -> None:
    story = Playbook.open(CONFIG)
    story.engine.snapshot().stretches.clear()
    came = story.engine.handle(story.ms(100), AgentNotReady(ADA, "lunch"))  # the auditor would not believe it
    assert [(one.state, one.ended_ms) for one in came if isinstance(one, RecordStretch)] == [(NOT_READY, None)]
    story.engine.snapshot().stretches.clear()
    came = story.engine.handle(story.ms(200), AgentSignedOut(ADA))
    assert not [one for one in came if isinstance(one, RecordStretch)]
