"""Webhooks of a daemon that runs: told of real contacts, through a database that the contact log writes."""

import json
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.helpers import run_async
from tests.test_daemon import ANNA, VISITOR, center_in
from tests.test_webhooks import Receiver

pytestmark = pytest.mark.redis

KINDS = ["contact.arrived", "contact.routed", "contact.offered", "contact.connected", "contact.ended"]


@run_async
async def test_a_contact_is_told_from_its_arrival_to_its_end_also_after_a_crash(tmp_path: Path) -> None:
    receiver = Receiver()
    settings = {"http": {"webhook_networks": ["127.0.0.0/8"]}}
    async with center_in(tmp_path, settings=settings) as (center, pbx), receiver.serving() as url:
        center.agents = [replace(ANNA, roles=("agent", "admin"))]
        await center.start()
        await center.until(lambda parts: parts["sql"]["ok"], "the tables")
        anna = await center.seat("anna")
        async with httpx.AsyncClient(base_url=center.url) as client:
            sign_in = {"agent": "anna", "password": center.password, "takes_contacts": False}
            await client.post("/api/v1/sign-in", json=sign_in)
            private = await client.post("/api/v1/webhooks", json={"url": "https://10.0.0.1/", "events": KINDS})
            made = await client.post("/api/v1/webhooks", json={"url": url, "events": KINDS[:1]})
            address = f"/api/v1/webhooks/{made.json()['webhook']['id']}"
            moved = await client.put(address, json={"url": "https://10.0.0.1/", "events": KINDS})
            changed = await client.put(address, json={"url": url, "events": KINDS})
            tested = await client.post(f"{address}/test")
        assert [one.status_code for one in (private, made, moved, changed)] == [422, 200, 422, 200], changed.text
        assert tested.json() == {"taken": True, "error": None}
        await anna.ready()
        pbx.call(VISITOR)
        await anna.until_state("talking")
        await center.kill()
        await center.start()
        await center.until(lambda _: {one["kind"] for one in told(receiver)} > {*KINDS}, "the webhook to be told")
    assert list(dict.fromkeys(one["kind"] for one in told(receiver))) == ["test", *KINDS]
    assert len({one["contact"] for one in told(receiver)[1:]}) == 1


def told(receiver: Receiver) -> list[dict[str, str]]:
    return [json.loads(body) for _, body in receiver.heard]
