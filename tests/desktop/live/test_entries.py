import json
from dataclasses import replace

from callcenter.commands import CallChanged
from callcenter.desktop.live import entries
from callcenter.desktop.live.audience import Audience
from callcenter.desktop.live.streams import text
from callcenter.overview import Overview, QueueView
from callcenter.queues.alerts import Alert
from callcenter.queues.service_level import Counts
from callcenter.queues.tally import AgentFigures, Missed
from callcenter.talks import Consult, ConsultState, Direction, Target
from callcenter.types import AgentState, ContactId, ContactState, Level, PbxName, Skill, SkillName
from tests.desktop.fake_desk import ANNA, BORIS, SALES, SUPPORT, agent_view, waiting

NOW = 1_000_000
QUEUE = QueueView(
    SALES, 2, 30_000, 1, 4, 1, talking=2, wrap_up=1, not_ready=(("lunch", 1),), service_level_ms=20_000,
    today=Counts(answered=10, answered_within=8, answer_wait_ms=123_456, abandoned=2, short_abandoned=1, overflowed=3),
    recent=Counts(answered=3, answered_within=1), alerts=(Alert("waiting", Level.WARNING, "2 wait, 1 are too many"),),
)  # fmt: skip


def test_a_queue_has_the_figures_of_the_wallboard() -> None:
    shown = json.loads(text(entries.queue(QUEUE, NOW)))
    assert shown == {
        "name": "sales", "state": "open", "waiting": 2, "oldest_ms": NOW - 30_000, "connected": 1,
        "agents_serving": 4, "agents_ready": 1, "talking": 2, "wrap_up": 1, "not_ready": {"lunch": 1},
        "service_level": {
            "formula": "of_offered_without_short", "threshold_ms": 20_000, "now": 0.3333, "today": 0.6667,
        },
        "answered": 10, "abandoned": 2, "short_abandoned": 1, "overflowed": 3, "average_speed_of_answer_ms": 12_346,
        "alert": "warning",
    }  # fmt: skip


def test_an_entry_stays_the_same_while_only_time_passes() -> None:
    later = replace(QUEUE, longest_wait_ms=31_000)
    assert entries.queue(later, NOW + 1_000) == entries.queue(QUEUE, NOW)
    assert entries.own_queue(replace(QUEUE, waiting=0, longest_wait_ms=0), NOW)["oldest_ms"] is None


def test_an_agent_has_skills_call_and_figures() -> None:
    view = replace(
        agent_view(ANNA, "Anna", NOW),
        skills=(Skill(SkillName("sales"), 5),),
        phone="",
        call=CallChanged(ANNA, ContactId("c"), NOW, on_hold=True, held_since_ms=NOW, direction=Direction.OUT),
        figures=AgentFigures(AgentState.TALKING, NOW, NOW - 9, 3, 1, ready_ms=6_000, talk_ms=2_000, wrap_up_ms=1_000),
    )
    shown = json.loads(text(entries.agent(view)))
    assert (shown["skills"], shown["direction"], shown["on_hold"]) == ({"sales": 5}, "out", True)
    assert shown["phone"] == {"device": None, "chosen": False}
    assert (shown["set_by"], shown["pending_by"], shown["skills_set_by"]) == (None, None, None)
    assert shown["figures"] == {"upto_ms": NOW, "answered": 3, "missed": 1, "handle_ms": 3_000, "occupancy": 0.3333}
    assert entries.agent(agent_view(BORIS, "Boris", NOW))["figures"]["occupancy"] is None


def test_own_figures_and_missed_offers() -> None:
    own = entries.own_figures(AgentFigures(AgentState.READY, NOW, 5, 3, 1, 6_000, 500, 2_000, 1_000, 700))
    assert own["signed_in_ms"] == 6_000 + 500 + 2_000 + 1_000 + 700
    assert own["signed_in_since_ms"] == 5
    (missed,) = entries.missed([Missed(NOW, SALES, "+1", "declined")])
    assert missed == {"at_ms": NOW, "queue": "sales", "caller": "+1", "reason": "declined"}


def test_a_call_shows_whom_the_agent_consults() -> None:
    assert entries.talk(CallChanged(ANNA, None)) is None
    consult = Consult(ContactId("x"), Target(queue=SUPPORT), ConsultState.RINGING, "", NOW)
    call = CallChanged(ANNA, ContactId("c"), NOW, on_hold=True, held_since_ms=NOW, consult=consult, number="+1")
    shown = json.loads(text(entries.talk(call)))
    assert shown["consult"] == {"to": {"queue": "support"}, "state": "ringing", "words": "", "since_ms": NOW}
    assert (shown["number"], shown["direction"], shown["conference"]) == ("+1", "in", False)


def test_a_contact_is_masked_for_those_who_may_not_see_whose_it_is() -> None:
    view = waiting("c-1", NOW, caller="+4930901234", caller_name="D OKAFOR", customer_name="Dana Okafor", tags=("vip",))
    whole = entries.contact(view, Audience())
    assert (whole["caller"], whole["caller_name"], whole["customer_name"]) == ("+4930901234", "D OKAFOR", "Dana Okafor")
    masked = entries.contact(view, Audience(None, False, False))
    assert masked["caller"] not in (None, "+4930901234")
    assert (masked["caller_name"], masked["customer_name"]) == ("", "")
    assert (masked["tags"], masked["tier"]) == (("vip",), "gold")


def test_of_those_who_wait_the_oldest_are_shown_and_all_who_talk() -> None:
    many = [waiting(f"c-{number}", NOW) for number in range(entries.MAX_CONTACTS + 10)]
    talking = waiting("talks", NOW, state=ContactState.CONNECTED)
    shown = entries.listed([*many, talking], Audience())
    assert len(shown) == entries.MAX_CONTACTS + 1
    assert shown[-1] is talking


def test_who_sees_some_queues_sees_their_contacts_and_counts_their_agents() -> None:
    audience = Audience(frozenset({SUPPORT}))
    contacts = [waiting("s", NOW), waiting("t", NOW, SUPPORT), replace(waiting("new", NOW), queue=None)]
    assert [one.id for one in entries.listed(contacts, audience)] == ["t"]
    picture = Overview(
        NOW, ((PbxName("main"), True),), (QUEUE, QueueView(SUPPORT, 1, 5_000, 0, 1, 1)),
        (replace(agent_view(ANNA, "Anna", NOW), queues=(SALES,)), agent_view(BORIS, "Boris", NOW)), (), None,
    )  # fmt: skip
    totals = entries.center(picture, audience)["totals"]
    assert (totals["waiting"], totals["longest_wait_since_ms"], totals["logged_out"]) == (1, NOW - 5_000, 1)
    assert entries.center(picture, Audience())["totals"]["waiting"] == 3
