"""What the shells say: each number, the bounds of its labels, and that it starts at zero."""

from callcenter.crm.cache import CacheResult
from callcenter.crm.directory import LookUpOutcome, SourceOutcome
from callcenter.metrics import shells
from callcenter.stores.journal_keeper import Where
from tests.metrics.scraping import Scrape, metrics_of


def test_shells_set_their_numbers() -> None:
    metrics = metrics_of()
    metrics.pbx_up("main", True)
    metrics.ami_lag("main", 0.25)
    metrics.ami_lag("main", 0.001)
    metrics.journal_appended("redis", 0.002)
    metrics.journal(up=True, gap_bytes=7, events_lost=0, records_lost=2)
    metrics.journal(up=True, gap_bytes=7, events_lost=1, records_lost=2)
    metrics.contact_log_pending(12)
    metrics.bounds(4, 0.5, 2)
    metrics.bounds(5, -0.5, 3)
    metrics.observe_lookup("several", 0.03)
    metrics.observe_decision(0.0002)
    metrics.webhook("dead")
    metrics.retention(3, 2, 1_700_000_000_500)
    metrics.retention(0, 4, 1_700_000_000_500)
    scrape = Scrape(metrics)
    assert scrape("pbx_up", pbx="main") == 1
    assert scrape("ami_reconnects_total", pbx="main") == 0
    metrics.ami_reconnected("main")
    assert Scrape(metrics)("ami_reconnects_total", pbx="main") == 1
    assert scrape("ami_lag_seconds_count", pbx="main") == 2
    assert scrape("ami_lag_seconds_bucket", pbx="main", le="0.001") == 1
    assert scrape("journal_append_seconds_sum", place="redis") == 0.002
    assert scrape("journal_append_seconds_count", place="file") == 0
    assert scrape("journal_up") == 1
    assert scrape("journal_gap_bytes") == 7
    assert scrape("journal_lost_total", kind="event") == 1
    assert scrape("journal_lost_total", kind="record") == 2
    assert scrape("contact_log_pending") == 12
    assert scrape("inbox_events") == 5
    assert scrape("clock_ahead_seconds") == -0.5
    assert scrape("pages_dropped_total") == 3
    assert scrape("lookup_seconds_count", outcome="several") == 1
    assert scrape("lookup_seconds_count", outcome="late") == 0
    assert scrape("decision_seconds_count") == 1
    assert scrape("webhook_attempts_total", result="dead") == 1
    assert scrape("retention_rows_total", done="removed") == 3
    assert scrape("retention_rows_total", done="blanked") == 6
    assert scrape("retention_last_success_timestamp_seconds") == 1_700_000_000.5
    assert scrape("in_charge") == 1


def test_the_words_are_those_of_whoever_says_them() -> None:
    assert [outcome.value for outcome in LookUpOutcome] == list(shells.LOOKUP_OUTCOMES)
    assert [outcome.value for outcome in SourceOutcome] == list(shells.SOURCE_OUTCOMES)
    assert [result.value for result in CacheResult] == list(shells.CACHE_RESULTS)
    assert [place.value for place in Where] == list(shells.JOURNAL_PLACES)


def test_the_customer_base_is_counted_from_zero_on() -> None:
    metrics = metrics_of()
    metrics.customer_source("sql")
    scrape = Scrape(metrics)
    assert scrape("customer_source_seconds_count", source="sql", outcome="failed") == 0
    assert scrape("customer_cache_total", result="stale") == 0
    metrics.observe_source("sql", "late", 0.2)
    metrics.observe_cache("hit")
    scrape = Scrape(metrics)
    assert scrape("customer_source_seconds_count", source="sql", outcome="late") == 1
    assert scrape("customer_cache_total", result="hit") == 1


def test_unknown_words_make_no_new_series() -> None:
    metrics = metrics_of()
    for number in range(50):
        metrics.observe_lookup(f"outcome {number}", 0.1)
        metrics.observe_source("sql", f"outcome {number}", 0.2)
        metrics.observe_cache(f"result {number}")
        metrics.journal_appended(f"place {number}", 0.1)
    scrape = Scrape(metrics)
    assert scrape("lookup_seconds_count", outcome="other") == 50
    assert scrape("customer_source_seconds_count", source="sql", outcome="other") == 50
    assert scrape("customer_cache_total", result="other") == 50
    assert scrape("journal_append_seconds_count", place="other") == 50
