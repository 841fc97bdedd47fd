"""What webhooks are told, from events and the commands that they came to."""

import json
from dataclasses import replace
from typing import Any

from callcenter.commands import Command, ContactRouted, EventIgnored, OfferClosed, QueueChanged
from callcenter.events import CallerLeft, ContactArrived, Event, TimePassed
from callcenter.notices import KINDS, Alerts, Notices
from callcenter.overview import Overview, QueueView
from callcenter.queues.alerts import Alert
from callcenter.types import (
    AgentId,
    ChannelRef,
    ContactId,
    DecisionKind,
    Departure,
    Level,
    OfferId,
    OfferState,
    PbxName,
    QueueName,
    QueueState,
    Tier,
)
from tests.desktop.fake_desk import pop_for
from tests.stores.records import contact, decision, disposition, segment

C1, ANN, SALES = ContactId("c1"), AgentId("ann"), QueueName("sales")
ARRIVED = ContactArrived(C1, ChannelRef(PbxName("main"), "1.1"), "+12125550123", "Ann", "8001")
POP = pop_for(ANN, 5)
CLOSED = OfferClosed(OfferId("offer-1"), C1, ANN, SALES, OfferState.ACCEPTED, 900)


def told(notices: Notices, *commands: Command, event: Event | None = None) -> list[dict[str, Any]]:
    return [json.loads(notice.body) for notice in notices.of(7, event or TimePassed(), commands)]


def kinds(notices: Notices, *commands: Command, event: Event | None = None) -> list[str]:
    return [one["kind"] for one in told(notices, *commands, event=event)]


def test_a_contact_is_told_of_from_its_arrival_to_its_disposition() -> None:
    notices = Notices()
    routed = ContactRouted(C1, SALES, Tier("gold"), "gold sales", True, False)
    assert kinds(notices, routed, event=ARRIVED) == ["contact.arrived", "contact.routed"]
    assert kinds(notices, POP) == ["contact.offered"]
    assert kinds(notices, CLOSED, segment("c1")) == ["contact.connected"]
    assert kinds(notices, decision("c1", kind=DecisionKind.TRANSFERRED)) == ["contact.transferred"]
    assert kinds(notices, contact("c1"), disposition("c1")) == ["contact.ended", "contact.disposition"]
    assert kinds(notices, QueueChanged(SALES, QueueState.CLOSED, "sue")) == ["queue.state"]


def test_each_notice_says_what_it_is_and_when() -> None:
    (body,) = told(Notices(), event=ARRIVED)
    assert {"contact": "c1", "caller": "+12125550123", "dialled": "8001", "at_ms": 7}.items() <= body.items()
    (ended,) = Notices().of(7, TimePassed(), [contact("c1")])
    assert json.loads(ended.body)["id"] == ended.id
    assert json.loads(ended.body)["outcome"] == "answered"


def test_a_pop_that_is_sent_anew_is_no_second_offer() -> None:
    notices = Notices()
    assert kinds(notices, POP, replace(POP, identified=False)) == ["contact.offered"]
    assert kinds(notices, replace(CLOSED, state=OfferState.DECLINED)) == []
    assert kinds(notices, replace(POP, offer=OfferId("offer-2"))) == ["contact.offered"]
    assert len(notices._offered) == 1, "what is over is forgotten"


def test_what_changed_nothing_is_not_told() -> None:
    assert kinds(Notices(), EventIgnored("ContactArrived", "it is here"), event=ARRIVED) == []
    assert kinds(Notices(), event=CallerLeft(C1, Departure.HUNG_UP)) == []
    assert kinds(Notices(), decision("c1", kind=DecisionKind.MOVED)) == []


def picture(*alerts: Alert) -> Overview:
    return Overview(9, (), (QueueView(SALES, 6, 0, 0, 0, 0, alerts=alerts),), (), ())


def test_an_alert_is_told_when_it_comes_gets_worse_and_goes() -> None:
    alerts = Alerts()
    warning = Alert("waiting", Level.WARNING, "6 wait")
    assert [notice.kind for notice in alerts.changed(picture())] == []
    (raised,) = alerts.changed(picture(warning))
    assert list(alerts.changed(picture(warning))) == []
    assert [
        json.loads(notice.body)["level"] for notice in alerts.changed(picture(replace(warning, level=Level.CRITICAL)))
    ] == [Level.CRITICAL.value]
    (cleared,) = alerts.changed(picture())
    assert (raised.kind, cleared.kind) == ("alert.raised", "alert.cleared")
    assert {"queue": "sales", "measure": "waiting", "words": "6 wait"}.items() <= json.loads(raised.body).items()


def test_every_kind_is_named_once() -> None:
    assert len(set(KINDS)) == len(KINDS)
