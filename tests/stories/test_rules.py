"""Rules of version 2 with real calls, and new ones published while calls come in."""

import asyncio
import time
from collections.abc import Sequence
from statistics import median
from typing import Any

import pytest
import yaml

from callcenter.commands import RingDevice
from callcenter.crm.sample import sample_numbers
from callcenter.events import ConfigurationLoaded
from callcenter.types import ContactState
from lab.sipp import Caller, Phones, Step, What
from tests.helpers import run_async
from tests.stories.conftest import SetStage
from tests.stories.replay import Handled, handled
from tests.stories.stage import ROUTING, agent, ended, supervisor, until

pytestmark = pytest.mark.pbx

STANDARD = sample_numbers("standard")
RINGS_MS = 500  # long enough for a page to show it
PUBLISHED = 50
CALLS, RATE = 60, 5
OTHERS = 200  # rules that no call here needs: to publish them takes longer than a call takes to ring
PACE_S = 0.07  # between the beginnings of two publishes at least: the API takes twenty requests a second


def rules(*written: dict[str, Any], **sections: Any) -> dict[str, Any]:
    """Rules of version 2 with the stories' queues."""
    return {**ROUTING, "version": 2, "rules": list(written), **sections}


@run_async
async def test_an_expression_decides_and_the_agent_reads_what_the_rule_says(stage: SetStage) -> None:
    wanted = {
        "name": "known number, at any hour",
        "when": f"contact.caller in lists.friends and now.hour >= 0 and open('always') and {'queue.billing.open'}",
        "route": {"queue": "billing", "priority": 70, "skills": {"billing": 2}},
        "set": {"tags": ["friend"], "text": "Greet by name."},
    }
    made = rules(
        wanted,
        lists={"friends": [STANDARD[0]]},
        hours={"always": {"week": {"mon-sun": "24h"}}},
        timezone="Europe/Berlin",
    )
    async with stage([agent("anna", 1001)], routing=made) as on:
        await on.phones(Phones.answering(on.pbx.sip_port, ["1001"], after_ms=RINGS_MS, talk_ms=200))
        anna = await on.seat("anna")
        await on.device(1001, "free")
        on.call(Caller(STANDARD[0], "8003"))
        await anna.until_state("reserved")
        assert anna.pop is not None
        assert (anna.pop["tags"], anna.pop["text"]) == (["friend"], "Greet by name.")
        await anna.until_state("wrap_up")
        await anna.end_wrap_up()
        await anna.until_state("ready")
        on.call(Caller(STANDARD[1], "8003"))
        rows = await on.contacts(ended(2))
        assert [(row.rule, row.queue) for row in rows] == [
            ("known number, at any hour", "billing"),
            ("(no rule)", "general"),
        ]
        await on.no_channel()


@run_async
async def test_a_national_number_is_in_a_list_of_international_ones(stage: SetStage) -> None:
    """The second caller is not in the list; that both are in no record makes no difference."""
    friends = {"name": "friends", "when": "contact.caller in lists.friends", "route": {"queue": "billing"}}
    made = rules(friends, lists={"friends": ["+493023125012"]})
    async with stage([agent("anna", 1001)], routing=made, settings={"crm": {"default_region": "DE"}}) as on:
        await on.phones(Phones.answering(on.pbx.sip_port, ["1001"], after_ms=RINGS_MS, talk_ms=200))
        anna = await on.seat("anna")
        await on.device(1001, "free")
        on.call(Caller("03023125012", "8003"))
        await anna.until_state("reserved")
        assert anna.pop is not None
        assert (anna.pop["caller"], anna.pop["because"]) == ("03023125012", "contact.caller is +493023125012")
        await anna.until_state("wrap_up")
        await anna.end_wrap_up()
        await anna.until_state("ready")
        on.call(Caller("03023125013", "8003"))
        rows = await on.contacts(ended(2))
        assert [(row.rule, row.caller, row.number) for row in rows] == [
            ("friends", "03023125012", "+493023125012"),
            ("(no rule)", "03023125013", "+493023125013"),
        ]
        await on.no_channel()


@run_async
async def test_who_waits_too_long_overflows_to_another_queue_or_is_told_to_call_later(stage: SetStage) -> None:
    """Nobody is ready in support; the second caller's rule leads away."""
    on_to = {"name": "on", "when": "contact.dialled == '8003'", "route": {"queue": "support"}}
    away = {"name": "away", "when": "contact.dialled == '8004'", "route": {"queue": "support"}}
    on_to["route"] = {"queue": "support", "skills": {"support": 9}, "overflow": {"after_s": 1, "to": "general"}}
    away["route"] = {"queue": "support", "skills": {"support": 9}, "overflow": {"after_s": 1, "to": "away"}}
    async with stage([agent("anna", 1001), agent("bela", 1002, support=9)], routing=rules(on_to, away)) as on:
        await on.phones(Phones.answering(on.pbx.sip_port, ["1001"], talk_ms=200))
        await on.seat("anna")
        await on.device(1001, "free")
        on.call(Caller(STANDARD[0], "8003"))
        [row] = await on.contacts(ended(1))
        assert (row.outcome, row.queue, row.agent) == ("answered", "general", "anna")
        assert [kind for kind, _ in await on.decisions(row.id)] == ["routed", "overflowed"]
        calling = on.call(Caller(STANDARD[1], "8004"))
        await calling.until(What.ENDED, limit_s=20)
        rows = await on.contacts(ended(2))
        assert (rows[1].outcome, rows[1].queue) == ("overflowed", "support")
        await on.no_channel()


@run_async
async def test_who_calls_while_closed_hears_a_message_though_an_agent_is_free(stage: SetStage) -> None:
    closed = {"name": "closed", "when": "not open('never')", "route": {"queue": "away"}, "set": {"tags": ["late"]}}
    named = {"name": "holiday", "entry": ["8004"], "route": {"queue": "away", "message": "holiday"}}
    hours = {"never": {"week": {"mon-sun": "closed"}}}
    entries = {number: {"name": f"Line {number}", "default": {"queue": "general"}} for number in ("8003", "8004")}
    made = rules(named, closed, hours=hours, entries=entries)
    async with stage([agent("anna", 1001)], routing=made) as on:
        phones = await on.phones(Phones.answering(on.pbx.sip_port, ["1001"], talk_ms=200))
        anna = await on.seat("anna")
        await on.device(1001, "free")
        for number, rule in enumerate(("closed", "holiday"), start=1):
            calling = on.call(Caller(STANDARD[0], "8004" if rule == "holiday" else "8003"))
            await calling.until(What.ENDED, limit_s=20)
            rows = await on.contacts(ended(number))
            row = rows[-1]
            assert (row.outcome, row.queue, row.rule, row.offers) == ("closed", None, rule, 0)
            assert [kind for kind, _ in await on.decisions(row.id)] == ["turned_away"]
            assert row.waited_ms < 1_000
        assert await on.tags() == [(rows[0].id, "late")]
        assert anna.pop is None
        assert phones.steps(What.RINGING) == []
        await on.no_channel()


@run_async
async def test_rules_published_fifty_times_under_calls_drop_nobody_and_are_taken_whole(stage: SetStage) -> None:
    """Two rule sets by turns: whatever a call was routed by, its queue and priority are those of one of them.

    Nobody is delayed: at no moment does a call wait in a queue while an agent is free, so no offer waits for rules to
    come into force; and phones ring while a publish is under way, however long that takes on this machine.
    """
    others = [
        {"name": f"other {number}", "when": f"contact.dialled == '{number}'", "route": {"queue": "billing"}}
        for number in range(9_000, 9_000 + OTHERS)
    ]
    sets = [
        rules({"name": name, "when": when, "route": {"queue": queue, "priority": priority}}, *others)
        for name, when, queue, priority in (
            ("odd", "contact.dialled == '8003'", "support", 11),
            ("even", "customer.tier in ('gold', 'standard') or queue.general.waiting < 3", "general", 22),
        )
    ]
    crew = [agent(f"a{number}", 1001 + number) for number in range(6)]
    async with stage([*crew, supervisor()], routing=sets[0]) as on:
        phones = await on.phones(Phones.answering(on.pbx.sip_port, [one.phone for one in crew], talk_ms=300))
        for one in crew:
            await on.seat(one.id)
        for one in crew:
            await on.device(int(one.phone), "free")
        sue = await on.seat("sue", ready=False)

        async def kept() -> bool:
            in_force: int = (await sue.get("rules"))["version"]["number"]
            return in_force == 1

        await until(kept, lambda: "the rules on disk to be kept as version 1", 15.0)
        calling = on.call(*(Caller(STANDARD[n % len(STANDARD)], "8003") for n in range(CALLS)), rate=RATE)
        published: list[tuple[float, float]] = []
        while len(published) < PUBLISHED or (calling.alive and len(calling.steps(What.CALLED)) < CALLS):
            number = len(published) + 1
            files = {"routing.yaml": yaml.safe_dump(sets[number % 2], sort_keys=False)}
            began_s = time.time()
            answer = await sue.post("rules", files=files, message=f"turn {number}", based_on=number)
            published.append((began_s, time.time()))
            assert answer["version"]["number"] == number + 1
            await asyncio.sleep(max(0.0, began_s + PACE_S - time.time()))
        await calling.finished()
        rows = await on.contacts(ended(CALLS), limit_s=30)
        nobody_waited(await handled(on.center.config_file), len(published))
        rang_meanwhile(calling.steps(What.CALLED), phones.steps(What.RINGING), published)
        assert [row.outcome for row in rows] == ["answered"] * CALLS
        routed = {(row.rule, row.queue, row.priority) for row in rows}
        assert routed == {("odd", "support", 11), ("even", "general", 22)}
        await on.no_channel()


def nobody_waited(journal: Sequence[Handled], published: int) -> None:
    """By the order of what the engine was told: no wait that a free agent could have ended, and none for a publish."""
    loaded = [step for step in journal if isinstance(step.event, ConfigurationLoaded)]
    assert len(loaded) >= published
    assert not [step for step in loaded if any(isinstance(command, RingDevice) for command in step.made)]
    rung = {command.contact for step in journal for command in step.made if isinstance(command, RingDevice)}
    assert len(rung) == CALLS
    for step in journal:
        ready = {queue.name: queue.agents_ready for queue in step.after.queues}
        for contact in step.after.contacts:
            if contact.state is ContactState.WAITING and contact.queue is not None:
                assert ready[contact.queue] == 0, f"{contact.id} waited after {step.event}"


def rang_meanwhile(called: Sequence[Step], ringing: Sequence[Step], published: Sequence[tuple[float, float]]) -> None:
    """By the callers' and the phones' own clock: phones ring in the midst of a publish for calls that came during it.

    If a publish held the calls up they would all ring at its end, on a slow machine as on a fast one.
    """
    rang_s = {step.other: step.at_s for step in ringing}
    took_ms: dict[str, list[float]] = {"during a publish": [], "between two": []}
    in_its_midst = 0
    for call in called:
        ring_s = rang_s[call.own]
        during = [(began_s, end_s) for began_s, end_s in published if began_s <= call.at_s <= end_s]
        took_ms["during a publish" if during else "between two"].append((ring_s - call.at_s) * 1_000)
        in_its_midst += any(ring_s < began_s + 0.75 * (end_s - began_s) for began_s, end_s in during)
    for when, took in took_ms.items():
        if took:
            print(f"{len(took)} calls {when}: rang after {median(took):.1f} ms (median), {max(took):.1f} ms at most")
    print(f"{len(published)} published; {in_its_midst} calls came and rang in the first three quarters of one publish")
    assert in_its_midst >= CALLS // 12
