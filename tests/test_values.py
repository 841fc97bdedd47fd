"""Values compare and hash by their fields; that nobody changes one is the type checker's promise."""

import subprocess
import sys
from pathlib import Path

import pytest

from callcenter.events import AgentReady
from callcenter.types import AgentId, ChannelRef, PbxName
from callcenter.values import dataclass


def test_equal_values_are_equal_and_hash_alike() -> None:
    one, other = AgentReady(AgentId("ada")), AgentReady(AgentId("ada"))
    assert one == other
    assert len({one, other, AgentReady(AgentId("bob"))}) == 2


def test_values_that_are_ordered_compare_by_their_fields() -> None:
    refs = [ChannelRef(PbxName("b"), "1"), ChannelRef(PbxName("a"), "2"), ChannelRef(PbxName("a"), "1")]
    assert [f"{ref.pbx}{ref.channel}" for ref in sorted(refs)] == ["a1", "a2", "b1"]


def test_it_is_for_what_never_changes() -> None:
    with pytest.raises(AssertionError, match="needs no decorator of ours"):
        dataclass(frozen=False, slots=True)


def test_the_type_checker_refuses_to_change_an_event_a_command_and_a_value(tmp_path: Path) -> None:
    source = tmp_path / "changes.py"
    source.write_text(
        "from callcenter.commands import ScreenClear\n"
        "from callcenter.events import AgentReady\n"
        "from callcenter.types import Customer\n"
        "def change(event: AgentReady, command: ScreenClear, customer: Customer) -> None:\n"
        "    event.agent = event.agent\n"
        "    command.offer = command.offer\n"
        "    customer.name = 'another'\n"
    )
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path), str(source)]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    assert told.count("is read-only") == 3, told
