"""A contact's story, the search of the log and notes, over HTTP: to those whose business it is, and as far as it is."""

from dataclasses import replace

import httpx
import pytest

from callcenter.desktop.desk import AgentLogin, DeskUnavailableError
from callcenter.events import NoteAdded, WrapUpEnded
from callcenter.stories import Logged, LoggedDecision, LoggedNote, LoggedSegment, Person, Story
from callcenter.types import AgentId, AgentState, ContactId
from tests.desktop.fake_desk import ANNA, BORIS, HASH, SALES, SUPPORT, SUSAN, FakeDesk, waiting
from tests.desktop.serving import calling, sign_in
from tests.helpers import run_async

VERA = AgentId("vera")
OVER = Logged(
    "c-1", 1_000, 2_000, 9_000, 1_000, 12_000, "+4930901234", "D OKAFOR", "8000", "A-1007", None, "en", 7, "gold",
    "sales", 80, "gold-sales", "tier is gold", "anna", "answered", "sold", "2026-12-24", 1, 20_000, ("vip",),
)  # fmt: skip
STORY = Story(
    OVER,
    Person(7, "A-1007", "Dana Okafor", "gold", "en"),
    (
        LoggedSegment(1, "waiting", 1_000, 1_500, "sales", None, None, None),
        LoggedSegment(2, "offer", 1_500, 2_000, "sales", "anna", "c-1.1", "accepted"),
        LoggedSegment(3, "talk", 2_000, 9_000, "sales", "anna", "c-1.1", None),
        LoggedSegment(4, "wrap_up", 9_000, 13_000, "sales", "anna", "c-1.1", "sold"),
    ),
    (LoggedDecision(1, "routed", 1_000, "sales", 80, "gold-sales: tier is gold", None),),
    (LoggedNote("n1", 3_000, "anna", "wants a quote"),),
)


def a_desk() -> FakeDesk:
    desk = FakeDesk()
    desk.agents = {
        **desk.agents,
        VERA: AgentLogin(VERA, "Vera Viewer", HASH, ("viewer",)),
        AgentId("sam"): AgentLogin(AgentId("sam"), "Sam", HASH, ("supervisor",), ("help",), frozenset({SUPPORT})),
    }
    desk.book.stories["c-1"] = STORY
    return desk


async def asked(desk: FakeDesk, who: AgentId, path: str) -> httpx.Response:
    async with calling(desk) as client:
        await sign_in(client, who)
        return await client.get(f"/api/v1/contacts{path}")


@run_async
async def test_a_supervisor_reads_the_whole_story() -> None:
    told = (await asked(a_desk(), SUSAN, "/c-1")).json()
    assert told["contact"]["caller"] == "+4930901234"
    assert told["customer"]["name"] == "Dana Okafor"
    assert [one["kind"] for one in told["segments"]] == ["waiting", "offer", "talk", "wrap_up"]
    assert [(one["agent"], one["result"]) for one in told["offers"]] == [("anna", "accepted")]
    assert [one["result"] for one in told["dispositions"]] == ["sold"]
    assert told["decisions"][0]["words"] == "gold-sales: tier is gold"
    assert told["notes"][0]["text"] == "wants a quote"
    assert (told["explanation"], told["partial"]) == (None, None)


@run_async
async def test_of_a_contact_that_waits_the_explanation_comes_with_it() -> None:
    desk = a_desk()
    desk.contacts.append(waiting("c-2", desk.now_ms()))
    desk.book.stories["c-2"] = Story(replace(OVER, id="c-2", outcome=None, state="waiting"), None)
    told = (await asked(desk, SUSAN, "/c-2")).json()
    assert told["explanation"]["needs"] == ["serves sales", "billing >= 3"]


@pytest.mark.parametrize(("who", "status"), [(ANNA, 200), (BORIS, 403), (VERA, 200), (AgentId("sam"), 403)])
@run_async
async def test_a_story_is_told_to_those_whose_business_it_is(who: AgentId, status: int) -> None:
    answer = await asked(a_desk(), who, "/c-1")
    assert answer.status_code == status, answer.text
    if status == 403:
        assert answer.json()["remedy"]


@run_async
async def test_whoever_may_not_see_customers_reads_what_happened_and_not_to_whom() -> None:
    told = (await asked(a_desk(), VERA, "/c-1")).json()
    assert told["contact"]["caller"] not in (None, "+4930901234")
    assert (told["contact"]["caller_name"], told["contact"]["account"], told["customer"], told["notes"]) == (
        "", None, None, [],
    )  # fmt: skip
    assert told["contact"]["outcome"] == "answered"
    assert (told["decisions"][0]["kind"], told["decisions"][0]["words"]) == ("routed", "")
    own = (await asked(a_desk(), ANNA, "/c-1")).json()
    assert own["contact"]["caller"] == "+4930901234"


@run_async
async def test_a_contact_that_nobody_knows_and_a_database_that_is_away() -> None:
    desk = a_desk()
    assert (await asked(desk, SUSAN, "/nobody")).status_code == 404
    desk.book.away = DeskUnavailableError("the database cannot be used")
    assert (await asked(desk, SUSAN, "/c-1")).status_code == 503


@run_async
async def test_the_log_is_searched_page_by_page() -> None:
    desk = a_desk()
    for number in range(5):
        desk.book.stories[f"p-{number}"] = Story(replace(OVER, id=f"p-{number}", arrived_ms=number), None)
    answer = await asked(desk, SUSAN, "?caller=%2B4930901234&queue=sales&outcome=answered&from=5&to=9&limit=2")
    told = answer.json()
    assert [one["id"] for one in told["contacts"]] == ["c-1", "p-4"]
    assert told["cursor"] == "4~p-4"
    wanted = desk.book.wanted[-1]
    assert (wanted.number, wanted.caller, wanted.queue, wanted.outcome) == ("+4930901234", None, "sales", "answered")
    assert (wanted.from_ms, wanted.to_ms, wanted.limit, wanted.queues) == (5, 9, 3, None)
    await asked(desk, SUSAN, f"?cursor={told['cursor']}&caller=1001")
    assert (desk.book.wanted[-1].after, desk.book.wanted[-1].caller) == ((4, "p-4"), "1001")
    assert (await asked(desk, SUSAN, "?limit=200")).json()["cursor"] is None


@pytest.mark.parametrize(
    "query", ["cursor=x", "cursor=~", "cursor=-1~c", "limit=0", "limit=201", "from=-1", "outcome=x"]
)
@run_async
async def test_a_search_that_makes_no_sense_is_refused(query: str) -> None:
    answer = await asked(a_desk(), SUSAN, f"?{query}")
    assert answer.status_code == 422
    assert answer.json()["error"]


@run_async
async def test_agents_find_their_own_contacts_and_leaders_those_of_their_queues() -> None:
    desk = a_desk()
    assert (await asked(desk, ANNA, "")).status_code == 200
    assert desk.book.wanted[-1].agent == "anna"
    assert (await asked(desk, ANNA, "?agent=boris")).status_code == 403
    await asked(desk, AgentId("sam"), "")
    assert desk.book.wanted[-1].queues == (SUPPORT,)
    masked = (await asked(desk, VERA, "")).json()["contacts"][0]
    assert "90123" not in masked["caller"]
    assert (await asked(desk, VERA, "?caller=%2B4930901234")).status_code == 403  # nor by trying numbers out


@run_async
async def test_a_note_becomes_an_event_and_is_refused_to_those_who_only_read() -> None:
    desk = a_desk()
    async with calling(desk) as client:
        await sign_in(client, ANNA)
        answer = await client.post("/api/v1/contacts/c-1/notes", json={"text": "  will call back\n\nnot sold  "})
        assert answer.status_code == 200, answer.text
        told = answer.json()["note"]
        (event,) = [event for event in desk.events if isinstance(event, NoteAdded)]
        assert event == NoteAdded(told["id"], ContactId("c-1"), ANNA, "will call back\n\nnot sold")
        for text in ("", " ", "x\x00", "x" * 4_001):
            assert (await client.post("/api/v1/contacts/c-1/notes", json={"text": text})).status_code == 422
        assert (await client.post("/api/v1/contacts/nobody/notes", json={"text": "x"})).status_code == 404
    for who in (BORIS, VERA):
        async with calling(desk) as client:
            await sign_in(client, who)
            assert (await client.post("/api/v1/contacts/c-1/notes", json={"text": "x"})).status_code == 403


@run_async
async def test_wrap_up_takes_notes_and_the_day_of_a_follow_up() -> None:
    desk = a_desk()
    async with calling(desk) as client:
        await sign_in(client, ANNA)
        desk.change(ANNA, AgentState.WRAP_UP)
        body = {"contact": "contact-1", "disposition": "sold", "notes": "sends it", "follow_up_on": "2026-12-24"}
        assert (await client.post("/api/v1/wrap-up", json=body)).status_code == 200
        assert desk.events[-1] == WrapUpEnded(ANNA, ContactId("contact-1"), "sold", "sends it", "2026-12-24")
        for day in ("2026-02-30", "24.12.2026", "tomorrow"):
            assert (await client.post("/api/v1/wrap-up", json={**body, "follow_up_on": day})).status_code == 422


def test_the_queues_of_a_story_are_all_that_it_has_been_in() -> None:
    assert STORY.queues == (SALES,)
