"""The audit log over HTTP."""

from dataclasses import replace

import pytest

from tests.desktop.fake_desk import SUSAN, FakeDesk
from tests.desktop.serving import calling, sign_in
from tests.helpers import run_async


def desk_with_an_admin() -> FakeDesk:
    desk = FakeDesk()
    desk.agents = {**desk.agents, SUSAN: replace(desk.agents[SUSAN], roles=("admin",))}
    return desk


@run_async
async def test_what_was_changed_is_told_by_whom_and_the_newest_first() -> None:
    async with calling(desk_with_an_admin()) as client:
        await sign_in(client, SUSAN)
        for state in ("closed", "open"):
            await client.post("/api/v1/queues/sales/state", json={"state": state})
        found = (await client.get("/api/v1/audit")).json()
        closed = (await client.get("/api/v1/audit?action=set_queue_state&subject=sales&by=susan")).json()["records"]
        nothing = (await client.get("/api/v1/audit?by=anna")).json()
    assert [record["action"] for record in found["records"]] == ["set_queue_state", "set_queue_state", "sign_in"]
    assert [(record["before"], record["after"]) for record in closed] == [
        ({"state": "closed"}, {"state": "open"}),
        ({"state": "open"}, {"state": "closed"}),
    ]
    assert nothing == {"records": [], "next": None}


@run_async
async def test_the_cursor_leads_through_all_of_it_while_more_is_written() -> None:
    async with calling(desk_with_an_admin()) as client:
        await sign_in(client, SUSAN)
        for state in ("closed", "open", "closed"):
            await client.post("/api/v1/queues/sales/state", json={"state": state})
        first = (await client.get("/api/v1/audit?limit=3")).json()
        await client.post("/api/v1/queues/sales/state", json={"state": "open"})
        second = (await client.get(f"/api/v1/audit?limit=3&cursor={first['next']}")).json()
    numbers = [record["number"] for record in first["records"] + second["records"]]
    assert numbers == [4, 3, 2, 1]
    assert second["next"] is None


@run_async
async def test_times_bound_what_is_found() -> None:
    desk = desk_with_an_admin()
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        at_ms = desk.access.changes[0].at_ms
        found = (await client.get(f"/api/v1/audit?from_ms={at_ms}&to_ms={at_ms + 1}")).json()["records"]
        none = (await client.get(f"/api/v1/audit?to_ms={at_ms}")).json()["records"]
    assert len(found) == 1
    assert none == []


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "cursor=-1", "from_ms=x", "before=3", "by=%00"])
@run_async
async def test_a_query_that_is_wrong_is_refused(query: str) -> None:
    async with calling(desk_with_an_admin()) as client:
        await sign_in(client, SUSAN)
        answer = await client.get(f"/api/v1/audit?{query}")
    assert answer.status_code == 422
    assert query.split("=", maxsplit=1)[0] in answer.json()["error"]
