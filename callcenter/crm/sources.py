"""The customer base that the settings name, opened."""

from callcenter.crm.records import Source
from callcenter.crm_settings import CrmSettings


def open_source(crm: CrmSettings) -> Source | None:
    """An existing customer base; None where it is our own tables, which are in our database.

    Makes no connection. Raises SourceError where what is on this machine keeps us from asking it.
    """
    match crm.source:
        case "sql":
            from callcenter.crm.sql import SqlSource  # noqa: PLC0415 - who has none need not load it

            return SqlSource(crm)
        case "http":
            from callcenter.crm.http import HttpSource  # noqa: PLC0415 - it takes long to load

            return HttpSource(crm)
        case "own":
            return None
