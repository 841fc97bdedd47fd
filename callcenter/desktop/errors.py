"""Every refusal as JSON with two sentences: what was wrong (`error`) and what would be right (`remedy`)."""

import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket

from callcenter.desktop.desk import DeskUnavailableError

logger = logging.getLogger(__name__)

# With which a WebSocket is closed that may not be opened.
CLOSE_SIGNED_OUT = 4401
CLOSE_NOT_ALLOWED = 4403

_REMEDIES = {
    404: "Look at the address; the pages are at /, the API's schema at /api/v1/docs.",
    405: "Use the method that the Allow header names.",
}


class ApiError(Exception):
    """`details` are further keys of the answer, for programs."""

    def __init__(
        self,
        status: int,
        error: str,
        remedy: str,
        headers: Mapping[str, str] | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.remedy = remedy
        self.headers = headers
        self.details = details


def not_signed_in() -> ApiError:
    return ApiError(401, "You are not signed in.", "Sign in on the start page.")


def answer(
    status: int,
    error: str,
    remedy: str,
    headers: Mapping[str, str] | None = None,
    details: Mapping[str, Any] | None = None,
) -> JSONResponse:
    return JSONResponse({"error": error, "remedy": remedy, **(details or {})}, status, headers)


async def _api_error(connection: Request | WebSocket, error: Exception) -> JSONResponse | None:
    assert isinstance(error, ApiError)
    if isinstance(connection, WebSocket):
        await connection.accept()  # only after it does the page learn why
        await connection.close(CLOSE_SIGNED_OUT if error.status == 401 else CLOSE_NOT_ALLOWED, error.error)
        return None
    return answer(error.status, error.error, error.remedy, error.headers, error.details)


async def _unavailable(_: Request, error: Exception) -> JSONResponse:
    return answer(
        503, f"That could not be taken now: {error}", "Try again in a few seconds; calls go on.", {"Retry-After": "2"}
    )


async def _http_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code == 400:  # the framework could not read the body, which is our 422 in other words
        return answer(422, "body: it is not JSON in UTF-8", "Send a JSON object with these keys put right.")
    remedy = _REMEDIES.get(error.status_code, "Look at the request.")
    return answer(error.status_code, f"{error.detail}.", remedy, error.headers)


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    wrongs = [f"{'.'.join(str(part) for part in wrong['loc'])}: {wrong['msg']}" for wrong in error.errors()[:10]]
    return answer(422, "; ".join(wrongs), "Send a JSON object with these keys put right.")


async def _unexpected(_: Request, error: Exception) -> JSONResponse:
    return answer(500, "That failed on our side.", "Try again; if it stays so, the daemon's log says why.")


def install(app: FastAPI) -> None:
    app.add_exception_handler(ApiError, _api_error)  # type: ignore[arg-type] # it is called for WebSockets, too
    app.add_exception_handler(DeskUnavailableError, _unavailable)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _unexpected)
