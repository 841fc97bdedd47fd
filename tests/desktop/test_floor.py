"""What the desktop asks the engine and the configuration of supervisors' orders."""

from dataclasses import replace
from typing import Any

from callcenter.admin.files import AgentEntry, AgentsFile
from callcenter.desktop.floor import EngineFloor, Phone
from callcenter.events import AgentSignedIn, AgentSignedOut
from callcenter.orders import DeviceChosen, ListenAsked, ListenMode, MessageId, MessageSent
from callcenter.settings import Loaded, Settings
from callcenter.types import AgentId, AutoAnswer, DeviceRef, DeviceStatus, OfferId, PbxName
from tests.playbook import Playbook, agent, arrived, configuration, device, phone, talking

ADA, SUE = AgentId("ada"), AgentId("sue")


def floor_of(story: Playbook, **settings: Any) -> EngineFloor:
    entries = (
        AgentEntry(id="sue", name="Sue", device="PJSIP/sue", roles=("supervisor",)),
        AgentEntry(id="max", name="Max", roles=("supervisor",)),
    )
    whole = Settings.model_validate({"pbx": {"name": "pbx1"}, **settings})
    loaded = Loaded(
        whole, configuration(agent("ada")), {}, (), (), 0, staff=AgentsFile(agents=entries), skills=("law",)
    )
    return EngineFloor(lambda: story.engine, lambda: loaded)


def test_a_login_has_the_phone_that_is_written_for_it() -> None:
    floor = floor_of(Playbook.open(configuration(agent("ada"))).at(100, phone("sue", DeviceStatus.IN_USE)))
    assert floor.phone(SUE) == (DeviceRef(PbxName("pbx1"), "PJSIP/sue"), DeviceStatus.IN_USE)
    assert floor.phone(AgentId("max")) is None
    assert floor.phone(AgentId("eve")) is None
    unheard = floor_of(Playbook(configuration(agent("ada"))))
    assert unheard.phone(SUE) == (DeviceRef(PbxName("pbx1"), "PJSIP/sue"), DeviceStatus.UNKNOWN)


def test_an_agent_has_the_phone_that_it_has_chosen_and_none_if_another_has_its_own() -> None:
    story = Playbook.open(configuration(agent("ada"), agent("sue"))).at(100, AgentSignedOut(SUE))
    floor = floor_of(story.at(200, DeviceChosen(ADA, device("sue"))))
    assert floor.phone(ADA) == (device("sue"), DeviceStatus.FREE)
    story.at(300, AgentSignedIn(SUE))
    assert floor.phone(SUE) is None


def test_the_phones_are_those_of_the_pbx_and_of_the_configuration() -> None:
    story = Playbook.open(configuration(agent("ada"), agent("zoe"))).at(100, phone("desk", DeviceStatus.UNREACHABLE))
    assert floor_of(story.at(200, AgentSignedOut(AgentId("zoe")))).phones() == [
        Phone("PJSIP/ada", DeviceStatus.FREE, ADA, "Ada", ADA),
        Phone("PJSIP/desk", DeviceStatus.UNREACHABLE, None, "", None),
        Phone("PJSIP/zoe", DeviceStatus.FREE, None, "", AgentId("zoe")),
    ]


def test_messages_and_who_listens_are_those_of_the_engine() -> None:
    story = talking(configuration(agent("ada")), change=lambda it: None).at(1_100, phone("sue", DeviceStatus.FREE))
    floor = floor_of(story)
    assert (floor.messages(ADA), floor.sent_messages(), floor.listening()) == ((), {}, {})
    story.at(2_000, MessageSent(MessageId("m1"), "sue", "Hello", everybody=True))
    story.at(2_100, ListenAsked(SUE, DeviceRef(PbxName("pbx1"), "PJSIP/sue"), ADA, ListenMode.LISTEN))
    assert [one.id for one in floor.messages(ADA)] == ["m1"]
    assert [(sent.id, unread) for sent, unread in floor.sent_messages().values()] == [("m1", ("ada",))]
    assert [now.by for now in floor.listening().values()] == ["sue"]


def test_an_offer_may_be_accepted_by_whom_it_rings_for() -> None:
    told = replace(agent("ada"), auto_answer=AutoAnswer.NOTIFY)
    floor = floor_of(Playbook.open(configuration(told, agent("bob"))).at(100, arrived("anna")))
    assert floor.accepts(ADA, OfferId("anna.1")) is True
    assert floor.accepts(AgentId("bob"), OfferId("anna.1")) is None
    assert floor.accepts(ADA, OfferId("ben.1")) is None
    by_hand = floor_of(Playbook.open(configuration(agent("ada"))).at(100, arrived("anna")))
    assert by_hand.accepts(ADA, OfferId("anna.1")) is False


def test_what_the_configuration_says() -> None:
    story = Playbook(configuration(agent("ada")))
    assert floor_of(story).skills == ("law",)
    assert floor_of(story).announces_listening is False
    assert floor_of(story, supervision={"announce": True}).announces_listening is True
