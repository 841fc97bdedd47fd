"""Administering the staff over HTTP, with the checks and the database of the daemon."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher

from callcenter.admin import staff_csv
from callcenter.desktop.desk import DeskUnavailableError
from callcenter.types import AgentId
from tests.desktop.fake_desk import FakeDesk
from tests.desktop.fake_staff import FakeStaff
from tests.desktop.serving import calling, sign_in
from tests.desktop.staffed import ANNA, BOSS, SUSAN, staffed
from tests.helpers import run_async

STAFF = "/api/v1/staff"
ZOE = {"name": "Zoe", "device": "PJSIP/1003", "queues": ["sales"], "based_on": 1}


async def get(client: httpx.AsyncClient, path: str = "") -> Any:
    answer = await client.get(STAFF + path)
    assert answer.status_code == 200, answer.text
    return answer.json()


@run_async
async def test_everybody_is_listed_and_no_hash(tmp_path: Path) -> None:
    async with staffed(tmp_path) as (_, client):
        await sign_in(client, BOSS)
        answer = await client.get(STAFF)
        told = answer.json()
        assert "argon2" not in answer.text
        assert told["people"][0] == {
            "id": "anna",
            "name": "Anna Berg",
            "roles": ["agent"],
            "queue_groups": [],
            "device": "PJSIP/1001",
            "auto_answer": None,
            "skills": {"sales": 5},
            "queues": {"sales": 1},
            "password_set": True,
        }
        assert (told["version"]["number"], told["queues"], told["skills"]) == (
            1,
            ["sales", "support"],
            ["sales", "german"],
        )
        assert told["roles"] == ["agent", "supervisor", "admin", "viewer"]
        assert told["queue_groups"] == ["helpers", "sellers"]
        assert (await get(client, "/devices"))["devices"] == [
            {"device": "PJSIP/1001", "agent": "anna", "status": "free"}
        ]


@run_async
async def test_somebody_is_added_changed_and_removed(tmp_path: Path) -> None:
    async with staffed(tmp_path) as (desk, client):
        await sign_in(client, BOSS)
        added = await client.put(f"{STAFF}/people/zoe", json={**ZOE, "password": "a fine password", "message": "New"})
        assert added.status_code == 200, added.text
        told = added.json()
        assert (told["version"]["number"], told["version"]["author"], told["version"]["message"]) == (2, "boss", "New")
        assert told["changes"][0]["kind"] == "added"
        assert told["changes"][0]["fields"]["password"] == {"from": "none", "to": "set"}
        assert PasswordHasher().verify(desk.agents[AgentId("zoe")].password_hash, "a fine password")
        patched = await client.patch(f"{STAFF}/people/zoe", json={"skills": {"german": 7}, "based_on": 2})
        assert patched.json()["changes"] == [
            {"id": "zoe", "kind": "changed", "fields": {"skills": {"from": {}, "to": {"german": 7}}}}
        ]
        assert {it.id: it.skills for it in desk.loaded.staff.agents}["zoe"] == {"german": 7}
        replaced = await client.put(f"{STAFF}/people/zoe", json={**ZOE, "based_on": 3})
        assert replaced.json()["version"]["message"] == "changed zoe"
        assert desk.loaded.staff.agents[-1].skills == {}
        assert "zoe" in desk.agents, "the password stays"
        without = await client.patch(f"{STAFF}/people/zoe", json={"password": None, "based_on": 4})
        assert without.json()["changes"][0]["fields"] == {"password": {"from": "set", "to": "none"}}
        assert "zoe" not in desk.agents
        removed = await client.delete(f"{STAFF}/people/zoe?based_on=5")
        assert removed.json()["version"]["changed"] == ["-zoe"]
        again = await client.delete(f"{STAFF}/people/zoe?based_on=6")
        assert again.status_code == 404
        assert again.json()["error"] == "There is nobody called zoe."


@run_async
async def test_every_mistake_is_told_with_whom_and_what(tmp_path: Path) -> None:
    async with staffed(tmp_path) as (_, client):
        await sign_in(client, BOSS)
        wrong = {"name": "Zoe", "device": "PJSIP/1001", "queues": ["nowhere"], "skills": {"latin": 11}, "based_on": 1}
        answer = await client.put(f"{STAFF}/people/zoe", json=wrong)
        assert answer.status_code == 422
        told = answer.json()
        assert {(it["id"], it["key"]) for it in told["mistakes"]} == {
            ("zoe", "device"),
            ("zoe", "queues"),
            ("zoe", "skills"),
        }
        assert told["error"].startswith("Nothing was changed. zoe: ")
        assert all(it["remedy"] for it in told["mistakes"])
        assert (await get(client))["version"]["number"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {**ZOE, "colour": "green"},
        {**ZOE, "name": "a\nb"},
        {**ZOE, "password": "short"},
        {**ZOE, "password": "\ud800\ud800\ud800\ud800\ud800"},
        {**ZOE, "name": "\ud800"},
        {**ZOE, "based_on": -1},
        {key: value for key, value in ZOE.items() if key != "based_on"},
        {**ZOE, "message": "x" * 501},
    ],
)
@run_async
async def test_what_has_not_the_shape_is_refused_at_the_door(tmp_path: Path, body: dict[str, Any]) -> None:
    async with staffed(tmp_path) as (_, client):
        await sign_in(client, BOSS)
        answer = await client.put(f"{STAFF}/people/zoe", content=json.dumps(body))
        assert answer.status_code == 422, answer.text
        assert answer.json()["remedy"]


@run_async
async def test_the_second_of_two_is_told_who_was_first(tmp_path: Path) -> None:
    async with staffed(tmp_path) as (_, client):
        await sign_in(client, BOSS)
        body = {"skills": {"german": 1}, "based_on": 1, "message": "Night shift"}
        assert (await client.patch(f"{STAFF}/people/anna", json=body)).status_code == 200
        other = await client.patch(f"{STAFF}/people/susan", json={"name": "Susan B", "based_on": 1})
        assert other.status_code == 200, "somebody else's entry is nobody's business"
        late = await client.patch(f"{STAFF}/people/anna", json=body)
        assert late.status_code == 409
        told = late.json()
        assert told["error"] == "boss has changed anna meanwhile, in version 2: Night shift"
        assert (told["ids"], [it["number"] for it in told["newer"]]) == (["anna"], [3, 2])
        unknown = await client.patch(f"{STAFF}/people/anna", json={**body, "based_on": 99})
        assert (unknown.status_code, unknown.json()["error"]) == (409, "There is no version of that number.")


@run_async
async def test_many_changes_are_made_together_or_not_at_all(tmp_path: Path) -> None:
    async with staffed(tmp_path) as (desk, client):
        await sign_in(client, BOSS)
        put = {key: value for key, value in ZOE.items() if key != "based_on"} | {"password": "a fine password"}
        body = {"put": {"zoe": put}, "patch": {"anna": {"skills": None}}, "remove": ["susan"], "based_on": 1}
        bad = await client.post(f"{STAFF}/bulk", json={**body, "patch": {"anna": {"device": "PJSIP/1003"}}})
        assert bad.status_code == 422
        assert "susan" in desk.agents
        done = await client.post(f"{STAFF}/bulk", json=body)
        assert done.json()["version"]["message"] == "changed 3 people"
        assert [(it["id"], it["kind"]) for it in done.json()["changes"]] == [
            ("anna", "changed"),
            ("susan", "removed"),
            ("zoe", "added"),
        ]
        assert sorted(desk.agents) == ["anna", "boss", "zoe"]


@run_async
async def test_a_password_is_set_and_the_history_has_neither_it_nor_its_hash(tmp_path: Path) -> None:
    async with staffed(tmp_path) as (desk, client):
        await sign_in(client, BOSS)
        path = f"{STAFF}/people/anna/password"
        assert (await client.post(path, json={"password": "a fine password"})).status_code == 200
        versions = await client.get(f"{STAFF}/versions?limit=1")
        diff = await client.get(f"{STAFF}/diff?from=1&to=2")
        assert versions.json()["versions"][0]["message"] == "new password for anna"
        assert diff.json()["changes"] == [
            {"id": "anna", "kind": "changed", "fields": {"password": {"from": "set", "to": "new"}}}
        ]
        assert "argon2" not in versions.text + diff.text
        logged = repr(desk.access.changes)
        assert "set_password" in logged
        assert "fine password" not in logged
        assert "argon2" not in logged
        assert (await sign_in(client, ANNA, "a fine password")).status_code == 200
        nobody = await client.post(f"{STAFF}/people/nobody/password", json={"password": "a fine password"})
        assert nobody.status_code == 403, "anna is no admin"


@run_async
async def test_an_older_version_comes_back(tmp_path: Path) -> None:
    async with staffed(tmp_path) as (_, client):
        await sign_in(client, BOSS)
        await client.delete(f"{STAFF}/people/anna?based_on=1&message=Gone")
        back = await client.post(f"{STAFF}/rollback", json={"number": 1, "based_on": 2})
        assert back.json()["version"]["message"] == "back to version 1"
        assert [it["id"] for it in (await get(client))["people"]] == ["anna", "susan", "boss"]
        for number, based_on, status in ((9, 3, 404), (1, 2, 409)):
            refused = await client.post(f"{STAFF}/rollback", json={"number": number, "based_on": based_on})
            assert refused.status_code == status, refused.text
        assert (await client.get(f"{STAFF}/diff?from=1&to=9")).status_code == 404


@run_async
async def test_the_audit_log_has_before_and_after(tmp_path: Path) -> None:
    async with staffed(tmp_path) as (desk, client):
        await sign_in(client, BOSS)
        await client.patch(f"{STAFF}/people/anna", json={"skills": {"german": 1}, "based_on": 1})
        change = desk.access.changes[-1]
        assert (change.by, change.subject) == ("boss", "anna (version 2)")
        assert change.before == '{"anna": {"skills": {"sales": 5}}}'
        assert change.after == '{"anna": {"skills": {"german": 1}}}'


# ---- tables


@run_async
async def test_a_table_goes_out_and_comes_back(tmp_path: Path) -> None:
    async with staffed(tmp_path) as (_, client):
        await sign_in(client, BOSS)
        answer = await client.get(f"{STAFF}/agents.csv")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.headers["content-disposition"] == 'attachment; filename="agents.csv"'
        assert answer.content.startswith(b"\xef\xbb\xbfid,name,roles,")
        same = await client.post(f"{STAFF}/import?prune=true", content=answer.content)
        assert same.json()["counts"] == {"added": 0, "changed": 0, "unchanged": 3, "removed": 0}
        table = (
            answer.text.removeprefix("\ufeff").replace("sales:5", "sales:5 german:7") + "zoe,Zoe,,,PJSIP/3,,,sales\r\n"
        )
        tried = (await client.post(f"{STAFF}/import", content=table.encode())).json()
        assert (tried["dry_run"], tried["version"], tried["based_on"], tried["mistakes"]) == (True, None, 1, [])
        assert tried["rows"][0] == {
            "row": 2,
            "id": "anna",
            "what": "changed",
            "fields": {"skills": {"from": {"sales": 5}, "to": {"sales": 5, "german": 7}}},
        }
        assert tried["rows"][3]["what"] == "added"
        query = f"dry_run=false&based_on={tried['based_on']}&message=From%20HR"
        done = (await client.post(f"{STAFF}/import?{query}", content=table.encode())).json()
        assert (done["version"]["number"], done["version"]["message"]) == (2, "From HR")
        assert (await get(client))["people"][-1]["id"] == "zoe"


@run_async
async def test_a_table_with_mistakes_is_refused_whole(tmp_path: Path) -> None:
    async with staffed(tmp_path) as (_, client):
        await sign_in(client, BOSS)
        table = b"id,skills,queues\nanna,latin:3,sales\nzoe,,nowhere\n"
        tried = await client.post(f"{STAFF}/import", content=table)
        assert tried.status_code == 200
        found = {(it["row"], it["column"]) for it in tried.json()["mistakes"]}
        assert found >= {(2, "skills"), (3, "queues"), (3, "name")}
        refused = await client.post(f"{STAFF}/import?dry_run=false", content=table)
        assert refused.status_code == 422
        assert refused.json()["mistakes"] == tried.json()["mistakes"]
        assert refused.json()["error"].startswith("Nothing was imported. Row ")
        large = await client.post(f"{STAFF}/import", content=b"x" * (staff_csv.MAX_BYTES + 1))
        assert large.status_code == 413


# ---- lists


@run_async
async def test_the_lists_of_the_rules_are_changed_in_the_rules(tmp_path: Path) -> None:
    async with staffed(tmp_path) as (desk, client):
        await sign_in(client, BOSS)
        skills = await get(client, "/lists/skills")
        assert skills["values"] == ["sales", "german"]
        assert skills["used_by"]["german"] == [
            {"kind": "rule", "name": "Berlin", "queue": "sales", "how": "asks for level 3"}
        ]
        used = await client.put(f"{STAFF}/lists/skills", json={"values": ["sales"], "based_on": 1})
        assert used.status_code == 422
        assert "`german` is in use: rule Berlin (asks for level 3)" in used.json()["error"]
        body = {"values": ["resolved", "sold"], "based_on": 1}
        done = await client.put(f"{STAFF}/lists/dispositions", json=body)
        assert (done.json()["values"], done.json()["rules_version"]) == (["resolved", "sold"], 2)
        assert desk.loaded.dispositions == ("resolved", "sold")
        late = await client.put(f"{STAFF}/lists/dispositions", json=body)
        assert late.status_code == 409
        wrong = await client.put(f"{STAFF}/lists/not-ready-reasons", json={"values": ["two words"], "based_on": 2})
        assert wrong.status_code == 422
        assert (await client.get(f"{STAFF}/lists/other")).status_code == 422
        files = (await client.get("/api/v1/rules/in-force/files")).json()["files"]
        text = next(it["text"] for it in files if it["name"] == "center.yaml")
        assert "# what agents choose from\ndispositions: [resolved, sold]\n" in text


# ---- who may


@run_async
async def test_supervisors_see_the_staff_and_change_nothing_and_agents_see_nothing() -> None:
    desk = FakeDesk()
    async with calling(desk) as client:
        for agent, sees in ((SUSAN, 200), (ANNA, 403), (None, 401)):
            client.cookies.clear()
            if agent is not None:
                await sign_in(client, agent)
            for path in ("", "/versions", "/devices", "/agents.csv", "/lists/skills", "/diff?from=0&to=1"):
                assert (await client.get(STAFF + path)).status_code == sees, (agent, path)
            changes = (
                client.put(f"{STAFF}/people/zoe", json=ZOE),
                client.patch(f"{STAFF}/people/anna", json={"based_on": 1}),
                client.delete(f"{STAFF}/people/anna?based_on=1"),
                client.post(f"{STAFF}/people/anna/password", json={"password": "a fine password"}),
                client.post(f"{STAFF}/bulk", json={"based_on": 1}),
                client.post(f"{STAFF}/rollback", json={"number": 1, "based_on": 1}),
                client.post(f"{STAFF}/import?dry_run=false", content=b"id\n"),
            )
            for change in changes:
                assert (await change).status_code == (401 if agent is None else 403)
    assert isinstance(desk.staff, FakeStaff)
    assert len(desk.staff.kept) == 1


@run_async
async def test_a_database_that_is_away_is_told(tmp_path: Path) -> None:
    async with staffed(tmp_path) as (desk, client):
        await sign_in(client, BOSS)
        desk.staff = FakeStaff(desk.staff.people)
        desk.staff.refuse = DeskUnavailableError("the database is away")
        answer = await client.patch(f"{STAFF}/people/anna", json={"based_on": 1})
        assert answer.status_code == 503
        assert "the database is away" in answer.json()["error"]
