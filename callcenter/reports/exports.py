"""A report for programs: JSON, CSV and Parquet.

The one idea: numbers are as they are. Times are milliseconds, shares from 0 to 1, and what cannot be said is null, or
an empty cell. CSV and Parquet hold the rows and no total, so that whoever adds up counts nothing twice.
"""

import csv
import io
import json
from typing import Any

from callcenter.admin.staff_csv import harmless
from callcenter.reports.columns import Unit
from callcenter.reports.report import Report, Row

FROM, TO = "from", "to"


class ParquetMissingError(Exception):
    """The library that writes Parquet is not installed. Its text says how it can be."""


def as_json(report: Report) -> dict[str, Any]:
    """`from` and `to` of a row are ISO 8601 with the zone's offset, `from_ms` and `to_ms` the same in UTC."""
    asked = report.asked
    return {
        "report": asked.kind.value,
        "zone": asked.grid.zone,
        "from_ms": asked.grid.from_ms,
        "to_ms": asked.grid.to_ms,
        "by": None if asked.grid.by is None else asked.grid.by.value,
        "group": [group.value for group in report.groups],
        "formula": asked.formula.value,
        "within_days": asked.within_days,
        "columns": [
            {"key": column.key, "unit": column.unit.value, "formula": column.formula} for column in report.columns
        ],
        "rows": [_row(report, row) for row in report.rows],
        "total": {column.key: value for column, value in zip(report.columns, report.total, strict=True)},
        "notes": list(report.notes),
    }


def json_text(report: Report) -> str:
    return json.dumps(as_json(report), ensure_ascii=False, indent=1) + "\n"


def csv_text(report: Report) -> str:
    """For RFC 4180 and for spreadsheets: with a byte order mark, commas and CR LF, and no cell that is a formula."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow([FROM, TO, *report.groups, *(column.key for column in report.columns)])
    for row in report.rows:
        groups = [harmless(group) if group is not None else "" for group in row.groups]
        table.writerow([*_moments(report, row), *groups, *("" if cell is None else cell for cell in row.cells)])
    return "\ufeff" + out.getvalue()


def parquet_bytes(report: Report) -> bytes:
    """`from` and `to` are moments in the report's zone. Raises ParquetMissingError."""
    try:
        import pyarrow  # noqa: PLC0415 - an extra of 50 MB, and few use it
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError:
        raise ParquetMissingError(
            "Parquet is written by pyarrow, which is not installed. Install it: `pip install 'callcenter[parquet]'`, "
            "or choose another format"
        ) from None
    at = pyarrow.timestamp("ms", tz=report.asked.grid.zone)
    schema = pyarrow.schema(
        [
            (FROM, at),
            (TO, at),
            *((group.value, pyarrow.string()) for group in report.groups),
            *((column.key, _type(pyarrow, column.unit)) for column in report.columns),
        ],
        metadata={"report": report.asked.kind.value, "formula": report.asked.formula.value},
    )
    rows = [(row.interval.from_ms, row.interval.to_ms, *row.groups, *row.cells) for row in report.rows]
    arrays = [pyarrow.array([row[place] for row in rows], field.type) for place, field in enumerate(schema)]
    out = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_arrays(arrays, schema=schema), out)
    return out.getvalue()


def _type(arrow: Any, unit: Unit) -> Any:
    return arrow.float64() if unit is Unit.SHARE else arrow.int64()


def _row(report: Report, row: Row) -> dict[str, Any]:
    first, last = _moments(report, row)
    return {
        FROM: first,
        TO: last,
        "from_ms": row.interval.from_ms,
        "to_ms": row.interval.to_ms,
        "label": row.interval.label,
        **{group.value: name for group, name in zip(report.groups, row.groups, strict=True)},
        **{column.key: value for column, value in zip(report.columns, row.cells, strict=True)},
    }


def _moments(report: Report, row: Row) -> tuple[str, str]:
    grid = report.asked.grid
    return grid.local(row.interval.from_ms).isoformat(), grid.local(row.interval.to_ms).isoformat()
