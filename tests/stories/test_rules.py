"""Rules of version 2 with real calls, and new ones published while calls come in."""

from typing import Any

import pytest
import yaml

from callcenter.crm.sample import sample_numbers
from lab.sipp import Caller, Phones, What
from tests.helpers import run_async
from tests.stories.conftest import SetStage
from tests.stories.stage import ROUTING, agent, ended, supervisor, until

pytestmark = pytest.mark.pbx

STANDARD = sample_numbers("standard")
PUBLISHED = 50
CALLS, RATE = 60, 5


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
        await on.phones(Phones.answering(on.pbx.sip_port, ["1001"], talk_ms=200))
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
async def test_rules_published_fifty_times_under_calls_drop_nobody_and_are_taken_whole(stage: SetStage) -> None:
    """Two rule sets by turns: whatever a call was routed by, its queue and priority are those of one of them."""
    sets = [
        rules({"name": name, "when": when, "route": {"queue": queue, "priority": priority}})
        for name, when, queue, priority in (
            ("odd", "contact.dialled == '8003'", "support", 11),
            ("even", "customer.tier in ('gold', 'standard') or queue.general.waiting < 3", "general", 22),
        )
    ]
    crew = [agent(f"a{number}", 1001 + number) for number in range(6)]
    async with stage([*crew, supervisor()], routing=sets[0]) as on:
        await on.phones(Phones.answering(on.pbx.sip_port, [one.phone for one in crew], talk_ms=300))
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
        for number in range(1, PUBLISHED + 1):
            files = {"routing.yaml": yaml.safe_dump(sets[number % 2], sort_keys=False)}
            answer = await sue.post("rules", files=files, message=f"turn {number}", based_on=number)
            assert answer["version"]["number"] == number + 1
        await calling.finished()
        rows = await on.contacts(ended(CALLS), limit_s=30)
        assert [row.outcome for row in rows] == ["answered"] * CALLS
        routed = {(row.rule, row.queue, row.priority) for row in rows}
        assert routed == {("odd", "support", 11), ("even", "general", 22)}
        await on.no_channel()
