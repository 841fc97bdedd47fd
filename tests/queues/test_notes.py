"""What people write: in the log at once, on the screens of whoever has the contact, and with it to the next agent."""

from callcenter.commands import RecordDisposition, ScreenPop
from callcenter.engine import Engine
from callcenter.events import NoteAdded, WrapUpEnded
from callcenter.state import MAX_NOTES
from callcenter.stores.snapshot import decode_snapshot, encode_snapshot
from callcenter.stories import RecordNote
from callcenter.types import AgentId, ContactId, LegEnd
from tests.playbook import Playbook, agent, answered, arrived, configuration, left, leg_ended, no, pop, ringing, want

CONFIG = configuration(agent("ada"), agent("bob"))
ANNA = ContactId("anna")


def wrote(text: str, number: int = 1) -> NoteAdded:
    return NoteAdded(f"n{number}", ANNA, "sue", text)


def test_a_note_is_recorded_and_shown_to_whoever_talks() -> None:
    story = Playbook.open(CONFIG).at(1_000, arrived("anna"), ringing("anna.1"), answered("anna.1"))
    story.at(2_000, wrote("wants a quote"))
    recorded = want(RecordNote, note="n1", contact=ANNA, at_ms=story.START_MS + 2_000, by="sue", text="wants a quote")
    story.expect(recorded, pop("anna.1"))
    assert [one.text for one in story.first(ScreenPop).notes] == ["wants a quote"]


def test_the_next_agent_sees_the_notes_so_far() -> None:
    story = Playbook.open(CONFIG).at(1_000, arrived("anna")).at(1_500, wrote("first"))
    story.expect(want(RecordNote), pop("anna.1"))  # its phone rings
    story.at(2_000, leg_ended("anna.1", LegEnd.BUSY))
    assert [one.text for one in story.first(ScreenPop).notes] == ["first"]


def test_a_note_in_wrap_up_is_shown_and_one_on_a_contact_that_is_over_goes_to_the_log_alone() -> None:
    story = Playbook.open(CONFIG).at(1_000, arrived("anna"), answered("anna.1")).at(2_000, left("anna"))
    story.at(3_000, wrote("promised a call")).expect(want(RecordNote), pop("anna.1"))
    story.at(4_000, WrapUpEnded(AgentId("ada"), ANNA, None))
    story.at(5_000, wrote("she called again", 2))
    story.expect(want(RecordNote, note="n2", text="she called again"), no(ScreenPop))


def test_wrap_up_brings_its_notes_and_the_day_of_the_follow_up() -> None:
    story = Playbook.open(CONFIG).at(1_000, arrived("anna"), answered("anna.1")).at(2_000, left("anna"))
    story.at(3_000, WrapUpEnded(AgentId("ada"), ANNA, "sold", "sends the contract", "2026-12-24"))
    story.expect(
        want(RecordNote, note="anna.1.wrap_up", by="ada", text="sends the contract"),
        want(RecordDisposition, disposition="sold", follow_up_on="2026-12-24"),
    )


def test_wrap_up_without_notes_writes_none() -> None:
    story = Playbook.open(CONFIG).at(1_000, arrived("anna"), answered("anna.1")).at(2_000, left("anna"))
    story.at(3_000, WrapUpEnded(AgentId("ada"), ANNA, "sold")).expect(no(RecordNote))


def test_a_contact_carries_the_last_notes_and_the_log_has_them_all() -> None:
    story = Playbook.open(CONFIG).at(1_000, arrived("anna"))
    for number in range(MAX_NOTES + 3):
        story.at(2_000, wrote(f"note {number}", number)).expect(want(RecordNote))
    notes = story.contact("anna").notes
    assert len(notes) == MAX_NOTES
    assert notes[-1].text == f"note {MAX_NOTES + 2}"


def test_notes_outlive_a_restart() -> None:
    story = Playbook.open(CONFIG).at(1_000, arrived("anna")).at(2_000, wrote("first"))
    restarted = Engine(decode_snapshot(encode_snapshot(story.engine.snapshot())))
    pops = [command for command in restarted.resume() if isinstance(command, ScreenPop)]
    assert [one.text for one in pops[0].notes] == ["first"]
