"""An agent accepts on the page what rings on the phone."""

from dataclasses import replace

from callcenter.commands import EventIgnored
from callcenter.events import PbxLost
from callcenter.orders import AcceptAsked, AnswerPhone
from callcenter.types import AgentId, AutoAnswer, DeviceStatus, OfferId, OfferState
from tests.playbook import (
    PBX,
    Playbook,
    agent,
    answered,
    arrived,
    closed,
    configuration,
    device,
    leg,
    no,
    phone,
    pop,
    ringing,
    synced,
    want,
)

ADA, BOB = AgentId("ada"), AgentId("bob")
TOLD = configuration(replace(agent("ada"), auto_answer=AutoAnswer.NOTIFY), agent("bob"))
ACCEPT = AcceptAsked(ADA, OfferId("anna.1"))
TELL = want(AnswerPhone, offer="anna.1", device=device("ada"))


def test_the_phone_is_told_and_the_offer_is_accepted_when_it_has_answered() -> None:
    story = Playbook.open(TOLD).at(100, arrived("anna")).expect(pop("anna.1", accept=True))
    story.at(200, ringing("anna.1")).expect(no(AnswerPhone))
    story.at(300, ACCEPT).expect(TELL)
    story.at(400, answered("anna.1")).expect(closed("anna.1", OfferState.ACCEPTED))


def test_who_accepts_before_the_phone_rings_is_answered_as_soon_as_it_does() -> None:
    story = Playbook.open(TOLD).at(100, arrived("anna")).at(110, ACCEPT).expect(no(AnswerPhone))
    story.at(200, ringing("anna.1")).expect(TELL)
    story.at(210, ringing("anna.1")).expect(no(AnswerPhone))
    story.at(300, ACCEPT).expect(TELL)  # it may not have heard


def test_after_a_reconnect_the_phone_is_told_again() -> None:
    story = Playbook.open(TOLD).at(100, arrived("anna")).at(110, ACCEPT).at(120, PbxLost(PBX))
    rings = synced(phone("ada", DeviceStatus.RINGING), waiting=(arrived("anna"),), legs=(leg("anna.1", ringing=True),))
    story.at(200, rings).expect(TELL)


def test_what_does_not_ring_for_the_agent_or_cannot_be_told_is_ignored() -> None:
    story = Playbook.open(TOLD).at(100, arrived("anna"))
    for order in (
        AcceptAsked(BOB, OfferId("anna.1")),
        AcceptAsked(ADA, OfferId("ben.1")),
        AcceptAsked(AgentId("eve"), OfferId("anna.1")),
    ):
        story.at(200, order).expect(want(EventIgnored), no(AnswerPhone))
    story = Playbook.open(configuration(agent("ada"))).at(100, arrived("anna")).expect(pop("anna.1", accept=False))
    story.at(200, ringing("anna.1"), ACCEPT).expect(
        want(EventIgnored, why="the phone PJSIP/ada cannot be told to answer"), no(AnswerPhone)
    )
