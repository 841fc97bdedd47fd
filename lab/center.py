"""A call center for the tests and the benchmarks: settings in a folder, the real daemon as a process of its own, and
agents who work through the same HTTP and WebSocket API as people's browsers do.
"""

import asyncio
import contextlib
import json
import signal
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

from lab.daemon_process import START_LIMIT_S, DaemonFailed, DaemonProcess
from lab.ports import server_port

MAX_MESSAGES = 20_000


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """An agent as `agents.yaml` has it. `phone` is a number such as 1001; `""`: none."""

    id: str
    phone: str
    skills: Mapping[str, int]
    queues: Sequence[str] | Mapping[str, int]  # the names, or the agent's own order of them
    name: str = ""
    roles: Sequence[str] = ("agent",)
    auto_answer: str | None = None


WALL = AgentSpec("wall", "", {}, (), "The wall", ("supervisor",))  # where no agent sees the floor


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
    daemon: DaemonProcess | None = None
    password_hash: str = ""  # made once, for another one would end all sessions; a copy of a center has the same
    _wall_cookie: str = ""

    def __post_init__(self) -> None:
        if not self.password_hash:
            self.password_hash = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(self.password)

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
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    def write_files(self) -> None:
        """Write callcenter.yaml, agents.yaml and routing.yaml. Called by `start`; call it again to change the rules."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.http_port == 0:
            self.http_port = server_port()
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
        agents = [
            {
                "id": agent.id,
                "name": agent.name or agent.id.capitalize(),
                **({"device": f"PJSIP/{agent.phone}"} if agent.phone else {}),
                "skills": dict(agent.skills),
                "queues": dict(agent.queues) if isinstance(agent.queues, Mapping) else list(agent.queues),
                "password_hash": self.password_hash,
                "roles": list(agent.roles),
                **({} if agent.auto_answer is None else {"auto_answer": agent.auto_answer}),
            }
            for agent in (*self.agents, *([] if self._looks_on() else [WALL]))
        ]
        _write(self.config_file, sections)
        _write(self.folder / "agents.yaml", {"agents": agents})
        _write(self.folder / "routing.yaml", dict(self.routing))

    # ---- its process

    async def start(self, *, synced: bool = True) -> None:
        """Start the daemon; return when it serves pages and, with `synced`, its PBX is synced."""
        self.write_files()
        self.daemon = DaemonProcess(self.config_file, self.folder / "daemon.log", self.http_port)
        self.daemon.start()
        part = "pbx" if synced else "engine"
        await self.until(lambda parts: bool(parts.get(part, {}).get("ok")), f"{part} to be ready", START_LIMIT_S)

    async def start_standing_by(self) -> None:
        """Start a daemon beside one that is in charge; return when it says that it stands by."""
        self.write_files()
        self.daemon = DaemonProcess(self.config_file, self.folder / "daemon.log", self.http_port)
        self.daemon.start()
        await self.until(lambda parts: "standby" in parts, "it to stand by", START_LIMIT_S)

    async def stop(self) -> int:
        """End the daemon as an operator would; return its status, 0 where it was not running."""
        return await asyncio.to_thread(self.daemon.stop) if self.daemon is not None else 0

    async def kill(self) -> None:
        """End the daemon as a power cut would. Its Redis is left to the next start."""
        assert self.daemon is not None
        await asyncio.to_thread(self.daemon.stop, signal.SIGKILL)

    def reload(self) -> None:
        """Write the files anew and have the daemon take them."""
        self.write_files()
        assert self.daemon is not None
        self.daemon.reload()

    def cpu_s(self) -> float:
        """Seconds of CPU that the daemon has used, in user and system mode."""
        assert self.daemon is not None
        return self.daemon.cpu_s()

    def log(self) -> str:
        """The last lines that the daemon wrote."""
        return self.daemon.log() if self.daemon is not None else ""

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    # ---- what it says

    async def until(self, fits: Callable[[dict[str, Any]], bool], what: str, limit_s: float = 15.0) -> dict[str, Any]:
        """Wait until the parts of /health/ready fit. Raises DaemonFailed after `limit_s` or when the daemon ends."""
        assert self.daemon is not None
        return await self.daemon.until(fits, what, limit_s)

    async def metrics(self) -> dict[str, float]:
        """The samples of /metrics, each by its name and labels as Prometheus writes them."""
        assert self.daemon is not None
        text = (await asyncio.to_thread(self.daemon.get, "/metrics"))[1].decode()
        samples = (line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, value in samples}

    async def until_metric(self, sample: str, value: float, limit_s: float = 15.0) -> None:
        """Wait until a sample of /metrics has this value."""
        give_up_s = time.monotonic() + limit_s
        while (seen := (await self.metrics()).get(sample)) != value:
            if time.monotonic() > give_up_s:
                raise DaemonFailed(f"waited {limit_s:g} s for {sample} to be {value:g}, it is {seen}\n{self.log()}")
            await asyncio.sleep(0.05)

    async def seat(self, agent: str) -> "Seat":
        """An agent, signed in."""
        seat = Seat(self, agent)
        await seat.sign_in()
        return seat

    async def picture(self) -> dict[str, Any]:
        """What the floor is like at this moment, as a wallboard shows it that has just been opened."""
        if not self._wall_cookie:
            async with httpx.AsyncClient(base_url=self.url, timeout=10) as client:
                login = self._looks_on() or WALL.id
                body = {"agent": login, "password": self.password}
                answer = await client.post("/api/v1/sign-in", json=body, headers={"Origin": self.url})
                if answer.status_code != httpx.codes.OK:
                    raise DaemonFailed(f"sign-in of {login}: {answer.status_code} {answer.text}")
                self._wall_cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        async with self.live(self._wall_cookie) as page:
            await page.send(json.dumps({"subscribe": ["floor"], "resume": None}))
            snapshot: dict[str, Any] = json.loads(await page.recv())
        return picture_of(snapshot["now_ms"], snapshot["entries"])

    def _looks_on(self) -> str | None:
        """An agent who sees the floor, too."""
        return next((agent.id for agent in self.agents if {"supervisor", "admin"} & {*agent.roles}), None)

    def live(self, cookie: str) -> connect:
        """A connection to the pages' WebSocket, for whoever has signed in."""
        url = self.url.replace("http", "ws", 1) + "/api/v1/live"
        origin: Any = self.url
        return connect(url, additional_headers={"Cookie": cookie}, origin=origin, compression=None)

    async def login(self, login: str) -> "Seat":
        """Whoever takes no contacts, signed in: the API without an agent's page."""
        seat = Seat(self, login)
        await seat.sign_in(page=False)
        return seat


def picture_of(now_ms: int, entries: Mapping[str, Any]) -> dict[str, Any]:
    """Entries of the floor as one picture. `contacts` are those whom no agent has yet, oldest first."""
    kinds: dict[str, list[Any]] = {"queue": [], "agent": [], "contact": []}
    for key, entry in entries.items():
        kinds.get(key.split("/")[0], []).append(entry)
    center = entries["center"]
    return {
        "now_ms": now_ms,
        "pbxs": center["pbxs"],
        "offering_stopped_by": center["offering_stopped_by"],
        "queues": kinds["queue"],
        "agents": kinds["agent"],
        "contacts": [one for one in kinds["contact"] if one["state"] not in ("connected", "away")],
    }


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
        # A connection that the daemon is about to close for want of use is not taken again.
        limits = httpx.Limits(keepalive_expiry=2.0)
        self._client = httpx.AsyncClient(base_url=center.url, timeout=10, limits=limits)
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._told = asyncio.Event()

    async def sign_in(self, *, page: bool = True) -> None:
        await self.post("sign-in", agent=self.agent, password=self._center.password)
        if not page:
            return
        cookie = "; ".join(f"{name}={value}" for name, value in self._client.cookies.items())
        self._socket = await self._center.live(cookie)
        await self._socket.send(json.dumps({"subscribe": ["self"], "resume": None}))
        self._reader = asyncio.ensure_future(self._read(self._socket))
        await self.until(lambda: bool(self.state), "the present state")

    @property
    def gone(self) -> bool:
        """Whether the daemon has ended the connection, or died."""
        return self._reader is None or self._reader.done()

    async def ready(self) -> None:
        await self.post("ready")

    async def not_ready(self, reason: str) -> None:
        await self.post("not-ready", reason=reason)

    async def end_wrap_up(self, disposition: str | None = None) -> None:
        await self.post("wrap-up", contact=self.state["contact"], disposition=disposition)

    async def picture(self) -> dict[str, Any]:
        """What the floor is like at this moment, whoever sits here; see `Center.picture`."""
        return await self._center.picture()

    async def why(self, contact: str) -> dict[str, Any]:
        """The explanation of where the contact stands now."""
        explanation: dict[str, Any] = (await self.get(f"contacts/{contact}/why"))["explanation"]
        return explanation

    async def get(self, what: str) -> dict[str, Any]:
        answer: dict[str, Any] = (await self._client.get(f"/api/v1/{what}")).json()
        return answer

    async def post(self, what: str, **body: Any) -> dict[str, Any]:
        answer = await self._client.post(f"/api/v1/{what}", json=body, headers={"Origin": self._center.url})
        if answer.status_code != httpx.codes.OK:
            raise DaemonFailed(f"{what} of {self.agent}: {answer.status_code} {answer.text}")
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
            raise DaemonFailed(
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
                await asyncio.sleep(0)  # whoever waits for what this says looks before the next takes its place
        self._told.set()

    def _take(self, message: dict[str, Any]) -> None:
        """Take a snapshot or a delta; each entry of it is a message."""
        for key, entry in {**message.get("entries", {}), **message.get("set", {})}.items():
            if len(self.messages) < MAX_MESSAGES and entry is not None:
                self.messages.append({"type": key, key: entry})
            match key:
                case "state":
                    self.state = entry
                case "pop":
                    self.pop = entry
                case "recent":
                    self.recent = entry
                case "device":
                    self.device = entry
        self._told.set()


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(yaml.safe_dump(dict(content), allow_unicode=True, sort_keys=False))
