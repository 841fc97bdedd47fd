"""An agent chooses the phone it works at: who may have which, until when, and what is said where it cannot be."""

from dataclasses import replace

import pytest

from callcenter.commands import EventIgnored
from callcenter.events import AgentReady, AgentSignedIn, AgentSignedOut, Event, WrapUpEnded
from callcenter.orders import AgentDeviceChanged, DeviceChosen, ListenAsked, ListenMode
from callcenter.stores.snapshot import decode_snapshot, encode_snapshot
from callcenter.types import AgentId, AgentState, AutoAnswer, Configuration, ContactId, DeviceRef, DeviceStatus
from tests.playbook import (
    PBX,
    Playbook,
    agent,
    answered,
    arrived,
    configuration,
    device,
    left,
    no,
    phone,
    queue,
    reloaded,
    ring,
    ringing,
    want,
)

ADA, BOB = AgentId("ada"), AgentId("bob")
BOTH = configuration(agent("ada"), agent("bob"))
NONE = DeviceRef(PBX, "")


def chosen(name: str | None, by: AgentId = ADA) -> DeviceChosen:
    return DeviceChosen(by, None if name is None else device(name))


def ada_alone(config: Configuration = BOTH) -> Playbook:
    """ada is ready at her own phone, bob has gone; a third phone, desk, is free."""
    return Playbook.open(config).at(100, AgentSignedOut(BOB), phone("desk", DeviceStatus.FREE))


def device_of(story: Playbook, name: str) -> DeviceRef:
    return story.agent(name).config.device


def without_phone(config: Configuration, name: str) -> Configuration:
    agents = tuple(replace(one, device=NONE) if one.id == name else one for one in config.agents)
    return replace(config, agents=agents)


def test_the_chosen_phone_rings_and_the_configured_one_does_not() -> None:
    story = ada_alone().at(200, chosen("desk"))
    story.expect(want(AgentDeviceChanged, agent="ada", device=device("desk"), chosen=True))
    story.at(300, arrived("anna")).expect(ring("anna.1", device="desk"))


def test_a_phone_that_comes_free_gets_who_waits() -> None:
    story = ada_alone().at(200, phone("ada", DeviceStatus.UNREACHABLE), arrived("anna")).expect(no(AgentDeviceChanged))
    story.at(300, chosen("desk")).expect(ring("anna.1", device="desk"))


def test_null_is_the_configured_phone_again_and_what_is_so_already_is_ignored() -> None:
    story = ada_alone().at(200, chosen(None)).expect(want(EventIgnored, why="agent ada has this phone"))
    story.at(300, chosen("desk"), chosen("desk")).expect(want(EventIgnored, why="agent ada has this phone"))
    story.at(400, chosen(None)).expect(want(AgentDeviceChanged, device=device("ada"), chosen=False))
    assert story.agent("ada").device_choice is None
    story.at(500, chosen("desk")).at(600, chosen("ada")).expect(
        want(AgentDeviceChanged, device=device("ada"), chosen=False)
    )


def test_the_sign_out_ends_the_choice_whenever_it_takes_effect() -> None:
    story = ada_alone().at(100, chosen("desk")).at(200, AgentSignedOut(ADA))
    story.expect(want(AgentDeviceChanged, device=device("ada"), chosen=False))
    story.at(300, AgentSignedIn(ADA), AgentReady(ADA), chosen("desk"), arrived("anna"))
    story.at(400, ringing("anna.1"), answered("anna.1"), AgentSignedOut(ADA))
    assert device_of(story, "ada") == device("desk")
    story.at(500, left("anna"), WrapUpEnded(ADA, ContactId("anna"), None))
    story.expect(want(AgentDeviceChanged, device=device("ada"), chosen=False)).agent_is("ada", AgentState.LOGGED_OUT)


def test_who_signs_in_while_somebody_sits_at_its_phone_has_none_and_chooses() -> None:
    story = ada_alone().at(200, chosen("bob")).at(300, AgentSignedIn(BOB), AgentReady(BOB))
    story.expect(want(AgentDeviceChanged, agent="bob", device=NONE, chosen=False))
    story.at(400, AgentSignedOut(ADA), arrived("anna"))
    explained = story.engine.explain(story.ms(400), ContactId("anna"))
    assert explained is not None
    [why] = [one for one in explained.agents if one.agent == BOB]
    assert (why.reason, why.words) == ("no_phone", "has no phone: choose one")
    story.at(500, chosen(None, BOB)).expect(want(AgentDeviceChanged, device=device("bob")), ring("anna.1"))


def test_an_agent_of_whom_no_phone_is_configured_chooses_each_time() -> None:
    story = ada_alone(without_phone(BOTH, "bob")).at(200, AgentSignedIn(BOB), AgentReady(BOB))
    assert not story.agent("bob").has_chosen
    story.at(300, chosen("desk", BOB)).expect(want(AgentDeviceChanged, device=device("desk"), chosen=True))
    story.at(400, chosen(None, BOB)).expect(want(AgentDeviceChanged, device=NONE, chosen=False))


def test_a_phone_answers_as_it_is_written_of_whoever_it_is() -> None:
    bob = replace(BOTH.agents[1], auto_answer=AutoAnswer.NOTIFY)
    story = ada_alone(replace(BOTH, agents=(BOTH.agents[0], bob))).at(200, chosen("bob"))
    assert story.agent("ada").config.auto_answer is AutoAnswer.NOTIFY
    story.at(300, chosen("desk"))
    assert story.agent("ada").config.auto_answer is None
    story.at(400, chosen("bob"), reloaded(BOTH))
    assert (device_of(story, "ada"), story.agent("ada").config.auto_answer) == (device("bob"), None)


@pytest.mark.parametrize(
    ("before", "choice", "why"),
    [
        ((), chosen("desk", AgentId("eve")), "there is no agent eve"),
        ((), chosen("desk", BOB), "agent bob is not signed in"),
        ((AgentSignedIn(BOB),), chosen("bob"), "Bob has the phone PJSIP/bob"),
        ((AgentSignedIn(BOB), chosen("desk", BOB)), chosen("desk"), "Bob has the phone PJSIP/desk"),
        ((arrived("anna"),), chosen("desk"), "agent ada is reserved"),
        ((arrived("anna"), ringing("anna.1"), answered("anna.1")), chosen("desk"), "agent ada is talking"),
        ((), DeviceChosen(ADA, DeviceRef(PBX, "")), f"nothing is no phone of the PBX {PBX}"),
        ((), DeviceChosen(ADA, replace(device("ada"), pbx=type(PBX)("elsewhere"))), "PJSIP/ada is no phone of the PBX"),
    ],
)
def test_why_a_phone_cannot_be_chosen(before: tuple[Event, ...], choice: DeviceChosen, why: str) -> None:
    story = ada_alone().at(200, *before).at(300, choice).expect(no(AgentDeviceChanged))
    assert str(story.first(EventIgnored).why).startswith(why)


def test_nobody_changes_phones_while_somebody_listens_at_one() -> None:
    story = Playbook.open(BOTH).at(100, phone("desk", DeviceStatus.FREE), arrived("anna"))
    story.at(200, ringing("anna.1"), answered("anna.1"))
    listener, talker = (BOB, ADA) if story.contact("anna").agent == ADA else (ADA, BOB)
    story.at(300, ListenAsked(listener, device(listener), talker, ListenMode.LISTEN))
    story.at(400, chosen("desk", listener)).expect(want(EventIgnored, why=f"agent {listener} listens at its phone"))
    story.at(500, AgentSignedOut(listener), left("anna"), WrapUpEnded(talker, ContactId("anna"), None))


def test_a_configuration_ends_the_choice_only_where_it_gives_another_phone() -> None:
    story = ada_alone().at(200, chosen("desk")).at(300, reloaded(replace(BOTH, queues=(queue("general", 1_000),))))
    assert device_of(story, "ada") == device("desk")
    moved = replace(BOTH, agents=(replace(BOTH.agents[0], device=device("new")), BOTH.agents[1]))
    story.at(400, reloaded(moved)).expect(want(AgentDeviceChanged, device=device("new"), chosen=False))
    assert story.agent("ada").device_choice is None


def test_a_configuration_takes_nobodys_phone_away_for_another_agent() -> None:
    story = ada_alone(without_phone(BOTH, "bob")).at(200, AgentSignedIn(BOB), chosen("desk"))
    bob_at_desk = replace(BOTH, agents=(BOTH.agents[0], replace(BOTH.agents[1], device=device("desk"))))
    story.at(300, reloaded(bob_at_desk)).expect(no(AgentDeviceChanged))
    assert (device_of(story, "ada"), device_of(story, "bob")) == (device("desk"), NONE)
    story.at(400, AgentSignedOut(ADA)).at(500, chosen(None, BOB))
    story.expect(want(AgentDeviceChanged, device=device("desk"), chosen=False))


def test_a_choice_outlives_the_daemon() -> None:
    story = ada_alone().at(200, chosen("desk"), AgentSignedIn(BOB))
    encoded = encode_snapshot(story.engine.snapshot())
    saved = decode_snapshot(encoded)
    assert encode_snapshot(saved) == encoded
    assert (saved.agents[ADA].config.device, saved.agents[ADA].device_choice) == (
        device("desk"),
        story.agent("ada").device_choice,
    )
