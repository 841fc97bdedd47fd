"""What supervisors order of agents: states, skills, and contacts that are given to them."""

import pytest

from callcenter.commands import AgentChanged, EventIgnored, RecordDecision, RingDevice
from callcenter.events import AgentNotReady, AgentReady, AgentSignedIn, AgentSignedOut, OfferingSet, WrapUpEnded
from callcenter.orders import AgentSkillsChanged, AgentSkillsSet, AgentStateSet, ContactGiven
from callcenter.routing.explain import Explanation
from callcenter.stores.snapshot import decode_snapshot, encode_snapshot
from callcenter.types import (
    AgentId,
    AgentState,
    ContactId,
    DecisionKind,
    DeviceStatus,
    LegEnd,
    OfferState,
    PbxName,
    Skill,
)
from tests.playbook import (
    Playbook,
    agent,
    answered,
    arrived,
    becomes,
    closed,
    configuration,
    decided,
    left,
    leg_ended,
    no,
    phone,
    pop,
    queue,
    reloaded,
    ring,
    ringing,
    rule,
    skills,
    stop,
    talking,
    want,
)

ADA, BOB = AgentId("ada"), AgentId("bob")
ONE = configuration(agent("ada"))
LAW = configuration(
    agent("ada"),
    agent("bob", "sales"),
    queues=(queue("general"), queue("sales")),
    rules=(rule("law", needs=skills(law=5)),),
)


def state_set(state: AgentState, reason: str | None = None, name: AgentId = ADA) -> AgentStateSet:
    return AgentStateSet(name, state, reason, "sue")


def skills_set(have: tuple[Skill, ...] | None, name: AgentId = ADA) -> AgentSkillsSet:
    return AgentSkillsSet(name, have, "sue")


def given(to: AgentId = BOB, contact: str = "anna", by: str = "sue") -> ContactGiven:
    return ContactGiven(ContactId(contact), to, by)


def reasons(told: Explanation) -> list[tuple[str, str, str]]:
    return [(one.agent, one.reason, one.words) for one in told.agents]


# ---- states


def test_a_supervisor_sets_the_state_of_a_free_agent_and_the_agent_is_told_who() -> None:
    story = Playbook.open(ONE)
    story.at(10, state_set(AgentState.NOT_READY, "coaching")).expect(
        becomes("ada", AgentState.NOT_READY, reason="coaching", set_by="sue")
    )
    story.at(20, state_set(AgentState.READY)).expect(becomes("ada", AgentState.READY, reason=None, set_by="sue"))
    story.at(30, arrived("anna")).expect(becomes("ada", AgentState.RESERVED, set_by=None))
    story.at(40, left("anna"), state_set(AgentState.LOGGED_OUT)).agent_is("ada", AgentState.LOGGED_OUT)
    assert story.agent("ada").set_by == "sue"


def test_what_the_agent_asks_for_itself_is_nobodys_order() -> None:
    story = Playbook.open(ONE).at(10, state_set(AgentState.NOT_READY, "coaching"))
    story.at(20, AgentNotReady(ADA, "lunch")).expect(becomes("ada", AgentState.NOT_READY, reason="lunch", set_by=None))


def test_a_busy_agent_gets_the_ordered_state_at_the_end_of_its_contact() -> None:
    story = talking(ONE)
    story.at(2_000, state_set(AgentState.NOT_READY, "coaching")).expect(
        becomes("ada", AgentState.TALKING, pending="coaching", pending_by="sue", set_by=None)
    )
    story.at(3_000, left("anna")).expect(becomes("ada", AgentState.WRAP_UP, pending="coaching", pending_by="sue"))
    story.at(4_000, WrapUpEnded(ADA, ContactId("anna"), None)).expect(
        becomes("ada", AgentState.NOT_READY, reason="coaching", set_by="sue", pending=None, pending_by=None)
    )


@pytest.mark.parametrize("own", [AgentReady(ADA), AgentNotReady(ADA, "lunch"), AgentSignedOut(ADA)])
def test_the_last_word_of_a_busy_agent_and_its_supervisor_counts(own: AgentReady | AgentNotReady) -> None:
    story = talking(ONE).at(2_000, state_set(AgentState.LOGGED_OUT), own)
    assert story.agent("ada").pending_by is None
    assert story.at(2_100, state_set(AgentState.NOT_READY, "coaching")).agent("ada").pending_by == "sue"
    assert story.at(2_200, state_set(AgentState.READY)).agent("ada").pending_by is None


def test_an_ordered_sign_out_takes_effect_after_the_contact() -> None:
    story = talking(ONE).at(2_000, state_set(AgentState.LOGGED_OUT)).at(3_000, left("anna"))
    story.at(4_000, WrapUpEnded(ADA, ContactId("anna"), None))
    story.expect(becomes("ada", AgentState.LOGGED_OUT, set_by="sue"))


@pytest.mark.parametrize(
    "order",
    [
        state_set(AgentState.READY, name=AgentId("eve")),
        state_set(AgentState.TALKING),
        state_set(AgentState.NOT_READY),
        state_set(AgentState.READY, "lunch"),
    ],
)
def test_an_order_that_makes_no_sense_changes_nothing(order: AgentStateSet) -> None:
    Playbook.open(ONE).at(10, order).expect(want(EventIgnored, event="AgentStateSet")).expect_nothing_of(AgentChanged)


def test_nobody_is_signed_in_by_an_order() -> None:
    story = Playbook(ONE).at(10, state_set(AgentState.READY))
    story.expect(want(EventIgnored, why="agent ada is not signed in")).agent_is("ada", AgentState.LOGGED_OUT)


# ---- skills


def test_skills_that_are_set_let_a_waiting_contact_find_its_agent_at_once() -> None:
    story = Playbook.open(LAW).at(100, arrived("anna")).expect(no(RingDevice))
    story.at(200, skills_set(skills(law=5))).expect(
        want(AgentSkillsChanged, agent="ada", skills=skills(law=5), by="sue"), ring("anna.1", device="ada")
    )


def test_skills_that_are_taken_away_count_for_the_next_contact() -> None:
    config = configuration(agent("ada", law=7), rules=(rule("law", needs=skills(law=5)),))
    story = Playbook.open(config).at(100, skills_set(())).at(200, arrived("anna")).expect(no(RingDevice))
    told = story.engine.explain(story.START_MS + 300, ContactId("anna"))
    assert told is not None
    assert [one.words for one in told.agents] == ["lacks law, law >= 5 is asked for; sue has set its skills"]
    story.at(400, skills_set(None)).expect(want(AgentSkillsChanged, skills=skills(law=7), by=None), ring("anna.1"))


def test_a_ringing_phone_rings_on_when_its_agent_loses_the_skill() -> None:
    config = configuration(agent("ada", law=7), rules=(rule("law", needs=skills(law=5)),))
    story = Playbook.open(config).at(100, arrived("anna")).at(200, skills_set(())).at(300, answered("anna.1"))
    story.expect(becomes("ada", AgentState.TALKING))


def test_set_skills_outlive_a_restart_and_a_configuration_that_says_the_same_of_the_agent() -> None:
    story = Playbook.open(LAW).at(100, skills_set(skills(law=9)))
    assert decode_snapshot(encode_snapshot(story.engine.snapshot())).agents[ADA].config.skills == skills(law=9)
    story.at(200, reloaded(configuration(agent("ada"), agent("bob", "sales"), rules=LAW.rules, queues=LAW.queues)))
    assert story.agent("ada").config.skills == skills(law=9)
    story.at(300, arrived("anna")).expect(ring("anna.1", device="ada"))


def test_a_configuration_that_gives_the_agent_other_skills_has_the_last_word() -> None:
    story = Playbook.open(LAW).at(100, skills_set(skills(law=9)))
    story.at(200, reloaded(configuration(agent("ada", sales=3), rules=LAW.rules, queues=LAW.queues)))
    assert story.agent("ada").config.skills == skills(sales=3)
    story.at(300, reloaded(LAW))
    assert story.agent("ada").config.skills == ()
    assert story.agent("ada").skills_order is None


def test_skills_that_the_agent_has_already_are_pinned_once() -> None:
    story = Playbook.open(ONE).at(100, skills_set(None)).expect(want(EventIgnored))
    story.at(200, skills_set(())).expect(want(AgentSkillsChanged, by="sue"))
    story.at(300, skills_set(())).expect(want(EventIgnored), no(AgentSkillsChanged))
    story.at(400, skills_set(None)).expect(want(AgentSkillsChanged, by=None))
    story.at(500, skills_set((), AgentId("eve"))).expect(want(EventIgnored, why="there is no agent eve"))


# ---- contacts that are given


def test_a_contact_is_given_to_an_agent_who_neither_serves_its_queue_nor_has_its_skills() -> None:
    story = Playbook.open(LAW).at(100, arrived("anna"))
    story.at(200, given()).expect(
        decided("anna", 2, DecisionKind.GIVEN, words="given to Bob", by="sue", queue="general"),
        pop("anna.1", agent="bob", given_by="sue"),
        ring("anna.1", device="bob"),
    )
    story.at(300, ringing("anna.1"), answered("anna.1")).agent_is("bob", AgentState.TALKING)


def test_explain_says_who_has_given_it() -> None:
    story = Playbook.open(LAW).at(100, arrived("anna"))
    told: list[Explanation] = []
    story.engine.explain_offers(told.append)
    story.at(200, given())
    assert reasons(told[0])[0] == ("bob", "given", "sue has given it to this agent")
    now = story.engine.explain(story.START_MS + 250, ContactId("anna"))
    assert now is not None
    assert ("bob", "rings", "is being rung for it, sue has given it to this agent") in reasons(now)


def test_other_phones_that_ring_for_it_stop_first_and_their_agents_are_not_blamed() -> None:
    config = configuration(agent("ada"), agent("bob", "sales"), queues=(queue("general"), queue("sales")))
    story = Playbook.open(config).at(100, arrived("anna")).expect(ring("anna.1", device="ada"))
    story.at(200, given()).expect(
        closed("anna.1", OfferState.WITHDRAWN), stop("anna.1"), ring("anna.2", device="bob"), no(EventIgnored)
    )
    story.agent_is("ada", AgentState.READY)
    assert story.agent("bob").turns


def test_a_given_contact_that_is_declined_keeps_its_place_and_goes_its_own_way_again() -> None:
    config = configuration(agent("ada"), agent("bob", "sales"), queues=(queue("general"), queue("sales")))
    story = Playbook.open(config).at(100, AgentNotReady(ADA, "lunch"), arrived("anna"), given())
    story.at(300, ringing("anna.1"), leg_ended("anna.1", LegEnd.BUSY)).expect(no(RingDevice))
    assert story.contact("anna").given_by is None
    story.at(400, AgentReady(ADA)).expect(pop("anna.2", given_by=None), ring("anna.2", device="ada"))


def test_who_takes_a_contact_while_not_ready_is_not_ready_again_afterwards() -> None:
    story = Playbook.open(LAW).at(100, AgentNotReady(BOB, "supervising"), arrived("anna"))
    story.at(200, given(by="bob")).expect(
        decided("anna", 2, DecisionKind.GIVEN, by="bob"), ring("anna.1", device="bob")
    )
    story.at(300, answered("anna.1")).at(400, left("anna")).at(500, WrapUpEnded(BOB, ContactId("anna"), None))
    story.agent_is("bob", AgentState.NOT_READY, "supervising")


def test_a_back_off_keeps_nobody_from_taking_a_contact_but_others_from_giving_it() -> None:
    config = configuration(agent("bob"))
    story = Playbook.open(config).at(100, arrived("anna")).at(200, ringing("anna.1"), leg_ended("anna.1", LegEnd.BUSY))
    story.at(300, given()).expect(want(EventIgnored), no(RingDevice))
    story.at(400, given(by="bob")).expect(ring("anna.2"))


def test_why_a_contact_cannot_be_given() -> None:
    def ignored(story: Playbook, order: ContactGiven) -> str:
        story.at(500, order).expect(want(EventIgnored, event="ContactGiven")).expect_nothing_of(
            RingDevice, RecordDecision
        )
        return str(story.first(EventIgnored).why)

    def floor() -> Playbook:
        return Playbook.open(LAW).at(100, arrived("anna"))

    assert ignored(floor(), given(contact="ben")) == "contact ben is not waiting"
    assert ignored(floor(), given(AgentId("eve"))) == "there is no agent eve"
    assert ignored(floor().at(200, AgentNotReady(BOB, "lunch")), given()) == "agent bob is not_ready"
    assert ignored(floor().at(200, AgentSignedOut(BOB)), given(by="bob")) == "agent bob is logged_out"
    busy = floor().at(200, phone("bob", DeviceStatus.IN_USE))
    assert ignored(busy, given()) == "the phone of agent bob is not free, or its back-off runs"
    assert ignored(busy, given(by="bob")) == "the phone of agent bob is not free, or its back-off runs"
    assert ignored(floor().at(200, OfferingSet(False, "sue")), given()) == "no offers are made"
    assert ignored(floor().at(200, given()), given()) == "agent bob is reserved"


def test_an_agent_at_another_pbx_cannot_get_it() -> None:
    config = configuration(agent("ada"), agent("bob", pbx=PbxName("pbx2")), rules=LAW.rules)
    story = Playbook.open(config).at(100, arrived("anna")).at(200, given())
    story.expect(want(EventIgnored, why="agent bob has its phone at another PBX than contact anna"))


def test_who_signs_in_again_is_not_signed_out_by_an_old_order() -> None:
    story = talking(ONE).at(2_000, state_set(AgentState.LOGGED_OUT), AgentSignedIn(ADA))
    assert (story.agent("ada").pending, story.agent("ada").pending_by) == (None, None)
