"""Pages, health, metrics and what an unknown address answers."""

import re

import pytest

from callcenter.desktop.app import PAGES
from callcenter.desktop.desk import Health
from tests.desktop.fake_desk import FakeDesk
from tests.desktop.serving import calling
from tests.helpers import run_async


@pytest.mark.parametrize("path", ["/", "/overview"])
@run_async
async def test_pages_and_all_that_they_refer_to_are_served(path: str) -> None:
    async with calling(FakeDesk()) as client:
        page = await client.get(path)
        assert page.status_code == 200
        references = re.findall(r'(?:src|href)="(/pages/[^"]+)"', page.text)
        assert references
        for reference in references:
            assert (await client.get(reference)).status_code == 200


def test_pages_have_no_inline_script_and_write_text_only() -> None:
    for page in PAGES.glob("*.html"):
        text = page.read_text()
        assert not re.search(r"<script(?![^>]*src=)", text), page
        assert not re.search(r'\s(on\w+|style)="', text), page
    for script in PAGES.glob("*.js"):
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script.read_text()), (
            script
        )


@run_async
async def test_pages_folder_serves_nothing_above_it() -> None:
    async with calling(FakeDesk()) as client:
        assert (await client.get("/pages/%2e%2e/app.py")).status_code == 404


@run_async
async def test_metrics_are_served_without_a_redirect() -> None:
    async with calling(FakeDesk()) as client:
        plain = await client.get("/metrics")
        open_metrics = await client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert plain.status_code == 200
    assert plain.headers["content-type"].startswith("text/plain")
    assert 'callcenter_agents{state="logged_out"} 2.0' in plain.text
    assert open_metrics.headers["content-type"].startswith("application/openmetrics-text")
    assert open_metrics.text.endswith("# EOF\n")


@run_async
async def test_readiness_tells_its_parts_apart() -> None:
    desk = FakeDesk()
    async with calling(desk) as client:
        assert (await client.get("/health/ready")).status_code == 200
        desk.parts["redis"] = Health(False, "Redis refuses the connection")
        answer = await client.get("/health/ready")
        assert (await client.get("/health/live")).json()["ok"] is True
    assert answer.status_code == 503
    assert answer.json()["ok"] is False
    assert answer.json()["parts"]["redis"] == {"ok": False, "words": "Redis refuses the connection"}
    assert answer.json()["parts"]["sql"]["ok"] is True
