"""What the commands for an agent leave on its screen; over the wire they are in test_hub.py."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from callcenter.commands import CallChanged
from callcenter.desktop.live.screens import Screens
from callcenter.orders import AgentDeviceChanged, MessageGone, MessageId, MessageShown
from callcenter.types import AgentState, ContactId, DeviceRef, PbxName
from tests.desktop.fake_desk import ANNA, BORIS, FakeDesk, pop_for


class Told:
    def __init__(self, *, watched: bool = True) -> None:
        self.desk = FakeDesk()
        self.told: list[tuple[str, dict[str, Any], tuple[str, ...]]] = []
        self.screens = Screens(self.desk, self.tell, lambda _: watched)

    def tell(self, agent: str, changed: Mapping[str, str], gone: Collection[str]) -> None:
        self.told.append((agent, {key: json.loads(value) for key, value in changed.items()}, tuple(gone)))

    def shown(self) -> dict[str, Any]:
        return {key: json.loads(value) for key, value in self.screens.entries(ANNA).items()}


def test_a_call_is_told_at_once_and_goes_with_its_end() -> None:
    told = Told()
    told.screens.execute(CallChanged(ANNA, ContactId("c"), 5, number="+1"))
    assert told.told[-1][1]["talk"]["number"] == "+1"
    assert told.shown()["talk"]["contact"] == "c"
    told.screens.execute(CallChanged(ANNA, None))
    assert told.told[-1] == ("anna", {"talk": None}, ())


def test_another_phone_is_told_by_name() -> None:
    told = Told()
    told.screens.execute(AgentDeviceChanged(ANNA, DeviceRef(PbxName("main"), "PJSIP/anna"), chosen=True))
    phone = {"device": "PJSIP/anna", "chosen": False}  # as the engine has it by now
    assert (told.told, told.shown()["phone"]) == ([("anna", {"phone": phone}, ())], phone)


def test_a_message_stays_until_it_is_gone() -> None:
    told = Told()
    told.screens.execute(MessageShown(ANNA, MessageId("m1"), 5, "susan", "Team meeting at 3", True))
    message = {"id": "m1", "at_ms": 5, "by": "susan", "text": "Team meeting at 3", "urgent": True}
    assert told.told == [("anna", {"message/m1": message}, ())]
    assert told.shown()["message/m1"] == message
    told.screens.execute(MessageGone(ANNA, MessageId("m1")))
    assert told.told[-1] == ("anna", {}, ("message/m1",))
    assert "message/m1" not in told.shown()


def test_a_change_of_state_brings_the_figures_with_it() -> None:
    told = Told()
    told.desk.hub.execute = told.screens.execute  # type: ignore[method-assign,assignment]
    told.desk.change(BORIS, AgentState.READY)
    agent, changed, _ = told.told[-1]
    assert agent == "boris"
    assert sorted(changed) == ["figures", "missed", "state"]


def test_nothing_is_encoded_or_looked_up_for_those_who_have_no_page() -> None:
    told = Told(watched=False)
    told.screens.execute(pop_for(ANNA, 1_000, caller_name="\ud800"))  # could not be encoded
    assert told.told == []
    assert told.desk.recent_asked == []
