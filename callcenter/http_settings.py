"""The settings of the HTTP server: where it listens, its sessions, TLS, and whom its webhooks may tell."""

import ipaddress
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from callcenter.admin.files import Role
from callcenter.admin.schema import Location, Model, Text, like
from callcenter.admin.yaml_source import Document, Mistake, Place


def _network(text: str) -> str:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        raise PydanticCustomError("network", "It should be a network, such as 10.1.0.0/16 or ::1/128") from None
    return text


class TlsSettings(Model):
    """PEM files, read again at a reload (SIGHUP)."""

    certificate_file: Location = Field(description="the server's certificate and those between it and the authority")
    key_file: Location = Field(description="the key of the certificate, only readable by the daemon's user")


class OidcSettings(Model):
    """An OpenID Connect provider. The value of `login_claim` is the id of a login in agents.yaml.

    With `roles_claim` the roles of a session come from it: `roles` says which of its values is which role.
    """

    issuer: Annotated[str, like(r"https://[^\s]+|http://(127\.0\.0\.1|localhost)(:\d+)?(/[^\s]*)?", "https://HOST/...")]
    client_id: Text
    client_secret_file: Location | None = None  # None: a public client
    client_secret: str | None = Field(default=None, repr=False, exclude=True)
    login_claim: Text = "preferred_username"
    roles_claim: Text | None = None
    roles: dict[str, Role] = Field(default_factory=dict)


class MetricsSettings(Model):
    """What is told at /metrics. `agents`: of each agent, too."""

    agents: bool = False


class HttpSettings(Model):
    host: Text = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    session_secret_file: Location | None = None  # None: made once, kept in the data directory
    session_idle_min: Annotated[float, Field(ge=1, le=1440)] = 60.0
    session_max_h: Annotated[float, Field(ge=1, le=744)] = 14.0
    tls: TlsSettings | None = None
    oidc: OidcSettings | None = None
    webhook_networks: tuple[Annotated[str, AfterValidator(_network)], ...] = ()


def absolute(http: HttpSettings, folder: Path) -> HttpSettings:
    """With paths that start at the folder of the settings."""
    tls = http.tls
    if tls is not None:
        tls = TlsSettings(certificate_file=folder / tls.certificate_file, key_file=folder / tls.key_file)
    oidc = http.oidc
    if oidc is not None and oidc.client_secret_file is not None:
        oidc = oidc.model_copy(update={"client_secret_file": folder / oidc.client_secret_file})
    secret = folder / http.session_secret_file if http.session_secret_file else None
    return http.model_copy(update={"tls": tls, "oidc": oidc, "session_secret_file": secret})


def with_secrets(http: HttpSettings, read: Callable[[Path, Place], str | None]) -> HttpSettings:
    """With the provider's secret in its place. `read` gives what a secret file holds."""
    if http.oidc is None or http.oidc.client_secret_file is None:
        return http
    secret = read(http.oidc.client_secret_file, ("http", "oidc", "client_secret_file"))
    return http.model_copy(update={"oidc": http.oidc.model_copy(update={"client_secret": secret})})


def contradictions(http: HttpSettings, main: Document) -> list[Mistake]:
    """What is wrong with the files that are named."""
    mistakes = []
    if http.oidc is not None and (http.oidc.roles_claim is None) == bool(http.oidc.roles):
        remedy = "Give both, or neither: `roles_claim: groups` and `roles: {GROUP: supervisor}`"
        mistakes.append(main.mistake(("http", "oidc", "roles"), "and roles_claim belong together", remedy))
    if "client_secret" in main.keys("http", "oidc"):
        remedy = "Put it into a file and name that in client_secret_file"
        mistakes.append(main.mistake(("http", "oidc", "client_secret"), "a secret stands here", remedy))
    if http.tls is None:
        if "tls" in main.keys("http"):
            remedy = "Name certificate_file and key_file, or remove the key"
            mistakes.append(main.mistake(("http", "tls"), "has no value", remedy))
        return mistakes
    return mistakes + [
        main.mistake(("http", "tls", key), f"there is no file {path}", "Name a PEM file")
        for key, path in (("certificate_file", http.tls.certificate_file), ("key_file", http.tls.key_file))
        if not _is_file(path)
    ]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
