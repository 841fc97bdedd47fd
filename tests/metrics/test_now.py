"""The gauges of the moment: read from the picture, by names that are bounded, single agents only on request."""

from dataclasses import replace

import pytest

from callcenter.metrics import names
from callcenter.queues.tally import AgentFigures
from callcenter.types import AgentState, QueueName, QueueState
from tests.metrics.scraping import CONFIGURATION, NOW, Scrape, metrics_of, queue


def test_what_is_now_is_read_at_the_scrape() -> None:
    scrape = Scrape(metrics_of())
    assert scrape("contacts_waiting", queue="sales") == 3
    assert scrape("contacts_waiting_by_tier", queue="sales", tier="gold") == 2
    assert scrape("contacts_waiting_by_tier", queue="sales", tier="standard") == 0
    assert scrape("contacts_waiting_by_tier", queue="sales", tier="other") == 1
    assert scrape("longest_wait_seconds", queue="sales") == 12.5
    assert scrape("longest_wait_seconds", queue="support") == 0
    assert scrape("contacts_connected", queue="sales") == 1
    assert scrape("estimated_wait_seconds", queue="sales") == 90.5
    assert [scrape("queue_state", queue="sales", state=state.value) for state in QueueState] == [1, 0, 0]
    assert [scrape("queue_state", queue="support", state=state.value) for state in QueueState] == [0, 1, 0]
    assert scrape("offering") == 1


def test_an_estimate_that_nobody_can_make_is_not_told() -> None:
    told = {labels for name, labels in Scrape(metrics_of()).samples if name == "callcenter_estimated_wait_seconds"}
    assert told == {frozenset({("queue", "sales")})}


def test_agents_are_told_by_state_reason_queue_and_skill() -> None:
    scrape = Scrape(metrics_of())
    assert scrape("agents", state="ready") == 1
    assert scrape("agents", state="wrap_up") == 0
    assert scrape("agents", state="not_ready") == 2
    assert scrape("agents_not_ready", reason="lunch") == 1
    assert scrape("agents_not_ready", reason="rona") == 0
    assert scrape("agents_not_ready", reason="other") == 1
    assert scrape("queue_agents", queue="sales", state="talking") == 1
    assert scrape("queue_agents", queue="support", state="talking") == 1
    assert scrape("queue_agents", queue="support", state="ready") == 0
    assert scrape("queue_agents_not_ready", queue="sales", reason="lunch") == 1
    assert scrape("queue_agents_not_ready", queue="support", reason="lunch") == 0
    assert scrape("skill_agents", skill="french", level="7") == 4, "who is not signed in is no capacity"
    assert scrape("skill_agents", skill="french", level="8") == 0


def test_queues_of_no_configuration_are_not_told() -> None:
    assert "of no configuration" not in Scrape(metrics_of()).text


def test_names_learned_in_many_reloads_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "MAX_NAMES", 3)
    metrics = metrics_of()
    for number in range(20):
        metrics.configure(replace(CONFIGURATION, queues=(queue(QueueName(f"queue {number}")),)))
    told = {dict(labels)["queue"] for name, labels in Scrape(metrics).samples if name == "callcenter_queue_agents"}
    assert told == {"sales", "support", "queue 0"}


def test_single_agents_are_told_only_on_request() -> None:
    assert "anna" not in Scrape(metrics_of()).text
    figures = AgentFigures(AgentState.READY, 400, 0, answered=3, missed=1, ready_ms=1_000, talk_ms=2_000)
    picture = replace(NOW, agents=(replace(NOW.agents[0], figures=figures),))
    scrape = Scrape(metrics_of(picture=picture, agents=True))
    assert scrape("agent_state", agent="anna", state="ready") == 1
    assert scrape("agent_state", agent="anna", state="talking") == 0
    assert scrape("agent_answered_total", agent="anna") == 3
    assert scrape("agent_missed_total", agent="anna") == 1
    assert scrape("agent_state_seconds_total", agent="anna", state="talking") == 2
    assert scrape("agent_state_seconds_total", agent="anna", state="ready") == 1.6, "with the stretch that goes on"
