from pathlib import Path

from tests.desktop.serving import sign_in
from tests.desktop.staffed import ANNA, BOSS, PASSWORD, SUSAN, staffed
from tests.helpers import run_async

PATH = "/api/v1/me/password"
NEW = "another fine password"


@run_async
async def test_anyone_changes_the_own_password_with_the_old_one(tmp_path: Path) -> None:
    async with staffed(tmp_path) as (desk, client):
        await sign_in(client, ANNA)
        old_session = dict(client.cookies)
        answer = await client.post(PATH, json={"old_password": PASSWORD, "new_password": NEW})
        assert answer.status_code == 200, answer.text
        assert (await client.get("/api/v1/me")).status_code == 200, "this session goes on"
        client.cookies.clear()
        client.cookies.update(old_session)
        assert (await client.get("/api/v1/me")).status_code == 401, "others are over"
        assert (await sign_in(client, ANNA)).status_code == 401
        assert (await sign_in(client, ANNA, NEW)).status_code == 200
        (version, *_) = await desk.staff.versions(1)
        assert (version.author, version.message, version.changed) == ("anna", "changed the own password", ("~anna",))
        logged = repr(desk.access.changes)
        assert PASSWORD not in logged
        assert NEW not in logged


@run_async
async def test_what_is_refused(tmp_path: Path) -> None:
    async with staffed(tmp_path) as (desk, client):
        body = {"old_password": PASSWORD, "new_password": NEW}
        assert (await client.post(PATH, json=body)).status_code == 401
        await sign_in(client, ANNA)
        for changed, words in (
            ({"new_password": PASSWORD}, "The new password is the old one."),
            ({"new_password": "short"}, "new_password"),
            ({"old_password": "wrong"}, "The old password is wrong."),
        ):
            answer = await client.post(PATH, json={**body, **changed})
            assert answer.status_code == 422
            assert words in answer.json()["error"]
        for _ in range(4):
            await client.post(PATH, json={**body, "old_password": "wrong"})
        many = await client.post(PATH, json=body)
        assert many.status_code == 429
        assert int(many.headers["Retry-After"]) > 0
        assert (await desk.staff.versions(9))[0].number == 1


@run_async
async def test_who_was_removed_meanwhile_has_no_password_to_change(tmp_path: Path) -> None:
    async with staffed(tmp_path) as (_, client):
        await sign_in(client, SUSAN)
        session = dict(client.cookies)
        await sign_in(client, BOSS)
        await client.delete("/api/v1/staff/people/susan?based_on=1")
        client.cookies.clear()
        client.cookies.update(session)
        answer = await client.post(PATH, json={"old_password": PASSWORD, "new_password": NEW})
        assert answer.status_code == 401
