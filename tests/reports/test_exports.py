"""A report for programs: each form read back by a reader of its own, and nothing that a spreadsheet would run."""

import csv
import io
import json
import sys

import pyarrow
import pytest
from pyarrow import parquet

from callcenter.reports.asked import Words
from callcenter.reports.exports import ParquetMissingError, as_json, csv_text, json_text, parquet_bytes
from tests.reports.made import SALES, of_a_day, report


def test_json_has_values_as_they_are_and_what_they_mean() -> None:
    told = json.loads(json_text(of_a_day()))
    assert (told["report"], told["zone"], told["by"], told["group"]) == ("queues", "Europe/Berlin", "30m", ["queue"])
    first, second, _ = told["rows"]
    assert (first["from"], first["to"]) == ("2026-10-25T02:00:00+02:00", "2026-10-25T02:30:00+02:00")
    assert (first["queue"], first["offered"], first["service_level"], first["asa_ms"]) == ("=sales", 10, 0.6, 10_000)
    assert (second["service_level"], second["longest_wait_ms"]) == (None, None)
    assert told["total"]["offered"] == 14
    assert {column["key"] for column in told["columns"]} <= first.keys()
    assert told["rows"][2]["from_ms"] - first["from_ms"] == 3_600_000
    assert told == as_json(of_a_day())


def test_csv_is_rfc_4180_and_harmless() -> None:
    text = csv_text(of_a_day())
    assert text.startswith("\ufefffrom,to,queue,offered,")
    assert text.count("\r\n") == 4
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert [row["queue"] for row in rows] == ["'=sales", "'=sales", "<b>support</b>"]
    assert rows[0]["from"] == "2026-10-25T02:00:00+02:00"
    assert rows[0]["service_level"] == "0.6"
    assert rows[1]["service_level"] == "", "nothing, and not 0"
    assert sum(int(row["offered"]) for row in rows) == 14, "there is no total to be counted twice"


def test_what_is_of_no_queue_is_an_empty_cell() -> None:
    made = report(Words("customers", "2026-10-25", group="queue"), (0, ("",), {"contacts": 2}))
    assert csv_text(made).splitlines()[1].split(",")[2:4] == ["", "2"]
    assert as_json(made)["rows"][0]["queue"] is None


def test_parquet_has_types_and_moments_of_the_zone() -> None:
    table = parquet.read_table(io.BytesIO(parquet_bytes(of_a_day())))
    assert table.schema.field("from").type == pyarrow.timestamp("ms", tz="Europe/Berlin")
    assert table.schema.field("offered").type == pyarrow.int64()
    assert table.schema.field("service_level").type == pyarrow.float64()
    rows = table.to_pylist()
    assert [row["queue"] for row in rows] == ["=sales", "=sales", "<b>support</b>"]
    assert (rows[0]["service_level"], rows[1]["service_level"]) == (0.6, None)
    assert rows[0]["from"].isoformat() == "2026-10-25T02:00:00+02:00"
    assert rows[2]["from"].isoformat() == "2026-10-25T02:00:00+01:00"
    assert table.schema.metadata[b"report"] == b"queues"


def test_parquet_of_no_rows_has_its_columns() -> None:
    table = parquet.read_table(io.BytesIO(parquet_bytes(report(Words("agents", "2026-10-25")))))
    assert table.num_rows == 0
    assert table.column_names[:4] == ["from", "to", "agent", "signed_in_ms"]


def test_without_the_library_it_is_said_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ParquetMissingError, match=r"pip install 'callcenter\[parquet\]'"):
        parquet_bytes(report(Words("queues", "2026-10-25"), (0, ("sales",), SALES)))
