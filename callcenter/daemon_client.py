"""A supervisor's session at a running daemon, for the commands that ask it for something.

One idea: commands go through the HTTP API that the pages use, with the rights of whoever signs in, and say in words
what came of it.
"""

import http.client
import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from callcenter.admin.versions import MAX_BYTES
from callcenter.desktop.tls import trusting_only
from callcenter.settings import Settings

HTTP_TIMEOUT_S = 75.0  # longer than the daemon takes for its answer
MAX_PASSWORD = 1024
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - how to reach who listens there


class RefusedError(Exception):
    """The daemon's answer was another than 200: what it told, None where that was nothing that we know."""

    def __init__(self, status: int, raw: bytes) -> None:
        super().__init__(f"the daemon answers with {status} {raw[:200].decode(errors='replace')}")
        self.status = status
        try:
            self.told: dict[str, Any] | None = json.loads(raw)
            self.lines = [self.told["error"], self.told["remedy"]] if self.told is not None else [str(self)]
        except (ValueError, KeyError, TypeError):
            self.told, self.lines = None, [str(self)]


class DaemonClient:
    """Signed in as `login` at the daemon that has these settings. Raises click's errors, in words."""

    def __init__(self, settings: Settings, config: Path, login: str) -> None:
        host, self._port, self._config = settings.http.host, settings.http.port, config
        self._host = _ANYWHERE.get(host, host)
        self._tls = settings.http.tls
        self._cookie = ""
        if self._port == 0:
            raise click.ClickException(f"http.port in {config} is 0: any free one. Set it, so that it is known here")
        try:
            self.ask("POST", "/api/v1/sign-in", {"agent": login, "password": _password(), "takes_contacts": False})
        except RefusedError as error:
            raise click.ClickException("\n".join(error.lines)) from None

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """What the daemon answers. Raises RefusedError where that is not 200."""
        sent = None if body is None else json.dumps(body, ensure_ascii=False).encode(errors="replace")
        raw = self.ask_raw(method, path, sent, "application/json")
        try:
            told: dict[str, Any] = json.loads(raw)
        except ValueError:
            raise RefusedError(http.client.OK, raw) from None
        return told

    def ask_raw(self, method: str, path: str, sent: bytes | None = None, kind: str = "text/csv") -> bytes:
        """The same for what is no JSON: `sent` is of the media type `kind`."""
        if sent is not None and len(sent) > MAX_BYTES:
            raise click.ClickException(f"that has more than {MAX_BYTES} bytes; cut what is not needed")
        try:
            connection = self._connection()
        except OSError as error:
            raise click.ClickException(f"http.tls.certificate_file cannot be read: {error}") from None
        try:
            connection.request(method, path, sent, {"Content-Type": kind, "Cookie": self._cookie})
            response = connection.getresponse()
            raw = response.read()
        except (OSError, http.client.HTTPException) as error:
            where = f"{self._host}:{self._port} (http.host and http.port in {self._config})"
            raise click.ClickException(f"no daemon answers at {where}: {error}. Is it running?") from None
        finally:
            connection.close()
        cookie = response.headers.get("Set-Cookie")
        self._cookie = cookie.split(";")[0] if cookie else self._cookie
        if response.status != http.client.OK:
            raise RefusedError(response.status, raw)
        return raw

    def _connection(self) -> http.client.HTTPConnection:
        if self._tls is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=HTTP_TIMEOUT_S)
        context = trusting_only(self._tls.certificate_file)
        return http.client.HTTPSConnection(self._host, self._port, timeout=HTTP_TIMEOUT_S, context=context)


def _password() -> str:
    given = os.environ.get("CALLCENTER_PASSWORD")
    if given is not None:
        return given
    if sys.stdin.isatty():
        asked: str = click.prompt("Password", hide_input=True)
        return asked
    return sys.stdin.readline(MAX_PASSWORD + 2).rstrip("\r\n")
