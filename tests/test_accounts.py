"""What access control is handed by the daemon: logins with their queues, tokens and the audit log in SQL."""

from dataclasses import replace
from pathlib import Path

import pytest

from callcenter.accounts import Accounts
from callcenter.desktop.access.store import ApiToken, AuditQuery, SessionLimits, WebhookNotTakenError
from callcenter.desktop.desk import DeskUnavailableError
from callcenter.events import Event, TimePassed
from callcenter.http_settings import HttpSettings
from callcenter.records import RecordChange
from callcenter.settings import Loaded, Login, Settings
from callcenter.stores.codec import Record
from callcenter.stores.contact_rows import write_batch
from callcenter.stores.database import default_url, open_database
from callcenter.stores.webhooks import KeptWebhook, Webhooks
from callcenter.types import AgentId, QueueName
from tests.database_fixtures import migrated
from tests.helpers import run_async
from tests.test_runner import CONFIGURATION

ANNA, SUE = AgentId("anna"), AgentId("sue")
SALES, SUPPORT = QueueName("sales"), QueueName("support")
LOADED = Loaded(
    Settings(http=HttpSettings(session_idle_min=5, session_max_h=2)),
    CONFIGURATION,
    {
        ANNA: Login(ANNA, "Anna", "hash", ("agent",)),
        SUE: Login(SUE, "Sue", "hash", ("supervisor",), ("sellers", "gone")),
    },
    (),
    (),
    0,
    queue_groups={"sellers": ("sales", "support")},
)
TOKEN = ApiToken("t1", "wall", ("see_floor",), ("sellers",), ANNA, "root", 1_000, None)
CHANGE = RecordChange("r1", 1_000, "sue", "session 1", "::1", "offering", "", None, "{}", "done")


async def keep(event: Event, record: Record) -> None:
    assert event == TimePassed()
    raise DeskUnavailableError("the engine is stopping")


@run_async
async def test_logins_have_the_queues_of_their_groups_and_follow_what_is_in_force(tmp_path: Path) -> None:
    in_force = [LOADED]
    database = open_database(default_url(tmp_path))
    accounts = Accounts(database.engine, lambda: in_force[0], keep, lambda: 0)
    assert accounts.logins[ANNA].queues is None
    assert accounts.logins[SUE].queues == frozenset({SALES, SUPPORT})
    assert accounts.logins is accounts.logins, "worked out once"
    assert accounts.session_limits == SessionLimits(300_000, 7_200_000)
    in_force[0] = replace(LOADED, queue_groups={})
    assert accounts.logins[SUE].queues == frozenset(), "no group, no queues"
    assert accounts.queue_groups == {}
    await database.close()


@run_async
async def test_tokens_and_the_audit_log_are_in_sql(tmp_path: Path) -> None:
    async with migrated(default_url(tmp_path)) as database:
        accounts = Accounts(database.engine, lambda: LOADED, keep, lambda: 0)
        await accounts.tokens.add(TOKEN, "digest")
        assert await accounts.tokens.in_force(2_000, 10) == [(TOKEN, "digest")]
        await accounts.tokens.note_used({"t1": 3_000})
        assert await accounts.tokens.all() == [replace(TOKEN, last_used_ms=3_000)]
        assert await accounts.tokens.revoke("t1", 4_000)
        assert await accounts.tokens.in_force(5_000, 10) == []
        async with database.engine.begin() as connection:
            await write_batch(connection, [CHANGE], lambda number: number)
        assert await accounts.audit.find(AuditQuery(by="sue", limit=5)) == [(1, CHANGE)]


@run_async
async def test_what_a_webhook_does_not_take_is_told_in_the_desks_words(tmp_path: Path) -> None:
    async with migrated(default_url(tmp_path)) as database:
        accounts = Accounts(database.engine, lambda: LOADED, keep, lambda: 0)
        await Webhooks(database.engine).add(KeptWebhook("w1", "https://10.0.0.1/", ("queue.state",), "s", "root", 0))
        with pytest.raises(WebhookNotTakenError, match=r"10\.0\.0\.1, which is not public"):
            await accounts.webhooks.test("w1", "sue")
        assert not await accounts.webhooks.test("w2", "sue")
        assert not await accounts.webhooks.send_again("w1", 1)


@run_async
async def test_a_database_that_is_away_is_told_in_the_desks_words(tmp_path: Path) -> None:
    database = open_database(default_url(tmp_path))
    accounts = Accounts(database.engine, lambda: LOADED, keep, lambda: 0)
    for work in (
        accounts.tokens.all(),
        accounts.tokens.in_force(0, 1),
        accounts.tokens.add(TOKEN, "d"),
        accounts.tokens.revoke("t1", 0),
        accounts.tokens.note_used({"t1": 1}),
        accounts.find(AuditQuery()),
        accounts.note(CHANGE),
        accounts.webhooks.test("w1", "sue"),
        accounts.webhooks.send_again("w1", 1),
    ):
        with pytest.raises(DeskUnavailableError):
            await work
    await database.close()
