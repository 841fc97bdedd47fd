"""Scenes for web_fake.py: what an admin sees of the administration."""

from typing import Any

from tests.desktop import web_floor_scenes

_VERSION = {"number": 12, "author": "susan", "at_ms": 1_790_000_000_000, "message": "two new starters", "parent": 11}
BROKEN = "https://warehouse.example.org/a/rather/long/address/for/telephones"
_SICK = {"delivered": 3, "waiting": 41, "failed": 17, "dead": 2, "error": "it answered with 503"}
_RULES = "when: customer.tier == 'platinum'\nroute:\n  queue: sales\n  priority: 80\n"


def administrator() -> dict[str, Any]:
    """An admin's answer of /me."""
    more = ["see_staff", "manage_staff", "see_rules", "publish_rules", "manage_tokens", "manage_webhooks", "see_audit"]
    held = web_floor_scenes.supervisor()
    return {**held, "name": "Adam Fischer", "roles": ["admin"], "permissions": [*held["permissions"], *more]}


def person(id: str, name: str, **more: Any) -> dict[str, Any]:
    return {
        "id": id,
        "name": name,
        "roles": ["agent"],
        "queue_groups": [],
        "device": f"PJSIP/{id}",
        "skills": {"sales": 7, "german": 9},
        "queues": {"sales": 1, "billing": 2},
        "password_set": True,
        **more,
    }


def webhook(id: str, url: str, **more: Any) -> dict[str, Any]:
    return {
        "id": id,
        "url": url,
        "events": ["contact.arrived", "contact.ended"],
        "created_by": "adam",
        "created_ms": 1_790_000_000_000,
        "waiting": 0,
        "delivered": 1_204,
        "failed": 0,
        "dead": 0,
        "error": None,
        **more,
    }


def letter(number: int) -> dict[str, Any]:
    event = {"id": f"e-{number}", "kind": "contact.ended", "at_ms": 1_790_000_000_000, "contact": "main-147"}
    return {"number": number, "event": event, "attempts": 8, "error": _SICK["error"], "dead_ms": 1_790_000_300_000}


def answers() -> dict[str, Any]:
    version = {**_VERSION, "changed": ["+emil", "~anna"]}
    used = {"german": [{"kind": "agent", "name": "anna"}, {"kind": "rule", "name": "german first"}]}
    changes = {
        "number": 7,
        "id": "a-7",
        "at_ms": 1_790_000_100_000,
        "by": "susan",
        "via": "session 3fa0",
        "address": "10.0.0.7",
        "action": "set_queue_state",
        "subject": "sales",
        "before": {"state": "open"},
        "after": {"state": "closed"},
        "outcome": "done",
    }
    return {
        "staff": {
            "version": version,
            "people": [
                person("anna", "Anna Lindqvist"),
                person("boris", "Boris Novak", skills={}),
                person("susan", "Susan Meyer", roles=["supervisor"], device=None, queue_groups=["inbound"], queues={}),
                person("chen", "陈丽", roles=["agent", "supervisor"], password_set=False),
            ],
            "roles": ["agent", "supervisor", "admin", "viewer"],
            "queue_groups": ["inbound", "back office"],
            "queues": ["sales", "billing", "support"],
            "skills": ["german", "sales"],
        },
        "staff/devices": {
            "devices": [
                {"device": "PJSIP/1001", "agent": "anna", "status": "in_use"},
                {"device": "PJSIP/1002", "agent": "boris", "status": "unreachable"},
            ]
        },
        **{
            f"staff/lists/{name}": {"values": values, "used_by": used if name == "skills" else {}, "rules_version": 4}
            for name, values in {
                "skills": ["german", "sales", "retention"],
                "dispositions": ["sold", "call_back"],
                "not-ready-reasons": ["break", "lunch"],
            }.items()
        },
        "rules/in-force/files": {
            "version": version,
            "files": [
                {"name": "00-center.yaml", "kind": "rules", "text": _RULES},
                {"name": "cases.yaml", "kind": "cases", "text": "cases: []\n"},
            ],
        },
        "rules/versions": {"versions": [version, {**version, "number": 11, "message": "holiday hours"}]},
        "tokens": {
            "tokens": [
                {
                    "id": "0a1b",
                    "name": "wallboard",
                    "scopes": ["see_floor"],
                    "queue_groups": [],
                    "acts_for": None,
                    "created_by": "adam",
                    "created_ms": 1_790_000_000_000,
                    "expires_ms": None,
                    "last_used_ms": 1_790_000_000_000,
                    "revoked_ms": None,
                }
            ]
        },
        "webhooks": {
            "webhooks": [webhook("5f0c", "https://crm.example.org/callcenter"), webhook("77aa", BROKEN, **_SICK)]
        },
        "webhooks/77aa/dead-letters": {"letters": [letter(9), letter(8)], "next": 8},
        "webhooks/5f0c/dead-letters": {"letters": [], "next": None},
        "audit": {"records": [changes], "next": 7},
        "staff/import": imported(),
    }


def imported() -> dict[str, Any]:
    """What a table would do."""
    return {
        "dry_run": True,
        "based_on": 12,
        "version": None,
        "counts": {"added": 1, "changed": 1, "unchanged": 2, "removed": 0},
        "rows": [
            {"row": 2, "id": "anna", "what": "changed", "fields": {"skills": {"from": {"sales": 7}, "to": {}}}},
            {"row": 5, "id": "gina", "what": "added", "fields": {}},
        ],
        "mistakes": [],
        "mistakes_left_off": 0,
    }


def admin(now: int) -> dict[str, Any]:
    return {"entries": web_floor_scenes.entries(now), "me": administrator(), "answers": answers()}
