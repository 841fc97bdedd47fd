"""The exposition: names by the conventions, in the format that was asked for."""

from tests.metrics.scraping import Scrape, metrics_of

OPEN_METRICS = "application/openmetrics-text; version=1.0.0"


def test_names_follow_the_conventions_and_process_metrics_are_there() -> None:
    families = Scrape(metrics_of(agents=True)).families
    assert "process_resident_memory_bytes" in families
    ours = {name: family for name, family in families.items() if not name.startswith(("process_", "python_"))}
    for name, family in ours.items():
        assert name.startswith("callcenter_")
        assert family.documentation
        assert family.type != "histogram" or name.endswith("_seconds")


def test_no_sample_is_told_twice() -> None:
    lines = [line.rsplit(" ", 1)[0] for line in Scrape(metrics_of()).text.splitlines() if not line.startswith("#")]
    assert len(lines) == len(set(lines))


def test_open_metrics_for_who_asks_for_it() -> None:
    body, content_type = metrics_of().exposition(OPEN_METRICS)
    assert content_type.startswith("application/openmetrics-text")
    assert body.endswith(b"# EOF\n")
