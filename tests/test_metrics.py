"""Metrics: each number that Prometheus gets, the bounds of its labels, and that it starts at zero."""

from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from callcenter import metrics as metrics_module
from callcenter.commands import (
    ContactRouted,
    EventIgnored,
    OfferClosed,
    RecordContact,
    RecordDecision,
    RecordDisposition,
)
from callcenter.metrics import LoopLag, Metrics
from callcenter.overview import AgentView, Overview, QueueView
from callcenter.types import (
    AgentId,
    AgentState,
    ChannelRef,
    Configuration,
    ContactId,
    DecisionKind,
    DeviceStatus,
    OfferId,
    OfferState,
    Outcome,
    PbxName,
    QueueConfig,
    QueueName,
    QueueState,
    Tier,
)
from tests.desktop.serving import until
from tests.helpers import run_async

SALES, SUPPORT = QueueName("sales"), QueueName("support")
GOLD, STANDARD = Tier("gold"), Tier("standard")
ANNA = AgentId("anna")


def queue(name: QueueName) -> QueueConfig:
    return QueueConfig(name, 20_000, 30_000, 20_000)


CONFIGURATION = Configuration((GOLD, STANDARD), STANDARD, SUPPORT, (queue(SALES), queue(SUPPORT)), (), ())


def agent(name: str, state: AgentState, *queues: QueueName) -> AgentView:
    return AgentView(AgentId(name), name, state, None, 0, None, None, None, DeviceStatus.FREE, queues)


NOW = Overview(
    1_000,
    ((PbxName("main"), True),),
    (QueueView(SALES, 3, 12_500, 1, 2, 1), QueueView(SUPPORT, 0, 0, 0, 1, 0, QueueState.DRAINED)),
    (agent("anna", AgentState.READY, SALES), agent("boris", AgentState.TALKING, SALES, SUPPORT)),
    (),
)

ANSWERED = RecordContact(
    contact=ContactId("c"),
    channel=ChannelRef(PbxName("main"), "1.1"),
    caller=None,
    caller_name="",
    dialled="8000",
    account=None,
    intent=None,
    language=None,
    customer=None,
    tier=GOLD,
    queue=SALES,
    priority=1,
    rule="r",
    because="b",
    agent=ANNA,
    outcome=Outcome.ANSWERED,
    arrived_ms=0,
    connected_ms=15_000,
    ended_ms=60_000,
    waited_ms=15_000,
    offers=1,
    service_level_ms=20_000,
)


class Scrape:
    """What Prometheus reads, by sample name and labels."""

    def __init__(self, metrics: Metrics) -> None:
        text = metrics.exposition("")[0].decode()
        self.samples = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
        self.names = {name for name, _ in self.samples}

    def __call__(self, name: str, **labels: str) -> float:
        return self.samples[f"callcenter_{name}", frozenset(labels.items())]


@pytest.fixture
def metrics() -> Metrics:
    made = Metrics(lambda: NOW)
    made.configure(CONFIGURATION)
    return made


def test_counters_of_what_is_configured_start_at_zero(metrics: Metrics) -> None:
    scrape = Scrape(metrics)
    for outcome in Outcome:
        assert scrape("contacts_total", queue="support", tier="standard", outcome=outcome.value) == 0
    for kind in DecisionKind:
        assert scrape("contact_decisions_total", queue="sales", kind=kind.value) == 0
    assert scrape("offers_total", queue="sales", state="expired") == 0
    assert scrape("answer_seconds_count", queue="sales", tier="gold") == 0
    assert scrape("service_level_answered_total", queue="sales") == 0
    assert scrape("events_ignored_total", event="OfferEnded") == 0
    assert scrape("lookup_seconds_count", outcome="late") == 0


def test_service_level_is_answered_within_over_all_that_ended(metrics: Metrics) -> None:
    metrics.execute(ANSWERED)
    metrics.execute(replace(ANSWERED, waited_ms=20_000))
    metrics.execute(replace(ANSWERED, waited_ms=20_001))
    metrics.execute(replace(ANSWERED, outcome=Outcome.ABANDONED, agent=None, connected_ms=None, waited_ms=3_000))
    metrics.execute(replace(ANSWERED, outcome=Outcome.FALLBACK, agent=None, connected_ms=None))
    scrape = Scrape(metrics)
    assert scrape("service_level_answered_total", queue="sales") == 2
    assert scrape("service_level_contacts_total", queue="sales") == 5
    assert scrape("contacts_total", queue="sales", tier="gold", outcome="answered") == 3
    assert scrape("contacts_total", queue="sales", tier="gold", outcome="fallback") == 1
    assert scrape("answer_seconds_sum", queue="sales", tier="gold") == pytest.approx(55.001)
    assert scrape("abandon_seconds_sum", queue="sales") == 3


def test_a_contact_that_left_before_it_was_routed_counts_without_a_queue(metrics: Metrics) -> None:
    metrics.execute(replace(ANSWERED, queue=None, outcome=Outcome.ABANDONED, service_level_ms=None))
    scrape = Scrape(metrics)
    assert scrape("contacts_total", queue="none", tier="gold", outcome="abandoned") == 1
    assert scrape("service_level_contacts_total", queue="sales") == 0


def test_counts_by_outcome_add_up_to_all_that_ended(metrics: Metrics) -> None:
    for outcome in Outcome:
        metrics.execute(replace(ANSWERED, outcome=outcome))
    scrape = Scrape(metrics)
    by_outcome = {
        outcome: scrape("contacts_total", queue="sales", tier="gold", outcome=outcome.value) for outcome in Outcome
    }
    assert by_outcome == dict.fromkeys(Outcome, 1)
    assert sum(by_outcome.values()) == scrape("service_level_contacts_total", queue="sales")
    assert scrape("service_level_answered_total", queue="sales") == 1


def test_decisions_are_counted_by_kind_and_by_the_queue_from_then_on(metrics: Metrics) -> None:
    moved = RecordDecision(ContactId("c"), 1, DecisionKind.MOVED, 1_000, SUPPORT, 20, "from sales to support", "greta")
    metrics.execute(moved)
    metrics.execute(replace(moved, number=2))
    metrics.execute(replace(moved, number=3, kind=DecisionKind.TURNED_AWAY, queue=None, by=None))
    metrics.execute(replace(moved, number=4, queue=QueueName("gone")))
    scrape = Scrape(metrics)
    assert scrape("contact_decisions_total", queue="support", kind="moved") == 2
    assert scrape("contact_decisions_total", queue="sales", kind="moved") == 0
    assert scrape("contact_decisions_total", queue="none", kind="turned_away") == 1
    assert scrape("contact_decisions_total", queue="other", kind="moved") == 1


def test_routing_is_counted_with_those_for_whom_no_rule_applied(metrics: Metrics) -> None:
    contact = ContactId("c")
    metrics.execute(ContactRouted(contact, SUPPORT, STANDARD, "default", matched=False, again=False))
    metrics.execute(ContactRouted(contact, SALES, GOLD, "gold", matched=True, again=True))
    metrics.execute(ContactRouted(contact, SALES, GOLD, "gold", matched=True, again=False))
    scrape = Scrape(metrics)
    assert scrape("contacts_routed_total", queue="support", tier="standard", matched="false") == 1
    assert scrape("contacts_routed_total", queue="sales", tier="gold", matched="true") == 2
    assert scrape("contacts_rerouted_total", queue="sales") == 1
    assert scrape("contacts_default_queue_total") == 1


def test_offers_handling_and_ignored_events_are_counted(metrics: Metrics) -> None:
    metrics.execute(OfferClosed(OfferId("o"), ContactId("c"), ANNA, SALES, OfferState.EXPIRED, 20_000))
    metrics.execute(RecordDisposition(ContactId("c"), ANNA, SALES, "sold", 90_000))
    metrics.execute(EventIgnored("OfferEnded", "late"))
    metrics.observe_decision(0.0002)
    scrape = Scrape(metrics)
    assert scrape("offers_total", queue="sales", state="expired") == 1
    assert scrape("offer_ring_seconds_sum", state="expired") == 20
    assert scrape("handle_seconds_sum", queue="sales") == 90
    assert scrape("events_ignored_total", event="OfferEnded") == 1
    assert scrape("decision_seconds_count") == 1


def test_what_is_now_is_read_at_the_scrape(metrics: Metrics) -> None:
    scrape = Scrape(metrics)
    assert scrape("contacts_waiting", queue="sales") == 3
    assert scrape("longest_wait_seconds", queue="sales") == 12.5
    assert scrape("longest_wait_seconds", queue="support") == 0
    assert scrape("contacts_connected", queue="sales") == 1
    assert [scrape("queue_state", queue="sales", state=state.value) for state in QueueState] == [1, 0, 0]
    assert [scrape("queue_state", queue="support", state=state.value) for state in QueueState] == [0, 1, 0]
    assert scrape("agents", state="ready") == 1
    assert scrape("agents", state="wrap_up") == 0
    assert scrape("queue_agents", queue="sales", state="talking") == 1
    assert scrape("queue_agents", queue="support", state="talking") == 1
    assert scrape("queue_agents", queue="support", state="ready") == 0


def test_shells_set_their_numbers(metrics: Metrics) -> None:
    metrics.pbx_up("main", True)
    metrics.ami_lag("main", 0.25)
    metrics.journal(up=True, gap_bytes=7, events_lost=0, records_lost=2)
    metrics.journal(up=True, gap_bytes=7, events_lost=1, records_lost=2)
    metrics.contact_log_pending(12)
    metrics.bounds(4, 0.5, 2)
    metrics.bounds(5, -0.5, 3)
    metrics.observe_lookup("several", 0.03)
    scrape = Scrape(metrics)
    assert scrape("pbx_up", pbx="main") == 1
    assert scrape("ami_reconnects_total", pbx="main") == 0
    metrics.ami_reconnected("main")
    assert Scrape(metrics)("ami_reconnects_total", pbx="main") == 1
    assert scrape("ami_lag_seconds", pbx="main") == 0.25
    assert scrape("journal_up") == 1
    assert scrape("journal_gap_bytes") == 7
    assert scrape("journal_lost_total", kind="event") == 1
    assert scrape("journal_lost_total", kind="record") == 2
    assert scrape("contact_log_pending") == 12
    assert scrape("inbox_events") == 5
    assert scrape("clock_ahead_seconds") == -0.5
    assert scrape("pages_dropped_total") == 3
    assert scrape("lookup_seconds_count", outcome="several") == 1


def test_unknown_names_make_no_new_series(metrics: Metrics) -> None:
    before = len(Scrape(metrics).samples)
    for number in range(50):
        stray = replace(ANSWERED, queue=QueueName(f"queue {number}"), tier=Tier(f"tier {number}"))
        metrics.execute(stray)
        metrics.execute(EventIgnored(f"Event {number}", "why"))
        metrics.observe_lookup(f"outcome {number}", 0.1)
    first = len(Scrape(metrics).samples)
    metrics.execute(replace(ANSWERED, queue=QueueName("one more"), tier=Tier("one more")))
    scrape = Scrape(metrics)
    assert scrape("contacts_total", queue="other", tier="other", outcome="answered") == 51
    assert scrape("events_ignored_total", event="other") == 50
    assert len(scrape.samples) == first
    assert first - before < 100


def test_names_learned_in_many_reloads_are_bounded(metrics: Metrics, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_module, "MAX_NAMES", 3)
    for number in range(20):
        metrics.configure(replace(CONFIGURATION, queues=(queue(QueueName(f"queue {number}")),)))
    scrape = Scrape(metrics)
    names = {dict(labels)["queue"] for name, labels in scrape.samples if name == "callcenter_contacts_total"}
    assert names == {"sales", "support", "queue 0"}


def test_names_follow_the_conventions_and_process_metrics_are_there(metrics: Metrics) -> None:
    text = metrics.exposition("")[0].decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert "process_resident_memory_bytes" in families
    ours = {name: family for name, family in families.items() if not name.startswith(("process_", "python_"))}
    for name, family in ours.items():
        assert name.startswith("callcenter_")
        assert family.documentation
        assert family.type != "histogram" or name.endswith("_seconds")
    assert "Service level = answered within / ended" in families["callcenter_service_level_answered"].documentation


def test_two_daemons_in_one_process_do_not_share_metrics(metrics: Metrics) -> None:
    metrics.execute(ANSWERED)
    other = Metrics(lambda: NOW)
    other.configure(CONFIGURATION)
    assert Scrape(other)("contacts_total", queue="sales", tier="gold", outcome="answered") == 0


def test_loop_lag_keeps_the_greatest_of_its_window(metrics: Metrics, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LoopLag, "WINDOW", 3)
    lag = LoopLag(metrics)
    for sample_s in (0.001, 0.5, -0.1, 0.002):
        lag.sample(sample_s)
    scrape = Scrape(metrics)
    assert scrape("event_loop_lag_max_seconds") == 0.5
    assert scrape("event_loop_lag_seconds_count") == 4
    lag.sample(0.003)
    assert Scrape(metrics)("event_loop_lag_max_seconds") == 0.003
    assert metrics.loop_lag_s == 0.003


@run_async
async def test_loop_lag_is_sampled_until_it_is_stopped(metrics: Metrics, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LoopLag, "INTERVAL_S", 0.001)
    lag = LoopLag(metrics)
    lag.start()
    await until(lambda: Scrape(metrics)("event_loop_lag_seconds_count") >= 3)
    await lag.stop()
    await lag.stop()
    assert lag._task is None
