"""Signing in at an OpenID Connect provider, over HTTP: a real one, in a thread of its own."""

import re

import pytest

from callcenter.desktop.access.oidc import COOKIE
from callcenter.events import AgentSignedIn
from tests.desktop.fake_desk import ANNA, SUSAN
from tests.desktop.oidc_provider import DESK, START, consent, desk_with, issuer, journey
from tests.desktop.serving import calling
from tests.helpers import run_async

__all__ = ["issuer"]


@run_async
async def test_whoever_the_provider_names_is_signed_in_without_a_password(issuer: str) -> None:
    desk = desk_with(issuer)
    async with calling(desk) as client:
        assert (await client.get("/api/v1/sign-in")).json() == {"password": True, "oidc": START}
        arrived = await journey(client, "anna")
        assert (arrived.status_code, arrived.headers["location"]) == (303, "/")
        cookie = next(text for text in arrived.headers.get_list("set-cookie") if "callcenter_session" in text)
        assert "SameSite=strict" in cookie
        assert (await client.get("/api/v1/me")).json()["id"] == ANNA
        assert AgentSignedIn(ANNA) in desk.events
        await client.post("/api/v1/sign-out")
        await journey(client, "susan")
        assert (await client.get("/api/v1/me")).json()["id"] == SUSAN
        without = await client.post("/api/v1/sign-in", json={"agent": "susan", "password": ""})
    assert without.status_code in (401, 422), "who has no password cannot sign in with one"
    assert [change.via for change in desk.access.changes if change.action == "sign_in"] == ["openid connect"] * 2


@run_async
async def test_who_is_in_no_file_of_ours_does_not_get_in(issuer: str) -> None:
    desk = desk_with(issuer)
    async with calling(desk) as client:
        answer = await journey(client, "mallory")
        assert answer.status_code == 401
        assert "'mallory'" in answer.json()["error"]
        assert (await client.get("/api/v1/me")).status_code == 401
    assert desk.events == []


@pytest.mark.parametrize(
    "change", ["another browser", "another state", "no code", "a code that is none", "an error", "twice"]
)
@run_async
async def test_an_answer_that_is_not_to_what_this_browser_asked_is_worth_nothing(issuer: str, change: str) -> None:
    async with calling(desk_with(issuer)) as client:
        away = await client.get(START)
        back = consent(away.headers["location"], "anna").removeprefix(DESK)
        if change == "another browser":
            client.cookies.clear()
        elif change == "another state":
            back = re.sub(r"state=[^&]+", "state=x", back)
        elif change == "no code":
            back = re.sub(r"code=[^&]+", "", back)
        elif change == "a code that is none":
            back = re.sub(r"code=[^&]+", "code=x", back)
        elif change == "an error":
            back = re.sub(r"code=[^&]+", "error=access_denied&error_description=no", back)
        else:
            cookie = client.cookies[COOKIE]
            assert (await client.get(back)).status_code == 303
            client.cookies.clear()
            client.cookies.set(COOKIE, cookie)
        answer = await client.get(back)
        assert answer.status_code == 401, answer.text
        assert answer.json()["error"].startswith("Signing in failed: ")


@run_async
async def test_a_provider_that_is_away_or_another_is_told(issuer: str) -> None:
    for wrong, words in (("http://localhost:1", "cannot be asked"), (issuer.replace("localhost", "127.0.0.1"), "")):
        async with calling(desk_with(wrong)) as client:
            answer = await client.get(START)
            if answer.status_code == 303:  # it names itself by the address that it is asked at
                continue
            assert answer.status_code == 401
            assert words in answer.json()["error"]
