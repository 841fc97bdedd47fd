"""What is the same keeps its text, and each audience gets its share."""

import json
from dataclasses import replace

from callcenter.desktop.live.audience import Audience
from callcenter.desktop.live.floor import Floor
from callcenter.overview import Overview
from callcenter.queues.alerts import Alert
from callcenter.types import AgentState, DeviceStatus, Level
from tests.desktop.fake_desk import ANNA, SALES, SUPPORT, FakeDesk, waiting

ALL = Audience()


def picture(desk: FakeDesk) -> Overview:
    desk.frozen_ms = desk.frozen_ms or desk.now_ms()
    return desk.overview()


def test_what_has_not_changed_keeps_the_very_same_text() -> None:
    desk = FakeDesk()
    first = Floor(picture(desk))
    before = dict(first.whole(ALL))
    desk.change(ANNA, AgentState.READY)
    after = Floor(picture(desk), first).whole(ALL)
    assert after["agent/anna"] != before["agent/anna"]
    assert all(after[key] is before[key] for key in before if key.startswith(("queue/", "contact/", "agent/boris")))


def test_two_audiences_with_the_same_rights_share_texts_and_masked_ones_are_made_apart() -> None:
    floor = Floor(picture(FakeDesk()))
    some = Audience(frozenset({SALES}))
    assert floor.whole(some)["contact/contact-1"] is floor.whole(ALL)["contact/contact-1"]
    assert "queue/support" not in floor.whole(some)
    masked = floor.whole(Audience(None, False, False))["contact/contact-1"]
    assert "+12025550147" not in masked
    assert "+12025550147" in floor.whole(ALL)["contact/contact-1"]


def test_an_agents_own_page_has_its_phone_and_queues() -> None:
    desk = FakeDesk()
    desk.views[ANNA] = replace(desk.views[ANNA], device=DeviceStatus.IN_USE, queues=(SUPPORT,))
    own = Floor(picture(desk)).own(ANNA)
    assert sorted(own) == ["device", "pbxs", "queue/support"]
    assert json.loads(own["device"]) == "in_use"
    assert sorted(json.loads(own["queue/support"])) == [
        "agents_ready", "agents_serving", "connected", "name", "oldest_ms", "state", "waiting",
    ]  # fmt: skip
    stranger = Floor(picture(desk)).own(SALES)  # type: ignore[arg-type]
    assert json.loads(stranger["device"]) == "unknown"


def test_an_alert_says_since_when_it_is_as_bad_and_goes_when_it_is_over() -> None:
    desk = FakeDesk()
    warning = Alert("waiting", Level.WARNING, "2 wait")
    desk.queues[0] = replace(desk.queues[0], alerts=(warning,))
    first = Floor(picture(desk))
    began = desk.frozen_ms
    assert json.loads(first.whole(ALL)["alert/sales:waiting"]) == {
        "id": "sales:waiting", "level": "warning", "queue": "sales", "measure": "waiting", "words": "2 wait",
        "since_ms": began,
    }  # fmt: skip
    assert json.loads(first.whole(ALL)["queue/sales"])["alert"] == "warning"
    assert "alert/sales:waiting" not in first.whole(Audience(frozenset({SUPPORT})))
    assert desk.frozen_ms is not None
    desk.frozen_ms += 5_000
    second = Floor(picture(desk), first)
    assert second.whole(ALL)["alert/sales:waiting"] is first.whole(ALL)["alert/sales:waiting"]
    desk.queues[0] = replace(desk.queues[0], alerts=(replace(warning, level=Level.CRITICAL),))
    third = Floor(picture(desk), second)
    assert json.loads(third.whole(ALL)["alert/sales:waiting"])["since_ms"] == desk.frozen_ms
    desk.queues[0] = replace(desk.queues[0], alerts=())
    assert "alert/sales:waiting" not in Floor(picture(desk), third).whole(ALL)


def test_what_nobody_asks_for_is_not_kept() -> None:
    desk = FakeDesk()
    desk.contacts = [waiting(f"c{number}", desk.now_ms()) for number in range(50)]
    first = Floor(picture(desk))
    first.whole(ALL)
    desk.contacts = []
    second = Floor(picture(desk), first)
    second.whole(ALL)
    assert not any("contact/" in str(key) for key in second._texts)
