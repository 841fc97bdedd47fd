"""A real OpenID Connect provider on a free port of this machine, and a person who says yes there."""

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from callcenter.http_settings import OidcSettings
from tests.desktop.fake_desk import SUSAN, FakeDesk

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import oidc_provider_mock

DESK = "http://desk.test"
START, CALLBACK = "/api/v1/oidc/start", "/api/v1/oidc/callback"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with oidc_provider_mock.run_server_in_thread(require_nonce=True) as server:
        yield f"http://localhost:{server.server_port}"


def settings(issuer: str, **changes: Any) -> OidcSettings:
    return OidcSettings(issuer=issuer, client_id="callcenter", client_secret="x", login_claim="sub", **changes)


def desk_with(issuer: str, **changes: Any) -> FakeDesk:
    desk = FakeDesk()
    desk.access.oidc = settings(issuer, **changes)
    desk.agents = {**desk.agents, SUSAN: replace(desk.agents[SUSAN], password_hash="")}
    return desk


def consent(url: str, who: str, claims: Mapping[str, Any] | None = None) -> str:
    """Say yes at the provider; returns where it sends the browser."""
    base = f"{urlsplit(url).scheme}://{urlsplit(url).netloc}"
    httpx.put(f"{base}/users/{who}", json={"userinfo": {}, "claims": dict(claims or {}), **(claims or {})})
    answer = httpx.post(url, data={"sub": who}, follow_redirects=False)
    assert answer.status_code in (302, 303), answer.text
    return answer.headers["location"]


async def journey(client: httpx.AsyncClient, who: str, claims: Mapping[str, Any] | None = None) -> httpx.Response:
    away = await client.get(START)
    assert away.status_code == 303, away.text
    back = consent(away.headers["location"], who, claims)
    assert back.startswith(f"{DESK}{CALLBACK}?")
    return await client.get(back.removeprefix(DESK))
