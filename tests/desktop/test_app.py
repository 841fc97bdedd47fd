"""Health and metrics. The pages are in test_page_files.py."""

from callcenter.desktop.desk import Health
from tests.desktop.fake_desk import FakeDesk
from tests.desktop.serving import calling
from tests.helpers import run_async


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
