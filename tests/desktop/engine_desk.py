"""A desk with the real engine behind it, in a call center of a few agents: what an order comes to is really seen."""

from collections.abc import Mapping, Sequence

from callcenter.commands import EventIgnored
from callcenter.desktop.desk import AgentLogin
from callcenter.desktop.floor import Phone, phones_of
from callcenter.events import Event
from callcenter.orders import Listening, ListeningId, MessageId, OpenMessage
from callcenter.overview import AgentView, Overview
from callcenter.records import RecordChange
from callcenter.routing.accepting import may_accept
from callcenter.routing.explain import Explanation
from callcenter.types import AgentId, Configuration, ContactId, DeviceRef, DeviceStatus, OfferId
from tests.desktop.fake_desk import HASH, SUSAN, FakeDesk
from tests.playbook import PBX, Playbook


class EngineDesk(FakeDesk):
    """`story` is the call center; each event that a request hands in happens 1 ms after what was before.

    Susan is a supervisor with the phone PJSIP/susan; whoever else has a login is an agent of the configuration.
    """

    def __init__(self, config: Configuration, *supervisors: AgentLogin) -> None:
        super().__init__()
        self.story = Playbook.open(config)
        logins = [AgentLogin(agent.id, agent.name, HASH) for agent in config.agents]
        logins.append(AgentLogin(SUSAN, "Susan Supervisor", HASH, ("supervisor",)))
        self.agents = {login.id: login for login in [*logins, *supervisors]}
        self.floor = self.on_floor = EngineDeskFloor(self)

    async def submit(self, event: Event, change: RecordChange | None = None) -> str | None:
        if change is not None:
            await self.access.note(change)
        self.events.append(event)
        made = self.story.at(self.story.now_ms + 1, event).came
        return next((command.why for command in made if isinstance(command, EventIgnored)), None)

    def overview(self) -> Overview:
        return self.story.engine.overview(self.story.START_MS + self.story.now_ms)

    def agent(self, agent: AgentId) -> AgentView | None:
        return self.story.engine.agent(agent)

    def explain(self, contact: ContactId) -> Explanation | None:
        return self.story.engine.explain(self.story.START_MS + self.story.now_ms, contact)


class EngineDeskFloor:
    """Implements `Floor`."""

    def __init__(self, desk: EngineDesk) -> None:
        self._desk = desk
        self.announces_listening = False
        self.skills: Sequence[str] = ()
        self.phone_of = {SUSAN: DeviceRef(PBX, "PJSIP/susan")}

    def messages(self, agent: AgentId) -> Sequence[OpenMessage]:
        return self._desk.story.engine.messages(agent)

    def sent_messages(self) -> Mapping[MessageId, tuple[OpenMessage, Sequence[AgentId]]]:
        return self._desk.story.engine.sent_messages()

    def listening(self) -> Mapping[ListeningId, Listening]:
        return self._desk.story.engine.snapshot().listening

    def accepts(self, agent: AgentId, offer: OfferId) -> bool | None:
        saved = self._desk.story.engine.snapshot()
        known = saved.offers.get(offer)
        return None if known is None or known.agent != agent else may_accept(saved.agents[agent])

    def phones(self) -> Sequence[Phone]:
        return phones_of(self._desk.story.engine.snapshot(), PBX)

    def phone(self, login: AgentId) -> tuple[DeviceRef, DeviceStatus] | None:
        device = self.phone_of.get(login)
        if device is None:
            return None
        return device, self._desk.story.engine.snapshot().devices[PBX].get(device.device, DeviceStatus.UNKNOWN)
