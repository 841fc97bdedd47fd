"""Whatever goes wrong is answered as JSON with an error and a remedy."""

import pytest

from tests.desktop.fake_desk import FakeDesk
from tests.desktop.serving import calling
from tests.helpers import run_async


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nowhere", 404), ("GET", "/api/v1/ready", 405), ("PUT", "/api/v1/me", 405)]
)
@run_async
async def test_wrong_addresses_and_methods_have_a_remedy(method: str, path: str, status: int) -> None:
    async with calling(FakeDesk()) as client:
        answer = await client.request(method, path)
    assert answer.status_code == status
    assert set(answer.json()) == {"error", "remedy"}


@run_async
async def test_broken_json_has_a_remedy() -> None:
    async with calling(FakeDesk()) as client:
        answer = await client.post("/api/v1/sign-in", content=b"{", headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["remedy"]


@run_async
async def test_a_mistake_of_ours_says_so_and_tells_nothing_more() -> None:
    desk = FakeDesk()

    def broken() -> None:
        raise RuntimeError("secret detail")

    desk.health = broken  # type: ignore[assignment, method-assign]
    async with calling(desk) as client:
        answer = await client.get("/health/ready")
    assert answer.status_code == 500
    assert set(answer.json()) == {"error", "remedy"}
    assert "secret detail" not in answer.text
