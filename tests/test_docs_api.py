"""The examples of docs/api.md, run as they stand there."""

import asyncio
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from callcenter.desktop.access.permissions import ROLES
from callcenter.desktop.access.store import DeadLetter, Webhook
from callcenter.webhooks import signature
from tests.desktop.fake_desk import PASSWORD, SUSAN, FakeDesk, waiting
from tests.desktop.serving import serving, sign_in
from tests.helpers import run_async

PAGE = (Path(__file__).parent.parent / "docs" / "api.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
PYTHON = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
LIMIT_S = 60


@run_async
async def test_the_examples_of_the_page_do_what_it_says(tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        assert not os.environ.get("CALLCENTER_REQUIRE_ALL"), "curl is missing"
        pytest.skip("curl is missing")
    desk = FakeDesk()
    desk.agents = {**desk.agents, SUSAN: replace(desk.agents[SUSAN], roles=("admin",))}
    desk.contacts.append(waiting("c-1", desk.now_ms()))
    desk.access.webhooks.kept["5f0c"] = (Webhook("5f0c", "https://example.org", ("contact.ended",), SUSAN, 0), "secret")
    desk.access.webhooks.letters = [DeadLetter(7, "{}", 8, "500", 9)]
    async with serving(desk) as server, httpx.AsyncClient(base_url=server.url) as client:
        await sign_in(client, SUSAN)
        made = await client.post("/api/v1/tokens", json={"name": "all", "scopes": sorted(ROLES["admin"])})
        environment = {
            "PATH": os.environ["PATH"],
            "URL": server.url,
            "TOKEN": made.json()["secret"],
            "CONTACT": "c-1",
            "WEBHOOK": "5f0c",
            "LETTER": "7",
            "LOGIN": SUSAN,
            "PASSWORD": PASSWORD,
            "JAR": str(tmp_path / "jar"),
        }
        for example in EXAMPLES:
            process = await asyncio.create_subprocess_exec(
                *("bash", "-e", "-c", example),
                env=environment,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            async with asyncio.timeout(LIMIT_S):
                output, _ = await process.communicate()
            assert process.returncode == 0, f"{example}\n{output.decode()}"
    assert len(EXAMPLES) >= 7
    assert desk.access.webhooks.letters == []
    assert {
        "set_queue_state",
        "move_contact",
        "create_token",
        "create_webhook",
        "test_webhook",
        "send_dead_letter",
        "sign_out",
    } <= {change.action for change in desk.access.changes}


def test_the_signature_is_checked_as_the_page_says() -> None:
    (code,) = PYTHON
    known: dict[str, object] = {}
    exec(code, known)
    header = f"t=1763000000,v1={signature('s3cret', 1_763_000_000, b'{}')}"
    assert known["is_ours"]("s3cret", header, b"{}")  # type: ignore[operator]
    assert not known["is_ours"]("s3cret", header, b"{ }")  # type: ignore[operator]
