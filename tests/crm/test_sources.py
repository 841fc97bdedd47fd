import asyncio
from pathlib import Path

from callcenter.crm.http import HttpSource
from callcenter.crm.sources import open_source
from callcenter.crm.sql import SqlSource
from callcenter.crm_settings import CrmSettings
from tests.crm.foreign import make_sqlite, settings_of
from tests.helpers import run_async


@run_async
async def test_each_kind_of_customer_base_is_opened(tmp_path: Path) -> None:
    assert open_source(CrmSettings()) is None
    sql = open_source(settings_of(make_sqlite(tmp_path / "crm.sqlite3")))
    http_settings = {"by_number": "http://127.0.0.1:1/{number}", "fields": {"id": "id", "name": "name"}}
    http = open_source(CrmSettings.model_validate({"source": "http", "http": http_settings}))
    assert isinstance(sql, SqlSource)
    assert isinstance(http, HttpSource)
    await asyncio.gather(sql.close(), http.close())
