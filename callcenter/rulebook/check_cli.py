"""The command `callcenter rules check`."""

import json
from collections.abc import Sequence
from pathlib import Path

import click

from callcenter.admin.load import Made
from callcenter.admin.yaml_source import Mistake, in_order
from callcenter.settings import SettingsError, load_rules

DEFAULT_CONFIG = Path("config/callcenter.yaml")
HAS_MISTAKES, HAS_DOUBTS = 1, 2  # exit codes
_GITHUB_VALUE = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})
_GITHUB_TEXT = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})


@click.command()
@click.argument("directory", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=DEFAULT_CONFIG,
    show_default=True,
    help="The settings file; it names the agents, and the rules where no DIR is given.",
)
@click.option("--format", "form", type=click.Choice(["text", "json", "github"]), default="text", show_default=True)
@click.option("--strict", is_flag=True, help="Exit with 2 where there is no mistake and a warning.")
def check(directory: Path | None, config: Path, form: str, strict: bool) -> None:
    """Check the rules in DIR, a folder or one file: every mistake and every warning at once.

    Exits with 0 where there is no mistake, else with 1; with --strict, with 2 where there are warnings only.
    """
    mistakes: Sequence[Mistake]
    warnings: Sequence[Mistake]
    summary = ""
    try:
        read = load_rules(config, directory)
    except SettingsError as error:
        mistakes, warnings = error.mistakes, ()
    else:
        mistakes, warnings = read.mistakes, read.doubts
        if read.made is not None:
            summary = _summary(read.made)
    _tell(in_order(mistakes), in_order(warnings), form, summary)
    if mistakes:
        raise SystemExit(HAS_MISTAKES)
    if warnings and strict:
        raise SystemExit(HAS_DOUBTS)


def _tell(mistakes: Sequence[Mistake], warnings: Sequence[Mistake], form: str, summary: str) -> None:
    if form == "json":
        told = {"mistakes": [_record(it) for it in mistakes], "warnings": [_record(it) for it in warnings]}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    elif form == "github":
        for kind, found in (("error", mistakes), ("warning", warnings)):
            for mistake in found:
                click.echo(_annotation(kind, mistake))
    else:
        for mistake in mistakes:
            click.echo(str(mistake))
        for warning in warnings:
            click.echo(f"Warning: {warning}")
        click.echo(summary or _counted(len(mistakes), "mistake", "mistakes"))


def _summary(made: Made) -> str:
    """What there is; of what rules need not have, only what there is of it."""
    rules = made.routing
    always = [(len(made.agents.agents), "agent", "agents"), (len(rules.queues), "queue", "queues")]
    may_be = [
        (len(rules.entries), "entry", "entries"),
        (len(rules.hours), "set of hours", "sets of hours"),
        (len(rules.tier_rules), "tier rule", "tier rules"),
    ]
    counts = [*always, *(it for it in may_be if it[0]), (len(rules.rules), "rule", "rules")]
    return "OK: " + ", ".join(_counted(*count) for count in counts)


def _counted(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"


def _record(mistake: Mistake) -> dict[str, str | int]:
    return {
        "file": mistake.file,
        "line": mistake.line,
        "column": mistake.column,
        "key": mistake.key,
        "wrong": mistake.wrong,
        "remedy": mistake.remedy,
    }


def _annotation(kind: str, mistake: Mistake) -> str:
    """A workflow command of GitHub, which shows the mistake at its line of the change."""
    place = {"file": mistake.file, "line": mistake.line, "col": mistake.column, "title": mistake.key}
    values = ",".join(f"{name}={str(value).translate(_GITHUB_VALUE)}" for name, value in place.items() if value)
    return f"::{kind} {values}::{mistake.text.translate(_GITHUB_TEXT)}"
