"""A desk whose staff is kept for real, in a database of its own, behind the pages' own application."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx
from argon2 import PasswordHasher

from callcenter.desktop.desk import AgentLogin
from callcenter.rulebook.publishing import Publishing
from callcenter.rulebook.staffing import Staffing
from callcenter.settings import Loaded, load
from callcenter.types import AgentId
from tests.database_fixtures import migrated
from tests.desktop.fake_desk import FakeDesk
from tests.desktop.serving import calling

PASSWORD = "right horse battery"
HASH = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
BOSS, ANNA, SUSAN = AgentId("boss"), AgentId("anna"), AgentId("susan")
ROUTING = """\
version: 2
tiers: [gold, standard]
default_tier: standard
default_queue: sales
# what agents choose from
dispositions: [resolved]
not_ready_reasons: [break]
skills: [sales, german]
queues:
  sales: {}
  support: {}
rules:
  - {name: Berlin, route: {queue: sales, skills: {german: 3}}}
"""
CASES = "cases:\n  - {name: all go to sales, facts: {dialled: '8001'}, expect: {queue: sales}}\n"
AGENTS = f"""\
agents:
  - {{id: anna, name: Anna Berg, device: PJSIP/1001, skills: {{sales: 5}}, queues: [sales], password_hash: {HASH!r}}}
  - {{id: susan, name: Susan, roles: [supervisor], password_hash: {HASH!r}}}
  - {{id: boss, name: Boss, roles: [admin], password_hash: {HASH!r}}}
"""


class StaffedDesk(FakeDesk):
    def __init__(self, loaded: Loaded) -> None:
        super().__init__()
        self.loaded = loaded
        self.agents = self._logins()

    def _logins(self) -> Mapping[AgentId, AgentLogin]:
        return {
            it.id: AgentLogin(it.id, it.name, it.password_hash, it.roles, it.queue_groups)
            for it in self.loaded.logins.values()
        }

    async def take(self, loaded: Loaded, _reroute: bool) -> None:
        self.loaded = loaded
        self.agents = self._logins()


@contextlib.asynccontextmanager
async def staffed(folder: Path) -> AsyncIterator[tuple[StaffedDesk, httpx.AsyncClient]]:
    """The desk, and a client of its application; nobody is signed in."""
    (folder / "rules").mkdir()
    (folder / "data").mkdir()
    (folder / "callcenter.yaml").write_text("pbx: {secret: x}\nrouting: rules\n")
    (folder / "agents.yaml").write_text(AGENTS)
    (folder / "rules" / "center.yaml").write_text(ROUTING)
    (folder / "rules" / "cases.yaml").write_text(CASES)
    config = folder / "callcenter.yaml"
    async with migrated(f"sqlite:///{folder}/staff.sqlite3") as database:
        desk = StaffedDesk(load(config))
        publishing = Publishing(config, desk.loaded, database.engine, desk.take, desk.now_ms)
        await publishing.begin()
        await publishing.settle()
        desk.rules, desk.staff = publishing, Staffing(publishing)  # type: ignore[assignment]
        async with calling(desk) as client:
            yield desk, client
