"""A call center for the demo, the tests and the benchmarks: settings in a folder, the real daemon as a process of its
own, and agents who work through the same HTTP and WebSocket API as people's browsers do.

The daemon runs unmodified: what is seen here is what an operator gets.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx
import yaml
from argon2 import PasswordHasher
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError

START_LIMIT_S = 30.0
STOP_LIMIT_S = 15.0
MAX_MESSAGES = 20_000


class CenterFailed(Exception):  # noqa: N818 - an outcome, not a bug
    """The daemon did not start, answer or stop. The message ends with the last lines of its log."""


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """An agent as `agents.yaml` has it. `phone` is a number such as 1001."""

    id: str
    phone: str
    skills: Mapping[str, int]
    queues: Sequence[str]
    name: str = ""
    roles: Sequence[str] = ("agent",)


@dataclass(slots=True)
class Center:
    """One daemon, in `folder`. `settings` is laid over the generated callcenter.yaml, section by section."""

    folder: Path
    ami_port: int
    ami_secret: str
    agents: Sequence[AgentSpec]
    routing: Mapping[str, Any]
    password: str = "demo-demo"  # noqa: S105 - of a call center that lives for a test
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    http_port: int = 0
    process: subprocess.Popen[bytes] | None = None

    # ---- its files

    @property
    def data_dir(self) -> Path:
        return self.folder / "data"

    @property
    def database_file(self) -> Path:
        return self.data_dir / "callcenter.sqlite3"

    @property
    def config_file(self) -> Path:
        return self.folder / "callcenter.yaml"

    @property
    def log_file(self) -> Path:
        return self.folder / "daemon.log"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    def write_files(self) -> None:
        """Write callcenter.yaml, agents.yaml and routing.yaml. Called by `start`; call it again to change the rules."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.http_port == 0:
            self.http_port = _free_port()
        secret = self.folder / "ami-secret"
        secret.touch(mode=0o600)
        secret.write_text(self.ami_secret)
        sections: dict[str, Any] = {
            "data_dir": "data",
            "agents": "agents.yaml",
            "routing": "routing.yaml",
            "pbx": {"port": self.ami_port, "secret_file": "ami-secret", "reconnect_max_s": 1},
            "http": {"port": self.http_port},
        }
        for name, section in self.settings.items():
            sections[name] = {**sections.get(name, {}), **section}
        password_hash = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(self.password)
        agents = [
            {
                "id": agent.id,
                "name": agent.name or agent.id.capitalize(),
                "device": f"PJSIP/{agent.phone}",
                "skills": dict(agent.skills),
                "queues": list(agent.queues),
                "password_hash": password_hash,
                "roles": list(agent.roles),
            }
            for agent in self.agents
        ]
        _write(self.config_file, sections)
        _write(self.folder / "agents.yaml", {"agents": agents})
        _write(self.folder / "routing.yaml", dict(self.routing))

    # ---- its process

    async def start(self, *, synced: bool = True) -> None:
        """Start the daemon; return when it serves pages and, with `synced`, its PBX is synced."""
        self.write_files()
        self._launch()
        part = "pbx" if synced else "engine"
        await self.until(lambda parts: bool(parts.get(part, {}).get("ok")), f"{part} to be ready", START_LIMIT_S)

    def _launch(self) -> None:
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own module, with our own arguments
                [sys.executable, "-m", "callcenter", "run", "--config", str(self.config_file)],
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    async def stop(self) -> int:
        """End the daemon as an operator would; return its exit code."""
        return await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """End the daemon as a power cut would. Its Redis is left to the next start."""
        await self._end(signal.SIGKILL)

    async def _end(self, how: signal.Signals) -> int:
        if self.process is None:
            return 0
        self.process.send_signal(how)
        try:
            code = await asyncio.to_thread(self.process.wait, STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise CenterFailed(f"the daemon did not stop in {STOP_LIMIT_S:g} s\n{self.log()}") from None
        self.process = None
        return code

    def reload(self) -> None:
        """Write the files anew and have the daemon take them."""
        self.write_files()
        assert self.process is not None
        self.process.send_signal(signal.SIGHUP)

    def cpu_s(self) -> float:
        """Seconds of CPU that the daemon has used, in user and system mode."""
        assert self.process is not None
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def log(self, lines: int = 30) -> str:
        """The last lines that the daemon wrote."""
        if not self.log_file.exists():
            return ""
        return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-lines:])

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    # ---- what it says

    async def health(self) -> dict[str, Any]:
        """The parts of /health/ready; empty while nothing answers."""
        async with httpx.AsyncClient(base_url=self.url) as client:
            try:
                answer = await client.get("/health/ready", timeout=2)
            except httpx.TransportError:
                return {}
        parts: dict[str, Any] = answer.json()["parts"]
        return parts

    async def until(self, fits: Callable[[dict[str, Any]], bool], what: str, limit_s: float = 15.0) -> dict[str, Any]:
        """Wait until the parts of /health/ready fit. Raises CenterFailed after `limit_s` or when the daemon ends."""
        give_up_s = time.monotonic() + limit_s
        while True:
            parts = await self.health()
            if fits(parts):
                return parts
            if self.process is None or self.process.poll() is not None:
                raise CenterFailed(f"the daemon has ended while waiting for {what}\n{self.log()}")
            if time.monotonic() > give_up_s:
                raise CenterFailed(f"waited {limit_s:g} s for {what}; health is {parts}\n{self.log()}")
            await asyncio.sleep(0.05)

    async def metrics(self) -> dict[str, float]:
        """The samples of /metrics, each by its name and labels as Prometheus writes them."""
        async with httpx.AsyncClient(base_url=self.url) as client:
            text = (await client.get("/metrics", timeout=5)).text
        samples = (line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, value in samples}

    async def until_metric(self, sample: str, value: float, limit_s: float = 15.0) -> None:
        """Wait until a sample of /metrics has this value."""
        give_up_s = time.monotonic() + limit_s
        while (seen := (await self.metrics()).get(sample)) != value:
            if time.monotonic() > give_up_s:
                raise CenterFailed(f"waited {limit_s:g} s for {sample} to be {value:g}, it is {seen}\n{self.log()}")
            await asyncio.sleep(0.05)

    async def seat(self, agent: str) -> "Seat":
        """An agent, signed in."""
        seat = Seat(self, agent)
        await seat.sign_in()
        return seat


class Seat:
    """An agent at work: the API behind the page, and all that the page was told, in `messages`."""

    def __init__(self, center: Center, agent: str) -> None:
        self.agent = agent
        self.messages: list[dict[str, Any]] = []
        self.state: dict[str, Any] = {}
        self.pop: dict[str, Any] | None = None
        self.recent: dict[str, Any] | None = None
        self.device: str | None = None
        self._center = center
        self._client = httpx.AsyncClient(base_url=center.url, timeout=10)
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._told = asyncio.Event()

    async def sign_in(self) -> None:
        await self.post("sign-in", agent=self.agent, password=self._center.password)
        cookie = "; ".join(f"{name}={value}" for name, value in self._client.cookies.items())
        self._socket = await connect(
            self._center.url.replace("http", "ws", 1) + "/api/agent",
            additional_headers={"Cookie": cookie},
            origin=self._center.url,  # type: ignore[arg-type]
            compression=None,
        )
        self._reader = asyncio.ensure_future(self._read(self._socket))
        await self.until(lambda: bool(self.state), "the present state")

    async def ready(self) -> None:
        await self.post("ready")

    async def not_ready(self, reason: str) -> None:
        await self.post("not-ready", reason=reason)

    async def end_wrap_up(self, disposition: str | None = None) -> None:
        await self.post("wrap-up", contact=self.state["contact"], disposition=disposition)

    async def post(self, what: str, **body: Any) -> dict[str, Any]:
        answer = await self._client.post(f"/api/{what}", json=body, headers={"Origin": self._center.url})
        if answer.status_code != httpx.codes.OK:
            raise CenterFailed(f"{what} of {self.agent}: {answer.status_code} {answer.text}")
        result: dict[str, Any] = answer.json()
        return result

    async def until(self, condition: Callable[[], bool], what: str, limit_s: float = 15.0) -> None:
        """Wait until what the page was told makes `condition` true."""
        try:
            async with asyncio.timeout(limit_s):
                while not condition():
                    self._told.clear()
                    await self._told.wait()
        except TimeoutError:
            raise CenterFailed(
                f"agent {self.agent} waited {limit_s:g} s for {what}; state {self.state}, pop {self.pop}\n"
                f"{self._center.log()}"
            ) from None

    async def until_state(self, state: str, reason: str | None = None, limit_s: float = 15.0) -> None:
        def fits() -> bool:
            return self.state.get("state") == state and (reason is None or self.state.get("reason") == reason)

        await self.until(fits, f"the state {state}", limit_s)

    async def leave(self) -> None:
        """Close the page, without signing out."""
        if self._socket is not None:
            await self._socket.close()
        if self._reader is not None:
            await self._reader
        await self._client.aclose()

    async def _read(self, socket_: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosedError):  # the daemon died, as it may in a test
            async for text in socket_:
                self._take(json.loads(text))
        self._told.set()

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "tick":
            return
        if len(self.messages) < MAX_MESSAGES:
            self.messages.append(message)
        match message["type"]:
            case "present":
                self.state, self.pop = message["state"], message["pop"]
            case "state":
                self.state = message["state"]
            case "pop":
                self.pop = message["pop"]
            case "recent":
                self.recent = message["recent"]
            case "floor":
                self.device = message["device"]
            case "clear":
                self.pop = None
        self._told.set()


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(yaml.safe_dump(dict(content), allow_unicode=True, sort_keys=False))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
