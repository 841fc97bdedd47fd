"""The application at its addresses, its files for ever, and what is said where nothing was built."""

import re
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from callcenter.desktop import page_files
from callcenter.desktop.access.guard import HEADERS, Guard
from tests.helpers import run_async


def serving(built: Path) -> httpx.AsyncClient:
    app = FastAPI()
    app.add_middleware(Guard)
    page_files.install(app, built)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk.test")


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<title>callcenter</title>")
    (tmp_path / "icon.svg").write_text("<svg/>")
    (tmp_path / "assets" / "index-1a2b.js").write_text("1")
    return tmp_path


@pytest.mark.parametrize(
    "address",
    ["/", "/agent", "/figures", "/floor", "/wall", "/contacts/main%2F17.4", "/reports", "/admin", "/admin/agents/anna"],
)
@run_async
async def test_each_address_of_the_application_gets_it_and_asks_again_next_time(built: Path, address: str) -> None:
    async with serving(built) as client:
        answer = await client.get(address)
    assert answer.status_code == 200
    assert answer.text == "<title>callcenter</title>"
    assert answer.headers["cache-control"] == "no-cache"
    assert all(answer.headers[name] == value for name, value in HEADERS.items())


@run_async
async def test_files_whose_names_change_with_their_contents_are_kept_for_ever(built: Path) -> None:
    async with serving(built) as client:
        script = await client.get("/assets/index-1a2b.js")
        missing = await client.get("/assets/index-0000.js")
        above = await client.get("/assets/%2e%2e/index.html")
        icon = await client.get("/icon.svg")
    assert (script.status_code, script.text) == (200, "1")
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (missing.status_code, missing.headers["cache-control"]) == (404, "no-store")
    assert above.status_code == 404
    assert icon.headers["cache-control"] == "no-cache"


@run_async
async def test_an_address_of_before_leads_to_the_page_of_now(built: Path) -> None:
    async with serving(built) as client:
        answer = await client.get("/overview")
    assert (answer.status_code, answer.headers["location"]) == (308, "/floor")


def test_the_pages_have_no_inline_script_and_write_text_only() -> None:
    sources = Path(__file__).parents[2] / "web"
    assert not re.search(r"<script(?![^>]*src=)|\s(on\w+|style)=", (sources / "index.html").read_text())
    scripts = [*sources.glob("src/**/*.ts"), *sources.glob("src/**/*.tsx")]
    assert scripts
    writes = r"innerHTML|InnerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"
    for script in scripts:
        assert not re.search(writes, script.read_text()), script


@run_async
async def test_an_address_that_is_none_of_the_application_is_not_found(built: Path) -> None:
    async with serving(built) as client:
        assert (await client.get("/nowhere")).status_code == 404
        assert (await client.get("/agents")).status_code == 404


@run_async
async def test_where_nothing_was_built_it_is_said_what_to_do_until_it_is(tmp_path: Path) -> None:
    async with serving(tmp_path) as client:
        answer = await client.get("/")
        assert answer.status_code == 503
        assert "scripts/setup" in answer.text
        assert (await client.get("/icon.svg")).status_code == 404
        (tmp_path / "index.html").write_text("built")
        assert (await client.get("/")).text == "built", "no restart is needed"


def test_the_addresses_are_those_of_the_pages() -> None:
    routes = (Path(__file__).parents[2] / "web" / "src" / "routes.ts").read_text()
    for address in page_files.ADDRESSES:
        first = address.split("{")[0].rstrip("/")
        assert not first or f'pattern: "{first}' in routes, address
