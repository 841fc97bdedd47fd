"""The page about states is the one that the tables give."""

from pathlib import Path

import pytest

from callcenter.queues.contact import CONTACT_TABLE
from callcenter.routing.agent import AGENT_TABLE
from callcenter.routing.offer import OFFER_TABLE
from scripts.draw_states import drawing, main


def test_the_page_in_docs_is_up_to_date() -> None:
    assert main(["--check"]) == 0


def test_a_page_that_differs_or_is_missing_fails_with_the_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "docs" / "states.md"
    assert main(["--check"], target) == 1
    assert "run `python -m scripts.draw_states`" in capsys.readouterr().out
    assert main([], target) == 0
    assert main(["--check"], target) == 0
    target.write_text(target.read_text(encoding="utf-8").replace("RINGING", "SINGING"), encoding="utf-8")
    assert main(["--check"], target) == 1


def test_every_state_of_every_table_is_on_the_page() -> None:
    page = drawing()
    for table in (CONTACT_TABLE, OFFER_TABLE, AGENT_TABLE):
        for state in table.rows:
            assert f"| {state.name} |" in page
