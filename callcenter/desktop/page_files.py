"""The built pages: one HTML file at each of the application's addresses, and the files that it names.

The one idea: files have their content's hash in their names and may be kept for ever; the one HTML file names them and
is asked for anew each time, so that a new version is seen at the next load. Its sources are in web/.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import FastAPI
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from callcenter.desktop.access.needs import public

BUILT = Path(__file__).parent / "web"
# The addresses of web/src/routes.ts: a reload, or a link from a colleague, gets the application, which shows the rest.
ADDRESSES = (
    "/",
    "/agent",
    "/figures",
    "/floor",
    "/wall",
    "/contacts",
    "/contacts/{path:path}",
    "/reports",
    "/admin",
    "/admin/{path:path}",
)
MOVED = {"/overview": "/floor"}  # addresses of before, which people have bookmarked
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"

_NOT_BUILT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>callcenter: the pages are not built</title></head>
<body><h1>The pages are not built</h1>
<p>The daemon runs and calls are routed, but this installation lacks the files of its pages.</p>
<p>In a checkout run <code>scripts/setup run</code> and reload; elsewhere install the package
<code>callcenter</code> again, which has them built in.</p></body></html>
"""


def install(app: FastAPI, built: Path = BUILT) -> None:
    """Serve what is in `built`. Files that are not there yet are found as soon as they are: no restart is needed."""
    index = built / "index.html"

    async def application() -> Response:
        if not index.is_file():
            return HTMLResponse(_NOT_BUILT, 503, {"Cache-Control": ASK_AGAIN})
        return FileResponse(index, headers={"Cache-Control": ASK_AGAIN})

    async def icon() -> Response:
        if not (built / "icon.svg").is_file():
            return Response(status_code=404)
        return FileResponse(built / "icon.svg", headers={"Cache-Control": ASK_AGAIN})

    page = [public("a page without data; what it shows it asks the API for")]
    for address in ADDRESSES:
        app.add_api_route(address, application, include_in_schema=False, dependencies=page)
    for before, now in MOVED.items():
        app.add_api_route(before, _moved_to(now), include_in_schema=False, dependencies=page)
    app.add_api_route("/icon.svg", icon, include_in_schema=False, dependencies=page)
    app.mount("/assets", _Hashed(directory=built / "assets", check_dir=False))


def _moved_to(address: str) -> Callable[[], Awaitable[Response]]:
    async def moved() -> Response:
        return RedirectResponse(address, 308)

    return moved


class _Hashed(StaticFiles):
    """Files whose names change with their contents."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code in (200, 304):
            response.headers["Cache-Control"] = FOR_EVER
        return response
