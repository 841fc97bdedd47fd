"""What a hang-up cause means, by how far the leg had come."""

import pytest

from callcenter.cti.ami.leg_ends import BRIDGE_RESULTS, leg_end
from callcenter.cti.ami.mirror import Phase
from callcenter.types import LegEnd


class TestLegEnds:
    @pytest.mark.parametrize(
        ("cause", "silent", "rang"),
        [
            ("17", LegEnd.BUSY, LegEnd.BUSY),
            ("21", LegEnd.BUSY, LegEnd.BUSY),
            ("19", LegEnd.UNREACHABLE, LegEnd.NO_ANSWER),
            ("18", LegEnd.UNREACHABLE, LegEnd.NO_ANSWER),
            ("16", LegEnd.UNREACHABLE, LegEnd.NO_ANSWER),
            ("0", LegEnd.UNREACHABLE, LegEnd.NO_ANSWER),
            ("20", LegEnd.UNREACHABLE, LegEnd.UNREACHABLE),
            ("3", LegEnd.UNREACHABLE, LegEnd.UNREACHABLE),
            ("1", LegEnd.UNREACHABLE, LegEnd.UNREACHABLE),
            ("27", LegEnd.UNREACHABLE, LegEnd.UNREACHABLE),
            ("58", LegEnd.FAILED, LegEnd.FAILED),
            ("", LegEnd.FAILED, LegEnd.FAILED),
            ("\u00b2", LegEnd.FAILED, LegEnd.FAILED),
        ],
    )
    def test_table(self, cause: str, silent: LegEnd, rang: LegEnd) -> None:
        assert leg_end(cause, Phase.CHANNEL) is silent
        assert leg_end(cause, Phase.RINGING) is rang
        assert leg_end(cause, Phase.CONNECTED) is LegEnd.HUNG_UP

    def test_after_the_answer_the_leg_was_put_down_unless_another_had_the_caller(self) -> None:
        assert leg_end("16", Phase.UP) is LegEnd.BUSY
        assert leg_end("26", Phase.UP) is LegEnd.TAKEN

    def test_the_results_of_the_dialplans_bridge(self) -> None:
        assert dict(BRIDGE_RESULTS) == {"NONEXISTENT": LegEnd.CALLER_GONE, "TAKEN": LegEnd.TAKEN}
