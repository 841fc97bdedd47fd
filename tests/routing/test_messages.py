"""Messages from supervisors to agents: to whom they go, and when they are gone."""

from callcenter.commands import EventIgnored
from callcenter.engine import Engine
from callcenter.orders import (
    MESSAGE_LIFE_MS,
    MESSAGES_PER_AGENT,
    OPEN_MESSAGE_LIMIT,
    MessageAcknowledged,
    MessageGone,
    MessageId,
    MessageSent,
    MessageShown,
)
from callcenter.stores.snapshot import decode_snapshot, encode_snapshot
from callcenter.types import AgentId, QueueName
from tests.playbook import Playbook, agent, configuration, no, queue, reloaded, want

ADA, BOB = AgentId("ada"), AgentId("bob")
QUEUES = (queue("general"), queue("sales"))
CONFIG = configuration(agent("ada"), agent("bob", "sales"), agent("cleo", "general", "sales"), queues=QUEUES)


def message(name: str, *agents: str, queues: tuple[str, ...] = (), everybody: bool = False) -> MessageSent:
    to, serving = tuple(AgentId(one) for one in agents), tuple(QueueName(one) for one in queues)
    return MessageSent(MessageId(name), "sue", f"text of {name}", False, to, serving, everybody)


def read(name: str, by: str) -> MessageAcknowledged:
    return MessageAcknowledged(MessageId(name), AgentId(by))


def open_of(story: Playbook, name: str) -> list[str]:
    return [one.id for one in story.engine.messages(AgentId(name))]


def test_a_message_reaches_those_who_are_named_at_work_or_not() -> None:
    story = Playbook(CONFIG)
    shown = want(MessageShown, agent="ada", message="m1", by="sue", text="text of m1", at_ms=story.START_MS + 10)
    story.at(10, message("m1", "ada", "eve")).expect(shown)
    story.at(20, message("m2", queues=("sales",))).expect(
        want(MessageShown, agent="bob"), want(MessageShown, agent="cleo")
    )
    story.at(30, message("m3", everybody=True))
    assert [open_of(story, name) for name in ("ada", "bob", "cleo", "eve")] == [
        ["m1", "m3"],
        ["m2", "m3"],
        ["m2", "m3"],
        [],
    ]


def test_it_is_open_until_each_has_acknowledged_it() -> None:
    story = Playbook(CONFIG).at(10, message("m1", "ada", "bob"))
    story.at(20, read("m1", "ada")).expect(want(MessageGone, agent="ada", message="m1"))
    [(sent, unread)] = story.engine.sent_messages().values()
    assert (sent.id, unread) == ("m1", ("bob",))
    story.at(30, read("m1", "ada")).expect(want(EventIgnored), no(MessageGone))
    story.at(40, read("m1", "bob")).expect(want(MessageGone, agent="bob"))
    assert story.engine.sent_messages() == {}
    assert story.engine.next_due_ms() is None


def test_it_outlives_a_restart() -> None:
    story = Playbook(CONFIG).at(10, message("m1", everybody=True)).at(20, read("m1", "bob"))
    again = Engine(decode_snapshot(encode_snapshot(story.engine.snapshot())))
    assert [one.text for one in again.messages(ADA)] == ["text of m1"]
    assert again.messages(BOB) == ()


def test_a_message_for_nobody_and_one_that_was_sent_already_change_nothing() -> None:
    story = Playbook(CONFIG).at(10, message("m1", "eve")).expect(want(EventIgnored))
    story.at(20, message("m2", "ada")).at(30, message("m2", "bob")).expect(want(EventIgnored), no(MessageShown))
    story.at(40, read("m2", "eve")).expect(want(EventIgnored))


def test_after_a_week_it_is_gone() -> None:
    story = Playbook(CONFIG).at(10, message("m1", "ada"))
    story.wait_until(MESSAGE_LIFE_MS + 9).expect(no(MessageGone))
    story.wait_until(MESSAGE_LIFE_MS + 10).expect(want(MessageGone, agent="ada", message="m1"))
    assert open_of(story, "ada") == []


def test_an_agents_oldest_makes_room() -> None:
    story = Playbook(CONFIG)
    for number in range(MESSAGES_PER_AGENT):
        story.at(number, message(f"m{number}", "ada"))
    story.at(100, message("one more", "ada", "bob")).expect(want(MessageGone, agent="ada", message="m0"))
    assert len(open_of(story, "ada")) == MESSAGES_PER_AGENT


def test_the_oldest_of_all_makes_room() -> None:
    names = [f"agent{number}" for number in range(1 + OPEN_MESSAGE_LIMIT // MESSAGES_PER_AGENT)]
    story = Playbook(configuration(*(agent(name) for name in names)))
    for number in range(OPEN_MESSAGE_LIMIT):
        story.engine.handle(story.START_MS, message(f"m{number}", names[number // MESSAGES_PER_AGENT]))
    commands = story.engine.handle(story.START_MS, message("one more", names[-1]))
    assert [one.message for one in commands if isinstance(one, MessageGone)] == ["m0"]
    assert len(story.engine.sent_messages()) == OPEN_MESSAGE_LIMIT


def test_the_messages_of_an_agent_who_is_no_more_are_forgotten() -> None:
    story = Playbook(CONFIG).at(10, message("m1", "ada"), message("m2", "ada", "bob"))
    story.at(20, reloaded(configuration(agent("bob", "sales"), queues=QUEUES)))
    assert [(sent.id, unread) for sent, unread in story.engine.sent_messages().values()] == [("m2", ("bob",))]
