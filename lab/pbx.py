"""A real Asterisk for the demo, the tests and the benchmarks: `python -m lab.pbx install|start|stop|status`.

It loads the very files of `config/asterisk/`, copied into a run directory of its own, and a few generated ones in their
`lab/` folder: ports, agents' phones, the manager user's secret. Several can run side by side. Each one writes down its
process id and its owner's, so that the next start ends and removes what a killed owner left behind.
"""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Self

from lab import pbx_files
from lab.install import Installation, PbxUnavailable, find, install, write_name_files
from lab.pbx_files import write_private
from lab.pbx_state import STATES, State, forget, is_ours, started, states
from lab.ports import server_port

__all__ = ["FIRST_AGENT", "Pbx", "PbxFailed", "PbxUnavailable", "install", "running", "write_private"]

FIRST_AGENT = 1001
MAX_AGENTS = 800  # 1001 to 1800; 1900 is the fallback queue's phone
BOOT_LIMIT_S = 60.0
STOP_LIMIT_S = 8.0
POLL_S = 0.05
DATA_FOLDERS = ("/usr/share/asterisk", "/var/lib/asterisk")  # a package's, and a source build's


class PbxFailed(Exception):  # noqa: N818 - an outcome, not a bug
    """Asterisk did not start, stop or answer. The message ends with its log's last lines."""


class Pbx:
    """One Asterisk on 127.0.0.1. A context manager; or `start()`, `stop()` and finally `remove()`.

    `agents` phones are called 1001, 1002 and so on (at most 800); with `agent_password` they have to register with it.
    Ports are chosen free unless given. `extra` adds text to the sample's own files by name, `extensions.conf`,
    `pjsip.conf`, `manager.conf`, `queues.conf`. With `records` it keeps its own of calls, `cdr_file` and `cel_file`.
    With `background` the PBX outlives this process.

    All methods block, start and stop for a second or so: call them from a thread where a loop must go on.
    """

    host = "127.0.0.1"
    ami_username = "callcenter"

    def __init__(
        self,
        name: str = "lab",
        *,
        agents: int = 10,
        agent_password: str | None = None,
        sip_port: int = 0,
        ami_port: int = 0,
        tls: bool = False,
        extra: Mapping[str, str] | None = None,
        records: bool = False,
        background: bool = False,
        installation: Installation | None = None,
    ) -> None:
        if not 0 <= agents <= MAX_AGENTS:
            raise ValueError(f"agents must be 0 to {MAX_AGENTS}, not {agents}")
        self.name = name if background else f"{name}-{os.getpid()}-{secrets.token_hex(2)}"
        self.agents = tuple(str(FIRST_AGENT + number) for number in range(agents))
        self.agent_password = agent_password
        self.sip_port = sip_port or server_port(socket.SOCK_DGRAM)
        self.ami_port = ami_port or server_port()
        self.ami_tls_port = server_port() if tls else None
        self.ami_secret = secrets.token_hex(16)
        self._extra = dict(extra or {})
        pbx_files.check_extra(self._extra)
        self._records = records
        self._background = background
        self._installation = installation
        self._process: subprocess.Popen[bytes] | None = None
        self._state: State | None = None
        self._run_folder: Path | None = None

    # ---- life

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def start(self) -> None:
        """Start it and wait until it is fully booted. Raises PbxUnavailable, PbxFailed."""
        sweep()
        if self._installation is None:
            self._installation = install()
        _need_free(self.sip_port, socket.SOCK_DGRAM, "SIP")
        _need_free(self.ami_port, socket.SOCK_STREAM, "the manager interface")
        self._write_files()
        command = self._installation.command("-f", "-q", "-C", f"{self._inside}/etc/asterisk.conf")
        with (self.folder / "log/console").open("ab") as console:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                command,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                cwd="/",
                start_new_session=True,  # Ctrl-C is for us; we then stop it in order
            )
        self._write_state(self._process.pid)
        self._wait_booted()

    def stop(self) -> None:
        """Stop it, cleanly if it listens, by force if it does not. Its files stay. Once stopped, it does nothing."""
        state = self._state
        if state is None:
            return
        if self.alive:
            self._ask_to_stop()
        for demand in (None, signal.SIGTERM, signal.SIGKILL):
            if demand is not None and self.alive:
                os.kill(state.pid, demand)
            if self._wait_gone():
                break
        else:
            raise PbxFailed(f"Asterisk, process {state.pid}, did not end even when killed")
        self._process = None
        self._state = None
        self._state_file.unlink(missing_ok=True)
        if self._run_folder is not None:
            shutil.rmtree(self._run_folder, ignore_errors=True)
            self._run_folder = None

    def restart(self) -> None:
        """Stop and start again: same ports, same registered phones, nothing else survives."""
        self.stop()
        self.start()

    def kill(self) -> None:
        """End it at once, as a crash would: no BYE, no goodbye to the manager interface. `start()` starts it again.

        Phones that registered in its last second or two are forgotten, see `wait_phones_written()`.
        """
        if self._state is not None and self.alive:
            os.kill(self._state.pid, signal.SIGKILL)
        self.stop()

    def remove(self) -> None:
        """Stop it and delete its files."""
        self.stop()
        if self._installation is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
        (STATES / f"{self.name}.secret").unlink(missing_ok=True)

    @property
    def alive(self) -> bool:
        """Whether its process is there."""
        if self._process is not None:
            return self._process.poll() is None
        return self._state is not None and is_ours(self._state)

    # ---- use

    def cli(self, command: str, limit_s: float = 10.0) -> str:
        """Run one command of Asterisk's command line, such as `core show channels count`, and return what it says."""
        done = self._cli(command, limit_s)
        if done.returncode != 0:
            raise PbxFailed(f"`{command}` got no answer: {done.stdout.strip()}\n{self.log()}")
        return done.stdout

    def channels(self) -> int:
        """How many channels there are now."""
        return int(self.cli("core show channels count").split()[0])

    def hang_up_all(self, limit_s: float = 10.0) -> None:
        """Hang up every channel and wait until none is left: those of killed callers and phones would stay for ever."""
        deadline = time.monotonic() + limit_s
        while left := self.channels():
            if time.monotonic() > deadline:
                names = self.cli("core show channels concise")
                raise PbxFailed(f"{left} channels are left {limit_s:g} s after hanging up:\n{names}\n{self.log()}")
            self.cli("channel request hangup all")
            time.sleep(POLL_S)

    def wait_phones_written(self, phones: Sequence[str], limit_s: float = 10.0) -> None:
        """Wait until a crash does not lose these phones' registrations: Asterisk writes its database a second behind.

        Its file is only looked at, not opened as a database: a reader's lock could make Asterisk's own commit fail.
        """
        database = self.folder / "var/astdb.sqlite3"
        journal = database.with_name(database.name + "-journal")  # is there while something is not committed
        keys = [f"/registrar/contact/{phone};".encode() for phone in phones]
        deadline = time.monotonic() + limit_s
        while journal.exists() or not all(key in database.read_bytes() for key in keys):
            if time.monotonic() > deadline:
                raise PbxFailed(f"not all of the phones {', '.join(phones)} are in {database} after {limit_s:g} s")
            time.sleep(POLL_S)

    def cpu_s(self) -> float:
        """Seconds of CPU that it has used since its start."""
        if self._state is None:
            raise PbxFailed("the PBX is not running")
        fields = Path(f"/proc/{self._state.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def log(self, lines: int = 20) -> str:
        """The last lines of its log: warnings and errors."""
        texts = []
        for name in ("console", "messages"):
            path = self.folder / "log" / name
            if path.exists():
                texts += path.read_text(errors="replace").splitlines()[-lines:]
        return "\n".join(texts)

    @property
    def folder(self) -> Path:
        """Its run directory, as seen from outside the root: `etc`, `log`, `var`."""
        root = self._need_installation().root
        return STATES / self.name if root is None else root / self._inside.lstrip("/")

    @property
    def secret_file(self) -> Path:
        """A file with nothing but the manager user's secret in it, as the daemon's settings take it."""
        return STATES / f"{self.name}.secret"

    @property
    def cdr_file(self) -> Path:
        """Its call detail records; a call is there once it has ended."""
        return self.folder / "log/cdr-csv/Master.csv"

    @property
    def cel_file(self) -> Path:
        """What it has written down of its channels."""
        return self.folder / "log/cel-custom/callcenter.csv"

    @property
    def ca_file(self) -> Path:
        """The certificate to trust for the manager interface over TLS; the server's name is `localhost`."""
        return self.folder / "etc/lab/ami.crt"

    # ---- how it is done

    @property
    def _inside(self) -> str:
        root = self._need_installation().root
        return str(STATES / self.name) if root is None else f"/srv/callcenter-lab/{self.name}"

    @property
    def _state_file(self) -> Path:
        return STATES / f"{self.name}.json"

    def _need_installation(self) -> Installation:
        if self._installation is None:
            raise PbxFailed("the PBX was never started")
        return self._installation

    def _write_files(self) -> None:
        root = self._need_installation().root
        if root is not None:
            write_name_files(root)
        # A control socket's path may be 107 bytes long, so it does not go below the project's folder.
        parent = Path("/tmp") if root is None else root / "tmp"  # noqa: S108 - mkdtemp makes it private
        self._run_folder = Path(tempfile.mkdtemp(prefix="callcenter-pbx-", dir=parent))
        run = str(self._run_folder) if root is None else f"/{self._run_folder.relative_to(root)}"
        data = next(
            (path for path in DATA_FOLDERS if Path(f"{root or ''}{path}/documentation").exists()), DATA_FOLDERS[0]
        )
        plan = pbx_files.Plan(
            folder=self._inside,
            run=run,
            data=data,
            sip_port=self.sip_port,
            ami_port=self.ami_port,
            ami_tls_port=self.ami_tls_port,
            ami_secret=self.ami_secret,
            agents=self.agents,
            agent_password=self.agent_password,
            extra=self._extra,
            records=self._records,
        )
        pbx_files.write(self.folder, plan)
        STATES.mkdir(parents=True, exist_ok=True)
        write_private(self.secret_file, self.ami_secret + "\n")

    def _write_state(self, pid: int) -> None:
        owner = 0 if self._background else os.getpid()
        self._state = State(
            pid=pid,
            owner=owner,
            owner_started=started(owner),
            folder=str(self.folder),
            config=f"{self._inside}/etc/asterisk.conf",
            run_folder=str(self._run_folder),
            sip_port=self.sip_port,
            ami_port=self.ami_port,
            ami_tls_port=self.ami_tls_port,
            agents=len(self.agents),
        )
        write_private(self._state_file, json.dumps(asdict(self._state)))

    def _cli(self, command: str, limit_s: float) -> subprocess.CompletedProcess[str]:
        line = self._need_installation().command("-C", f"{self._inside}/etc/asterisk.conf", "-rx", command)
        return subprocess.run(  # noqa: S603 - our own command
            line,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            encoding="utf-8",
            errors="replace",
            timeout=limit_s,
            check=False,
        )

    def _wait_booted(self) -> None:
        deadline = time.monotonic() + BOOT_LIMIT_S
        while time.monotonic() < deadline:
            if not self.alive:
                log = self.log()
                self.stop()
                raise PbxFailed(f"Asterisk ended while it was starting:\n{log}")
            try:
                if "fully booted" in self._cli("core waitfullybooted", limit_s=BOOT_LIMIT_S).stdout:
                    return
            except subprocess.TimeoutExpired:
                break
            time.sleep(POLL_S)
        log = self.log()
        self.stop()
        raise PbxFailed(f"Asterisk was not up after {BOOT_LIMIT_S:.0f} s:\n{log}")

    def _ask_to_stop(self) -> None:
        try:
            self._cli("core stop now", limit_s=STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            return  # the signals come next

    def _wait_gone(self) -> bool:
        deadline = time.monotonic() + STOP_LIMIT_S
        while self.alive:
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_S)
        return True

    @classmethod
    def _from_state(cls, name: str, state: State, installation: Installation) -> "Pbx":
        """The handle of a PBX that another process has started."""
        pbx = cls(
            name,
            agents=state.agents,
            sip_port=state.sip_port,
            ami_port=state.ami_port,
            background=True,
            installation=installation,
        )
        pbx.name, pbx.ami_tls_port = name, state.ami_tls_port
        pbx._state, pbx._run_folder = state, Path(state.run_folder)
        if pbx.secret_file.exists():
            pbx.ami_secret = pbx.secret_file.read_text().strip()
        return pbx


def running(name: str) -> Pbx | None:
    """The background PBX of that name, None when there is none."""
    installation = find()
    for found, state in states():
        if found == name and state.owner == 0 and is_ours(state) and installation is not None:
            return Pbx._from_state(name, state, installation)
    return None


def sweep() -> None:
    """End and remove every PBX whose owner is gone without having stopped it."""
    installation = find()
    for name, state in list(states()):
        orphan = state.owner != 0 and started(state.owner) != state.owner_started
        dead = not is_ours(state)
        if orphan and not dead and installation is not None:
            Pbx._from_state(name, state, installation).remove()
        elif dead and (orphan or state.owner == 0):
            forget(name, state)


def _need_free(port: int, kind: socket.SocketKind, what: str) -> None:
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise PbxFailed(f"port {port}, wanted for {what}, is taken: stop what uses it or choose another") from error


if __name__ == "__main__":
    from lab.pbx_command import main

    raise SystemExit(main())
