"""What a provider's answer is worth, and what it must not be able to do."""

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from callcenter.desktop.access.oidc import Oidc, OidcError
from callcenter.desktop.desk import AgentLogin
from tests.desktop.fake_desk import ANNA, HASH
from tests.desktop.oidc_provider import issuer, settings
from tests.helpers import run_async

__all__ = ["issuer"]

SECRET = b"s" * 32


def claimed(claims: Mapping[str, Any], own: tuple[str, ...] = ("agent",), **changes: Any) -> list[str]:
    oidc = Oidc(settings("https://id.example.org", **changes), SECRET)
    return sorted(oidc.login(claims, {ANNA: AgentLogin(ANNA, "Anna", HASH, own)})[1])


def test_roles_are_those_of_the_file_unless_a_claim_says_them() -> None:
    mapped: dict[str, Any] = {
        "roles_claim": "groups",
        "roles": {"bosses": "supervisor", "phones": "agent", "root": "admin"},
    }
    assert claimed({"sub": "anna"}, ("agent", "viewer")) == ["agent", "viewer"]
    assert claimed({"sub": "anna", "groups": ["bosses", "phones", "x"]}, **mapped) == ["agent", "supervisor"]
    assert claimed({"sub": "anna", "groups": "root"}, **mapped) == ["admin"]
    assert claimed({"sub": "anna", "groups": ["phones", "bosses"]}, ("viewer",), **mapped) == ["supervisor"]
    for groups in ([], ["x"], 7, None, ["phones"]):
        with pytest.raises(OidcError, match="no role"):
            claimed({"sub": "anna", "groups": groups}, ("viewer",), **mapped)


@pytest.mark.parametrize("claims", [{}, {"sub": None}, {"sub": ["anna"]}, {"sub": "ANNA"}])
def test_a_claim_that_names_nobody(claims: Mapping[str, Any]) -> None:
    with pytest.raises(OidcError, match="may not sign in here"):
        claimed(claims)


@run_async
async def test_what_is_sent_to_the_provider_is_bound_to_this_browser(issuer: str) -> None:
    oidc = Oidc(settings(issuer), SECRET)
    first, second = await oidc.depart("https://desk.test/back"), await oidc.depart("https://desk.test/back")
    asked = [parse_qs(urlsplit(one.url).query) for one in (first, second)]
    for key in ("state", "nonce", "code_challenge"):
        assert asked[0][key] != asked[1][key]
    assert asked[0]["code_challenge_method"] == ["S256"]
    assert asked[0]["redirect_uri"] == ["https://desk.test/back"]
    with pytest.raises(OidcError, match="not to what was asked"):
        await oidc.arrive({"state": asked[0]["state"][0], "code": "x"}, second.cookie)
    with pytest.raises(OidcError, match="not sent to the provider"):
        await Oidc(settings(issuer), b"t" * 32).arrive({"state": asked[0]["state"][0]}, first.cookie)


ISSUER = "https://id.example.org"
KEY, OTHER_KEY = (ECKey.generate_key("P-256", {"kid": "k1"}) for _ in range(2))
RIGHT = {"iss": ISSUER, "aud": "callcenter", "sub": "anna", "nonce": "n", "exp": int(time.time()) + 3600}


async def worth(id_token: str) -> Mapping[str, Any]:
    oidc = Oidc(settings(ISSUER), SECRET)
    oidc._metadata = {"issuer": ISSUER}
    oidc._keys, oidc._read_s = KeySet([KEY]), time.monotonic()
    return await oidc._claims(id_token, "n")


def signed(key: ECKey = KEY, **changes: Any) -> str:
    claims = {name: value for name, value in {**RIGHT, **changes}.items() if value is not None}
    return jwt.encode({"alg": "ES256", "kid": "k1"}, claims, key)


@run_async
async def test_a_token_that_is_right_in_all_counts() -> None:
    assert (await worth(signed()))["sub"] == "anna"
    assert (await worth(signed(aud=["other", "callcenter"])))["sub"] == "anna"


@pytest.mark.parametrize(
    "id_token",
    [
        signed(nonce="m"),
        signed(nonce=None),
        signed(iss="https://evil.example.org"),
        signed(aud="other"),
        signed(aud=None),
        signed(exp=int(time.time()) - 300),
        signed(exp=None),
        signed(OTHER_KEY),
        signed().rsplit(".", 1)[0] + ".",
        "eyJhbGciOiJub25lIn0." + signed().split(".")[1] + ".",
        "x.y.z",
        "",
    ],
)
@run_async
async def test_a_token_that_is_wrong_in_anything_does_not(id_token: str) -> None:
    with pytest.raises(OidcError, match="token is not right"):
        await worth(id_token)
