"""What those hear who wait: as stories of the core, which the auditor follows."""

from dataclasses import replace

import msgspec

from callcenter.commands import PlaySounds, RingDevice, SetMusic
from callcenter.engine import Engine
from callcenter.events import ConfigurationLoaded, PbxLost, TimePassed
from callcenter.queues.treatment import MAX_SPOKEN_POSITION
from callcenter.state import Saved
from callcenter.types import AgentConfig, Announce, Configuration, LegEnd, QueueConfig, Treatment
from tests.playbook import (
    PBX,
    Playbook,
    Want,
    agent,
    answered,
    arrived,
    configuration,
    left,
    leg_ended,
    moved,
    overflow,
    prioritised,
    queue,
    ring,
    ringing,
    rule,
    synced,
    want,
)

FULL = Treatment("jazz", "hello", Announce(10_000, ("one", "two"), position=True))


def treated(name: str, treatment: Treatment | None = FULL, **fields: object) -> QueueConfig:
    return replace(queue(name), treatment=treatment, **fields)  # type: ignore[arg-type]


def center(*agents: AgentConfig, sales: QueueConfig | None = None, other: QueueConfig | None = None) -> Configuration:
    queues = (sales or treated("sales"), other or queue("other"))
    return configuration(*agents, queues=queues, rules=(rule("everybody", to="sales"),))


def says(contact: str, *sounds: str, position: int | None = None, **fields: object) -> Want:
    return want(PlaySounds, contact=contact, sounds=sounds, position=position, **fields)


def music(contact: str, name: str) -> Want:
    return want(SetMusic, contact=contact, music=name)


def waiting(config: Configuration | None = None) -> Playbook:
    """Nobody is at work; anna has come at 1,000 ms."""
    return Playbook(config or center()).at(500, synced()).at(1_000, arrived("anna"))


def test_who_begins_to_wait_hears_the_greeting_and_the_music_of_the_queue() -> None:
    waiting().expect(music("anna", "jazz"), says("anna", "hello", number=1))


def test_announcements_come_in_turn_and_keep_their_rhythm() -> None:
    story = waiting()
    story.wait_until(10_999).expect_nothing_of(PlaySounds)
    story.wait_until(11_000).expect(says("anna", "one", position=1, number=2))
    story.wait_until(41_000).expect(*(says("anna", sound, position=1) for sound in ("two", "one", "two")))


def test_a_late_timer_moves_no_later_announcement() -> None:
    story = waiting().at(34_000, TimePassed()).expect(says("anna", "one", position=1))
    story.wait_until(41_000).expect(says("anna", "two", position=1))


def test_a_queue_without_treatment_says_nothing() -> None:
    waiting(configuration()).expect_nothing_of(PlaySounds, SetMusic)


def test_the_greeting_waits_until_no_phone_rings() -> None:
    story = Playbook.open(center(agent("ada", "sales"))).at(1_000, arrived("anna"))
    story.expect(ring("anna.1"), music("anna", "jazz")).expect_nothing_of(PlaySounds)
    story.at(1_100, ringing("anna.1")).at(2_000, leg_ended("anna.1", LegEnd.BUSY)).expect(says("anna", "hello"))


def test_who_is_answered_at_once_hears_nothing() -> None:
    story = Playbook.open(center(agent("ada", "sales"))).at(1_000, arrived("anna")).expect_nothing_of(PlaySounds)
    story.at(1_500, answered("anna.1")).expect_nothing_of(PlaySounds)
    story.wait_until(60_000).expect_nothing_of(PlaySounds)


def test_no_announcement_begins_while_a_phone_rings_and_the_turn_is_not_lost() -> None:
    sales = treated("sales", Treatment(announce=Announce(10_000, ("one", "two"))))
    story = Playbook.open(center(agent("ada", "sales"), sales=sales)).at(1_000, arrived("anna"))
    story.wait_until(12_000).expect_nothing_of(PlaySounds)
    story.at(13_000, ringing("anna.1"), leg_ended("anna.1", LegEnd.BUSY)).expect_nothing_of(PlaySounds)
    story.wait_until(21_000).expect(says("anna", "one"))


def test_an_offer_goes_before_what_is_said_in_the_same_moment() -> None:
    story = Playbook.open(center(agent("ada", "sales"))).at(1_000, arrived("anna"))
    kinds = [type(command) for command in story.came]
    assert kinds.index(RingDevice) < kinds.index(SetMusic)


def test_a_contact_that_moves_hears_its_new_queue_from_then_on() -> None:
    other = treated("other", Treatment("rock", "welcome", Announce(20_000, ("three",))))
    story = waiting(center(other=other)).at(5_000, moved("anna", "other"))
    story.expect(music("anna", "rock")).expect_nothing_of(PlaySounds)
    story.wait_until(24_999).expect_nothing_of(PlaySounds)
    story.wait_until(25_000).expect(says("anna", "three"))


def test_the_first_greeting_is_that_of_the_first_queue_that_has_one() -> None:
    sales = treated("sales", Treatment("jazz"))
    story = waiting(center(sales=sales, other=treated("other"))).expect(music("anna", "jazz"))
    story.expect_nothing_of(PlaySounds)
    story.at(5_000, moved("anna", "other")).expect(says("anna", "hello")).expect_nothing_of(SetMusic)


def test_who_overflows_into_a_plain_queue_hears_the_pbxs_own_music_and_no_more_words() -> None:
    sales = treated("sales", overflow=overflow(15_000, "other"))
    story = waiting(center(sales=sales)).wait_until(11_000).wait_until(16_000).expect(music("anna", ""))
    story.wait_until(60_000).expect_nothing_of(PlaySounds, SetMusic)


def test_the_place_is_that_in_which_the_queue_is_served() -> None:
    story = waiting().at(2_000, arrived("ben")).at(3_000, arrived("cem"))
    story.at(4_000, prioritised("cem", 100))
    story.wait_until(13_000).expect(
        says("anna", "one", position=2), says("ben", "one", position=3), says("cem", "one", position=1)
    )
    story.at(14_000, left("cem"))
    story.wait_until(22_000).expect(says("anna", "two", position=1), says("ben", "two", position=2))


def test_the_place_of_who_is_far_back_is_not_said() -> None:
    story = Playbook(center(sales=treated("sales", Treatment(announce=Announce(10_000, (), position=True)))))
    story.at(500, synced()).at(1_000, *(arrived(f"c{number:02}") for number in range(1, MAX_SPOKEN_POSITION + 3)))
    story.wait_until(11_000).expect(
        *(says(f"c{number:02}", position=number) for number in range(1, MAX_SPOKEN_POSITION + 1))
    )


def test_while_the_pbx_is_lost_nothing_is_said_and_then_the_rhythm_goes_on() -> None:
    story = waiting().at(5_000, PbxLost(PBX))
    story.wait_until(29_000).expect_nothing_of(PlaySounds, SetMusic)
    story.at(30_000, synced(waiting=(arrived("anna"),))).expect(music("anna", "jazz")).expect_nothing_of(PlaySounds)
    story.wait_until(31_000).expect(says("anna", "one", position=1))


def test_music_goes_back_even_if_the_pbx_was_lost_meanwhile() -> None:
    story = waiting().at(5_000, moved("anna", "other")).expect(music("anna", ""))
    story.at(5_001, PbxLost(PBX)).at(6_000, synced(waiting=(arrived("anna"),))).expect(music("anna", ""))


def test_who_came_before_the_pbx_was_lost_is_greeted_once() -> None:
    story = Playbook(center()).at(500, synced()).at(900, PbxLost(PBX)).at(1_000, arrived("anna"))
    story.expect_nothing_of(PlaySounds, SetMusic)
    story.at(2_000, synced(waiting=(arrived("anna"),))).expect(music("anna", "jazz"), says("anna", "hello"))
    story.at(3_000, PbxLost(PBX)).at(4_000, synced(waiting=(arrived("anna"),))).expect_nothing_of(PlaySounds)


def test_a_restart_repeats_no_greeting_and_keeps_rhythm_turn_and_place() -> None:
    story = waiting().at(2_000, arrived("ben")).wait_until(12_000)
    again = Engine(msgspec.json.decode(msgspec.json.encode(story.engine.snapshot()), type=Saved))
    start = story.START_MS
    assert not [one for one in again.resume() if isinstance(one, PlaySounds | SetMusic)]
    again.handle(start + 13_000, PbxLost(PBX))
    commands = again.handle(start + 14_000, synced(waiting=(arrived("anna"), arrived("ben"))))
    assert [(c.contact, c.music) for c in commands if isinstance(c, SetMusic)] == [("anna", "jazz"), ("ben", "jazz")]
    assert not [command for command in commands if isinstance(command, PlaySounds)]
    commands = again.handle(start + 21_000, TimePassed()) + again.handle(start + 22_000, TimePassed())
    said = [(one.contact, one.number, one.sounds, one.position) for one in commands if isinstance(one, PlaySounds)]
    assert said == [("anna", 3, ("two",), 1), ("ben", 3, ("two",), 2)]


def test_new_rules_count_at_once_for_who_waits() -> None:
    story = waiting()
    calm = center(sales=treated("sales", Treatment("rock", "welcome")))
    story.at(5_000, ConfigurationLoaded(calm)).expect(music("anna", "rock")).expect_nothing_of(PlaySounds)
    story.wait_until(30_000).expect_nothing_of(PlaySounds)
    story.at(31_000, ConfigurationLoaded(center())).expect(music("anna", "jazz"))
    story.wait_until(41_000).expect(says("anna", "one", position=1))


def test_nothing_is_due_for_who_has_left() -> None:
    story = waiting().at(2_000, left("anna"))
    assert story.engine.next_due_ms() is None
