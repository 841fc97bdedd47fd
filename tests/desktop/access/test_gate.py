"""Who asks, and how often one may."""

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from callcenter.desktop.access import gate
from callcenter.desktop.access.limits import Rate
from callcenter.desktop.desk import DeskUnavailableError
from tests.desktop.fake_desk import ANNA, BORIS, SUSAN, FakeDesk
from tests.desktop.serving import calling, listening, serving, sign_in
from tests.helpers import run_async

ADMIN_TOKEN = {"name": "t", "scopes": ["see_floor"]}


def desk_with_an_admin() -> FakeDesk:
    from dataclasses import replace

    desk = FakeDesk()
    desk.agents = {**desk.agents, SUSAN: replace(desk.agents[SUSAN], roles=("admin",))}
    return desk


async def token_of(client: httpx.AsyncClient) -> tuple[str, str]:
    await sign_in(client, SUSAN)
    made = (await client.post("/api/v1/tokens", json=ADMIN_TOKEN)).json()
    client.cookies.clear()
    return made["secret"], made["token"]["id"]


@run_async
async def test_a_token_asks_as_itself() -> None:
    desk = desk_with_an_admin()
    async with calling(desk) as client:
        text, _ = await token_of(client)
        headers = {"Authorization": f"Bearer {text}"}
        me = (await client.get("/api/v1/me", headers=headers)).json()
        wrong = await client.get("/api/v1/me", headers={"Authorization": f"Bearer {text}x"})
        other = await client.get("/api/v1/me", headers={"Authorization": "Basic YTpi"})
    assert (me["id"], me["permissions"], me["takes_contacts"]) == ("token:t", ["see_floor"], False)
    assert (wrong.status_code, other.status_code) == (401, 401)


@run_async
async def test_a_wrong_token_is_not_mended_by_a_right_cookie() -> None:
    async with calling(FakeDesk()) as client:
        await sign_in(client, ANNA)
        assert (await client.get("/api/v1/me", headers={"Authorization": "Bearer cc_x"})).status_code == 401


@run_async
async def test_tokens_that_cannot_be_looked_up_are_no_wrong_tokens() -> None:
    desk = FakeDesk()
    desk.access.tokens.away = DeskUnavailableError("the database is away")
    async with calling(desk) as client:
        answer = await client.get("/api/v1/me", headers={"Authorization": "Bearer cc_x"})
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert "the database is away" in answer.json()["error"]


@run_async
async def test_who_asks_too_often_is_told_to_wait_and_others_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "CALLERS", Rate(0.1, 3))
    async with calling(FakeDesk()) as client, calling(FakeDesk()) as other:
        await sign_in(client, ANNA)
        answers = [await client.get("/api/v1/me") for _ in range(4)]
        await sign_in(other, BORIS)
        assert (await other.get("/api/v1/me")).status_code == 200
        assert (await client.get("/health/live")).status_code == 200, "only the API is limited"
        await sign_in(client, BORIS)
        assert (await client.get("/api/v1/me")).status_code == 200, "another session of the same address"
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3].headers["retry-after"] == "10"
    assert answers[3].json()["remedy"].startswith("Wait 10 s")


@run_async
async def test_nobody_gets_round_the_limit_by_inventing_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "STRANGERS", Rate(0.1, 3))
    async with calling(FakeDesk()) as client:
        answers = [await client.get("/api/v1/me", headers={"Authorization": f"Bearer cc_{n}"}) for n in range(4)]
        assert (await sign_in(client, ANNA)).status_code == 200, "signing in has limits of its own"
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]


@run_async
async def test_websockets_count_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "STRANGERS", Rate(0.1, 1))
    async with serving(FakeDesk()) as server:
        async with listening(server, "/api/v1/live", None):
            pass
        with pytest.raises(InvalidStatus, match="403"):
            await listening(server, "/api/v1/live", None)
