"""Signing in at an OpenID Connect provider, instead of with a password.

The one idea: the provider says who somebody is, and agents.yaml who may sign in. What comes back from the provider
counts only with the state, nonce and verifier that this browser was sent away with, which it carries in a signed
cookie of a few minutes (authorization code flow with PKCE).
"""

import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
from itsdangerous import BadData, URLSafeTimedSerializer
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from callcenter.desktop.access.permissions import AGENT
from callcenter.desktop.desk import AgentLogin
from callcenter.http_settings import OidcSettings
from callcenter.types import AgentId

COOKIE = "callcenter_oidc"
AWAY_S = 600  # for so long may signing in at the provider take
REREAD_S = 300.0  # how old the provider's keys may be where one is not among them
LIMIT_S = 10.0
LEEWAY_S = 60  # between the provider's clock and ours
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]  # none that a public key would satisfy


class OidcError(Exception):
    """Signing in did not come about; the text says why, for the person and for the log."""


@dataclass(frozen=True, slots=True)
class Journey:
    """What a browser is sent away with."""

    url: str
    cookie: str


class Oidc:
    def __init__(self, settings: OidcSettings, secret: bytes) -> None:
        """`secret` signs the cookie of the journey."""
        self._settings = settings
        self._serializer = URLSafeTimedSerializer(
            secret, salt="callcenter.oidc", signer_kwargs={"digest_method": hashlib.sha256}
        )
        self._metadata: dict[str, Any] | None = None
        self._keys: KeySet | None = None
        self._read_s = 0.0

    async def depart(self, back_to: str) -> Journey:
        """Where to send a browser that is to come back to `back_to`. Raises OidcError."""
        metadata = await self._provider()
        verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
        async with self._client(back_to) as client:
            url, state = client.create_authorization_url(
                metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce
            )
        cookie = self._serializer.dumps({"s": state, "n": nonce, "v": verifier, "b": back_to})
        return Journey(str(url), cookie)

    async def arrive(self, query: Mapping[str, str], cookie: str | None) -> Mapping[str, Any]:
        """The claims of whoever has come back. Raises OidcError."""
        try:
            journey = self._serializer.loads(cookie or "", max_age=AWAY_S)
        except BadData:
            raise OidcError("this browser was not sent to the provider, or too long ago") from None
        if not secrets.compare_digest(query.get("state", "").encode(), journey["s"].encode()):
            raise OidcError("the provider's answer is not to what was asked")
        if "error" in query or "code" not in query:
            raise OidcError(f"the provider refuses: {query.get('error_description') or query.get('error', 'no code')}")
        metadata = await self._provider()
        try:
            async with self._client(journey["b"]) as client:
                token = await client.fetch_token(
                    metadata["token_endpoint"], code=query["code"], code_verifier=journey["v"]
                )
        except Exception as error:  # authlib raises errors of several families for what a provider can get wrong
            raise OidcError(f"the provider gives no token: {error}") from error
        return await self._claims(str(token.get("id_token", "")), journey["n"])

    def login(self, claims: Mapping[str, Any], agents: Mapping[AgentId, AgentLogin]) -> tuple[AgentLogin, list[str]]:
        """Whose claims these are, and the roles that they come to. Raises OidcError."""
        name = claims.get(self._settings.login_claim)
        login = agents.get(AgentId(str(name)))
        if login is None:
            raise OidcError(
                f"{name!r} ({self._settings.login_claim}) may not sign in here; an admin can add that login"
            )
        return login, self._roles(claims, login)

    def _roles(self, claims: Mapping[str, Any], login: AgentLogin) -> list[str]:
        """By the claim where the settings name one; whoever takes contacts has a phone, so `agent` is ours to say."""
        if self._settings.roles_claim is None:
            return list(login.roles)
        given = claims.get(self._settings.roles_claim, [])
        groups = [given] if isinstance(given, str) else given if isinstance(given, list) else []
        roles = dict.fromkeys(self._settings.roles[group] for group in groups if group in self._settings.roles)
        if AGENT not in login.roles:
            roles.pop(AGENT, None)
        if not roles:
            raise OidcError(f"{login.name} has no role here by {self._settings.roles_claim}")
        return list(roles)

    async def _claims(self, id_token: str, nonce: str) -> Mapping[str, Any]:
        registry = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_S,
            iss={"essential": True, "value": (await self._provider())["issuer"]},
            aud={"essential": True, "value": self._settings.client_id},
            exp={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        for reread in (False, True):
            try:
                token = jwt.decode(id_token, await self._key_set(reread), algorithms=ALGORITHMS)
                registry.validate(token.claims)
            except (JoseError, ValueError) as error:
                if reread or time.monotonic() - self._read_s < REREAD_S:
                    raise OidcError(f"the provider's token is not right: {error}") from None
                continue
            return token.claims
        raise AssertionError("the second attempt returns or raises")

    async def _provider(self) -> dict[str, Any]:
        """What the provider says of itself."""
        if self._metadata is None:
            issuer = self._settings.issuer.rstrip("/")
            found = await self._get(f"{issuer}/.well-known/openid-configuration")
            if str(found.get("issuer", "")).rstrip("/") != issuer:
                raise OidcError(f"the provider calls itself {found.get('issuer')}, and http.oidc.issuer is {issuer}")
            for key in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                if urlsplit(str(found.get(key))).scheme not in ("https", urlsplit(issuer).scheme):
                    raise OidcError(f"the provider's {key} is {found.get(key)!r}")
            self._metadata = found
        return self._metadata

    async def _key_set(self, reread: bool) -> KeySet:
        if self._keys is None or reread:
            self._keys = KeySet.import_key_set(await self._get((await self._provider())["jwks_uri"]))  # type: ignore[arg-type]
            self._read_s = time.monotonic()
        return self._keys

    async def _get(self, url: str) -> dict[str, Any]:
        try:
            async with httpx.AsyncClient(timeout=LIMIT_S, trust_env=False) as client:
                answer = (await client.get(url)).raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            raise OidcError(f"the provider cannot be asked at {url}: {error}") from error
        if not isinstance(answer, dict):
            raise OidcError(f"the provider answers with nonsense at {url}")
        return answer

    def _client(self, back_to: str) -> Any:
        from authlib.integrations.httpx_client import AsyncOAuth2Client  # noqa: PLC0415 - few daemons need it

        return AsyncOAuth2Client(
            self._settings.client_id,
            self._settings.client_secret,
            scope="openid profile email",
            redirect_uri=back_to,
            code_challenge_method="S256",
            timeout=LIMIT_S,
            trust_env=False,
        )
