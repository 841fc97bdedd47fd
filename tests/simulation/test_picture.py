"""The auditor's own account of a call: naive, and right about who is free and who waits."""

from callcenter.events import AgentNotReady, AgentReady, AgentSignedIn, AgentSignedOut, PbxLost, TimePassed
from callcenter.types import AgentId, AgentState, ContactId, ContactState, LegEnd, OfferState, Outcome
from tests.playbook import (
    PBX,
    WRAP_UP_MS,
    Playbook,
    agent,
    answered,
    arrived,
    configuration,
    customer,
    found,
    left,
    leg_ended,
    ringing,
    rule,
    skills,
    talking,
)

ADA = AgentId("ada")


def test_a_call_as_the_picture_sees_it() -> None:
    story = Playbook.open(configuration(agent("ada"))).at(100, arrived("anna"))
    picture = story.auditor.picture
    assert picture.callers[ContactId("anna")].state is ContactState.OFFERED
    assert picture.workers[ADA].state is AgentState.RESERVED
    story.at(200, answered("anna.1"))
    assert picture.foreseen.closed == {"anna.1": (OfferState.ACCEPTED, "ada")}
    story.at(300, left("anna"))
    assert picture.foreseen.ended == {"anna": Outcome.ANSWERED}
    assert picture.workers[ADA].state is AgentState.WRAP_UP
    story.at(300 + WRAP_UP_MS, TimePassed())
    assert picture.foreseen.wrapped_up == {"anna": None}
    assert picture.workers[ADA].state is AgentState.READY


def test_an_end_of_a_leg_is_foreseen_by_its_cause() -> None:
    for how, end in (
        (LegEnd.BUSY, OfferState.DECLINED),
        (LegEnd.NO_ANSWER, OfferState.EXPIRED),
        (LegEnd.CALLER_GONE, OfferState.WITHDRAWN),
        (LegEnd.FAILED, OfferState.FAILED),
    ):
        story = Playbook.open(configuration(agent("ada"))).at(100, arrived("anna"), ringing("anna.1"))
        story.at(200, leg_ended("anna.1", how))
        assert story.auditor.picture.foreseen.closed == {"anna.1": (end, "ada")}


def test_wishes_of_a_busy_agent_wait() -> None:
    story = talking(configuration(agent("ada")))
    worker = story.auditor.picture.workers[ADA]
    for event, wish in (
        (AgentNotReady(ADA, "lunch"), AgentState.NOT_READY),
        (AgentSignedOut(ADA), AgentState.LOGGED_OUT),
        (AgentSignedIn(ADA), AgentState.READY),
        (AgentReady(ADA), AgentState.READY),
    ):
        story.at(story.now_ms + 1, event)
        assert (worker.state, worker.wish) == (AgentState.TALKING, wish)


def test_who_suits_whom() -> None:
    rules = (rule("german", needs=skills(german=3)),)
    config = configuration(
        agent("ada", german=3), agent("bob", german=2), agent("cleo", "sales", german=9), rules=rules
    )
    picture = Playbook.open(config).at(100, arrived("greta")).auditor.picture
    caller = picture.callers[ContactId("greta")]
    assert [picture.suits(worker, caller) for worker in picture.workers.values()] == [True, False, False]


def test_the_highest_tier_and_the_only_language_count() -> None:
    story = Playbook(configuration(rules=(rule("german", language="de"), rule("all"))))
    story.at(10, arrived("anna", caller="+1"), found("anna", customer(1, "silver", "de"), customer(2, "gold")))
    story.at(20, arrived("ben", caller="+1"), found("ben", customer(1, "silver", "de")))
    picture = story.auditor.picture
    anna, ben = picture.callers[ContactId("anna")], picture.callers[ContactId("ben")]
    assert (picture.tier(anna), anna.rule) == ("gold", "all")
    assert (picture.tier(ben), ben.rule) == ("silver", "german")


def test_nobody_is_available_while_the_pbx_is_away() -> None:
    story = Playbook.open(configuration(agent("ada")))
    picture = story.auditor.picture
    assert picture.available(picture.workers[ADA])
    story.at(100, PbxLost(PBX))
    assert not picture.available(picture.workers[ADA])
