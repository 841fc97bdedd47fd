"""Reports as the API asks for them: in the words of the request, and for whom.

The one idea: the desktop knows who asks, and so whose figures they may be; what a report is, it does not know.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol


class ReportKind(StrEnum):
    QUEUES = "queues"
    AGENTS = "agents"
    DISPOSITIONS = "dispositions"
    CUSTOMERS = "customers"


class ReportForm(StrEnum):
    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class ReportWanted:
    """None: what is usual. `queues` and `agents`: only what is of these, None: everything."""

    kind: ReportKind
    form: ReportForm
    from_: str | None = None
    to: str | None = None
    by: str | None = None
    group: str | None = None
    zone: str | None = None
    formula: str | None = None
    within_days: int = 7
    queues: Collection[str] | None = None
    agents: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class ReportMade:
    """`told` is the answer as JSON has it, empty for the other forms, which are in `body`."""

    told: dict[str, Any]
    body: bytes
    media_type: str
    file_name: str


class ReportRefusedError(Exception):
    """There is no such report, or not in this form. Its text says why and what there is."""


class Reports(Protocol):
    async def make(self, wanted: ReportWanted) -> ReportMade:
        """Raises ReportRefusedError, or DeskUnavailableError where it cannot be made now."""
