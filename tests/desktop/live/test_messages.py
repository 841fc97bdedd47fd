"""Messages: what must be in them, and what must not make two of them differ."""

import json
from dataclasses import replace

from callcenter.desktop.live import messages
from callcenter.overview import ContactView, Overview, QueueView
from callcenter.types import ContactId, ContactState, PbxName, QueueState, Tier
from tests.desktop.fake_desk import ANNA, BORIS, SALES, SUPPORT, agent_view, pop_for, waiting

HOSTILE = '</script><img src=x onerror=alert(1)>\u2028Event: Hangup\r\n\x00"'


def picture(now_ms: int, longest_ms: int) -> Overview:
    queues = (QueueView(SALES, 1, longest_ms, 0, 1, 0), QueueView(SUPPORT, 0, 0, 0, 1, 0))
    agents = (agent_view(ANNA, "Anna", 5), agent_view(BORIS, "Boris", 5))
    return Overview(now_ms, ((PbxName("main"), True),), queues, agents, ())


def test_time_alone_makes_no_new_picture() -> None:
    assert messages.picture_body(picture(1_000_000, 10_000)) == messages.picture_body(picture(1_002_000, 12_000))
    assert messages.picture_body(picture(1_000_000, 10_000)) != messages.picture_body(picture(1_002_000, 10_000))


def test_the_clock_is_put_into_a_body_that_was_compared_without_it() -> None:
    message = json.loads(messages.stamped(42, messages.picture_body(picture(1_000, 0))))
    assert message["now_ms"] == 42
    assert message["type"] == "picture"


def test_a_picture_lists_a_bounded_number_of_contacts() -> None:
    contacts = tuple(
        ContactView(ContactId(str(number)), ContactState.WAITING, Tier("gold"), SALES, 1, None, number, None)
        for number in range(messages.MAX_CONTACTS + 5)
    )
    listed = json.loads(messages.picture_body(replace(picture(0, 0), contacts=contacts)))["contacts"]
    assert len(listed) == messages.MAX_CONTACTS
    assert listed[0]["id"] == "0"


def test_a_picture_lists_who_has_no_agent_yet_with_all_that_their_row_shows() -> None:
    talks = waiting("1", 0, state=ContactState.CONNECTED)
    waits = waiting("2", 0, held_for=BORIS, relaxed=2)
    listed = json.loads(messages.picture_body(replace(picture(0, 0), contacts=(talks, waits))))["contacts"]
    assert [contact["id"] for contact in listed] == ["2"]
    assert (listed[0]["held_for"], listed[0]["relaxed"], listed[0]["state"]) == ("boris", 2, "waiting")


def test_a_picture_and_a_floor_message_tell_the_state_of_each_queue() -> None:
    closed = replace(picture(0, 0), queues=(QueueView(SALES, 0, 0, 0, 1, 0, QueueState.CLOSED),))
    bodies = (messages.picture_body(closed), messages.floor_bodies(closed, [ANNA])[ANNA])
    assert [json.loads(body)["queues"][0]["state"] for body in bodies] == ["closed", "closed"]
    assert messages.picture_body(closed) != messages.picture_body(
        replace(closed, queues=(replace(closed.queues[0], state=QueueState.OPEN),))
    )


def test_a_floor_message_shows_an_agent_the_own_queues_only() -> None:
    alone = replace(agent_view(ANNA, "Anna", 5), queues=(SUPPORT,))
    bodies = messages.floor_bodies(replace(picture(0, 0), agents=(alone,)), [ANNA, BORIS])
    assert list(bodies) == [ANNA]
    assert [queue["name"] for queue in json.loads(bodies[ANNA])["queues"]] == ["support"]


def test_hostile_caller_names_pass_as_text() -> None:
    pop = pop_for(ANNA, 0, caller_name=HOSTILE)
    assert json.loads(messages.popped(1, pop))["pop"]["caller_name"] == HOSTILE


def test_a_pop_names_every_field_that_the_page_draws() -> None:
    shown = json.loads(messages.popped(1, pop_for(ANNA, 0)))["pop"]
    drawn = {"offer", "caller", "caller_name", "dialled", "intent", "language", "tier", "customers", "identified"}
    assert drawn | {"queue", "priority", "skills", "rule", "because", "arrived_ms", "relaxed", "tags", "text"} <= set(
        shown
    )
