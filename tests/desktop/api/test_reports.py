"""Reports over HTTP: of whom they are for whom, in which forms, and how a wrong question is answered."""

from dataclasses import replace

import httpx
import pytest

from callcenter.desktop.access.guard import CSP, HEADERS, PLAIN_PAGE
from callcenter.desktop.desk import AgentLogin, DeskUnavailableError
from callcenter.desktop.reporting import ReportForm, ReportKind
from callcenter.types import AgentId
from tests.desktop.fake_desk import ANNA, BORIS, HASH, SUPPORT, SUSAN, FakeDesk, agent_view
from tests.desktop.serving import calling, sign_in
from tests.helpers import run_async

VERA, SAM, DANI = AgentId("vera"), AgentId("sam"), AgentId("dani")


def a_desk() -> FakeDesk:
    """Sam leads the queue support, which Anna and Boris serve and Dani does not; Vera is a viewer."""
    desk = FakeDesk()
    desk.agents = {
        **desk.agents,
        VERA: AgentLogin(VERA, "Vera Viewer", HASH, ("viewer",)),
        SAM: AgentLogin(SAM, "Sam", HASH, ("supervisor",), ("help",), frozenset({SUPPORT})),
    }
    view = agent_view(DANI, "Dani", desk.now_ms())
    desk.views[DANI] = type(view)(**{name: getattr(view, name) for name in view.__slots__} | {"queues": ()})
    return desk


async def asked(desk: FakeDesk, who: AgentId, path: str) -> httpx.Response:
    async with calling(desk) as client:
        await sign_in(client, who)
        return await client.get(f"/api/v1/reports/{path}")


@run_async
async def test_a_question_goes_through_as_it_was_asked() -> None:
    desk = a_desk()
    answer = await asked(
        desk, SUSAN,
        "queues?from=2026-11-01T08:30&to=2026-12-01&by=30m&group=queue,tier&zone=Europe/Berlin&formula=of_answered"
        "&within_days=3",
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    assert answer.json()["rows"] == [{"from_ms": 0, "to_ms": 900_000, "offered": 3}]
    (wanted,) = desk.reports.wanted
    assert (wanted.kind, wanted.form, wanted.from_, wanted.to) == ("queues", "json", "2026-11-01T08:30", "2026-12-01")
    assert (wanted.by, wanted.group, wanted.zone, wanted.formula) == (
        "30m", "queue,tier", "Europe/Berlin", "of_answered",
    )  # fmt: skip
    assert (wanted.within_days, wanted.queues, wanted.agents) == (3, None, None)


@pytest.mark.parametrize(("form", "kind"), [("csv", "text/csv"), ("parquet", "application/vnd.apache.parquet")])
@run_async
async def test_other_forms_are_files(form: str, kind: str) -> None:
    answer = await asked(a_desk(), VERA, f"customers?format={form}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].split(";")[0] == kind
    assert answer.headers["content-disposition"] == f'attachment; filename="customers-1970-01-01.{form}"'
    assert answer.headers["content-security-policy"] == HEADERS[CSP]
    assert answer.content == b"offered\r\n3\r\n"


@run_async
async def test_the_page_is_to_be_seen_and_may_do_nothing() -> None:
    answer = await asked(a_desk(), VERA, "customers?format=html")
    assert answer.headers["content-type"].split(";")[0] == "text/html"
    assert answer.headers["content-disposition"] == 'inline; filename="customers-1970-01-01.html"'
    assert answer.headers["content-security-policy"] == PLAIN_PAGE
    assert answer.headers["x-content-type-options"] == "nosniff"


@run_async
async def test_an_agent_gets_its_own_figures_and_nobody_elses() -> None:
    desk = a_desk()
    assert (await asked(desk, ANNA, "agents")).status_code == 200
    assert desk.reports.wanted[-1].agents == ["anna"]
    for kind in ("queues", "dispositions", "customers"):
        refused = await asked(desk, ANNA, kind)
        assert refused.status_code == 403
        assert refused.json()["remedy"] == "Ask for the report `agents`."
    for more in ("own=false", "own=true", "group=agent&own=no"):
        await asked(desk, ANNA, f"agents?{more}")
    assert [wanted.agents for wanted in desk.reports.wanted] == [["anna"]] * 4


@run_async
async def test_who_may_see_more_can_ask_for_its_own_figures() -> None:
    desk = a_desk()
    both = replace(desk.agents[SAM], id=ANNA, roles=("agent", "supervisor"))
    desk.agents = {**desk.agents, ANNA: both}
    await asked(desk, ANNA, "agents?own=true")
    (wanted,) = desk.reports.wanted
    assert (wanted.agents, wanted.queues) == (["anna"], None), "whatever queues it leads"
    assert (await asked(desk, ANNA, "queues?own=true")).status_code == 403


@run_async
async def test_who_leads_some_queues_gets_their_figures_and_those_of_their_agents() -> None:
    desk = a_desk()
    await asked(desk, SAM, "queues")
    assert (desk.reports.wanted[-1].queues, desk.reports.wanted[-1].agents) == (["support"], None)
    await asked(desk, SAM, "agents")
    wanted = desk.reports.wanted[-1]
    assert (wanted.kind, wanted.queues) == (ReportKind.AGENTS, ["support"])
    assert wanted.agents == [ANNA, BORIS]
    await asked(desk, SUSAN, "agents")
    assert (desk.reports.wanted[-1].queues, desk.reports.wanted[-1].agents) == (None, None)


@pytest.mark.parametrize(
    "path", ["golf", "queues?format=xml", "queues?within_days=0", "queues?from='", "queues?group=A", "queues?zone=%00"]
)
@run_async
async def test_what_cannot_be_asked_is_refused_at_the_door(path: str) -> None:
    answer = await asked(a_desk(), SUSAN, path)
    assert answer.status_code == 422
    assert answer.json()["error"]


@run_async
async def test_a_report_that_there_is_not_is_refused_with_what_there_is() -> None:
    answer = await asked(a_desk(), SUSAN, "queues?by=45m")
    assert answer.status_code == 422
    assert answer.json() == {
        "error": "'45m' is no interval.",
        "remedy": "Use one of: 15m, 30m, 60m, day, week, month.",
    }


@run_async
async def test_reports_wait_for_a_database_that_is_away() -> None:
    desk = a_desk()
    desk.reports.away = DeskUnavailableError("the database cannot be used")
    answer = await asked(desk, SUSAN, "queues")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]


def test_the_desktop_and_the_reports_speak_of_the_same() -> None:
    from callcenter.reports.columns import Kind
    from callcenter.reports.service import _MEDIA_TYPES

    assert [kind.value for kind in ReportKind] == [kind.value for kind in Kind]
    assert set(_MEDIA_TYPES) == set(ReportForm)
