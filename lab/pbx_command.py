"""`python -m lab.pbx install|start|stop|status`: a PBX that stays, for trying the daemon by hand."""

import sys

import click

from lab.pbx import FIRST_AGENT, Pbx, PbxFailed, PbxUnavailable, install, running

NAME = "main"
SIP_PORT = 25060  # not the usual ports: an Asterisk of the machine's own may run beside it
AMI_PORT = 25038
NOT_RUNNING = 3  # the status that init scripts give for it


@click.group()
def commands() -> None:
    """Asterisk on the loopback interface, with the configuration of config/asterisk/."""


@commands.command("install")
def install_command() -> None:
    """Find Asterisk on this machine or install it."""
    installation = install(click.echo)
    where = "the system's own" if installation.root is None else f"in {installation.root}"
    click.echo(f"{installation.version()}, {where}")


@commands.command()
@click.option("--agents", default=50, show_default=True, help=f"How many phones there are, {FIRST_AGENT} and on.")
@click.option("--sip-port", default=SIP_PORT, show_default=True)
@click.option("--ami-port", default=AMI_PORT, show_default=True)
def start(agents: int, sip_port: int, ami_port: int) -> None:
    """Start it in the background."""
    pbx = running(NAME)
    if pbx is None:
        installation = install(click.echo)
        pbx = Pbx(NAME, agents=agents, sip_port=sip_port, ami_port=ami_port, background=True, installation=installation)
        pbx.start()
    _describe(pbx)


@commands.command()
def stop() -> None:
    """Stop it. Registered phones are remembered for the next start."""
    pbx = running(NAME)
    if pbx is None:
        click.echo("the PBX is not running")
        return
    pbx.stop()
    click.echo("the PBX has stopped")


@commands.command()
def status() -> None:
    """Say whether it runs and where it listens."""
    pbx = running(NAME)
    if pbx is None:
        click.echo("the PBX is not running")
        raise SystemExit(NOT_RUNNING)
    _describe(pbx)


def _describe(pbx: Pbx) -> None:
    click.echo("the PBX is running")
    click.echo(f"  phones and trunk   SIP, UDP {pbx.host}:{pbx.sip_port}, phones {pbx.agents[0]} to {pbx.agents[-1]}")
    click.echo(f"  manager interface  {pbx.host}:{pbx.ami_port}, user {pbx.ami_username}, secret in {pbx.secret_file}")
    click.echo(f"  log and files      {pbx.folder}")
    click.echo(f"  channels           {pbx.channels()}")


def main() -> int:
    """Run a command; a PBX that can't be had or does not start is a message, not a traceback."""
    try:
        commands(standalone_mode=False)
    except (PbxUnavailable, PbxFailed) as error:
        click.echo(f"PBX: {error}", err=True)
        return 1
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return 130
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
