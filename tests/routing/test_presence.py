"""What agents ask for: in every state, at once or at the end of the contact."""

import pytest

from callcenter.commands import AgentChanged, EventIgnored, RingDevice
from callcenter.events import AgentNotReady, AgentReady, AgentSignedIn, AgentSignedOut, Event, WrapUpEnded
from callcenter.types import AgentId, AgentState, ContactId
from tests.playbook import Playbook, agent, answered, arrived, becomes, configuration, left, ring, talking, want

ADA = AgentId("ada")
IN, OUT, GO, REST = AgentSignedIn(ADA), AgentSignedOut(ADA), AgentReady(ADA), AgentNotReady(ADA, "lunch")
CONFIG = configuration(agent("ada"))


def test_signing_in_is_not_going_ready() -> None:
    story = Playbook(CONFIG).at(10, IN).expect(becomes("ada", AgentState.NOT_READY, reason="signed_in"))
    story.at(20, GO).expect(becomes("ada", AgentState.READY, reason=None, since_ms=story.START_MS + 20))
    story.at(30, REST).expect(becomes("ada", AgentState.NOT_READY, reason="lunch"))
    story.at(40, OUT).expect(becomes("ada", AgentState.LOGGED_OUT, reason=None))


@pytest.mark.parametrize("request_", [OUT, GO, REST])
def test_who_is_logged_out_must_sign_in_first(request_: Event) -> None:
    story = Playbook(CONFIG).at(10, request_).expect(want(EventIgnored)).expect_nothing_of(AgentChanged)
    story.agent_is("ada", AgentState.LOGGED_OUT)


@pytest.mark.parametrize("request_", [IN, GO])
def test_a_second_click_on_ready_changes_nothing_not_even_the_idle_time(request_: Event) -> None:
    story = Playbook.open(CONFIG).at(10, request_).expect(want(EventIgnored)).expect_nothing_of(AgentChanged)
    assert story.agent("ada").idle_since_ms == story.START_MS


def test_signing_in_again_keeps_the_reason() -> None:
    story = Playbook.open(CONFIG).at(10, REST).at(20, IN).expect(want(EventIgnored))
    story.agent_is("ada", AgentState.NOT_READY, "lunch")


def test_another_reason_replaces_the_first() -> None:
    story = Playbook.open(CONFIG).at(10, REST).at(20, AgentNotReady(ADA, "training"))
    story.expect(becomes("ada", AgentState.NOT_READY, reason="training"))


def test_going_ready_again_costs_the_place_among_the_idle() -> None:
    story = Playbook.open(configuration(agent("ada"), agent("bob"))).at(10, REST, GO)
    story.at(20, arrived("anna")).expect(ring("anna.1", device="bob"))


def _reserved() -> Playbook:
    return Playbook.open(CONFIG).at(1_000, arrived("anna"))


def _talking() -> Playbook:
    return _reserved().at(1_000, answered("anna.1"))


def _wrap_up() -> Playbook:
    return _talking().at(1_000, left("anna"))


BUSY = {AgentState.RESERVED: _reserved, AgentState.TALKING: _talking, AgentState.WRAP_UP: _wrap_up}


@pytest.mark.parametrize("state", BUSY)
def test_what_a_busy_agent_asks_for_waits_and_the_last_word_counts(state: AgentState) -> None:
    story = BUSY[state]()
    story.at(1_100, REST).expect(becomes("ada", state, pending="lunch", contact="anna"))
    story.at(1_200, OUT).expect(becomes("ada", state, pending="logged_out"))
    story.at(1_300, IN).expect(becomes("ada", state, pending=None))
    story.at(1_400, REST, IN).expect(becomes("ada", state, pending="lunch"), becomes("ada", state, pending="lunch"))
    story.at(1_500, GO).expect(becomes("ada", state, pending=None))


@pytest.mark.parametrize("state", BUSY)
@pytest.mark.parametrize(("asked", "after"), [(OUT, AgentState.LOGGED_OUT), (REST, AgentState.NOT_READY)])
def test_it_is_granted_at_the_end_of_the_contact_and_nothing_more_is_offered(
    state: AgentState, asked: Event, after: AgentState
) -> None:
    story = BUSY[state]().at(1_100, asked).at(1_200, arrived("ben")).expect_nothing_of(RingDevice)
    story.at(1_300, left("anna"), WrapUpEnded(ADA, ContactId("anna"), None)).expect_nothing_of(RingDevice)
    assert story.agent("ada").state is after
    assert story.agent("ada").pending is None
    story.at(2_000, IN, GO).expect(ring("ben.1"))


def test_an_end_of_wrap_up_that_fits_nothing_is_ignored() -> None:
    for story, contact in ((_reserved(), "anna"), (_talking(), "anna"), (_wrap_up(), "ben"), (Playbook(CONFIG), "x")):
        before = story.agent("ada").state
        story.at(2_000, WrapUpEnded(ADA, ContactId(contact), "sold")).expect(want(EventIgnored, event="WrapUpEnded"))
        assert story.agent("ada").state is before


def test_a_request_from_nobody_is_ignored() -> None:
    for event in (AgentSignedIn(AgentId("eve")), WrapUpEnded(AgentId("eve"), ContactId("anna"), None)):
        Playbook.open(CONFIG).at(10, event).expect(want(EventIgnored, why="there is no agent eve"))


def test_the_idle_time_starts_at_the_end_of_wrap_up() -> None:
    story = talking(configuration(agent("ada"), agent("bob"))).at(2_000, left("anna"))
    story.at(3_000, WrapUpEnded(ADA, ContactId("anna"), None))
    assert story.agent("ada").idle_since_ms == story.START_MS + 3_000
