"""The matching is judged offer by offer: whoever is offered the wrong thing, or too late, is noticed by name."""

import dataclasses
from typing import Any

import pytest

from callcenter.commands import Command, RingDevice, ScreenPop
from callcenter.simulation.promises import BrokenInvariantError
from callcenter.types import AgentId, Configuration, DeviceRef, DeviceStatus, LegEnd, OfferId, Preference, QueueName
from tests.playbook import (
    Distort,
    Playbook,
    agent,
    arrived,
    configuration,
    device,
    feed_distorted,
    found,
    leg_ended,
    moved,
    phone,
    prioritised,
    queue,
    rule,
    skills,
)


def _to(name: str) -> Distort:
    """The last offer goes to somebody else."""

    def distort(commands: list[Command]) -> list[Command]:
        last = [command.offer for command in commands if isinstance(command, RingDevice)][-1]
        return [_given(command, last, name) for command in commands]

    return distort


def _given(command: Command, offer: OfferId, name: str) -> Command:
    if isinstance(command, RingDevice) and command.offer == offer:
        return dataclasses.replace(command, device=device(name))
    if isinstance(command, ScreenPop) and command.offer == offer:
        return dataclasses.replace(command, agent=AgentId(name))
    return command


def _swapped(commands: list[Command]) -> list[Command]:
    """What was offered first is offered last."""
    offers = [command for command in commands if isinstance(command, RingDevice | ScreenPop)]
    return [c for c in commands if c not in offers] + offers[2:] + offers[:2]


def _without_last(commands: list[Command]) -> list[Command]:
    last = [command for command in commands if isinstance(command, RingDevice)][-1]
    return [command for command in commands if command is not last]


def _rings(at_once: int, *names: str) -> Configuration:
    return configuration(
        *(agent(name) for name in names), queues=(dataclasses.replace(queue("general"), ring_at_once=at_once),)
    )


def test_another_agent_than_the_first_in_order() -> None:
    with pytest.raises(BrokenInvariantError, match="the right agent goes first"):
        feed_distorted(Playbook.open(configuration(agent("ada"), agent("bob"))), _to("bob"), arrived("anna"))


def test_an_agent_who_may_not_take_it() -> None:
    config = configuration(agent("ada", german=1), agent("bob"), rules=(rule("german", needs=skills(german=1)),))
    with pytest.raises(BrokenInvariantError, match="what it may not take"):
        feed_distorted(Playbook.open(config), _to("bob"), arrived("anna"))


def test_who_refused_it_though_another_could_take_it() -> None:
    story = Playbook.open(dataclasses.replace(configuration(agent("ada"), agent("bob")), decline_backoff_ms=0))
    story.at(10, arrived("anna"))
    with pytest.raises(BrokenInvariantError, match="who has refused it gets it only if nobody else can"):
        feed_distorted(story, _to("ada"), leg_ended("anna.1", LegEnd.BUSY))


def test_somebody_else_than_whom_it_is_kept_for() -> None:
    keeps = dataclasses.replace(rule("theirs"), prefer=(Preference.LAST_AGENT,), prefer_for_ms=9_000)
    story = Playbook.open(configuration(agent("ada"), agent("bob"), rules=(keeps,)))
    answer = dataclasses.replace(found("anna"), last_agent=AgentId("ada"))
    with pytest.raises(BrokenInvariantError, match="kept for its preferred agent"):
        feed_distorted(story, _to("bob"), arrived("anna", caller="+1"), answer)


def _both_wait(config: Configuration) -> Playbook:
    """ben came after anna, and ada's phone is in use."""
    return Playbook.open(config).at(10, phone("ada", DeviceStatus.IN_USE)).at(20, arrived("anna"), arrived("ben"))


def test_the_later_contact_though_the_earlier_one_waits() -> None:
    story = _both_wait(configuration(agent("ada")))

    def distort(commands: list[Command]) -> list[Command]:
        return [_of_ben(command) for command in commands]

    with pytest.raises(BrokenInvariantError, match="the order of waiting holds"):
        feed_distorted(story, distort, phone("ada", DeviceStatus.FREE))


def _of_ben(command: Command) -> Command:
    if isinstance(command, RingDevice | ScreenPop):
        command = dataclasses.replace(command, offer=OfferId("ben.1"), contact=arrived("ben").contact)
    return dataclasses.replace(command, channel=arrived("ben").channel) if isinstance(command, RingDevice) else command


def test_starving_is_noticed_by_the_times_of_arrival_alone() -> None:
    """ben has the highest priority there is, and came so late that anna must come first."""
    config = dataclasses.replace(configuration(agent("ada")), ageing_ms=1_000)
    story = _both_wait(config).at(120_020, arrived("zoe"), prioritised("zoe", 100))

    def distort(commands: list[Command]) -> list[Command]:
        def of_zoe(command: Command) -> Command:
            if isinstance(command, ScreenPop):
                return dataclasses.replace(command, offer=OfferId("zoe.1"), priority=100)
            if isinstance(command, RingDevice):
                zoe = arrived("zoe")
                return dataclasses.replace(command, offer=OfferId("zoe.1"), contact=zoe.contact, channel=zoe.channel)
            return command

        return [of_zoe(command) for command in commands]

    with pytest.raises(BrokenInvariantError, match="no contact starves"):
        feed_distorted(story, distort, phone("ada", DeviceStatus.FREE))


@pytest.mark.parametrize(
    ("at_once", "distort", "promise"),
    [
        (2, _without_last, "as many phones ring as its queue wants"),
        (2, _swapped, "the right agent goes first"),
        (2, _to("cleo"), "the right agent rings next"),
    ],
)
def test_a_parallel_ring_with_the_wrong_phones(at_once: int, distort: Distort, promise: str) -> None:
    with pytest.raises(BrokenInvariantError, match=promise):
        feed_distorted(Playbook.open(_rings(at_once, "ada", "bob", "cleo")), distort, arrived("anna"))


def test_a_phone_too_many() -> None:
    story = Playbook.open(_rings(1, "ada", "bob"))

    def distort(commands: list[Command]) -> list[Command]:
        more = [_given(command, OfferId("anna.1"), "bob") for command in commands]
        second: list[Any] = [command for command in more if isinstance(command, RingDevice | ScreenPop)]
        return commands + [dataclasses.replace(command, offer=OfferId("anna.2")) for command in second]

    with pytest.raises(BrokenInvariantError, match="no more phones ring than its queue wants"):
        feed_distorted(story, distort, arrived("anna"))


def test_an_offer_to_a_phone_that_is_not_the_agents() -> None:
    def distort(commands: list[Command]) -> list[Command]:
        wrong = DeviceRef(device("ada").pbx, "PJSIP/else")
        return [dataclasses.replace(c, device=wrong) if isinstance(c, RingDevice) else c for c in commands]

    with pytest.raises(BrokenInvariantError, match="the agent's own device"):
        feed_distorted(Playbook.open(configuration(agent("ada"))), distort, arrived("anna"))


def test_what_the_screen_shows_is_what_the_account_says() -> None:
    for wrong in ({"queue": QueueName("sales")}, {"priority": 3}, {"relaxed": ("a step",)}):

        def distort(commands: list[Command], wrong: dict[str, Any] = wrong) -> list[Command]:
            return [dataclasses.replace(c, **wrong) if isinstance(c, ScreenPop) else c for c in commands]

        with pytest.raises(BrokenInvariantError, match="the screen says why"):
            feed_distorted(Playbook.open(configuration(agent("ada"))), distort, arrived("anna"))


def test_tags_and_text_of_the_rule_are_on_the_screen_wherever_it_waits() -> None:
    greets = dataclasses.replace(rule("greets"), tags=("vip",), text="Greet by name.")
    config = configuration(agent("ada"), agent("bob", "sales"), queues=(queue("general"), queue("sales")))
    for changed in ({"tags": ()}, {"text": ""}):

        def distort(commands: list[Command], changed: dict[str, Any] = changed) -> list[Command]:
            return [dataclasses.replace(c, **changed) if isinstance(c, ScreenPop) else c for c in commands]

        story = Playbook.open(dataclasses.replace(config, rules=(greets,))).at(10, phone("ada", DeviceStatus.IN_USE))
        story.at(20, arrived("anna"), phone("bob", DeviceStatus.IN_USE), moved("anna", "sales"))
        with pytest.raises(BrokenInvariantError, match="the rule's tags and text"):
            feed_distorted(story, distort, phone("bob", DeviceStatus.FREE))
