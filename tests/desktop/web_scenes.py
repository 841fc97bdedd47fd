"""Scenes for web_fake.py: what an agent or a supervisor sees at a moment of their day, as entries and answers."""

from collections.abc import Callable
from typing import Any

from callcenter.desktop.access.permissions import permissions_of
from tests.desktop import web_admin_scenes, web_floor_scenes, web_report_scenes

Scene = dict[str, Any]


def anna() -> dict[str, Any]:
    """An agent's answer of /me."""
    return {
        "id": "anna",
        "name": "Anna Lindqvist",
        "roles": ["agent"],
        "permissions": ["take_contacts"],
        "queue_groups": [],
        "takes_contacts": True,
        "device": "PJSIP/1001",
        "dispositions": ["sold", "call_back", "no_interest", "resolved", "escalated", "wrong_number"],
        "not_ready_reasons": ["break", "lunch", "meeting", "training", "back_office"],
    }


def susan() -> dict[str, Any]:
    """A supervisor's answer of /me."""
    return {
        **anna(),
        "id": "susan",
        "name": "Susan Meyer",
        "roles": ["supervisor", "admin"],
        "permissions": sorted(permissions_of(("supervisor", "admin"))),
        "takes_contacts": False,
        "device": None,
    }


def answers() -> dict[str, Any]:
    """What GET, and the orders, are answered with, by path."""
    return {
        "targets": {
            "queues": [
                {"name": "sales", "label": "Sales", "open": True, "waiting": 2},
                {"name": "billing", "label": "Billing", "open": True, "waiting": 7},
                {"name": "complaints", "label": None, "open": False, "waiting": 0},
            ],
            "agents": [
                {"id": "boris", "name": "Boris Novak", "state": "ready", "free": True},
                {"id": "chen", "name": "陈丽", "state": "talking", "free": False},
                {"id": "dora", "name": "Dora Abebe", "state": "not_ready", "free": False},
                {"id": "emil", "name": "Emil Sørensen", "state": "ready", "free": True},
            ],
            "numbers": [
                {"label": "Repair shop", "number": "+493012345678"},
                {"label": "Fraud desk", "number": "8100"},
            ],
        },
        **web_report_scenes.own(),
        "devices": {
            "devices": [
                {"device": "PJSIP/1001", "status": "free", "used_by": {"id": "anna", "name": "Anna"}, "own": True},
                {"device": "PJSIP/1002", "status": "free", "used_by": {"id": "chen", "name": "陈丽"}, "own": False},
                {"device": "PJSIP/1003", "status": "unreachable", "used_by": None, "own": False},
                {"device": "PJSIP/1004", "status": "free", "used_by": None, "own": False},
            ],
        },
    }


def state(now: int, name: str = "ready", since_s: int = 45, **more: Any) -> dict[str, Any]:
    return {
        "state": name,
        "reason": None,
        "since_ms": now - since_s * 1000,
        "deadline_ms": None,
        "contact": None,
        "pending": None,
        **more,
    }


def queue(now: int, name: str, waiting: int = 0, longest_s: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "state": "open",
        "waiting": waiting,
        "oldest_ms": now - longest_s * 1000 if waiting else None,
        "connected": 3,
        "agents_serving": 8,
        "agents_ready": 2,
        **more,
    }


def common(now: int) -> dict[str, Any]:
    """What every agent's page has, whatever happens."""
    return {
        "state": state(now),
        "pop": None,
        "recent": None,
        "talk": None,
        "missed": [],
        "figures": {
            "upto_ms": now - 45_000,
            "answered": 14,
            "missed": 1,
            "talk_ms": 4_512_000,
            "wrap_up_ms": 903_000,
            "ready_ms": 3_120_000,
            "not_ready_ms": 1_500_000,
            "occupancy": 0.634,
            "signed_in_ms": 10_035_000,
            "signed_in_since_ms": now - 10_035_000,
        },
        "device": "free",
        "phone": {"device": "PJSIP/1001", "chosen": False},
        "pbxs": [{"name": "main", "up": True}],
        "queue/sales": queue(now, "sales", 2, 74, label="Sales"),
        "queue/billing": queue(now, "billing", 7, 312, label="Billing"),
        "queue/support": queue(now, "support", label="Support"),
    }


def script() -> dict[str, Any]:
    greeting = "Good morning, this is Anna of Northwind. Am I speaking with Dana Okafor?"
    return {
        "name": "renewal",
        "title": "Renewal",
        "steps": [
            {
                "name": "greet",
                "text": f"{greeting}\nAsk for the account number if the name does not match.",
                "choices": [{"label": "Yes, that is me", "to": "renew"}, {"label": "Somebody else", "to": "verify"}],
            },
            {
                "name": "renew",
                "text": "Your contract ends in March. Shall we go through what would change?",
                "choices": [{"label": "Yes", "to": "offer"}, {"label": "Not now", "to": "later"}],
            },
            {"name": "verify", "text": "May I have the account number, please?", "choices": []},
            {"name": "offer", "text": "The loyalty plan takes ten percent off for two years.", "choices": []},
            {"name": "later", "text": "When may we call you about it?", "choices": []},
        ],
    }


def pop(now: int, waited_s: int = 38, **more: Any) -> dict[str, Any]:
    return {
        "agent": "anna",
        "offer": "offer-1",
        "contact": "contact-1",
        "caller": "+12025550147",
        "caller_name": "D OKAFOR",
        "dialled": "8000",
        "intent": "renewal",
        "language": "en",
        "tier": "gold",
        "customers": [
            {
                "id": 7,
                "account": "A-1007",
                "name": "Dana Okafor",
                "tier": "gold",
                "language": "en",
                "notes": "Prefers e-mail.\nRenewal due in March.",
                "account_manager": "boris",
                "attributes": {"segment": "smb", "lifetime_value": 18250, "churn_risk": True},
            }
        ],
        "identified": True,
        "queue": "sales",
        "priority": 80,
        "skills": [{"name": "sales", "level": 5}, {"name": "english", "level": 3}],
        "rule": "gold-sales",
        "because": "tier is gold, dialled is 8000",
        "arrived_ms": now - waited_s * 1000,
        "relaxed": ["billing >= 3 in place of 5"],
        "tags": ["vip", "renewal_due"],
        "text": "Greet by name. Offer the loyalty plan.",
        "crm_link": "https://crm.example.com/accounts/A-1007",
        "notes": [
            {"at_ms": now - 20_000, "by": "Boris Novak", "text": "Asked for a quote over 25 seats; I promised a call."}
        ],
        "script": script(),
        "accept": True,
        **more,
    }


def recent(now: int) -> dict[str, Any]:
    day = 86_400_000
    return {
        "offer": "offer-1",
        "contacts": [
            {
                "arrived_ms": now - 3 * day,
                "queue": "sales",
                "agent": "Boris Novak",
                "outcome": "answered",
                "disposition": "call_back",
                "talked_ms": 184_000,
                "contact": "contact-0",
                "notes": [{"at_ms": now - 3 * day, "by": "Boris Novak", "text": "Wants a quote over 25 seats."}],
                "follow_up_on": "2026-12-01",
            },
            {
                "arrived_ms": now - 9 * day,
                "queue": "support",
                "agent": None,
                "outcome": "abandoned",
                "disposition": None,
                "talked_ms": None,
            },
            {
                "arrived_ms": now - 40 * day,
                "queue": "billing",
                "agent": "陈丽",
                "outcome": "answered",
                "disposition": "resolved",
                "talked_ms": 421_000,
            },
        ],
        "error": None,
    }


def talk(now: int, since_s: int = 95, **more: Any) -> dict[str, Any]:
    return {
        "contact": "contact-1",
        "since_ms": now - since_s * 1000,
        "on_hold": False,
        "held_since_ms": None,
        "consult": None,
        "conference": False,
        "direction": "in",
        "number": "+12025550147",
        **more,
    }


# ---- moments of an agent's day


def _scene(now: int, **changes: Any) -> Scene:
    return {"entries": {**common(now), **{key.replace("__", "/"): value for key, value in changes.items()}}}


def ready(now: int) -> Scene:
    return _scene(now)


def not_ready(now: int) -> Scene:
    missed = [
        {"at_ms": now - 62_000, "queue": "billing", "caller": "+12025550199", "reason": "expired"},
        {"at_ms": now - 4_000_000, "queue": "sales", "caller": None, "reason": "declined"},
    ]
    message = {
        "id": "m1",
        "at_ms": now - 30_000,
        "by": "Susan Meyer",
        "text": "Billing is overrun until noon, please keep breaks short. Thank you!",
        "urgent": False,
    }
    urgent = {**message, "id": "m2", "text": "Fire drill at 11:00: sign out at 10:55.", "urgent": True}
    return _scene(
        now,
        state=state(now, "not_ready", 62, reason="rona"),
        missed=missed,
        message__m1=message,
        message__m2=urgent,
    )


def offer(now: int) -> Scene:
    return _scene(
        now,
        state=state(now, "reserved", 4, contact="contact-1", deadline_ms=now + 16_000),
        pop=pop(now),
        recent=recent(now),
        device="ringing",
    )


def talking(now: int, **more: Any) -> Scene:
    entries = {
        "state": state(now, "talking", 95, contact="contact-1"),
        "pop": pop(now, 133),
        "recent": recent(now),
        "talk": talk(now),
        "device": "in_use",
    }
    return _scene(now, **{**entries, **more})


def held(now: int) -> Scene:
    return talking(now, talk=talk(now, on_hold=True, held_since_ms=now - 21_000))


def consulting(now: int) -> Scene:
    consult = {"to": {"agent": "boris"}, "state": "talking", "words": None, "since_ms": now - 12_000}
    return talking(now, talk=talk(now, on_hold=True, held_since_ms=now - 21_000, consult=consult))


def wrap_up(now: int) -> Scene:
    return _scene(
        now,
        state=state(now, "wrap_up", 12, contact="contact-1", deadline_ms=now + 48_000, pending="lunch"),
        pop=pop(now, 240),
        recent=recent(now),
    )


def strangers(now: int) -> Scene:
    """Two customers share the number; the record came late; the caller's own name is a long one."""
    unknown = pop(
        now,
        customers=[],
        identified=True,
        caller_name="",
        crm_link=None,
        script=None,
        notes=[],
        text="",
        relaxed=[],
        tags=[],
        accept=False,
        tier="standard",
    )
    return {
        **offer(now),
        "entries": {**offer(now)["entries"], "pop": unknown, "recent": {**recent(now), "contacts": []}},
    }


SCENES: dict[str, Callable[[int], Scene]] = {
    "ready": ready,
    "not_ready": not_ready,
    "offer": offer,
    "talk": talking,
    "held": held,
    "consult": consulting,
    "wrap_up": wrap_up,
    "unknown": strangers,
    "floor": web_floor_scenes.floor,
    "admin": web_admin_scenes.admin,
}
