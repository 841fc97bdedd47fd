"""Customers in an existing database: a table, a view, or a SELECT of the admin's own, read and never written.

One idea: the columns keep their names and their spelling. What is asked for is brought into the database's own types
and spellings, so that its indexes are used, and what comes back is brought into ours.

Any database that SQLAlchemy knows will do. An asynchronous driver is used as it is, any other one in threads; either
way at most `concurrency` questions are in the database at once. The transaction is read-only where the database has
such a thing, and is never committed.
"""

import asyncio
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import quote

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    SmallInteger,
    String,
    TextClause,
    bindparam,
    column,
    create_engine,
    event,
    inspect,
    literal_column,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.sql.expression import FromClause
from sqlalchemy.types import NullType, TypeEngine

from callcenter.admin.schema import did_you_mean
from callcenter.crm.records import ATTRIBUTE, MAX_SHARING, Raw, Said, SourceError, text_of
from callcenter.crm.spelling import spellings
from callcenter.crm_settings import CrmSettings, SqlSettings, with_driver
from callcenter.stores.database import CONNECT_TIMEOUT_S, in_short
from callcenter.stores.text import clean_text

T = TypeVar("T")

MAX_ROWS = 5 * MAX_SHARING  # a customer may come in several rows, one for each telephone
RECYCLE_S = 1_800  # some servers hang up on connections that have been idle for long

_FIELDS = ("id", "account", "tier", "language", "notes", "account_manager")


@dataclass(frozen=True, slots=True)
class _Questions:
    """The statements for the columns as they are in the database. `names` are those selected, in their order."""

    names: tuple[str, ...]
    types: Mapping[str, TypeEngine[Any]]
    by_account: Select[*tuple[Any, ...]]
    by_number: Select[*tuple[Any, ...]]


class SqlSource:
    """`close` it when done. Opening makes no connection."""

    def __init__(self, settings: CrmSettings, *, concurrency: int = 8) -> None:
        """`settings` are complete and without mistakes, their source is `sql`."""
        assert settings.sql is not None
        assert settings.url is not None
        self._sql = settings.sql
        self._region = settings.default_region
        self._limit_s = settings.lookup_limit_s
        address = make_url(with_driver(settings.url))
        self._shown = address.render_as_string(hide_password=True)
        self._url = _opened_read_only(address)
        self._questions: _Questions | None = None
        self._async: AsyncEngine | None = None
        self._threads: ThreadPoolExecutor | None = None
        options = self._options(concurrency)
        if self._url.get_dialect().is_async:
            self._async = create_async_engine(self._url, **options)
            self._engine: Engine = self._async.sync_engine
        else:
            self._engine = create_engine(self._url, **options)
            self._threads = ThreadPoolExecutor(concurrency, thread_name_prefix="crm")
        event.listen(self._engine, "connect", _make_read_only(self._engine.dialect.name))

    def _options(self, concurrency: int) -> dict[str, Any]:
        dialect = self._url.get_dialect()
        options: dict[str, Any] = {
            "pool_size": concurrency,
            "max_overflow": 0,
            "pool_timeout": self._limit_s,
            "pool_recycle": RECYCLE_S,
            "pool_pre_ping": True,
        }
        if dialect.name == "postgresql":
            options["execution_options"] = {"postgresql_readonly": True}
            if dialect.driver == "asyncpg":
                application = {"application_name": "callcenter"}
                options["connect_args"] = {
                    "timeout": CONNECT_TIMEOUT_S,
                    "command_timeout": self._limit_s,
                    "server_settings": application,
                }
            elif dialect.driver in ("psycopg", "psycopg2"):
                options["connect_args"] = {
                    "connect_timeout": int(CONNECT_TIMEOUT_S),
                    "application_name": "callcenter",
                    "options": f"-c statement_timeout={int(self._limit_s * 1_000)}",
                }
        return options

    @property
    def in_threads(self) -> bool:
        """Whether the driver is not asynchronous."""
        return self._threads is not None

    async def by_account(self, account: str) -> Sequence[Raw]:
        name = self._sql.columns.account or self._sql.columns.id

        def ask(connection: Connection) -> Sequence[Raw]:
            questions = self._prepared(connection)
            values = _bindable(questions.types[name], clean_text(account), connection.dialect.name)
            if not values:
                return []  # a text cannot be in a column of numbers
            return self._raws(questions, connection.execute(questions.by_account, {"account": values[0]}).all())

        return await self._within(ask)

    async def by_number(self, number: str) -> Sequence[Raw]:
        spelt = spellings(number, self._sql.number_format, self._region)

        def ask(connection: Connection) -> Sequence[Raw]:
            questions = self._prepared(connection)
            values = {
                f"number_{index}": [value for one in spelt for value in _bindable(kind, one, connection.dialect.name)]
                for index, kind in enumerate(self._number_types(questions.types))
            }
            if not any(values.values()):
                return []
            return self._raws(questions, connection.execute(questions.by_number, values).all())

        return await self._within(ask)

    def asked(self, number: str | None, account: str | None) -> str:
        where = f"table {self._sql.table}" if self._sql.table is not None else "the SELECT"
        columns = self._sql.columns
        if account is not None:
            wanted = f"{columns.account or columns.id} = {account!r}"
        else:
            spelt = spellings(number, self._sql.number_format, self._region) if number is not None else ()
            named = (self._sql.number_expression or "{column}").replace("{column}", "{}")
            places = (named.replace("{}", name) for name in columns.numbers)
            wanted = f"{' or '.join(places)} = {' or '.join(repr(one) for one in spelt) or 'nothing'}"
        return f"{self._shown}, {where}, for {wanted}"

    async def close(self) -> None:
        if self._async is not None:
            await self._async.dispose()
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._engine.dispose()

    # ---- asking

    async def _within(self, ask: Callable[[Connection], T]) -> T:
        """The answer of a function that is handed a connection. Raises SourceError for whatever a driver may raise."""
        try:
            if self._async is not None:
                async with self._async.connect() as connection:
                    return await connection.run_sync(ask)
            assert self._threads is not None
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._in_thread, ask)
        except SourceError:
            self._questions = None
            raise
        except Exception as error:
            self._questions = None  # the table may have been changed: it is looked at again
            raise SourceError(f"the CRM's database cannot be asked: {in_short(error)}") from error

    def _in_thread(self, ask: Callable[[Connection], T]) -> T:
        with self._engine.connect() as connection:
            return ask(connection)

    def _raws(self, questions: _Questions, rows: Sequence[Row[*tuple[Any, ...]]]) -> Sequence[Raw]:
        """One for each customer; its numbers are those of all its rows."""
        found: dict[str | None, dict[str, Said]] = {}
        for row in rows:
            raw = self._raw(dict(zip(questions.names, row, strict=True)))
            known = found.setdefault(text_of(raw["id"].value), raw)
            if known is not raw:
                known["numbers"].value.extend(raw["numbers"].value)
        return [*found.values()][:MAX_SHARING]

    def _raw(self, row: Mapping[str, Any]) -> dict[str, Said]:
        columns = self._sql.columns
        named = {name: getattr(columns, name) for name in _FIELDS}
        named["account"] = columns.account or columns.id
        raw = {field: Said(name, row[name]) for field, name in named.items() if name is not None}
        for field in ("name", "numbers"):
            several = getattr(columns, field)
            raw[field] = Said(", ".join(several), [row[name] for name in several])
        raw |= {ATTRIBUTE + name: Said(place, row[place]) for name, place in self._sql.attributes.items()}
        return raw

    # ---- the statements

    def _prepared(self, connection: Connection) -> _Questions:
        """The statements, made when the columns' types are known."""
        if self._questions is None:
            types_of = _types_of_table if self._sql.table is not None else _types_of_select
            self._questions = self._made(connection, types_of(connection, self._sql))
        return self._questions

    def _made(self, connection: Connection, types: Mapping[str, TypeEngine[Any]]) -> _Questions:
        columns = self._sql.columns
        single = [getattr(columns, name) for name in _FIELDS]
        wanted = [*single, *columns.name, *columns.numbers, *self._sql.attributes.values()]
        names = tuple(dict.fromkeys(name for name in wanted if name is not None))
        for name in names:
            if name not in types:
                where = f"the table {self._sql.table}" if self._sql.table is not None else "the SELECT"
                raise SourceError(f"{where} has no column `{name}`. {did_you_mean(name, types)}")
        source = _source(self._sql, types)
        every = select(*(source.c[name] for name in names)).order_by(source.c[columns.id]).limit(MAX_ROWS)
        account = source.c[columns.account or columns.id]
        numbers: list[ColumnElement[bool]] = []
        for index, (name, kind) in enumerate(zip(columns.numbers, self._number_types(types), strict=True)):
            place: ColumnElement[Any] = source.c[name]
            if self._sql.number_expression is not None:
                quoted = connection.dialect.identifier_preparer.quote(name)
                place = literal_column(self._sql.number_expression.replace("{column}", quoted), String())
            numbers.append(place.in_(bindparam(f"number_{index}", expanding=True, type_=kind)))
        return _Questions(
            names,
            types,
            every.where(account == bindparam("account", type_=types[columns.account or columns.id])),
            every.where(or_(*numbers)),
        )

    def _number_types(self, types: Mapping[str, TypeEngine[Any]]) -> list[TypeEngine[Any]]:
        if self._sql.number_expression is not None:
            return [String()] * len(self._sql.columns.numbers)
        return [types[name] for name in self._sql.columns.numbers]


def _opened_read_only(url: URL) -> URL:
    """SQLite would make a file that is not there, and it would be empty."""
    if url.get_backend_name() != "sqlite" or url.database is None or url.database.startswith("file:"):
        return url
    return url.set(database=f"file:{quote(url.database)}").update_query_dict({"mode": "rw", "uri": "true"})


def _make_read_only(dialect: str) -> Callable[[Any, object], None]:
    statements = {
        "sqlite": "PRAGMA query_only=ON",
        "mysql": "SET SESSION TRANSACTION READ ONLY",
        "mariadb": "SET SESSION TRANSACTION READ ONLY",
    }

    def prepare(connection: Any, _record: object) -> None:
        if dialect in statements:
            cursor = connection.cursor()
            cursor.execute(statements[dialect])
            cursor.close()

    return prepare


def _types_of_table(connection: Connection, sql: SqlSettings) -> dict[str, TypeEngine[Any]]:
    assert sql.table is not None
    try:
        found = inspect(connection).get_columns(sql.table, schema=sql.in_schema)
    except NoSuchTableError:
        inspector = inspect(connection)
        names = [*inspector.get_table_names(sql.in_schema), *inspector.get_view_names(sql.in_schema)]
        raise SourceError(f"there is no table or view `{sql.table}`. {did_you_mean(sql.table, names)}") from None
    return {entry["name"]: entry["type"] for entry in found}


def _types_of_select(connection: Connection, sql: SqlSettings) -> dict[str, TypeEngine[Any]]:
    """What a SELECT's columns are called; of their types nothing is known, and texts are asked for."""
    every: Select[*tuple[Any, ...]] = select(literal_column("*"))
    nothing = every.select_from(_own_select(sql).columns().subquery("customers")).where(text("1 = 0"))
    names = connection.execute(nothing).keys()
    return {name: String() for name in names}


def _own_select(sql: SqlSettings) -> TextClause:
    """A colon in it is a colon, and names no parameter."""
    assert sql.select is not None
    return text(sql.select.replace(":", "\\:"))


def _source(sql: SqlSettings, types: Mapping[str, TypeEngine[Any]]) -> FromClause:
    columns = [column(name, kind) for name, kind in types.items()]
    if sql.table is not None:
        return table(sql.table, *columns, schema=sql.in_schema)
    source: FromClause = _own_select(sql).columns(*columns).subquery("customers")
    return source


def _bindable(kind: TypeEngine[Any], value: str, dialect: str) -> list[Any]:
    """The text as a value of this type, or nothing where it cannot be one."""
    try:
        python_type: type[Any] = kind.python_type
    except NotImplementedError:
        python_type = str
    if python_type is int:
        bits = 16 if isinstance(kind, SmallInteger) else 64 if isinstance(kind, BigInteger) else 32
        limit = 1 << (63 if dialect == "sqlite" else bits - 1)
        return [int(value)] if value.isascii() and value.isdecimal() and int(value) < limit else []
    if python_type in (float, Decimal):
        return [Decimal(value)] if value.isascii() and value.isdecimal() else []
    if python_type is uuid.UUID:
        try:
            return [uuid.UUID(value)]
        except ValueError:
            return []
    return [value] if python_type is str or isinstance(kind, NullType) else []
