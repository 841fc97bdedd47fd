"""Rows that fit into their tables: each text mended, and cut to the length of its column."""

from functools import cache
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase

from callcenter.stores.text import clean_text

Row = dict[str, Any]


def fit(table: type[DeclarativeBase], row: Row) -> Row:
    """The same row, its texts as `clean_text` leaves them."""
    for name, limit in _text_limits(table).items():
        value = row.get(name)
        if value is not None:
            row[name] = clean_text(value, limit)
    return row


@cache
def _text_limits(table: type[DeclarativeBase]) -> dict[str, int]:
    columns = table.__table__.columns
    return {
        column.name: column.type.length for column in columns if isinstance(column.type, String) and column.type.length
    }
