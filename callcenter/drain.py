"""`callcenter drain`: before maintenance, no new offers, and wait until the last conversation is over.

One idea: the daemon makes no more offers, and all else goes on; this command only asks for it and then looks on.
"""

import time
from pathlib import Path
from typing import Any

import click

from callcenter.daemon_client import DaemonClient, RefusedError
from callcenter.settings import SettingsError, load_settings

LOOK_EVERY_S = 1.0
ADDRESS = "/api/v1/offering"


@click.command()
@click.option(
    "--as",
    "login",
    required=True,
    help="The supervisor to sign in as; the password comes from CALLCENTER_PASSWORD, the prompt or standard input.",
)
@click.option("--undo", is_flag=True, help="Make offers again.")
@click.option("--timeout", "limit_s", type=click.FloatRange(min=0), help="Wait at most so many seconds.")
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("config/callcenter.yaml"),
    show_default=True,
    help="The settings file.",
)
def drain(login: str, undo: bool, limit_s: float | None, config: Path) -> None:
    """Make no new offers, and wait until nobody talks any more. Callers wait on, in their places.

    Phones that ring may still be answered. Offers are made again after `drain --undo`, and when the daemon has been
    started anew. Ends with 1 if somebody still talks after --timeout; no offers are made then all the same.
    """
    try:
        daemon = DaemonClient(load_settings(config), config, login)
        told = daemon.ask("POST", ADDRESS, {"offering": undo})
        if undo:
            click.echo("Offers are made again.")
            return
        _look_on(daemon, told, limit_s)
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    except RefusedError as error:
        raise click.ClickException("\n".join(error.lines)) from None


def _look_on(daemon: DaemonClient, told: dict[str, Any], limit_s: float | None) -> None:
    give_up_s = None if limit_s is None else time.monotonic() + limit_s
    said = ""
    while True:
        if told["offering"]:
            raise click.ClickException("somebody else has had offers made again meanwhile")
        words = f"{told['talking']} talk, {told['ringing']} phones ring, {told['waiting']} wait"
        if words != said:
            click.echo(f"No new offers. {words}.")
            said = words
        left = told["talking"] + told["ringing"]
        if left == 0:
            return
        if give_up_s is not None and time.monotonic() >= give_up_s:
            raise click.ClickException(f"after {limit_s:g} s there are {left} left; no offers are made until `--undo`")
        time.sleep(LOOK_EVERY_S)
        told = daemon.ask("GET", ADDRESS)
