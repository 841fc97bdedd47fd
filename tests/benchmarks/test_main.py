import importlib.util

from click.testing import CliRunner

from benchmarks.__main__ import BENCHMARKS, main


def test_list_names_every_benchmark_with_its_command() -> None:
    shown = CliRunner().invoke(main).output

    for name, (command, _) in BENCHMARKS.items():
        assert command in shown
        assert importlib.util.find_spec(f"benchmarks.{name}") is not None
