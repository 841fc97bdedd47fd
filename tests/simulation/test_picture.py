"""The auditor's own account of a call: naive, and right about who is free and who waits."""

import dataclasses

from callcenter.events import AgentNotReady, AgentReady, AgentSignedIn, AgentSignedOut, DayBegan, PbxLost, TimePassed
from callcenter.simulation.judging import suits
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
    leg,
    leg_ended,
    queue,
    ringing,
    rule,
    skills,
    synced,
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
    assert picture.foreseen.wrapped_up == {("anna", "ada"): None}
    assert picture.workers[ADA].state is AgentState.READY


def test_an_end_of_a_leg_is_foreseen_by_its_cause() -> None:
    for how, end in (
        (LegEnd.BUSY, OfferState.DECLINED),
        (LegEnd.NO_ANSWER, OfferState.EXPIRED),
        (LegEnd.CALLER_GONE, OfferState.WITHDRAWN),
        (LegEnd.TAKEN, OfferState.WITHDRAWN),
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
    assert [suits(worker, caller) for worker in picture.workers.values()] == [True, False, False]


def test_the_highest_tier_and_the_only_language_count() -> None:
    story = Playbook(configuration(rules=(rule("german", language="de"), rule("all"))))
    story.at(10, arrived("anna", caller="+1"), found("anna", customer(1, "silver", "de"), customer(2, "gold")))
    story.at(20, arrived("ben", caller="+1"), found("ben", customer(1, "silver", "de")))
    picture = story.auditor.picture
    anna, ben = picture.callers[ContactId("anna")], picture.callers[ContactId("ben")]
    assert anna.route is not None
    assert ben.route is not None
    assert (anna.tier, anna.route.rule) == ("gold", "all")
    assert (ben.tier, ben.route.rule) == ("silver", "german")


def test_nobody_is_available_while_the_pbx_is_away() -> None:
    story = Playbook.open(configuration(agent("ada")))
    picture = story.auditor.picture
    assert picture.available(picture.workers[ADA])
    story.at(100, PbxLost(PBX))
    assert not picture.available(picture.workers[ADA])


def _two_phones() -> Playbook:
    both = dataclasses.replace(queue("general"), ring_at_once=2)
    return Playbook.open(configuration(agent("ada"), agent("bob"), queues=(both,))).at(100, arrived("anna"))


def test_one_of_two_phones_is_answered_and_the_other_stopped() -> None:
    story = _two_phones()
    picture = story.auditor.picture
    assert [offer.id for offer in picture.callers[ContactId("anna")].ringing] == ["anna.1", "anna.2"]
    story.at(200, answered("anna.2"))
    assert picture.foreseen.closed == {"anna.1": (OfferState.WITHDRAWN, "ada"), "anna.2": (OfferState.ACCEPTED, "bob")}
    assert list(picture.foreseen.stopped) == ["anna.1"]
    assert picture.workers[ADA].state is AgentState.READY


def test_it_waits_again_when_the_last_phone_has_stopped() -> None:
    story = _two_phones().at(200, leg_ended("anna.1", LegEnd.BUSY))
    caller = story.auditor.picture.callers[ContactId("anna")]
    assert [offer.id for offer in caller.ringing] == ["anna.2"]
    story.at(300, leg_ended("anna.2", LegEnd.BUSY))
    assert caller.state is ContactState.WAITING
    assert list(caller.refused_by) == ["ada", "bob"]


def test_figures_of_the_day_count_what_lies_within_it() -> None:
    story = talking(configuration(agent("ada")))  # READY at 0, offered at 500, connected at 1,000
    ada = story.auditor.picture.workers[ADA]
    assert (ada.contacts_today, ada.ready_ms, ada.handling_ms) == (1, 500, 0)
    story.at(3_000, DayBegan("2026-11-22"))
    assert (ada.contacts_today, ada.ready_ms, ada.handling_ms) == (0, 0, 0)
    story.at(4_000, left("anna")).wait_until(4_000 + WRAP_UP_MS)
    assert ada.handling_ms == 1_000 + WRAP_UP_MS
    story.at(story.now_ms + 10, DayBegan("2026-11-22"))
    assert ada.handling_ms == 1_000 + WRAP_UP_MS


def test_a_caller_who_is_over_and_still_listed_is_sent_away_unless_it_talks() -> None:
    story = Playbook.open(configuration(agent("ada")))
    story.at(100, arrived("anna"), arrived("ben")).at(200, left("anna"), left("ben"))
    story.at(300, synced(waiting=(arrived("anna"), arrived("ben")), legs=(leg("ben.7", "ben"),)))
    assert list(story.auditor.picture.foreseen.sent_away) == ["anna"]
