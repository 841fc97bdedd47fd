"""Headers on every answer, and requests that other sites' pages made a browser send."""

import pytest

from callcenter.desktop.app import MAX_BODY_BYTES
from tests.desktop.fake_desk import ANNA, FakeDesk
from tests.desktop.serving import calling, sign_in
from tests.helpers import run_async


@pytest.mark.parametrize("path", ["/", "/overview", "/pages/agent.js", "/api/me", "/metrics", "/nowhere"])
@run_async
async def test_every_answer_carries_the_security_headers(path: str) -> None:
    async with calling(FakeDesk()) as client:
        headers = (await client.get(path)).headers
    policy = headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == ("no-cache" if path.startswith("/pages/") else "no-store")


@pytest.mark.parametrize("origin", ["http://evil.test", "http://desk.test.evil.test", "null", "http://desk.test:81"])
@run_async
async def test_another_sites_page_cannot_post(origin: str) -> None:
    desk = FakeDesk()
    async with calling(desk) as client:
        await sign_in(client, ANNA)
        answer = await client.post("/api/ready", headers={"Origin": origin})
    assert answer.status_code == 403
    assert answer.json()["remedy"]
    assert len(desk.events) == 1


@run_async
async def test_our_own_page_can_post() -> None:
    async with calling(FakeDesk()) as client:
        await sign_in(client, ANNA)
        assert (await client.post("/api/ready", headers={"Origin": "http://desk.test"})).status_code == 200


@run_async
async def test_a_form_of_another_kind_is_no_json() -> None:
    async with calling(FakeDesk()) as client:
        answer = await client.post("/api/sign-in", content=b'{"agent":"anna"}', headers={"Content-Type": "text/plain"})
    assert answer.status_code == 422


@run_async
async def test_a_body_beyond_the_bound_is_refused() -> None:
    async with calling(FakeDesk()) as client:
        answer = await client.post("/api/sign-in", json={"agent": "a", "password": "x" * MAX_BODY_BYTES})
    assert answer.status_code == 413
