"""The API against its own schema: schemathesis asks for everything, rightly and wrongly, as each role.

What is left out, and why:
- `positive_data_acceptance`: a request may be right by the schema and still name what this center does not have (a
  disposition, a version of the rules), which the schema cannot know.
- `ignored_auth`: it takes a right token beside an invented cookie for a mistake; that nothing is answered without a
  right credential is held for each route by `access/test_needs.py`.
- WebSockets, pages, /metrics and /health: they are not in the schema, and are not JSON that is asked for and answered.
"""

import contextlib
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.result import Ok
from schemathesis.python import asgi

from callcenter.desktop.access import gate
from callcenter.desktop.access.limits import Rate
from callcenter.desktop.access.permissions import ROLES, Permission
from callcenter.desktop.access.store import ApiToken
from callcenter.desktop.access.tokens import digest_of
from callcenter.desktop.app import create_app
from callcenter.desktop.openapi import schema_of
from callcenter.metrics import Metrics
from callcenter.types import AgentId
from tests.desktop.access.test_needs import desk_of_all_roles

ADDRESS = "/api/v1/openapi.json"
EXAMPLES = {"admin": 8, "agent": 3}  # of each operation and mode
MODES = {"admin": tuple(GenerationMode), "agent": tuple(GenerationMode)}
LEFT_OUT = ("positive_data_acceptance", "ignored_auth")
TOO_LARGE = 413
UNLIMITED = Rate(1e6, 1_000_000)

load_all_checks()
CHECKED: list[Any] = [check for check in CHECKS.get_all() if check.__name__ not in LEFT_OUT]


def token_of(role: str) -> str:
    return f"cc_{role}"


def application() -> FastAPI:
    desk = desk_of_all_roles()
    for role in ROLES:
        kept = ApiToken(role, role, tuple(Permission), (), AgentId(role), "test", 0, None, last_used_ms=2**60)
        desk.access.tokens.kept[role] = (kept, digest_of(token_of(role)))
    return create_app(desk, desk.hub, Metrics(desk.overview))


def labels() -> list[str]:
    app = application()
    paths = schema_of(app)["paths"]
    return sorted(f"{method.upper()} {path}" for path, methods in paths.items() for method in methods)


@pytest.fixture(autouse=True)
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "CALLERS", UNLIMITED)
    monkeypatch.setattr(gate, "STRANGERS", UNLIMITED)


@pytest.mark.parametrize("label", labels())
def test_the_api_keeps_to_its_schema(label: str) -> None:
    app = application()
    schema = schemathesis.openapi.from_asgi(ADDRESS, app)
    (operation,) = [it.ok() for it in schema.get_all_operations() if isinstance(it, Ok) and it.ok().label == label]
    asked: Any = app
    with asgi.get_client(asked) as client:
        for role in ROLES:
            for mode in MODES.get(role, (GenerationMode.POSITIVE,)):
                with contextlib.suppress(Unsatisfiable):  # nothing that could be asked wrongly
                    ask(operation, client, role, mode)


def ask(operation: Any, client: asgi.ASGIClient, role: str, mode: GenerationMode) -> None:
    headers = {"Authorization": f"Bearer {token_of(role)}"}

    @settings(
        max_examples=EXAMPLES.get(role, 1),
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode))
    def each(case: Any) -> None:
        response = case.call(session=client, headers=headers)
        too_large = response.status_code == TOO_LARGE  # which schemathesis does not take for a refusal
        checks = [check for check in CHECKED if not (too_large and check.__name__ == "negative_data_rejection")]
        case.validate_response(response, checks=checks, headers=headers)

    each()
