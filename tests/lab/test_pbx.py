"""The laboratory's PBX comes and goes cleanly, whatever happens to those who use it."""

import asyncio
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from lab import pbx as lab_pbx
from lab.install import PROJECT
from lab.pbx import Pbx, PbxFailed
from lab.sipp import Phones
from tests.helpers import run_async
from tests.lab.ami_probe import AmiProbe, value
from tests.pbx_fixtures import NewPbx

pytestmark = pytest.mark.pbx


def test_it_starts_stops_and_starts_again(new_pbx: NewPbx) -> None:
    pbx = new_pbx(agents=3)
    pbx.start()
    assert pbx.alive
    assert pbx.channels() == 0
    pbx.stop()
    assert not pbx.alive
    pbx.start()
    assert pbx.cli("pjsip show endpoint 1003").count("1003")
    pbx.stop()
    pbx.stop()


def test_nothing_is_left_of_a_removed_one(new_pbx: NewPbx) -> None:
    pbx = new_pbx()
    pbx.start()
    folder, state_file, secret_file = pbx.folder, lab_pbx.STATES / f"{pbx.name}.json", pbx.secret_file
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


def test_broken_configuration_is_reported_with_the_log(new_pbx: NewPbx, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab_pbx, "BOOT_LIMIT_S", 5.0)
    pbx = new_pbx(extra={"manager.conf": "[unfinished\n"})
    pbx.start()  # Asterisk itself goes on without the broken file
    assert "unfinished" in pbx.log(200) or "parse error" in pbx.log(200)


@run_async
async def test_registered_phones_outlive_a_crash(new_pbx: NewPbx) -> None:
    pbx = new_pbx(agents=2)
    await asyncio.to_thread(pbx.start)
    with Phones.silent(pbx.sip_port, ["1001"]):
        # Asterisk writes its database behind; once it is read back from the file the crash may come.
        async with asyncio.timeout(10):
            while "1001" not in await asyncio.to_thread(pbx.cli, "database show registrar"):
                await asyncio.sleep(0.05)
        await asyncio.to_thread(pbx.restart)
        assert "sip:1001@" in await asyncio.to_thread(pbx.cli, "pjsip show contacts")
        await asyncio.to_thread(pbx.kill)
        assert not pbx.alive
        await asyncio.to_thread(pbx.start)
        assert "sip:1001@" in await asyncio.to_thread(pbx.cli, "pjsip show contacts")


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
    script = "import time; from lab.pbx import Pbx; pbx = Pbx('orphan'); pbx.start(); print(pbx.name, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", script], cwd=PROJECT, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        name = owner.stdout.readline().strip()
        owner.kill()
    state = json.loads((lab_pbx.STATES / f"{name}.json").read_text())
    assert Path(f"/proc/{state['pid']}").exists()
    new_pbx().start()
    assert not (lab_pbx.STATES / f"{name}.json").exists()
    assert not Path(state["folder"]).exists()
    with pytest.raises(ProcessLookupError):
        os.kill(state["pid"], signal.SIGCONT)


@run_async
async def test_two_run_side_by_side(pbx: Pbx, new_pbx: NewPbx) -> None:
    other = new_pbx()
    await asyncio.to_thread(other.start)
    for one in (pbx, other):
        async with await AmiProbe.connect(one.ami_port, one.ami_secret) as ami:
            assert value(await ami.action("Ping"), "Ping") == "Pong"
