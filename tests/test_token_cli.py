"""`callcenter token` at a daemon that runs, and that the audit log knows of it when the daemon has stopped."""

import asyncio
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result

from callcenter.stores.audit_log import find
from callcenter.stores.database import default_url, open_database
from callcenter.token_cli import token
from lab.center import Center
from tests.helpers import run_async
from tests.test_daemon import ANNA, center_in

pytestmark = pytest.mark.redis


async def run(center: Center, *arguments: str) -> Result:
    options = [*arguments, "--config", str(center.config_file), "--as", "anna"]
    environment = {"CALLCENTER_PASSWORD": center.password}
    return await asyncio.to_thread(CliRunner().invoke, token, options, env=environment)


@run_async
async def test_a_token_is_made_used_listed_and_revoked_and_a_restart_changes_nothing(tmp_path: Path) -> None:
    async with center_in(tmp_path) as (center, _):
        center.agents = [replace(ANNA, roles=("agent", "admin"))]
        await center.start()
        await center.until(lambda parts: parts["sql"]["ok"], "the tables")
        made = await run(center, "create", "wallboard", "--scope", "see_floor", "--days", "30")
        assert made.exit_code == 0, made.output
        headers = {"Authorization": f"Bearer {made.output.strip()}"}

        async def asked(path: str) -> int:
            async with httpx.AsyncClient(base_url=center.url, headers=headers) as program:
                return (await program.get(path)).status_code

        assert (await asked("/api/v1/offering"), await asked("/api/v1/audit")) == (200, 403)
        assert await center.stop() == 0
        await center.start()
        assert await asked("/api/v1/offering") == 200
        listed = await run(center, "list")
        token_id, name, scopes = listed.output.split()[:3]
        assert (name, scopes) == ("wallboard", "see_floor")
        assert "last used" in listed.output
        revoked = await run(center, "revoke", token_id)
        assert (revoked.exit_code, revoked.output) == (0, f"Token {token_id} is revoked.\n")
        assert await asked("/api/v1/offering") == 401
        assert (await run(center, "list")).output == ""
        assert (await run(center, "list", "--all")).output.rstrip().endswith("revoked")
        again = await run(center, "revoke", token_id)
        assert (again.exit_code, "no token" in again.output) == (1, True)
        refused = await run(center, "create", "x", "--scope", "take_contacts")
        assert "more than" in refused.output
        assert await center.stop() == 0
        database = open_database(default_url(center.data_dir))
        actions = [
            (change.action, change.by) for _, change in await find(database.engine) if change.action != "sign_in"
        ]
        await database.close()
    assert actions == [("revoke_token", "anna"), ("create_token", "anna")]


@pytest.mark.parametrize("token_id", ["a/b", "../x", ""])
def test_what_is_no_id_is_not_asked_for(token_id: str) -> None:
    result = CliRunner().invoke(token, ["revoke", token_id, "--as", "anna"])
    assert result.exit_code == 1
    assert "no id of a token" in result.output
