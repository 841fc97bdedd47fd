import pytest

from callcenter.rulebook import publishing


@pytest.fixture(autouse=True)
def patient_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """A start waits for the database: on a machine without spare time it may not answer within the usual second."""
    monkeypatch.setattr(publishing, "START_PATIENCE_S", 60.0)
