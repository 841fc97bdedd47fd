"""Webhooks over HTTP."""

from dataclasses import replace
from typing import get_args

import pytest

from callcenter import notices
from callcenter.desktop.access.store import DeadLetter
from callcenter.desktop.api import webhooks
from callcenter.desktop.api.webhooks import Kind
from tests.desktop.fake_desk import BORIS, SUSAN, FakeDesk
from tests.desktop.serving import calling, sign_in
from tests.helpers import run_async

BODY = {"url": "https://crm.example.org/hook", "events": ["contact.arrived", "contact.ended"]}


def desk_with_an_admin() -> FakeDesk:
    desk = FakeDesk()
    desk.agents = {**desk.agents, SUSAN: replace(desk.agents[SUSAN], roles=("admin",))}
    return desk


def test_the_kinds_are_those_that_are_told_of() -> None:
    assert get_args(Kind) == notices.KINDS


@run_async
async def test_a_webhook_is_made_listed_and_removed() -> None:
    desk = desk_with_an_admin()
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        made = (await client.post("/api/v1/webhooks", json=BODY)).json()
        listed = (await client.get("/api/v1/webhooks")).json()["webhooks"]
        removed = await client.delete(f"/api/v1/webhooks/{made['webhook']['id']}")
        again = await client.delete(f"/api/v1/webhooks/{made['webhook']['id']}")
    assert len(made["secret"]) >= 43
    assert [(hook["url"], hook["created_by"]) for hook in listed] == [(BODY["url"], "susan")]
    assert "secret" not in listed[0]
    assert removed.json() == {"removed": True}
    assert again.status_code == 404
    assert made["secret"] not in str(desk.access.changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"url": "https://127.0.0.1/x"}, "cannot be told: 127.0.0.1 is not public"),
        ({"url": "file:///etc/passwd"}, "body.url"),
        ({"url": "https://x y/"}, "body.url"),
        ({"events": []}, "body.events"),
        ({"events": ["contact.sold"]}, "body.events"),
        ({"secret": "mine"}, "body.secret"),
    ],
)
@run_async
async def test_what_cannot_be_told_is_refused(changes: dict[str, object], words: str) -> None:
    async with calling(desk_with_an_admin()) as client:
        await sign_in(client, SUSAN)
        answer = await client.post("/api/v1/webhooks", json={**BODY, **changes})
    assert answer.status_code == 422
    assert words in answer.json()["error"]


@run_async
async def test_a_webhook_is_changed_and_the_audit_log_tells_what_it_was() -> None:
    desk = desk_with_an_admin()
    other = {"url": "https://crm.example.org/new", "events": ["queue.state", "queue.state"]}
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        made = (await client.post("/api/v1/webhooks", json=BODY)).json()
        address = f"/api/v1/webhooks/{made['webhook']['id']}"
        changed = await client.put(address, json=other)
        listed = (await client.get("/api/v1/webhooks")).json()["webhooks"]
        private = await client.put(address, json={**other, "url": "https://127.0.0.1/"})
        nobody = await client.put("/api/v1/webhooks/00", json=other)
    assert changed.json() == {**made["webhook"], "url": other["url"], "events": ["queue.state"]} == listed[0]
    assert "127.0.0.1 is not public" in private.json()["error"]
    assert (private.status_code, nobody.status_code) == (422, 404)
    (_, secret), *_ = desk.access.webhooks.kept.values()
    assert secret == made["secret"], "what it was"
    record = next(change for change in desk.access.changes if change.action == "change_webhook")
    assert (record.by, record.subject) == ("susan", made["webhook"]["id"])
    assert "/hook" in str(record.before)
    assert "/new" in str(record.after)


@run_async
async def test_dead_letters_are_shown_in_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "MAX_WEBHOOKS", 1)
    desk = desk_with_an_admin()
    desk.access.webhooks.letters = [DeadLetter(n, f'{{"id": "e{n}"}}', 8, "500", 9) for n in (3, 2, 1)]
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        address = f"/api/v1/webhooks/{(await client.post('/api/v1/webhooks', json=BODY)).json()['webhook']['id']}"
        first = (await client.get(f"{address}/dead-letters?limit=2")).json()
        second = (await client.get(f"{address}/dead-letters?limit=2&cursor={first['next']}")).json()
        full = await client.post("/api/v1/webhooks", json=BODY)
        nobody = await client.get("/api/v1/webhooks/00/dead-letters")
    assert [letter["event"]["id"] for letter in first["letters"] + second["letters"]] == ["e3", "e2", "e1"]
    assert second["next"] is None
    assert (full.status_code, nobody.status_code) == (409, 404)


@run_async
async def test_a_webhook_is_tried_and_the_answer_says_whether_it_took_that() -> None:
    desk = desk_with_an_admin()
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        hook = (await client.post("/api/v1/webhooks", json=BODY)).json()["webhook"]["id"]
        taken = await client.post(f"/api/v1/webhooks/{hook}/test")
        desk.access.webhooks.deaf = "it answered with 503"
        not_taken = await client.post(f"/api/v1/webhooks/{hook}/test")
        nobody = await client.post("/api/v1/webhooks/00/test")
    assert (taken.status_code, taken.json()) == (200, {"taken": True, "error": None})
    assert (not_taken.status_code, not_taken.json()) == (200, {"taken": False, "error": "it answered with 503"})
    assert (nobody.status_code, nobody.json()["error"]) == (404, "There is no webhook 00.")
    assert desk.access.webhooks.tests == [(hook, "susan")]
    asked = [change for change in desk.access.changes if change.action == "test_webhook"]
    assert [(one.by, one.subject, one.outcome) for one in asked] == [("susan", hook, "asked")] * 2


@run_async
async def test_a_dead_letter_is_sent_again_and_is_gone_when_it_was_taken() -> None:
    desk = desk_with_an_admin()
    desk.access.webhooks.letters = [DeadLetter(7, '{"id": "e7"}', 8, "500", 9)]
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        hook = (await client.post("/api/v1/webhooks", json=BODY)).json()["webhook"]["id"]
        address = f"/api/v1/webhooks/{hook}/dead-letters"
        desk.access.webhooks.deaf = "it answered with 503"
        not_taken = (await client.post(f"{address}/7/send")).json()
        kept = (await client.get(address)).json()["letters"]
        desk.access.webhooks.deaf = None
        taken = (await client.post(f"{address}/7/send")).json()
        again = await client.post(f"{address}/7/send")
        nobody = await client.post("/api/v1/webhooks/00/dead-letters/7/send")
    assert not_taken == {"taken": False, "error": "it answered with 503"}
    assert [letter["number"] for letter in kept] == [7]
    assert taken == {"taken": True, "error": None}
    assert (again.status_code, nobody.status_code) == (404, 404)
    assert again.json() == {
        "error": "There is no dead letter 7 of this webhook.",
        "remedy": f"GET {address} lists them.",
    }
    assert nobody.json()["error"] == "There is no webhook 00."
    asked = [change for change in desk.access.changes if change.action == "send_dead_letter"]
    assert [(one.subject, one.outcome) for one in asked] == [
        *[(f"{hook}/7", "asked")] * 3,
        (f"{hook}/7", "came to nothing: answered with 404"),
    ]


@run_async
async def test_who_may_not_manage_webhooks_sends_nothing() -> None:
    desk = desk_with_an_admin()
    desk.access.webhooks.letters = [DeadLetter(7, "{}", 8, "500", 9)]
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        hook = (await client.post("/api/v1/webhooks", json=BODY)).json()["webhook"]["id"]
        await sign_in(client, BORIS)
        answers = [await client.post(f"/api/v1/webhooks/{hook}/{path}") for path in ("test", "dead-letters/7/send")]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert desk.access.webhooks.tests == []
    assert len(desk.access.webhooks.letters) == 1
