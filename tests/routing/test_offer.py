"""The offer's table: it ends once, and every end of a leg means something."""

import pytest

from callcenter.routing.offer import LIVE_STATES, OFFER_TABLE, TRIGGER_OF_LEG_END, Offer, OfferTrigger
from callcenter.types import AgentId, ContactId, LegEnd, OfferId, OfferState, QueueName
from tests.playbook import device


def _offer() -> Offer:
    return Offer(OfferId("a.1"), ContactId("a"), AgentId("ada"), device("ada"), QueueName("general"), 0, 15_000)


def test_an_offer_is_live_until_it_ends() -> None:
    offer = _offer()
    assert offer.live
    offer.move(OfferTrigger.RING)
    assert offer.live
    offer.move(OfferTrigger.CONNECT)
    assert not offer.live


@pytest.mark.parametrize("end", [state for state in OfferState if state not in LIVE_STATES])
def test_an_end_is_final_whatever_comes_after(end: OfferState) -> None:
    for trigger in OfferTrigger:
        assert OFFER_TABLE.next(end, trigger) is end


@pytest.mark.parametrize("live", LIVE_STATES)
def test_a_live_offer_answers_everything(live: OfferState) -> None:
    ends = [OFFER_TABLE.next(live, trigger) for trigger in OfferTrigger]
    assert ends == [
        OfferState.RINGING,
        OfferState.ACCEPTED,
        OfferState.DECLINED,
        OfferState.EXPIRED,
        OfferState.WITHDRAWN,
        OfferState.FAILED,
    ]


def test_every_end_of_a_leg_has_a_meaning_and_none_means_connected() -> None:
    assert set(TRIGGER_OF_LEG_END) == set(LegEnd)
    assert OfferTrigger.CONNECT not in TRIGGER_OF_LEG_END.values()
