"""What a daemon that stands by answers."""

import pytest
from fastapi.testclient import TestClient

from callcenter.desktop.standing_by import create_standby_app


@pytest.fixture
def client() -> TestClient:
    return TestClient(create_standby_app())


def test_it_lives_and_is_not_ready(client: TestClient) -> None:
    assert client.get("/health/live").json()["ok"] is True
    ready = client.get("/health/ready")
    assert ready.status_code == 503
    assert "stands by" in ready.json()["parts"]["standby"]["words"]


def test_its_metrics_say_that_it_is_not_in_charge(client: TestClient) -> None:
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text.splitlines()[-1] == "callcenter_in_charge 0"


@pytest.mark.parametrize("path", ["/", "/floor", "/api/v1/sign-in", "/assets/index.js"])
def test_everything_else_is_elsewhere(client: TestClient, path: str) -> None:
    for answer in (client.get(path), client.post(path, json={})):
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "2"
        assert "stands by" in answer.text
