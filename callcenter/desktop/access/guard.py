"""What every request passes through: the headers that browsers obey and the origin check.

The one idea: a request that a foreign page made a browser send is known by its Origin or by Sec-Fetch-Site; it gets no
further, whatever it asks for. An old browser sends neither with a plain form, so nothing that a plain form can send is
taken: the API speaks JSON. The cookie's SameSite=Strict is another lock on the same door.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from callcenter.desktop.errors import answer

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

HSTS_S = 365 * 86_400  # for so long a browser that has seen HTTPS here asks for nothing else

# For an answer that is a page of its own, with its style in it: it may do nothing else, not even ask this server.
PLAIN_PAGE = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
CSP = "Content-Security-Policy"
HEADERS = {
    CSP: (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            if _is_foreign(scope):
                await send({"type": "websocket.close", "code": 1008})  # before the accept: HTTP 403
            else:
                await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, _with_headers(scope, send))
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in _SAFE_METHODS and _is_foreign(scope):
            refusal = answer(403, "This request comes from another site's page.", "Use this server's own pages.")
            await refusal(scope, receive, send)
            return
        if scope["method"] not in _SAFE_METHODS and _is_form(Headers(scope=scope)):
            refusal = answer(415, "Forms are not taken here.", "Send JSON, with Content-Type: application/json.")
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_foreign(scope: Scope) -> bool:
    """Whether a browser says that another site's page asked. Programs send no Origin and hold no one's cookie."""
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc != headers.get("host")
    return headers.get("sec-fetch-site", "none") not in ("none", "same-origin")


def _is_form(headers: Headers) -> bool:
    """Whether this has a type that a form can send to any site without asking first."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind in ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")


def _with_headers(scope: Scope, send: Send) -> Send:
    too_large = answer(413, "That is too large.", "Send less at once.")
    replaced = False

    async def sender(message: Message) -> None:
        nonlocal replaced
        if message["type"] == "http.response.start":
            replaced = _is_in_plain_words(message, too_large.status_code)
            if replaced:
                message = {**message, "headers": list(too_large.raw_headers)}
            _add_headers(scope, message)
        elif replaced:
            message = {"type": "http.response.body", "body": bytes(too_large.body)}
        await send(message)

    return sender


def _is_in_plain_words(start: Message, status: int) -> bool:
    """Whether the framework refuses by itself, in its own words."""
    return start["status"] == status and MutableHeaders(scope=start).get("content-type", "").startswith("text/plain")


def _add_headers(scope: Scope, start: Message) -> None:
    headers = MutableHeaders(scope=start)
    for name, value in HEADERS.items():
        if name != CSP or headers.get(CSP) != PLAIN_PAGE:
            headers[name] = value
    if scope.get("scheme") == "https":
        headers["Strict-Transport-Security"] = f"max-age={HSTS_S}"
    headers.setdefault("Cache-Control", "no-store")  # where the answer itself says nothing
