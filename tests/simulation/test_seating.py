"""The auditor notices who sits at which phone. The engine tells the same story, or each of these would fail earlier."""

from dataclasses import replace

from callcenter.events import AgentReady, AgentSignedIn, AgentSignedOut
from callcenter.orders import AgentDeviceChanged, DeviceChosen
from callcenter.types import AgentId, DeviceRef, DeviceStatus
from tests.playbook import (
    PBX,
    Playbook,
    agent,
    arrived,
    changed,
    configuration,
    device,
    feed_distorted,
    phone,
    reloaded,
    without,
)
from tests.simulation.test_ordered import noticed

ADA, BOB = AgentId("ada"), AgentId("bob")
BOTH = configuration(agent("ada"), agent("bob"))


def ada_at(name: str) -> Playbook:
    """bob has gone, ada has chosen a phone."""
    story = Playbook.open(BOTH).at(100, AgentSignedOut(BOB), phone("desk", DeviceStatus.FREE))
    return story.at(200, DeviceChosen(ADA, device(name)))


def test_choices_sign_ins_and_configurations_are_followed() -> None:
    story = ada_at("bob").at(300, AgentSignedIn(BOB), AgentReady(BOB), DeviceChosen(BOB, None), reloaded(BOTH))
    story.at(400, DeviceChosen(BOB, device("ada")), DeviceChosen(ADA, None), DeviceChosen(ADA, device("desk")))
    story.at(500, reloaded(configuration(agent("ada"))), AgentSignedOut(ADA), arrived("anna"))
    picture = story.auditor.picture
    assert [(one.id, one.config.device, one.own_device) for one in picture.workers.values()] == [
        ("ada", device("ada"), None)
    ]


def test_two_agents_at_one_phone_are_noticed() -> None:
    story = ada_at("desk").at(300, AgentSignedIn(BOB))
    bob = story.engine.snapshot().agents[BOB]
    bob.config = replace(bob.config, device=device("desk"))
    noticed(lambda: story.at(400, phone("bob", DeviceStatus.FREE)), "no two signed-in agents have one phone")


def test_a_choice_that_is_lost_is_noticed() -> None:
    story = ada_at("desk")
    story.engine.snapshot().agents[ADA].device_choice = None
    noticed(lambda: story.at(300, arrived("anna")), "an agent works at the phone that it has chosen last")


def test_the_desktop_is_told() -> None:
    told = "the desktop was told at which phone the agent works"
    noticed(lambda: feed_distorted(ada_at("desk"), without(AgentDeviceChanged), DeviceChosen(ADA, None)), told)
    other = changed(AgentDeviceChanged, device=DeviceRef(PBX, "elsewhere"))
    noticed(lambda: feed_distorted(ada_at("desk"), other, DeviceChosen(ADA, None)), told)
