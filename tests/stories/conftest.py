"""Fixtures of the stories: one real PBX for all of them, and a stage for each."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from lab.center import AgentSpec
from lab.pbx import Pbx
from tests.stories.stage import Stage

SetStage = Callable[..., Stage]


@pytest.fixture
def stage(pbx: Pbx, tmp_path: Path) -> SetStage:
    """Make a stage with these agents; the other arguments change the generated settings."""

    def make(agents: Sequence[AgentSpec], **changes: Any) -> Stage:
        return Stage(pbx, tmp_path, agents, **changes)

    return make
