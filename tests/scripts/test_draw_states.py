"""The page about states is the one that the tables give."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("draw_states", ROOT / "scripts" / "draw_states.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_in_docs_is_up_to_date(script: ModuleType) -> None:
    assert script.main(["--check"]) == 0


def test_a_page_that_differs_or_is_missing_fails_with_the_remedy(
    script: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "docs" / "states.md"
    assert script.main(["--check"], target) == 1
    assert "run `python scripts/draw_states.py`" in capsys.readouterr().out
    assert script.main([], target) == 0
    assert script.main(["--check"], target) == 0
    target.write_text(target.read_text(encoding="utf-8").replace("RINGING", "SINGING"), encoding="utf-8")
    assert script.main(["--check"], target) == 1


def test_every_state_of_every_table_is_on_the_page(script: ModuleType) -> None:
    page = script.drawing()
    for table in (script.contact.CONTACT_TABLE, script.offer.OFFER_TABLE, script.agent.AGENT_TABLE):
        for state in table.rows:
            assert f"| {state.name} |" in page
