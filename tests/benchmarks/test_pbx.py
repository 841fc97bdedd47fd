import pytest
from click.testing import CliRunner

from benchmarks.pbx import main


@pytest.mark.parametrize("option", [["--pairs", "0"], ["--agents", "1"], ["--rate", "500"], ["--talk", "x"]])
def test_load_out_of_bounds_is_refused_before_anything_starts(option: list[str]) -> None:
    result = CliRunner().invoke(main, option)

    assert result.exit_code == 2
    assert option[0] in result.output
