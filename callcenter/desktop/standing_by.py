"""What a daemon that stands by says of itself over HTTP: that it lives, that it is not the one to sign in at."""

from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

WORDS = "This daemon stands by for the one that is in charge, and takes over when that one is gone."
METRICS = """\
# HELP callcenter_in_charge 1 in the daemon that routes calls, 0 in one that stands by for it
# TYPE callcenter_in_charge gauge
callcenter_in_charge 0
"""


def create_standby_app() -> FastAPI:
    """Live, never ready; everything else is answered with 503 and the reason."""
    app = FastAPI(title="callcenter, standing by", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/health/live")
    async def live() -> dict[str, Any]:
        return {"ok": True, "words": WORDS}

    @app.get("/health/ready")
    async def ready() -> JSONResponse:
        return JSONResponse({"ok": False, "parts": {"standby": {"ok": False, "words": WORDS}}}, 503)

    @app.get("/metrics")
    async def metrics() -> Response:
        return PlainTextResponse(METRICS, media_type="text/plain; version=0.0.4")

    @app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    async def anything_else(request: Request) -> Response:
        return PlainTextResponse(WORDS, 503, headers={"Retry-After": "2"})

    return app
