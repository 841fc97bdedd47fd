"""The API as a page uses it."""

import asyncio

import pytest

from callcenter.events import AgentNotReady, AgentReady, AgentSignedIn, AgentSignedOut, WrapUpEnded
from callcenter.types import AgentState, ContactId
from tests.desktop.fake_desk import ANNA, PASSWORD, SUSAN, FakeDesk
from tests.desktop.serving import calling, sign_in
from tests.helpers import run_async


@run_async
async def test_agent_signs_in_goes_ready_and_not_ready_and_out() -> None:
    desk = FakeDesk()
    async with calling(desk) as client:
        answer = await sign_in(client, ANNA)
        assert answer.status_code == 200
        assert answer.json()["state"]["state"] == "not_ready"
        assert answer.json()["dispositions"] == list(desk.dispositions)

        assert (await client.post("/api/v1/ready")).json()["state"]["state"] == "ready"
        lunch = await client.post("/api/v1/not-ready", json={"reason": "lunch"})
        assert (lunch.json()["state"]["state"], lunch.json()["state"]["reason"]) == ("not_ready", "lunch")
        assert (await client.get("/api/v1/me")).json()["agent"] == {"id": "anna", "name": "Anna Lindqvist"}

        assert (await client.post("/api/v1/sign-out")).json()["signed_out"] is True
        assert (await client.get("/api/v1/me")).status_code == 401
    assert desk.events == [AgentSignedIn(ANNA), AgentReady(ANNA), AgentNotReady(ANNA, "lunch"), AgentSignedOut(ANNA)]


@run_async
async def test_cookie_is_for_this_site_only_and_not_for_scripts() -> None:
    async with calling(FakeDesk()) as client:
        cookie = (await sign_in(client, ANNA)).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "; secure" not in cookie
    async with calling(FakeDesk(), "https://desk.test") as client:
        assert "; secure" in (await sign_in(client, ANNA)).headers["set-cookie"].lower()


@run_async
async def test_wrong_password_and_unknown_agent_get_the_same_answer_and_no_event() -> None:
    desk = FakeDesk()
    async with calling(desk) as client:
        wrong = await sign_in(client, ANNA, "wrong")
        unknown = await client.post("/api/v1/sign-in", json={"agent": "nobody", "password": "wrong"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert set(wrong.json()) == {"error", "remedy"}
    assert desk.events == []


@run_async
async def test_too_many_failures_are_refused_and_let_through_again_after_the_window() -> None:
    desk = FakeDesk()
    async with calling(desk) as client:
        for _ in range(5):
            assert (await sign_in(client, ANNA, "wrong")).status_code == 401
        refused = await sign_in(client, ANNA)
        assert refused.status_code == 429
        assert 0 < int(refused.headers["retry-after"]) <= 60
        desk.offset_ms = 61_000
        assert (await sign_in(client, ANNA)).status_code == 200


@run_async
async def test_double_click_and_repeated_post_do_no_harm() -> None:
    desk = FakeDesk()
    async with calling(desk) as client:
        await sign_in(client, ANNA)
        answers = await asyncio.gather(*(client.post("/api/v1/ready") for _ in range(3)))
        assert [answer.status_code for answer in answers] == [200, 200, 200]
        desk.change(ANNA, AgentState.WRAP_UP, deadline_in_ms=30_000)
        body = {"contact": "contact-1", "disposition": "sold"}
        answers = await asyncio.gather(*(client.post("/api/v1/wrap-up", json=body) for _ in range(2)))
        assert sorted(answer.status_code for answer in answers) == [200, 409], "nothing is taken twice, or for nothing"
        assert (await sign_in(client, ANNA)).status_code == 200
        assert desk.views[ANNA].state is AgentState.READY
        await client.post("/api/v1/sign-out")
        assert (await client.post("/api/v1/sign-out")).json()["signed_out"] is True


@run_async
async def test_wrap_up_ends_with_a_disposition_or_with_none() -> None:
    desk = FakeDesk()
    async with calling(desk) as client:
        await sign_in(client, ANNA)
        for disposition in ("sold", None):
            desk.change(ANNA, AgentState.WRAP_UP, deadline_in_ms=30_000)
            body = {"contact": "contact-1", "disposition": disposition}
            assert (await client.post("/api/v1/wrap-up", json=body)).status_code == 200
    assert desk.events[1:] == [
        WrapUpEnded(ANNA, ContactId("contact-1"), "sold"),
        WrapUpEnded(ANNA, ContactId("contact-1"), None),
    ]


@run_async
async def test_disposition_that_comes_when_the_wrap_up_is_over_is_refused() -> None:
    desk = FakeDesk()
    async with calling(desk) as client:
        await sign_in(client, ANNA)
        desk.change(ANNA, AgentState.READY)
        answer = await client.post("/api/v1/wrap-up", json={"contact": "contact-1", "disposition": "sold"})
    assert answer.status_code == 409
    assert answer.json()["error"] == "You are not in the wrap-up of contact-1."


@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        ("/api/v1/not-ready", {"reason": "golf"}, "golf"),
        ("/api/v1/not-ready", {}, "body.reason"),
        ("/api/v1/not-ready", {"reason": "lunch", "until": 3}, "body.until"),
        ("/api/v1/wrap-up", {"contact": "contact-1", "disposition": "fine"}, "fine"),
        ("/api/v1/wrap-up", {"contact": 7}, "body.contact"),
        ("/api/v1/sign-in", {"agent": "a" * 65, "password": "x"}, "body.agent"),
        ("/api/v1/sign-in", [], "body"),
    ],
)
@run_async
async def test_bad_input_is_answered_with_place_and_remedy(path: str, body: object, place: str) -> None:
    desk = FakeDesk()
    async with calling(desk) as client:
        await sign_in(client, ANNA)
        answer = await client.post(path, json=body)
    assert answer.status_code == 422
    assert place in answer.json()["error"]
    assert answer.json()["remedy"]
    assert desk.events == [AgentSignedIn(ANNA)]


@pytest.mark.parametrize("path", ["/api/v1/ready", "/api/v1/not-ready", "/api/v1/wrap-up"])
@run_async
async def test_who_is_not_signed_in_changes_nothing(path: str) -> None:
    desk = FakeDesk()
    async with calling(desk) as client:
        answer = await client.post(path, json={"reason": "lunch"} if path == "/api/v1/not-ready" else {"contact": "c"})
    assert answer.status_code == 401
    assert desk.events == []


@run_async
async def test_supervisor_signs_in_without_becoming_an_agent() -> None:
    desk = FakeDesk()
    async with calling(desk) as client:
        answer = await sign_in(client, SUSAN)
        assert answer.json()["takes_contacts"] is False
        assert (await client.post("/api/v1/ready")).status_code == 403
        assert (await client.post("/api/v1/sign-out")).json()["signed_out"] is True
    assert desk.events == []


@run_async
async def test_sign_out_while_talking_keeps_the_session_until_the_contact_is_done() -> None:
    desk = FakeDesk()
    async with calling(desk) as client:
        await sign_in(client, ANNA)
        desk.change(ANNA, AgentState.TALKING)
        assert (await client.post("/api/v1/sign-out")).json()["signed_out"] is False
        assert (await client.get("/api/v1/me")).json()["state"]["pending"] == "logged_out"
        desk.change(ANNA, AgentState.LOGGED_OUT)
        assert (await client.post("/api/v1/sign-out")).json()["signed_out"] is True
        assert (await client.get("/api/v1/me")).status_code == 401


@run_async
async def test_a_cookie_kept_after_sign_out_is_worth_nothing() -> None:
    async with calling(FakeDesk()) as client:
        cookie = (await sign_in(client, ANNA)).headers["set-cookie"].split(";")[0]
        await client.post("/api/v1/sign-out")
        client.cookies.clear()
        assert (await client.get("/api/v1/me", headers={"Cookie": cookie})).status_code == 401


@run_async
async def test_a_program_of_a_supervisor_who_is_an_agent_too_signs_in_beside_the_desktop() -> None:
    desk = FakeDesk()
    async with calling(desk) as client:
        answer = await client.post(
            "/api/v1/sign-in", json={"agent": ANNA, "password": PASSWORD, "takes_contacts": False}
        )
    assert answer.status_code == 200
    assert desk.events == []
