"""A floor on which nobody listens and nobody has written, for the tests of other things."""

from collections.abc import Mapping, Sequence

from callcenter.desktop.floor import Phone
from callcenter.orders import Listening, ListeningId, MessageId, OpenMessage
from callcenter.types import AgentId, DeviceRef, DeviceStatus, OfferId


class FakeFloor:
    """Implements `Floor`."""

    def __init__(self) -> None:
        self.announces_listening = False
        self.skills: Sequence[str] = ()

    def messages(self, agent: AgentId) -> Sequence[OpenMessage]:
        return ()

    def sent_messages(self) -> Mapping[MessageId, tuple[OpenMessage, Sequence[AgentId]]]:
        return {}

    def listening(self) -> Mapping[ListeningId, Listening]:
        return {}

    def accepts(self, agent: AgentId, offer: OfferId) -> bool | None:
        return None

    def phones(self) -> Sequence[Phone]:
        return ()

    def phone(self, login: AgentId) -> tuple[DeviceRef, DeviceStatus] | None:
        return None
