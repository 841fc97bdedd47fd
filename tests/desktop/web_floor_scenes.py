"""Scenes for web_fake.py: what a supervisor sees of a floor on a busy morning."""

from typing import Any

from tests.desktop import web_report_scenes

Scene = dict[str, Any]

_AGENTS = (
    ("anna", "Anna Lindqvist", "talking", None, 190),
    ("boris", "Boris Novak", "ready", None, 42),
    ("chen", "陈丽", "talking", None, 611),
    ("dora", "Dora Abebe", "not_ready", "lunch", 1_450),
    ("emil", "Emil Sørensen", "wrap_up", None, 17),
    ("fatima", "Fatima Al-Sayed", "reserved", None, 6),
    ("george", "George Papadopoulos", "not_ready", "rona", 75),
    ("hana", "Hana Kim", "logged_out", None, 50_000),
)


def supervisor() -> dict[str, Any]:
    """A supervisor's answer of /me, with all that one may do."""
    return {
        "id": "susan",
        "name": "Susan Meyer",
        "roles": ["supervisor"],
        "permissions": [
            "see_floor",
            "see_contacts",
            "see_reports",
            "see_numbers",
            "see_customers",
            "manage_contacts",
            "manage_agents",
            "manage_queues",
            "listen",
            "send_messages",
            "stop_offering",
        ],
        "queue_groups": [],
        "takes_contacts": False,
        "device": "PJSIP/1090",
        "dispositions": [],
        "not_ready_reasons": ["break", "lunch", "meeting", "training"],
    }


def queue(now: int, name: str, waiting: int, longest_s: int, level: float | None, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "state": "open",
        "waiting": waiting,
        "oldest_ms": now - longest_s * 1_000 if waiting else None,
        "connected": 2,
        "agents_serving": 7,
        "agents_ready": 1,
        "service_level": {
            "formula": "of_offered_without_short",
            "threshold_ms": 20_000,
            "now": level,
            "today": 0.8134,
        },
        "answered": 148,
        "abandoned": 9,
        "short_abandoned": 3,
        "overflowed": 1,
        "average_speed_of_answer_ms": 14_200,
        "talking": 2,
        "wrap_up": 1,
        "not_ready": {"lunch": 1, "rona": 1},
        "alert": None,
        **more,
    }


def agent(now: int, who: tuple[str, str, str, str | None, int]) -> dict[str, Any]:
    name, shown, state, reason, since_s = who
    busy = state in {"talking", "reserved", "wrap_up"}
    return {
        "id": name,
        "name": shown,
        "state": state,
        "reason": reason,
        "since_ms": now - since_s * 1_000,
        "deadline_ms": None,
        "contact": f"main-{name}-1" if busy else None,
        "pending": "break" if name == "chen" else None,
        "device": "unreachable" if name == "george" else "in_use" if busy else "free",
        "phone": {"device": None if name == "dora" else f"PJSIP/{name}", "chosen": name == "anna"},
        "queues": ["sales", "billing"],
        "skills": {"sales": 7, "german": 9},
        "tier": "gold" if busy else None,
        "direction": "in" if busy else None,
        "on_hold": name == "anna",
        "figures": {"upto_ms": now, "answered": 21, "missed": 1, "handle_ms": 5_100_000, "occupancy": 0.7213},
    }


def contact(now: int, number: int, waited_s: int, queue: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"main-{number}",
        "caller": f"+1202555{number:04}",
        "caller_name": "",
        "customer_name": None,
        "tier": "standard",
        "queue": queue,
        "priority": 30,
        "state": "waiting",
        "arrived_ms": now - waited_s * 1_000,
        "held_for": None,
        "steps": 0,
        "tags": [],
        "agent": None,
        "in_fallback": False,
        **more,
    }


def entries(now: int) -> dict[str, Any]:
    people = [agent(now, who) for who in _AGENTS]
    waiting = [
        contact(now, 147, 312, "billing", tier="platinum", customer_name="Dana Okafor", priority=80, tags=["renewal"]),
        contact(now, 101, 95, "sales", tier="gold", held_for="boris", steps=1),
        contact(now, 188, 41, "billing"),
        contact(now, 190, 12, "sales", state="offered", agent="fatima"),
        contact(now, 191, 3, "sales", caller=None),
    ]
    return {
        "center": {
            "offering_stopped_by": None,
            "pbxs": [{"name": "main", "up": True}],
            "totals": {
                "waiting": 5,
                "longest_wait_since_ms": now - 312_000,
                "talking": 2,
                "ready": 1,
                "reserved": 1,
                "wrap_up": 1,
                "not_ready": 2,
                "logged_out": 1,
            },
        },
        "queue/sales": queue(now, "sales", 3, 95, 0.87),
        "queue/billing": queue(now, "billing", 2, 312, 0.52, alert="critical"),
        "queue/support": queue(now, "support", 0, 0, None, state="drained", answered=0, not_ready={}),
        "alert/billing:longest_wait_s": {
            "id": "billing:longest_wait_s",
            "level": "critical",
            "queue": "billing",
            "measure": "longest_wait_s",
            "words": "somebody has waited for 300 s and longer",
            "since_ms": now - 12_000,
        },
        **{f"agent/{one['id']}": one for one in people},
        **{f"contact/{one['id']}": one for one in waiting},
    }


def why() -> dict[str, Any]:
    return {
        "explanation": {
            "contact": "main-147",
            "now_ms": 0,
            "state": "waiting",
            "queue": "billing",
            "priority": 80,
            "rule": "platinum first",
            "because": 'customer.tier = "platinum"',
            "needs": ["billing 5", "german 7"],
            "relaxed": ["german from 7 to 5"],
            "held_for": None,
            "place": 1,
            "waiting": 2,
            "agents": [
                {"agent": "boris", "name": "Boris Novak", "reason": "skills", "words": "german is 4, 5 is asked for"},
                {"agent": "anna", "name": "Anna Lindqvist", "reason": "talking", "words": "talks with another contact"},
            ],
        },
        "agents_left_off": 3,
    }


def logged(now: int, number: int, **more: Any) -> dict[str, Any]:
    """A contact of the log."""
    return {
        "id": f"main-{number}",
        "arrived_ms": now - 400_000,
        "connected_ms": now - 320_000,
        "ended_ms": now - 60_000,
        "waited_ms": 80_000,
        "handled_ms": 272_000,
        "caller": f"+1202555{number:04}",
        "caller_name": "",
        "dialled": "8001",
        "account": "A-1001",
        "intent": "buy",
        "language": "en",
        "customer_id": 7,
        "tier": "gold",
        "queue": "sales",
        "priority": 30,
        "rule": "sales line",
        "because": 'contact.dialled = "8001"',
        "agent": "anna",
        "outcome": "answered",
        "disposition": "sold",
        "follow_up_on": "2026-12-01",
        "offers": 2,
        "service_level_ms": 20_000,
        "tags": ["renewal"],
        "state": None,
        **more,
    }


def story(now: int) -> dict[str, Any]:
    def segment(number: int, kind: str, from_s: int, to_s: int, **more: Any) -> dict[str, Any]:
        times = {"started_ms": now - from_s * 1_000, "ended_ms": now - to_s * 1_000}
        return {"number": number, "kind": kind, "queue": "sales", "agent": None, "result": None, **times, **more}

    def decision(number: int, kind: str, at_s: int, words: str, by: str | None = None) -> dict[str, Any]:
        at = {"at_ms": now - at_s * 1_000, "queue": "sales", "priority": 30, "by": by}
        return {"number": number, "kind": kind, "words": words, **at}

    return {
        "contact": logged(now, 147),
        "customer": {"id": 7, "account": "A-1001", "name": "Dana Okafor", "tier": "gold", "language": "en"},
        "segments": [
            segment(1, "waiting", 400, 350),
            segment(2, "offer", 350, 330, agent="boris", result="expired"),
            segment(3, "offer", 330, 320, agent="anna", result="accepted"),
            segment(4, "talk", 320, 90, agent="anna"),
            segment(5, "wrap_up", 90, 60, agent="anna", result="sold"),
        ],
        "decisions": [
            decision(1, "routed", 400, 'rule "sales line": contact.dialled = "8001"'),
            decision(2, "prioritised", 360, "priority 80 instead of 30", "susan"),
        ],
        "offers": [],
        "dispositions": [],
        "notes": [{"id": "n1", "at_ms": now - 80_000, "by": "anna", "text": "Wants the offer in writing.\nBy Friday."}],
        "explanation": None,
        "partial": None,
    }


def floor(now: int) -> Scene:
    answers = {
        "contacts/main-147/why": why(),
        "contacts/main-147": story(now),
        "contacts": {
            "contacts": [logged(now, 147), logged(now, 150, outcome="abandoned", agent=None)],
            "cursor": "1~a",
        },
        **web_report_scenes.answers(),
    }
    return {"entries": entries(now), "me": supervisor(), "answers": answers}
