"""Headers on every answer, and requests that other sites' pages made a browser send."""

import httpx
import pytest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from callcenter.desktop.access.guard import CSP, HEADERS, PLAIN_PAGE, Guard
from callcenter.desktop.app import MAX_BODY_BYTES
from callcenter.events import AgentReady
from tests.desktop.fake_desk import ANNA, FakeDesk
from tests.desktop.serving import calling, sign_in
from tests.helpers import run_async


@pytest.mark.parametrize("path", ["/", "/floor", "/overview", "/api/v1/me", "/metrics", "/nowhere"])
@run_async
async def test_every_answer_carries_the_security_headers(path: str) -> None:
    async with calling(FakeDesk()) as client:
        headers = (await client.get(path)).headers
    policy = headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == ("no-cache" if path in ("/", "/floor") else "no-store")


async def policy_of(sent: str) -> str:
    """What a browser is told where an answer has this policy of its own."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(headers={CSP: sent})(scope, receive, send)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(Guard(app)), base_url="http://desk.test") as client:
        return (await client.get("/")).headers[CSP]


@run_async
async def test_a_plain_page_has_a_style_of_its_own_and_no_answer_any_other_policy() -> None:
    assert await policy_of(PLAIN_PAGE) == PLAIN_PAGE
    assert PLAIN_PAGE.startswith("default-src 'none'; style-src")
    assert "script" not in PLAIN_PAGE
    assert await policy_of("script-src *") == HEADERS[CSP]


@pytest.mark.parametrize("origin", ["http://evil.test", "http://desk.test.evil.test", "null", "http://desk.test:81"])
@run_async
async def test_another_sites_page_cannot_post(origin: str) -> None:
    desk = FakeDesk()
    async with calling(desk) as client:
        await sign_in(client, ANNA)
        answer = await client.post("/api/v1/ready", headers={"Origin": origin})
    assert answer.status_code == 403
    assert answer.json()["remedy"]
    assert len(desk.events) == 1


@run_async
async def test_our_own_page_can_post() -> None:
    async with calling(FakeDesk()) as client:
        await sign_in(client, ANNA)
        assert (await client.post("/api/v1/ready", headers={"Origin": "http://desk.test"})).status_code == 200


@run_async
async def test_a_form_of_another_kind_is_no_json() -> None:
    async with calling(FakeDesk()) as client:
        answer = await client.post(
            "/api/v1/sign-in", content=b'{"agent":"anna"}', headers={"Content-Type": "text/plain"}
        )
    assert answer.status_code == 415


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"])
@run_async
async def test_what_an_old_browsers_form_can_send_without_an_origin_is_not_taken(kind: str) -> None:
    desk = FakeDesk()
    async with calling(desk) as client:
        await sign_in(client, ANNA)
        answer = await client.post("/api/v1/ready", content=b"", headers={"Content-Type": kind})
    assert answer.status_code == 415
    assert AgentReady(ANNA) not in desk.events


@pytest.mark.parametrize(
    ("site", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)]
)
@run_async
async def test_a_browser_that_says_only_the_site_is_believed(site: str, status: int) -> None:
    async with calling(FakeDesk()) as client:
        await sign_in(client, ANNA)
        assert (await client.post("/api/v1/ready", headers={"Sec-Fetch-Site": site})).status_code == status


@run_async
async def test_a_body_beyond_the_bound_is_refused() -> None:
    async with calling(FakeDesk()) as client:
        answer = await client.post("/api/v1/sign-in", json={"agent": "a", "password": "x" * MAX_BODY_BYTES})
    assert answer.status_code == 413
    assert answer.json() == {"error": "That is too large.", "remedy": "Send less at once."}
    assert answer.headers["x-content-type-options"] == "nosniff"


@run_async
async def test_what_fails_has_the_security_headers_too() -> None:
    desk = FakeDesk()

    def fail() -> None:
        raise RuntimeError("broken")

    desk.health = fail  # type: ignore[assignment]
    async with calling(desk) as client:
        answer = await client.get("/health/ready")
    assert answer.status_code == 500
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "error" in answer.json()
