"""What the tests of bounds have in common."""

import pytest

from tests.bounds.floor import Machine


@pytest.fixture
def machine(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine whose clock is set, and whose DNS is stuck, for daemons that are started from now on."""
    folder = tmp_path_factory.mktemp("site")
    made = Machine(folder / "clock", folder / "stuck")
    (folder / "sitecustomize.py").write_text(made.program)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return made
