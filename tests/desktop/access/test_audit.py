"""What the audit log is told of a request, and what it is never told."""

import json
from typing import Any

import pytest

from callcenter.desktop.access import audit
from callcenter.desktop.access.audit import told
from callcenter.desktop.desk import DeskUnavailableError, RulesRefusedError
from callcenter.events import Event
from callcenter.types import AgentState
from tests.desktop.fake_desk import ANNA, PASSWORD, SUSAN, FakeDesk
from tests.desktop.serving import calling, sign_in
from tests.helpers import run_async


def shown(value: Any) -> Any:
    text = told(value)
    return None if text is None else json.loads(text)


@run_async
async def test_a_change_is_told_with_who_from_where_what_before_and_after() -> None:
    desk = FakeDesk()
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        await client.post("/api/v1/queues/sales/state", json={"state": "closed"})
        await client.get("/api/v1/offering")
    signed_in, closed = desk.access.changes
    assert (signed_in.action, signed_in.by, signed_in.via) == ("sign_in", "susan", "password")
    assert PASSWORD not in str(signed_in)
    assert (closed.action, closed.by, closed.subject, closed.outcome) == ("set_queue_state", "susan", "sales", "done")
    assert json.loads(closed.before or "") == {"state": "open"}
    assert json.loads(closed.after or "") == {"state": "closed"}
    assert closed.via.startswith("session ")
    assert closed.address == "127.0.0.1"
    assert closed.id != signed_in.id


@run_async
async def test_the_record_of_an_event_goes_with_the_event_or_not_at_all() -> None:
    desk = FakeDesk()

    async def refuse(event: Event) -> None:
        raise DeskUnavailableError("the journal is down")

    async with calling(desk) as client:
        await sign_in(client, ANNA)
        desk.on_submit = refuse
        before = len(desk.access.changes)
        assert (await client.post("/api/v1/ready")).status_code == 503
    assert [change.outcome for change in desk.access.changes[before:]] == ["came to nothing: answered with 503"]


@run_async
async def test_what_is_refused_before_anything_is_done_is_no_change() -> None:
    desk = FakeDesk()
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        before = list(desk.access.changes)
        assert (await client.post("/api/v1/queues/golf/state", json={"state": "closed"})).status_code == 404
        assert (await client.post("/api/v1/queues/sales/state", json={"state": "shut"})).status_code == 422
        assert (await client.post("/api/v1/ready")).status_code == 403
    assert desk.access.changes == before


@run_async
async def test_what_is_no_event_is_told_before_it_is_tried_and_again_when_it_fails() -> None:
    desk = FakeDesk()
    desk.rules.refuse = RulesRefusedError(["rules.yaml:1: no"])
    draft = {"files": {"routing.yaml": "x" * 500}, "message": "m", "based_on": 1}
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        await client.post("/api/v1/rules", json=draft)
        desk.rules.refuse = None
        await client.post("/api/v1/rules", json=draft)
    published = [change for change in desk.access.changes if change.action == "publish_rules"]
    assert [change.outcome for change in published] == ["asked", "came to nothing: answered with 422", "asked"]
    assert len({change.id for change in published}) == 3
    assert json.loads(published[0].after or "")["files"]["routing.yaml"] == "x" * 200 + "… (500 characters)"


@run_async
async def test_a_change_without_an_event_is_told_by_itself() -> None:
    desk = FakeDesk()
    async with calling(desk) as client:
        await sign_in(client, ANNA)
        desk.change(ANNA, AgentState.TALKING)
        await client.post("/api/v1/sign-out")
        desk.change(ANNA, AgentState.NOT_READY, "lunch")
        await client.post("/api/v1/sign-out")
        await client.post("/api/v1/sign-out")
    assert [change.action for change in desk.access.changes] == ["sign_in", "sign_out", "sign_out"]


@pytest.mark.parametrize("key", ["password", "new_password", "password_hash", "secret", "api_token", "Credentials"])
def test_secrets_are_not_told(key: str) -> None:
    assert shown({key: "hunter2", "deep": [{key: "hunter2"}]}) == {key: "(not told)", "deep": [{key: "(not told)"}]}
    assert shown({key: None}) == {key: None}


def test_of_a_customer_no_more_is_told_than_everybody_may_see() -> None:
    assert shown({"number": "+4930901234", "to": {"number": "1001"}, "notes": "owes us", "text": "hi"}) == {
        "number": "+49•••••1234",
        "to": {"number": "•••••"},
        "notes": "(7 characters)",
        "text": "(2 characters)",
    }


def test_what_is_told_has_a_bound() -> None:
    assert shown(None) is None
    assert shown({"message": "x" * 300}) == {"message": "x" * 200 + "… (300 characters)"}
    long = shown({f"key{n}": "y" * 100 for n in range(100)})
    assert long["characters"] > audit.MAX_TOLD
    assert len(told(long) or "") <= audit.MAX_TOLD


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"[" * 50_000, b"id,name\nanna,Anna", b"{" + b" " * 300_000])
def test_a_body_that_is_no_json_is_known_by_its_digest(raw: bytes) -> None:
    kind = "text/csv" if b"," in raw else "application/json"
    body = audit._body(raw, kind)
    assert body["bytes"] == len(raw)
    assert len(body["sha256"]) == 64


def test_outside_of_a_request_nothing_is_noted() -> None:
    audit._current.set(None)
    audit.tell(before={"a": 1})
    assert audit.due() is None
