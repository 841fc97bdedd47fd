"""The schema of the API, drawn from the routes, and the page that shows it.

The one idea: what a route declares is all that is told of it: its permission, its models, its refusals. What every
route has in common, FastAPI cannot know: who may ask, and how it is refused. That is added here.
"""

import asyncio
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute

from callcenter.desktop.access.needs import Need, Public, public
from callcenter.desktop.access.sessions import COOKIE
from callcenter.desktop.api.answers import Refusal

FILES = Path(__file__).parent / "docs"
PREFIX = "/api/v1"
VERSION = "1.0"
DESCRIPTION = """
Everything that the pages of callcenter do, and what only programs do.

- Programs send `Authorization: Bearer cc_...`, a token that an admin has made (`callcenter token create`). Pages sign
  in and have a cookie.
- Each operation names the permission that it needs in `x-permission`; a token's scopes are permissions.
- Whatever is refused is answered with `error` and `remedy`, two sentences.
- Times are milliseconds of UTC since the Unix epoch.
- Too many requests are answered with 429 and `Retry-After`.
"""
TAGS = {
    "session": "Who is signed in",
    "agents": "What agents ask for themselves",
    "calls": "The call that an agent is in",
    "floor": "What supervisors see and order",
    "contacts": "Contacts, their stories and notes",
    "reports": "Figures of queues, agents, dispositions and customers",
    "rules": "The routing rules and their versions",
    "staff": "Who works here",
    "access": "Tokens, webhooks and the audit log",
}
_REFUSED = {
    401: "nobody is signed in, or the token is none",
    403: "whoever asks may not do that",
    404: "there is no such thing",
    409: "as things stand now, that cannot be done",
    413: "too large",
    415: "another content type than JSON",
    422: "the request is not as it should be",
    429: "too many requests; `Retry-After` says when to ask again",
    503: "that cannot be taken now; ask again in some seconds",
}
_ANSWERED_BY_ALL = (422, 429, 503)
_REFUSAL = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
_RETRY = {"Retry-After": {"description": "seconds", "schema": {"type": "integer"}}}
_SCHEMES = {
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
    "token": {"type": "http", "scheme": "bearer", "bearerFormat": "cc_..."},
}


def routes_of(app: FastAPI | APIRouter) -> Iterator[BaseRoute]:
    """All routes, those of included routers too."""
    for route in app.routes:
        included: APIRouter | None = getattr(route, "original_router", None)
        if included is None:
            yield route
        else:
            yield from routes_of(included)


def need_of(route: BaseRoute) -> Need | Public | None:
    """What the route says of who may use it."""
    if not isinstance(route, APIRoute | APIWebSocketRoute):
        return None
    declared = [it.call for it in route.dependant.dependencies if isinstance(it.call, Need | Public)]
    return declared[0] if len(declared) == 1 else None


def schema_of(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document."""
    tags = [{"name": name, "description": description} for name, description in TAGS.items()]
    schema = get_openapi(
        title="callcenter",
        version=VERSION,
        description=DESCRIPTION.strip(),
        routes=list(app.routes),
        tags=tags,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    components = schema.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Refusal"] = Refusal.model_json_schema()
    for left_over in ("HTTPValidationError", "ValidationError"):
        schemas.pop(left_over, None)
    components["securitySchemes"] = _SCHEMES
    for route in routes_of(app):
        if isinstance(route, APIRoute) and route.include_in_schema:
            for method in route.methods or ():
                _complete(schema["paths"][route.path_format][method.lower()], route)
    return schema


def _complete(operation: dict[str, Any], route: APIRoute) -> None:
    operation["operationId"] = route.name
    need = need_of(route)
    statuses = [*_ANSWERED_BY_ALL, *(int(status) for status in route.responses if str(status).isdigit())]
    if isinstance(need, Need):
        operation["security"] = [{"session": []}, {"token": []}]
        operation["x-permission"] = [str(one) for one in need.any_of]
        statuses += [401, 403]
    else:
        operation["security"] = []
        statuses += [401] if route.name == "sign_in" else []
    if route.methods != {"GET"}:
        statuses += [403, 413, 415]
    for status in sorted(set(statuses)):
        if status >= 400:
            told: dict[str, Any] = {"description": _REFUSED.get(status, "refused"), "content": _REFUSAL}
            if status in (429, 503):
                told["headers"] = _RETRY
            operation["responses"][str(status)] = told


def add_schema(app: FastAPI) -> None:
    """The routes of the schema and of its page. To be called when all other routes are there."""
    draw = cache(lambda: schema_of(app))  # at the first demand: it takes 0.2 s, which a start does not have
    app.openapi = draw  # type: ignore[method-assign]
    anybody = [public("the schema is the same everywhere and tells nothing of this center")]

    @app.get(f"{PREFIX}/openapi.json", include_in_schema=False, dependencies=anybody)
    async def openapi_json() -> dict[str, Any]:
        return await asyncio.to_thread(draw)

    def serve(path: str, file: str) -> None:
        @app.get(f"{PREFIX}/docs{path}", include_in_schema=False, dependencies=anybody, name=f"docs{path}")
        async def page() -> Response:
            return FileResponse(FILES / file)

    serve("", "docs.html")
    serve("/docs.js", "docs.js")
    serve("/docs.css", "docs.css")
