"""Publishing over HTTP: who may, what is refused before it is read, and what a refusal tells."""

import json
from typing import Any

import httpx
import pytest

from callcenter.admin.versions import MAX_BYTES
from callcenter.desktop.desk import DeskUnavailableError, RulesDraft, RulesRefusedError
from tests.desktop.fake_desk import ANNA, SUSAN, FakeDesk
from tests.desktop.serving import calling, sign_in
from tests.helpers import run_async

FILES = {"routing.yaml": "version: 2\n", "cases.yaml": "[]\n"}
DRAFT: dict[str, Any] = {"files": FILES, "message": "VIP line", "based_on": 1, "reroute_waiting": True}


async def publish(client: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    return await client.post("/api/v1/rules", json={**DRAFT, **changes})


@run_async
async def test_what_is_published_is_the_supervisors_and_is_in_force() -> None:
    desk = FakeDesk()
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        answer = await publish(client, message="  VIP line ")
        in_force = await client.get("/api/v1/rules")
        versions = await client.get("/api/v1/rules/versions")
        last = await client.get("/api/v1/rules/versions?limit=1")
    assert answer.status_code == 200, answer.text
    assert desk.rules.drafts == [RulesDraft(FILES, "susan", "VIP line", 1, True)]
    version = {
        "number": 2,
        "author": "susan",
        "at_ms": 1_763_000_000_001,
        "message": "VIP line",
        "parent": 1,
        "changed": ["~routing.yaml"],
    }
    assert answer.json() == in_force.json() == {"version": version}
    assert [told["number"] for told in versions.json()["versions"]] == [2, 1]
    assert last.json() == {"versions": [version]}


@run_async
async def test_another_author_is_named_beside_who_is_signed_in() -> None:
    desk = FakeDesk()
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        for author in ("Jane Doe", "susan", None):
            await publish(client, author=author, based_on=desk.rules.in_force.number)
    assert [draft.author for draft in desk.rules.drafts] == ["Jane Doe (as susan)", "susan", "susan"]


@run_async
async def test_only_supervisors_see_and_publish_rules() -> None:
    desk = FakeDesk()
    async with calling(desk) as client:
        nobody = [await publish(client), await client.get("/api/v1/rules"), await client.get("/api/v1/rules/versions")]
        await sign_in(client, ANNA)
        agent = [await publish(client), await client.get("/api/v1/rules"), await client.get("/api/v1/rules/versions")]
        await sign_in(client, SUSAN)
        elsewhere = await client.post("/api/v1/rules", json=DRAFT, headers={"Origin": "http://evil.test"})
    assert [answer.status_code for answer in (*nobody, *agent, elsewhere)] == [401, 401, 401, 403, 403, 403, 403]
    assert desk.rules.drafts == []


@run_async
async def test_who_is_not_signed_in_is_refused_before_the_body_is_read() -> None:
    async with calling(FakeDesk()) as client:
        answer = await client.post("/api/v1/rules", content=b"not JSON at all")
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"files": {"../routing.yaml": ""}}, "../routing.yaml"),
        ({"files": {"Routing.yaml": ""}}, "Routing.yaml"),
        ({"files": {"routing.txt": ""}}, "routing.txt"),
        ({"files": {}}, "holds no *.yaml file"),
        ({"files": {f"{n}.yaml": "" for n in range(201)}}, "201 files"),
        ({"files": {"routing.yaml": 1}}, "files.routing.yaml"),
        ({"files": ["routing.yaml"]}, "files"),
        ({"message": ""}, "message: It should be one line"),
        ({"message": "two\nlines"}, "message: It should be one line"),
        ({"message": "x" * 501}, "message"),
        ({"author": "\x1b[2J"}, "author: It should be one line"),
        ({"author": "x" * 65}, "author"),
        ({"based_on": -1}, "based_on"),
        ({"based_on": "1"}, "based_on"),
        ({"reroute": True}, "reroute"),
    ],
)
@run_async
async def test_a_request_that_is_not_right_is_told_what(changes: dict[str, Any], told: str) -> None:
    desk = FakeDesk()
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        answer = await publish(client, **changes)
    assert answer.status_code == 422, answer.text
    assert told in answer.json()["error"]
    assert answer.json()["remedy"]
    assert desk.rules.drafts == []


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff", b'{"files": {"a.yaml": "\\ud800"}}'])
@run_async
async def test_what_is_no_json_object_is_refused(raw: bytes) -> None:
    async with calling(FakeDesk()) as client:
        await sign_in(client, SUSAN)
        answer = await client.post("/api/v1/rules", content=raw)
    assert answer.status_code == 422
    assert answer.json()["remedy"]


@run_async
async def test_a_body_at_the_bound_is_taken_and_a_larger_one_is_not() -> None:
    desk = FakeDesk()
    frame = len(json.dumps({**DRAFT, "files": {"routing.yaml": ""}}, separators=(",", ":")))
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        fits = await publish(client, files={"routing.yaml": "#" * (MAX_BYTES - frame)})
        larger = await publish(client, files={"routing.yaml": "#" * (MAX_BYTES - frame + 1)})
        elsewhere = await client.post("/api/v1/not-ready", content=b"x" * 20_000)
    assert [answer.status_code for answer in (fits, larger, elsewhere)] == [200, 413, 413]
    assert len(desk.rules.drafts) == 1


@run_async
async def test_rules_with_mistakes_are_answered_with_each_of_them() -> None:
    desk = FakeDesk()
    desk.rules.refuse = RulesRefusedError([f"routing.yaml:{n}: is wrong" for n in range(1, 251)])
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        answer = await publish(client)
    assert answer.status_code == 422
    told = answer.json()
    assert told["mistakes"][0] == "routing.yaml:1: is wrong"
    assert told["mistakes"][-2:] == ["routing.yaml:200: is wrong", "and 50 more"]
    assert "those in force stay" in told["error"]


@run_async
async def test_the_second_of_two_admins_is_told_who_published_what() -> None:
    desk = FakeDesk()
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        assert (await publish(client, author="Jane")).status_code == 200
        second = await publish(client)
    assert second.status_code == 409
    told = second.json()
    assert told["error"] == (
        "Yours was made from version 1, and Jane (as susan) has published version 2 at 2025-11-13 02:13:20 UTC: "
        "VIP line"
    )
    assert "rules diff 1 2" in told["remedy"]
    assert "--expect 2" in told["remedy"]
    assert [version["number"] for version in told["newer"]] == [2]


@run_async
async def test_a_version_that_never_was_cannot_be_built_on() -> None:
    async with calling(FakeDesk()) as client:
        await sign_in(client, SUSAN)
        answer = await publish(client, based_on=7)
    assert answer.status_code == 409
    assert answer.json()["error"] == "There is no version 7."


@run_async
async def test_without_a_database_publishing_is_a_503_with_words() -> None:
    desk = FakeDesk()
    desk.rules.refuse = DeskUnavailableError("the database cannot be used")
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        answer = await publish(client)
    assert answer.status_code == 503
    assert "the database cannot be used" in answer.json()["error"]


@pytest.mark.parametrize("limit", ["0", "201", "x"])
@run_async
async def test_the_list_of_versions_is_bounded(limit: str) -> None:
    async with calling(FakeDesk()) as client:
        await sign_in(client, SUSAN)
        answer = await client.get(f"/api/v1/rules/versions?limit={limit}")
    assert answer.status_code == 422
