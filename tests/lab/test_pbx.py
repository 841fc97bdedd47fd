"""The laboratory's PBX comes and goes cleanly, whatever happens to those who use it."""

import asyncio
import json
import re
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from lab.install import PROJECT, Installation
from lab.pbx import Pbx, PbxFailed
from lab.pbx_state import STATES
from lab.sipp import Phones
from tests.helpers import run_async
from tests.lab.ami_probe import AmiProbe, value
from tests.pbx_fixtures import NewPbx

pytestmark = pytest.mark.pbx


def test_it_starts_stops_and_starts_again(new_pbx: NewPbx) -> None:
    pbx = new_pbx(agents=3)
    pbx.start()
    assert pbx.channels() == 0
    pbx.stop()
    with pytest.raises(PbxFailed, match="got no answer"):
        pbx.channels()
    pbx.start()
    assert pbx.cli("pjsip show endpoint 1003").count("1003")
    pbx.stop()
    pbx.stop()


def test_nothing_is_left_of_a_removed_one(new_pbx: NewPbx) -> None:
    pbx = new_pbx()
    pbx.start()
    folder, state_file, secret_file = pbx.folder, STATES / f"{pbx.name}.json", pbx.secret_file
    state = json.loads(state_file.read_text())
    pbx.remove()
    assert not Path(f"/proc/{state['pid']}").exists()
    assert [path for path in (folder, state_file, secret_file, Path(state["run_folder"])) if path.exists()] == []


def test_the_shipped_configuration_loads_without_a_complaint_about_it(new_pbx: NewPbx) -> None:
    pbx = new_pbx()
    pbx.start()
    complaints = [line for line in pbx.log(500).splitlines() if "ERROR" in line or "WARNING" in line]
    assert complaints == []


def test_a_port_that_is_taken_is_named(new_pbx: NewPbx) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        pbx = new_pbx(sip_port=port)
        with pytest.raises(PbxFailed, match=f"port {port}, wanted for SIP, is taken"):
            pbx.start()


def test_an_asterisk_that_ends_while_it_starts_is_reported_with_its_log(tmp_path: Path) -> None:
    binary = tmp_path / "asterisk"
    binary.write_text("#!/bin/sh\necho no such module >&2\nexit 1\n")
    binary.chmod(0o755)
    pbx = Pbx("broken", installation=Installation(None, str(binary)))
    with pytest.raises(PbxFailed, match="ended while it was starting:\nno such module"):
        pbx.start()
    pbx.remove()
    assert not pbx.folder.exists()


def test_registered_phones_outlive_a_restart(new_pbx: NewPbx) -> None:
    pbx = new_pbx(agents=2)
    pbx.start()
    with Phones.silent(pbx.sip_port, ["1001"]):
        pbx.restart()
        assert registered(pbx) == {"1001"}


def test_registered_phones_outlive_a_crash_once_they_are_written(new_pbx: NewPbx) -> None:
    pbx = new_pbx(agents=16)
    pbx.start()
    with Phones.silent(pbx.sip_port, pbx.agents):
        pbx.wait_phones_written(pbx.agents)
        pbx.kill()
        assert not pbx.alive
        pbx.start()
        assert registered(pbx) == set(pbx.agents)


def test_phones_that_are_never_written_are_named(new_pbx: NewPbx) -> None:
    pbx = new_pbx(agents=2)
    pbx.start()
    with pytest.raises(PbxFailed, match=r"not all of the phones 1001, 1002 are in .*astdb\.sqlite3 after 0\.1 s"):
        pbx.wait_phones_written(pbx.agents, limit_s=0.1)


def registered(pbx: Pbx) -> set[str]:
    return set(re.findall(r"sip:(\d+)@", pbx.cli("pjsip show contacts")))


def test_phones_with_a_password_register_only_with_it(new_pbx: NewPbx) -> None:
    pbx = new_pbx(agents=1, agent_password="right")
    pbx.start()
    with Phones.answering(pbx.sip_port, ["1001"], password="right"):
        assert "sip:1001@" in pbx.cli("pjsip show contacts")
    wrong = Phones.answering(pbx.sip_port, ["1001"], password="wrong")
    with pytest.raises(Exception, match="could not register"):
        wrong.start()
    wrong.stop()


def test_the_manager_interface_speaks_tls(pbx: Pbx) -> None:
    context = ssl.create_default_context(cafile=str(pbx.ca_file))
    assert pbx.ami_tls_port is not None
    with (
        socket.create_connection(("127.0.0.1", pbx.ami_tls_port), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        assert connection.recv(100).startswith(b"Asterisk Call Manager/")


def test_a_pbx_whose_owner_was_killed_is_swept_away_by_the_next(new_pbx: NewPbx) -> None:
    script = (
        "import time; from lab.pbx import Pbx; pbx = Pbx('orphan'); pbx.start(); "
        "print(pbx.name, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=PROJECT, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        name = owner.stdout.readline().strip()
        state = json.loads((STATES / f"{name}.json").read_text())
        owner.kill()
    assert Path(f"/proc/{state['pid']}").exists()
    new_pbx().start()
    assert not (STATES / f"{name}.json").exists()
    assert not Path(state["folder"]).exists()
    command = Path(f"/proc/{state['pid']}/cmdline")  # empty for a process that ended and that nobody has reaped yet
    assert not command.exists() or command.read_bytes() == b""


@run_async
async def test_two_run_side_by_side(pbx: Pbx, new_pbx: NewPbx) -> None:
    other = new_pbx()
    await asyncio.to_thread(other.start)
    for one in (pbx, other):
        async with await AmiProbe.connect(one.ami_port, one.ami_secret) as ami:
            assert value(await ami.action("Ping"), "Ping") == "Pong"
