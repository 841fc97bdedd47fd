"""Telling webhooks: in order, signed, again and again and then no more, and never into the network behind us."""

import asyncio
import contextlib
import hmac
import ipaddress
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter import webhooks
from callcenter.records import RecordNotice
from callcenter.stores.contact_rows import write_batch
from callcenter.stores.database import Database, default_url
from callcenter.stores.webhooks import KeptWebhook, Webhooks
from callcenter.webhooks import AddressRefusedError, Deliveries, NotTakenError, Standing, signature
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.stores.records import until

NOW_MS = 1_763_000_000_000
LOCAL = [ipaddress.ip_network("127.0.0.0/8")]
BOTH = ("contact.arrived", "contact.ended")


class Receiver:
    """An HTTP server on a free port that notes what it is told, and answers as it is set."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.hang = False
        self.gate: asyncio.Event | None = None  # what an answer waits for

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        try:
            yield f"http://localhost:{port}/hook?x=1"
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head.split("\r\n")[1:])
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.heard.append((headers, body))
        if self.gate is not None:
            await self.gate.wait()
        if not self.hang:
            status = self.answers.pop(0) if self.answers else 204
            writer.write(f"HTTP/1.1 {status} x\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()
        else:
            await asyncio.sleep(60)
        writer.close()

    def told(self, number: int) -> dict[str, Any]:
        """The body of a request, which is signed at NOW_MS for `s3cret`."""
        headers, body = self.heard[number]
        at_s, _, given = headers["callcenter-signature"].removeprefix("t=").partition(",v1=")
        assert int(at_s) == NOW_MS // 1000
        assert hmac.compare_digest(given, signature("s3cret", int(at_s), body))
        assert signature("s3cret", int(at_s), body + b" ") != given
        told: dict[str, Any] = json.loads(body)
        return told

    @property
    def ids(self) -> list[str]:
        return [headers.get("callcenter-delivery", "none") for headers, _ in self.heard]


async def happened(engine: AsyncEngine, *ids: str, kind: str = "contact.arrived") -> None:
    async with engine.begin() as connection:
        notices = [RecordNotice(one, kind, NOW_MS, json.dumps({"id": one})) for one in ids]
        await write_batch(connection, notices, lambda number: number)


def webhook(url: str, name: str = "w1", events: tuple[str, ...] = BOTH) -> KeptWebhook:
    return KeptWebhook(name, url, events, "s3cret", "root", 1_000)


@contextlib.asynccontextmanager
async def one_webhook(folder: Path, receiver: Receiver) -> AsyncIterator[tuple[Database, Webhooks]]:
    """A database with the webhook w1, which is served by this receiver."""
    async with migrated(default_url(folder)) as database, receiver.serving() as url:
        kept = Webhooks(database.engine)
        await kept.add(webhook(url))
        yield database, kept


@contextlib.asynccontextmanager
async def telling(kept: Webhooks, **options: object) -> AsyncIterator[Deliveries]:
    options = {"pauses_s": (0.001, 0.002), **options}
    deliveries = Deliveries(kept, LOCAL, lambda: NOW_MS, **options)  # type: ignore[arg-type]
    task = asyncio.ensure_future(deliveries.run())
    try:
        yield deliveries
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(webhooks, "REREAD_EVERY_S", 0.05)


@run_async
async def test_events_are_told_in_order_signed_and_once_also_after_a_restart(tmp_path: Path) -> None:
    receiver = Receiver()
    async with migrated(default_url(tmp_path)) as database, receiver.serving() as url:
        kept = Webhooks(database.engine)
        await happened(database.engine, "before")
        await kept.add(webhook(url))
        async with telling(kept) as deliveries:
            await happened(database.engine, "e1", "e2")
            await happened(database.engine, "other", kind="queue.state")
            await happened(database.engine, "e3", kind="contact.ended")
            await until(lambda: len(receiver.heard) == 3, "all are told")
            await until(lambda: deliveries.standing["w1"].delivered == 3, "they are counted")
            # At least once: who is stopped before this is kept tells it again.
            while (await kept.all())[0].delivered < 5:  # noqa: ASYNC110 - only the database knows
                await asyncio.sleep(0.005)
        async with telling(kept):
            await happened(database.engine, "e4")
            await until(lambda: len(receiver.heard) == 4, "what is new is told")
    assert receiver.ids == ["e1", "e2", "e3", "e4"], "nothing of the past, and nothing twice"
    headers, _ = receiver.heard[2]
    assert headers["callcenter-event"] == "contact.ended"
    assert headers["host"].startswith("localhost:")
    assert receiver.told(2) == {"id": "e3"}


@run_async
async def test_a_receiver_that_fails_gets_it_again_and_the_rest_waits_for_it(tmp_path: Path) -> None:
    receiver = Receiver()
    receiver.answers = [500, 302, 429]
    seen: list[str] = []
    async with (
        one_webhook(tmp_path, receiver) as (database, kept),
        telling(kept, observe=seen.append) as deliveries,
    ):
        await happened(database.engine, "e1", "e2")
        await until(lambda: deliveries.standing.get("w1") and deliveries.standing["w1"].delivered == 2, "both")
    assert receiver.ids == ["e1", "e1", "e1", "e1", "e2"], "a redirect is not followed"
    assert seen == ["failed"] * 3 + ["delivered"] * 2


@run_async
async def test_what_is_never_taken_is_put_aside_and_the_next_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "ATTEMPTS", 3)
    receiver = Receiver()
    receiver.answers = [500] * 3
    async with one_webhook(tmp_path, receiver) as (database, kept):
        async with telling(kept) as deliveries:
            await happened(database.engine, "e1", "e2")
            await until(lambda: deliveries.standing.get("w1") and deliveries.standing["w1"].delivered, "the next")
            assert deliveries.standing["w1"].dead == 1
        (letter,) = await kept.dead_letters("w1", None, 10)
    assert receiver.ids == ["e1"] * 3 + ["e2"]
    assert (letter.event_id, letter.attempts, letter.dead_ms) == ("e1", 3, NOW_MS)
    assert "500" in letter.error


@run_async
async def test_a_slow_receiver_slows_nobody_else(tmp_path: Path) -> None:
    slow, quick_one = Receiver(), Receiver()
    slow.hang = True
    async with migrated(default_url(tmp_path)) as database, slow.serving() as bad, quick_one.serving() as good:
        kept = Webhooks(database.engine)
        await kept.add(webhook(bad, "w1"))
        await kept.add(webhook(good, "w2"))
        async with telling(kept):
            await happened(database.engine, "e1", "e2", "e3")
            await until(lambda: len(quick_one.heard) == 3, "the quick one has all")
            assert len(slow.heard) <= 1


@run_async
async def test_a_webhook_that_is_changed_is_told_elsewhere_also_of_what_waits(tmp_path: Path) -> None:
    old, new = Receiver(), Receiver()
    old.answers = [500] * 1_000
    async with migrated(default_url(tmp_path)) as database, old.serving() as broken, new.serving() as url:
        kept = Webhooks(database.engine)
        await kept.add(webhook(broken))
        async with telling(kept, pauses_s=(0.05, 0.05)) as deliveries:
            await happened(database.engine, "e1")
            await until(lambda: old.heard, "the old address has been tried")
            await happened(database.engine, "e2", kind="contact.ended")
            await happened(database.engine, "e3", kind="queue.state")
            await kept.change("w1", url, ("contact.arrived", "queue.state"))
            deliveries.look()
            await until(lambda: len(new.heard) == 2, "what waits is told there")
    assert new.ids == ["e1", "e3"], "of what it wants now"
    assert set(old.ids) == {"e1"}


@run_async
async def test_a_webhook_that_is_removed_is_told_nothing_any_more(tmp_path: Path) -> None:
    receiver = Receiver()
    receiver.answers = [500] * 1_000
    async with one_webhook(tmp_path, receiver) as (_, kept), telling(kept) as deliveries:
        await until(lambda: deliveries.standing, "it is known")
        await kept.remove("w1")
        deliveries.look()
        await until(lambda: not deliveries.some, "it is gone")
        assert deliveries.standing == {}


@run_async
async def test_a_test_is_told_once_whatever_the_webhook_asks_for_and_counts_nowhere(tmp_path: Path) -> None:
    receiver = Receiver()
    receiver.answers = [204, 503]
    seen: list[str] = []
    async with one_webhook(tmp_path, receiver) as (_, kept):
        deliveries = Deliveries(kept, LOCAL, lambda: NOW_MS, seen.append)
        assert await deliveries.test("w1", "susan")
        with pytest.raises(NotTakenError, match="it answered with 503"):
            await deliveries.test("w1", "susan")
        assert not await deliveries.test("w2", "susan")
        assert await kept.next(0, 10) == [], "it is not among the events"
        assert await kept.dead_letters("w1", None, 10) == []
    assert (seen, deliveries.standing) == ([], {})
    headers, _ = receiver.heard[0]
    told = receiver.told(0)
    assert len(told.pop("id")) == 32
    assert told == {"kind": "test", "at_ms": NOW_MS, "webhook": "w1", "by": "susan"}
    assert headers["callcenter-event"] == "test"
    assert receiver.ids == [receiver.told(n)["id"] for n in (0, 1)]
    assert len(set(receiver.ids)) == 2


async def given_up(database: Database, *ids: str) -> list[int]:
    """Make dead letters of what has just happened; their numbers."""
    kept = Webhooks(database.engine)
    await happened(database.engine, *ids)
    for event in await kept.next(0, 10):
        await kept.give_up("w1", event, 8, "it answered with 500", 9_000)
    return [letter.number for letter in await kept.dead_letters("w1", None, 10)][::-1]


@run_async
async def test_a_dead_letter_is_sent_again_as_it_was_until_it_is_taken(tmp_path: Path) -> None:
    receiver = Receiver()
    receiver.answers = [503, 204]
    seen: list[str] = []
    async with one_webhook(tmp_path, receiver) as (database, kept):
        first, second = await given_up(database, "e1", "e2")
        deliveries = Deliveries(kept, LOCAL, lambda: NOW_MS, seen.append)
        with pytest.raises(NotTakenError, match="503"):
            await deliveries.send_again("w1", first)
        letter = await kept.dead_letter("w1", first)
        assert letter is not None
        assert (letter.attempts, letter.error, letter.dead_ms) == (9, "it answered with 503", 9_000)
        assert deliveries.standing["w1"] == Standing(failed=1, error="it answered with 503")
        assert await deliveries.send_again("w1", first)
        assert deliveries.standing["w1"] == Standing(delivered=1, failed=1)
        assert not await deliveries.send_again("w1", first), "it is gone"
        assert not await deliveries.send_again("w2", second)
        assert [one.number for one in await kept.dead_letters("w1", None, 10)] == [second]
    assert receiver.ids == ["e1", "e1"]
    assert receiver.told(1) == {"id": "e1"}
    assert receiver.heard[1][0]["callcenter-event"] == "contact.arrived"
    assert seen == ["failed", "delivered"]


@run_async
async def test_two_who_send_a_dead_letter_at_once_both_hear_that_it_was_taken(tmp_path: Path) -> None:
    receiver = Receiver()
    receiver.gate = asyncio.Event()
    async with one_webhook(tmp_path, receiver) as (database, kept):
        (number,) = await given_up(database, "e1")
        deliveries = Deliveries(kept, LOCAL, lambda: NOW_MS)
        both = asyncio.gather(*(deliveries.send_again("w1", number) for _ in range(2)))
        await until(lambda: len(receiver.heard) == 2, "both are under way")
        receiver.gate.set()
        assert await both == [True, True]
        assert await kept.dead_letters("w1", None, 10) == []
    assert receiver.ids == ["e1", "e1"]


@run_async
async def test_what_is_sent_at_once_keeps_to_the_same_addresses_and_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "ANSWER_LIMIT_S", 0.2)
    receiver = Receiver()
    receiver.hang = True
    async with one_webhook(tmp_path, receiver) as (database, kept):
        (number,) = await given_up(database, "e1")
        for networks, words in (([], "not public"), (LOCAL, "did not answer within 0.2 s")):
            deliveries = Deliveries(kept, networks, lambda: NOW_MS)
            with pytest.raises(NotTakenError, match=words):
                await deliveries.test("w1", "susan")
            with pytest.raises(NotTakenError, match=words):
                await deliveries.send_again("w1", number)
        letter = await kept.dead_letter("w1", number)
    assert letter is not None
    assert letter.attempts == 10
    assert len(receiver.heard) == 2, "nothing goes to an address that is refused"


@pytest.mark.parametrize(
    ("url", "allowed", "words"),
    [
        ("https://127.0.0.1/x", [], "not public"),
        ("https://10.1.2.3/x", [], "not public"),
        ("https://169.254.169.254/latest", [], "not public"),
        ("https://[::1]/x", [], "not public"),
        ("https://[::ffff:10.0.0.1]/x", [], "not public"),
        ("https://0.0.0.0/x", [], "not public"),
        ("https://localhost/x", [], "not public"),
        ("http://8.8.8.8/x", [], "without TLS"),
        ("http://10.1.2.3/x", ["10.0.0.0/8"], "without TLS"),
        ("https://user:pw@8.8.8.8/x", [], "without a password"),
        ("ftp://8.8.8.8/x", [], "https://HOST/PATH"),
        ("https:///x", [], "https://HOST/PATH"),
        ("https://8.8.8.8:99999/x", [], "cannot be found"),
        ("https://8.8.8.8/x", [], None),
        ("https://10.1.2.3/x", ["10.0.0.0/8"], None),
        ("http://127.0.0.1:1/x", ["127.0.0.1/32"], None),
    ],
)
@run_async
async def test_only_public_addresses_and_networks_that_are_named_are_told(
    url: str, allowed: list[str], words: str | None, tmp_path: Path
) -> None:
    async with migrated(default_url(tmp_path)) as database:
        networks = [ipaddress.ip_network(text) for text in allowed]
        deliveries = Deliveries(Webhooks(database.engine), networks, lambda: NOW_MS)
        if words is None:
            await deliveries.check(url)
        else:
            with pytest.raises(AddressRefusedError, match=words):
                await deliveries.check(url)
