"""Agents between contacts: back-offs, and the figures of the day by which some strategies choose."""

from dataclasses import replace

import pytest

from callcenter.commands import EventIgnored, RingDevice
from callcenter.events import AgentNotReady, AgentReady, DayBegan, WrapUpEnded
from callcenter.types import AgentId, AgentState, Configuration, ContactId, LegEnd, Strategy
from tests.playbook import (
    Playbook,
    agent,
    answered,
    arrived,
    configuration,
    left,
    leg_ended,
    queue,
    ring,
    ringing,
    want,
)

ADA = AgentId("ada")


def by(strategy: Strategy) -> Configuration:
    return configuration(agent("ada"), agent("bob"), queues=(replace(queue("general"), strategy=strategy),))


def test_after_rona_a_back_off_runs_though_the_agent_is_ready_again() -> None:
    story = Playbook.open(replace(configuration(agent("ada")), rona_backoff_ms=5_000)).at(100, arrived("anna"))
    story.at(200, ringing("anna.1"), leg_ended("anna.1", LegEnd.NO_ANSWER)).agent_is(
        "ada", AgentState.NOT_READY, "rona"
    )
    story.at(1_000, AgentReady(ADA)).expect_nothing_of(RingDevice)
    story.wait_until(5_199).expect_nothing_of(RingDevice)
    story.wait_until(5_200).expect(ring("anna.2"))


def talk(story: Playbook, contact: str, from_ms: int, for_ms: int, wrap_up_ms: int) -> None:
    """A contact to ada, answered at once."""
    story.at(from_ms, arrived(contact)).at(from_ms, answered(f"{contact}.1"))
    story.at(from_ms + for_ms, left(contact))
    story.at(from_ms + for_ms + wrap_up_ms, WrapUpEnded(ADA, ContactId(contact), None))


def test_ready_time_handling_time_and_contacts_are_counted() -> None:
    story = Playbook.open(configuration(agent("ada")))
    talk(story, "anna", 1_000, 20_000, 3_000)
    story.at(30_000, AgentNotReady(ADA, "lunch")).at(40_000, AgentReady(ADA))
    talk(story, "ben", 41_000, 5_000, 0)
    ada = story.agent("ada")
    assert (ada.contacts_today, ada.handling_ms, ada.ready_ms) == (2, 28_000, 1_000 + 6_000 + 1_000)


def test_a_new_day_begins_at_nothing_and_counts_only_what_lies_within_it() -> None:
    story = Playbook.open(configuration(agent("ada"))).at(0, DayBegan("2026-11-20"))
    talk(story, "anna", 1_000, 1_000, 0)
    story.at(5_000, arrived("ben"), answered("ben.1"))
    story.at(6_000, DayBegan("2026-11-21"))
    assert story.agent("ada").contacts_today == 0
    story.at(7_500, left("ben")).at(8_000, WrapUpEnded(ADA, ContactId("ben"), None))
    assert story.agent("ada").handling_ms == 2_000
    story.at(9_000, DayBegan("2026-11-22")).at(9_500, AgentNotReady(ADA, "lunch"))
    assert (story.agent("ada").ready_ms, story.agent("ada").handling_ms) == (500, 0)


def test_the_same_day_again_changes_nothing() -> None:
    story = Playbook.open(configuration(agent("ada"))).at(0, DayBegan("2026-11-20"))
    talk(story, "anna", 1_000, 1_000, 0)
    story.at(5_000, DayBegan("2026-11-20")).expect(want(EventIgnored, why="2026-11-20 has begun already"))
    assert story.agent("ada").contacts_today == 1


@pytest.mark.parametrize("strategy", [Strategy.FEWEST_CONTACTS, Strategy.LEAST_OCCUPIED])
def test_a_new_day_changes_who_comes_first(strategy: Strategy) -> None:
    """ada has worked, so bob goes first though idle for a shorter time; the next day nobody has worked."""
    story = Playbook.open(by(strategy)).at(1, DayBegan("2026-11-20"))
    story.at(100, arrived("anna"), answered("anna.1")).at(200, arrived("ben"), answered("ben.1"))
    story.at(10_000, left("anna"), WrapUpEnded(ADA, ContactId("anna"), None))
    story.at(10_300, arrived("cara"), answered("cara.1")).at(20_000, left("cara"))
    story.at(20_000, WrapUpEnded(ADA, ContactId("cara"), None))
    story.at(21_000, left("ben"), WrapUpEnded(AgentId("bob"), ContactId("ben"), None))
    if strategy is Strategy.FEWEST_CONTACTS:
        story.at(22_000, arrived("dan")).expect(ring("dan.1", device="bob"))
        story.at(22_100, leg_ended("dan.1", LegEnd.CALLER_GONE))
    story.at(23_000, DayBegan("2026-11-21"), arrived("eva")).expect(ring("eva.1", device="ada"))
