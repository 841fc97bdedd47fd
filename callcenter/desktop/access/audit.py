"""What a request asks to be changed, as the audit log will tell it.

The one idea: nobody has to think of it. The gate opens a `Page` for each request, `needs` writes down who asks for
what, and the first event that the request hands in takes the record along, into one entry of the journal. A change that
is no event is written down when it has been made, before it is answered; a handler that wants the record first asks the
door for it (`note_first`). A handler may say more with `tell`: what was before, or what exactly comes of it.

Secrets are never told, of a customer's number only what everybody may see, of free text only how long it is.
"""

import hashlib
import json
import uuid
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.requests import Request

from callcenter.desktop.access.permissions import Caller, mask
from callcenter.records import RecordChange

ASKED, DONE = "asked", "done"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_TOLD = 4_000  # characters of JSON, before and after each
MAX_TEXT = 200
_SECRET_WORDS = ("password", "secret", "token", "hash", "credential")
_NUMBERS = frozenset({"number", "caller", "phone"})
_PROSE = frozenset({"notes", "text"})


@dataclass(slots=True)
class Page:
    """What is known of one request. `action` is None where it changes nothing."""

    action: str | None = None
    by: str = ""
    via: str = ""
    address: str = ""
    subject: str = ""
    before: Any = None
    after: Any = None
    written: str | None = None  # the outcome that was written down last

    def record(self, now_ms: int, outcome: str = DONE) -> RecordChange:
        assert self.action is not None, "a record is of a change"
        self.written = outcome
        return RecordChange(
            uuid.uuid4().hex,
            now_ms,
            self.by,
            self.via,
            self.address,
            self.action,
            self.subject,
            told(self.before),
            told(self.after),
            outcome,
        )


_current: ContextVar[Page | None] = ContextVar("audit_page", default=None)


def open_page() -> Page:
    """Before a request is looked at."""
    page = Page()
    _current.set(page)
    return page


def current() -> Page | None:
    return _current.get()


def due() -> Page | None:
    """The page of a request that changes something and has not been written down yet."""
    page = _current.get()
    return page if page is not None and page.action is not None and page.written is None else None


def tell(*, subject: str | None = None, before: Any = None, after: Any = None) -> None:
    """Say more of the change that is being asked for. What is None stays as it is."""
    page = _current.get()
    if page is not None:
        page.subject = page.subject if subject is None else subject
        page.before = page.before if before is None else before
        page.after = page.after if after is None else after


async def begin(request: Request, caller: Caller, via: str, address: str) -> None:
    """Write down who asks for what, unless the request only reads."""
    page = _current.get()
    if page is None or request.method in SAFE_METHODS:
        return
    route = request.scope.get("route")
    page.action = getattr(route, "operation_id", None) or getattr(route, "name", None) or request.url.path
    page.by, page.via, page.address = caller.id, via, address
    page.subject = "/".join(str(value) for value in request.path_params.values())
    page.after = _body(await request.body(), request.headers.get("content-type", ""))


def _body(raw: bytes, kind: str) -> Any:
    if not raw:
        return None
    if len(raw) <= 64 * MAX_TOLD and "csv" not in kind:
        try:
            return json.loads(raw)
        except (ValueError, RecursionError):
            pass
    return {"bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}


def told(value: Any) -> str | None:
    """As JSON for the log; None stays None."""
    if value is None:
        return None
    text = json.dumps(_safe(msgspec.to_builtins(value, str_keys=True)), ensure_ascii=False, default=str)
    if len(text) <= MAX_TOLD:
        return text
    return json.dumps({"cut": text[: MAX_TOLD // 2], "characters": len(text)}, ensure_ascii=False)


def _safe(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {str(name): _safe(item, str(name).lower()) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_safe(item, key) for item in value]
    if any(word in key for word in _SECRET_WORDS) and not (value is None or isinstance(value, bool)):
        return "(not told)"
    return _safe_text(value, key) if isinstance(value, str) else value


def _safe_text(value: str, key: str) -> str | None:
    if key in _NUMBERS:
        return mask(value)
    if key in _PROSE:
        return f"({len(value)} characters)"
    if len(value) > MAX_TEXT:
        return f"{value[:MAX_TEXT]}… ({len(value)} characters)"
    return value
