"""The schema of the API: complete, unambiguous, and shown by a page that needs nothing from elsewhere."""

import re
from typing import Any

import pytest
from fastapi.routing import APIRoute

from callcenter.desktop.access.permissions import Permission
from callcenter.desktop.app import create_app
from callcenter.desktop.openapi import FILES, TAGS, routes_of, schema_of
from callcenter.metrics import Metrics
from tests.desktop.fake_desk import FakeDesk
from tests.desktop.serving import calling
from tests.helpers import run_async

NO_JSON = {"/api/v1/staff/agents.csv": "text/csv"}


def schema() -> dict[str, Any]:
    desk = FakeDesk()
    return schema_of(create_app(desk, desk.hub, Metrics(desk.overview)))


def test_the_schema_is_drawn_when_it_is_asked_for_and_not_at_each_start(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[object] = []
    monkeypatch.setattr("callcenter.desktop.openapi.get_openapi", drawn.append)
    desk = FakeDesk()
    create_app(desk, desk.hub, Metrics(desk.overview))
    assert not drawn


def operations() -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in schema()["paths"].items()
        for method, operation in methods.items()
    }


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        found = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return found.union(*(references(item) for item in value.values()))
    if isinstance(value, list):
        return set[str]().union(*(references(item) for item in value))
    return set()


def test_each_operation_has_one_name_words_a_tag_and_a_model_of_its_answer() -> None:
    names = [operation["operationId"] for operation in operations().values()]
    assert sorted(names) == sorted(set(names))
    for where, operation in operations().items():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", operation["operationId"]), where
        assert operation.get("description"), f"{where} has no docstring"
        assert len(operation.get("tags", [])) == 1, where
        assert operation["tags"][0] in TAGS, where
        kind = NO_JSON.get(where.split()[1], "application/json")
        answer = next(told for status, told in operation["responses"].items() if status.startswith("2"))
        model = answer["content"][kind]["schema"]
        assert "$ref" in model or kind != "application/json", f"{where} answers with {model}"


def test_each_operation_that_takes_a_body_has_a_model_of_it() -> None:
    for where, operation in operations().items():
        for told in operation.get("requestBody", {"content": {}})["content"].values():
            assert told["schema"], where


def test_what_is_needed_and_how_it_is_refused_is_told() -> None:
    for where, operation in operations().items():
        if operation["security"]:
            assert {"401", "403", "429", "503"} <= operation["responses"].keys(), where
            assert set(operation["x-permission"]) <= set(Permission), where
        for status, told in operation["responses"].items():
            if int(status) >= 400:
                assert references(told) == {"#/components/schemas/Refusal"}, f"{where} {status}"


def test_nothing_is_referred_to_that_is_not_there() -> None:
    drawn = schema()
    for reference in references(drawn):
        _, _, kind, name = reference.split("/")
        assert name in drawn["components"][kind], reference
    assert drawn["components"]["securitySchemes"].keys() == {"session", "token"}


def test_every_route_of_the_api_is_told_except_the_schemas_own() -> None:
    desk = FakeDesk()
    app = create_app(desk, desk.hub, Metrics(desk.overview))
    left_out = {
        route.path
        for route in routes_of(app)
        if isinstance(route, APIRoute) and route.path.startswith("/api/") and not route.include_in_schema
    }
    assert {path for path in left_out if "/docs" not in path} <= {
        "/api/v1/openapi.json",
        "/api/v1/oidc/start",
        "/api/v1/oidc/callback",
    }


@run_async
async def test_the_schema_and_its_page_are_served_to_anybody() -> None:
    async with calling(FakeDesk()) as client:
        told = await client.get("/api/v1/openapi.json")
        page = await client.get("/api/v1/docs")
        for reference in re.findall(r'(?:src|href)="([^"]+)"', page.text):
            assert reference.startswith("/api/v1/"), "nothing comes from elsewhere"
            assert (await client.get(reference)).status_code == 200
    assert told.json()["openapi"].startswith("3.1")
    assert page.headers["content-type"].startswith("text/html")
    assert "unsafe-inline" not in page.headers["content-security-policy"]


@pytest.mark.parametrize("name", ["docs.html", "docs.js"])
def test_the_page_writes_text_only(name: str) -> None:
    text = (FILES / name).read_text()
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text)
    assert not re.search(r"<script(?![^>]*src=)|\s(on\w+|style)=\"", text)
