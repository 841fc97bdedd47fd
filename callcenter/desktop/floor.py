"""What the desktop shows of supervisors' orders, and what it needs to take them: messages, listening, phones, skills.

The one idea: it is read where it is kept, in the engine and in the configuration in use, whenever somebody asks.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from callcenter.engine import Engine
from callcenter.orders import Listening, ListeningId, MessageId, OpenMessage
from callcenter.routing.accepting import may_accept
from callcenter.settings import Loaded
from callcenter.state import Saved
from callcenter.types import AgentId, AgentState, DeviceRef, DeviceStatus, OfferId, PbxName


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone at which an agent may work: who is signed in at it, and to whom the configuration gives it."""

    device: str
    status: DeviceStatus
    agent: AgentId | None
    name: str  # of that agent
    owner: AgentId | None


class Floor(Protocol):
    @property
    def announces_listening(self) -> bool:
        """Whether agents may know that a supervisor listens (`supervision.announce`)."""

    @property
    def skills(self) -> Sequence[str]:
        """Those that there are; none listed: any word is one."""

    def messages(self, agent: AgentId) -> Sequence[OpenMessage]:
        """Those that this agent has not acknowledged, oldest first."""

    def sent_messages(self) -> Mapping[MessageId, tuple[OpenMessage, Sequence[AgentId]]]:
        """All that are open, oldest first, each with the agents who have not acknowledged it."""

    def listening(self) -> Mapping[ListeningId, Listening]:
        """Who listens to whom, or is being rung to."""

    def accepts(self, agent: AgentId, offer: OfferId) -> bool | None:
        """Whether the phone that rings for this offer of the agent's can be told to answer; None: it does not ring."""

    def phone(self, login: AgentId) -> tuple[DeviceRef, DeviceStatus] | None:
        """The phone of whoever signs in so, and what it is doing; None for one that has none."""

    def phones(self) -> Sequence[Phone]:
        """Those that the PBX has told of, and those that are configured, by name."""


class EngineFloor:
    """Implements `Floor`. Both are asked for anew each time: the configuration may be another by then."""

    def __init__(self, engine: Callable[[], Engine], loaded: Callable[[], Loaded]) -> None:
        self._engine = engine
        self._loaded = loaded

    @property
    def announces_listening(self) -> bool:
        return self._loaded().settings.supervision.announce

    @property
    def skills(self) -> Sequence[str]:
        return self._loaded().skills

    def messages(self, agent: AgentId) -> Sequence[OpenMessage]:
        return self._engine().messages(agent)

    def sent_messages(self) -> Mapping[MessageId, tuple[OpenMessage, Sequence[AgentId]]]:
        return self._engine().sent_messages()

    def listening(self) -> Mapping[ListeningId, Listening]:
        return self._engine().snapshot().listening

    def accepts(self, agent: AgentId, offer: OfferId) -> bool | None:
        saved = self._engine().snapshot()
        known = saved.offers.get(offer)
        if known is None or known.agent != agent or not known.live:
            return None
        return may_accept(saved.agents[agent])

    def phones(self) -> Sequence[Phone]:
        return phones_of(self._engine().snapshot(), PbxName(self._loaded().settings.pbx.name))

    def phone(self, login: AgentId) -> tuple[DeviceRef, DeviceStatus] | None:
        saved = self._engine().snapshot()
        agent = saved.agents.get(login)
        if agent is not None and agent.state is not AgentState.LOGGED_OUT:
            device = agent.config.device
            return (device, _status(saved, device)) if device.device else None
        loaded = self._loaded()
        entry = next((one for one in loaded.staff.agents if one.id == login), None)
        if entry is None or entry.device is None:
            return None
        device = DeviceRef(PbxName(loaded.settings.pbx.name), entry.device)
        return device, _status(saved, device)


def phones_of(saved: Saved, pbx: PbxName) -> list[Phone]:
    """The phones of this PBX, see `Floor.phones`."""
    owners = {config.device.device: config.id for config in saved.configuration.agents if config.device.pbx == pbx}
    signed_in = [agent for agent in saved.agents.values() if agent.state is not AgentState.LOGGED_OUT]
    users = {agent.config.device.device: agent.config for agent in signed_in if agent.config.device.pbx == pbx}
    names = sorted(dict.fromkeys((*owners, *users, *saved.devices.get(pbx, {}))))
    return [
        Phone(
            name,
            _status(saved, DeviceRef(pbx, name)),
            users[name].id if name in users else None,
            users[name].name if name in users else "",
            owners.get(name),
        )
        for name in names
        if name
    ]


def _status(saved: Saved, device: DeviceRef) -> DeviceStatus:
    return saved.devices.get(device.pbx, {}).get(device.device, DeviceStatus.UNKNOWN)
