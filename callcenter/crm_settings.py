"""The settings `crm`: where customers are looked up, and how an existing CRM's words become ours.

Three sources: `own` is our table, `sql` a table, view or SELECT in any database that SQLAlchemy knows, `http` an API
that answers in JSON. Which column or path is which field is written down here and nowhere else; nothing is guessed.

What one key says alone is checked by its type. What several say together, and what depends on the machine (drivers,
files with secrets), is checked by `completed`, which also puts the secrets into their places.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from callcenter.admin.model import Word
from callcenter.admin.schema import Listed, Location, Model, Name, Text, did_you_mean, like
from callcenter.admin.yaml_source import Document, Mistake, Place
from callcenter.links import LINK_FIELDS, TemplateError, fields_of
from callcenter.numbers import DEFAULT_REGION

# How a number may stand in a CRM; besides these, a pattern with a # for each digit of the national number.
NUMBER_FORMATS = ("e164", "digits", "double_zero", "international", "national", "national_digits", "rfc3966")
NUMBER_FIELDS = ("number", "digits", "national", "national_digits")  # of a URL that asks by number
MAX_FORMATS = 20
MAX_NUMBER_COLUMNS = 20

ReadSecret = Callable[[Path, Place], str | None]

# The driver for an address that names none, where SQLAlchemy's own choice is not among our dependencies.
_OWN_DRIVERS = {"postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg", "sqlite": "sqlite+aiosqlite"}


def _number_format(text: str) -> str:
    if text in NUMBER_FORMATS or "#" in text:
        return text
    remedy = did_you_mean(text, NUMBER_FORMATS)
    raise PydanticCustomError("number_format", "{remedy} Or a pattern such as (###) ###-####", {"remedy": remedy})


def _expression(text: str) -> str:
    if "{column}" not in text or ";" in text:
        raise PydanticCustomError(
            "expression", "It should be one expression in SQL with {column} in it, such as replace({column}, ' ', '')"
        )
    return text


def _select(text: str) -> str:
    """One statement that reads. The database is told so besides, as far as it can be."""
    if not re.match(r"\s*(select|with)\b", text, re.IGNORECASE) or ";" in text.rstrip().removesuffix(";"):
        raise PydanticCustomError("select", "It should be one statement that begins with SELECT or WITH")
    return text.rstrip().removesuffix(";")


def _path(text: str) -> str:
    import jmespath  # noqa: PLC0415 - few settings have one

    try:
        jmespath.compile(text)
    except (jmespath.exceptions.JMESPathError, ValueError) as error:
        words = str(error).strip().split("\n", maxsplit=1)[0].rstrip(":")
        raise PydanticCustomError(
            "jmespath", "It should be a JMESPath, such as contact.name: {words}", {"words": words}
        ) from None
    return text


def _template(*known: str) -> AfterValidator:
    def check(text: str) -> str:
        try:
            fields_of(text, known)
        except TemplateError as error:
            raise PydanticCustomError("template", "{words}", {"words": str(error)}) from None
        return text

    return AfterValidator(check)


JsonPath = Annotated[str, AfterValidator(_path)]
Columns = Annotated[tuple[Text, ...], Listed(), Field(min_length=1)]
HeaderName = Annotated[str, like(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", "the name of an HTTP header")]


class ColumnSettings(Model):
    """Which column holds which field. `account` is the same as `id` where it is not named."""

    id: Text = Field(description="the column that tells one customer from all others, such as `id: customer_id`")
    name: Columns = Field(description="the column, or columns, of the name, such as `name: [first_name, last_name]`")
    numbers: Annotated[Columns, Field(max_length=MAX_NUMBER_COLUMNS)] = Field(
        description="the columns with telephone numbers, such as `numbers: [phone, mobile]`"
    )
    account: Text | None = None
    tier: Text | None = None
    language: Text | None = None
    notes: Text | None = None
    account_manager: Text | None = None


class SqlSettings(Model):
    table: Text | None = None  # or a view
    in_schema: Text | None = Field(default=None, alias="schema")
    select: Annotated[str, AfterValidator(_select)] | None = None
    columns: ColumnSettings = Field(description="which column is what, such as `columns: {id: ID, name: NAME, ...}`")
    attributes: dict[Word, Text] = Field(default_factory=dict)
    number_format: Annotated[
        tuple[Annotated[str, AfterValidator(_number_format)], ...],
        Listed(),
        Field(min_length=1, max_length=MAX_FORMATS),
    ] = ("e164",)
    number_expression: Annotated[str, AfterValidator(_expression)] | None = None


class JsonFields(Model):
    """Which path, in JMESPath, leads to which field of a record."""

    id: JsonPath = Field(description="the path to what tells one customer from all others, such as `id: id`")
    name: JsonPath = Field(description="the path to the name, such as `name: contact.name`")
    numbers: JsonPath | None = None
    account: JsonPath | None = None
    tier: JsonPath | None = None
    language: JsonPath | None = None
    notes: JsonPath | None = None
    account_manager: JsonPath | None = None


class HttpSourceSettings(Model):
    """Durations are in seconds. After `completed` the values of `secret_headers` are among `headers`."""

    by_number: Annotated[str, _template(*NUMBER_FIELDS)] | None = None
    by_account: Annotated[str, _template("account")] | None = None
    headers: dict[HeaderName, Text] = Field(default_factory=dict, repr=False)
    secret_headers: dict[HeaderName, Location] = Field(default_factory=dict)
    ca_file: Location | None = None  # None: the system's authorities
    connect_timeout_s: Annotated[float, Field(gt=0, le=60)] = 2.0
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 5.0
    records: JsonPath = "@"
    fields: JsonFields = Field(description="which path is what, such as `fields: {id: id, name: name}`")
    attributes: dict[Word, JsonPath] = Field(default_factory=dict)


class CacheSettings(Model):
    """What is remembered of an existing CRM's answers. Durations are in seconds."""

    entries: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000
    ttl_s: Annotated[float, Field(ge=0, le=86_400)] = 60.0
    unknown_ttl_s: Annotated[float, Field(ge=0, le=86_400)] = 10.0
    stale_s: Annotated[float, Field(ge=0, le=604_800)] = 3_600.0  # 0: never


class CrmSettings(Model):
    """After `completed` the address of the CRM's database is in `url`, wherever it came from."""

    default_region: Annotated[str, like(r"[A-Z]{2}", "a country's two capital letters, such as DE")] = DEFAULT_REGION
    lookup_deadline_ms: Annotated[int, Field(ge=1, le=10_000)] = 200
    lookup_limit_s: Annotated[float, Field(gt=0, le=60)] = 10.0  # a later answer is not waited for
    source: Literal["own", "sql", "http"] = "own"
    name: Name = "crm"  # whose ids they are
    url: Text | None = Field(default=None, repr=False)
    url_file: Location | None = None
    sql: SqlSettings | None = None
    http: HttpSourceSettings | None = None
    tiers: dict[Text, Name] = Field(default_factory=dict)
    cache: CacheSettings = CacheSettings()
    link: Annotated[str, _template(*LINK_FIELDS)] | None = None


class Completed(NamedTuple):
    settings: CrmSettings
    mistakes: list[Mistake]


def absolute(crm: CrmSettings, folder: Path) -> CrmSettings:
    """With relative paths starting at `folder`."""
    changes: dict[str, Any] = {}
    if crm.url_file is not None:
        changes["url_file"] = folder / crm.url_file
    if crm.http is not None:
        files = {name: folder / file for name, file in crm.http.secret_headers.items()}
        ca_file = None if crm.http.ca_file is None else folder / crm.http.ca_file
        changes["http"] = crm.http.model_copy(update={"secret_headers": files, "ca_file": ca_file})
    return crm.model_copy(update=changes)


def completed(crm: CrmSettings, main: Document, read_secret: ReadSecret) -> Completed:
    """The settings with their secrets, and what is wrong with them as a whole.

    `read_secret` gives what a file holds; where it may not be used it notes that and gives None.
    """
    mistakes = list(_contradictions(crm, main))
    if crm.url_file is not None and crm.url is None:
        crm = crm.model_copy(update={"url": read_secret(crm.url_file, ("crm", "url_file"))})
        readable = crm.url is not None
    else:
        readable = True
    if crm.source == "sql" and readable:
        mistakes += _unusable_address(crm, main)
    if crm.http is not None:
        crm = crm.model_copy(update={"http": _with_header_secrets(crm.http, main, read_secret, mistakes)})
    return Completed(crm, mistakes)


def _contradictions(crm: CrmSettings, main: Document) -> Iterator[Mistake]:
    if crm.source == "sql" and crm.sql is None:
        remedy = "Add it: where customers are in that database, and which column is what (docs/customers.md)"
        yield main.mistake(("crm", "sql"), "is missing, and crm.source is `sql`", remedy)
    if crm.source == "http" and crm.http is None:
        remedy = "Add it: what to ask, and which path in the answer is what (docs/customers.md)"
        yield main.mistake(("crm", "http"), "is missing, and crm.source is `http`", remedy)
    if crm.url is not None and crm.url_file is not None:
        yield main.mistake(("crm", "url_file"), "is given, and so is crm.url", "Keep the file and drop crm.url")
    if crm.sql is not None:
        if (crm.sql.table is None) == (crm.sql.select is None):
            wrong = "has both `table` and `select`" if crm.sql.table else "has neither `table` nor `select`"
            yield main.mistake(("crm", "sql"), wrong, "Name a table or a view, or write a SELECT")
        if crm.sql.in_schema is not None and crm.sql.table is None:
            yield main.mistake(("crm", "sql", "schema"), "is given without `table`", "Write it into the SELECT")
    http = crm.http
    if http is not None and http.by_number is None and http.by_account is None:
        remedy = "Add `by_number`, such as https://crm.example.org/customers?phone={number}"
        yield main.mistake(("crm", "http"), "has neither `by_number` nor `by_account`", remedy)
    if http is not None:
        for key, template in (("by_number", http.by_number), ("by_account", http.by_account)):
            if template is not None and "{" not in template:
                remedy = f"Put {'{account}' if key == 'by_account' else '{number}'} where the value belongs"
                yield main.mistake(("crm", "http", key), "has no field", remedy)


def _unusable_address(crm: CrmSettings, main: Document) -> Iterator[Mistake]:
    """What keeps us from that database before anything is asked of it. Its password is in no message."""
    place: Place = ("crm", "url_file" if crm.url_file is not None else "url")
    if crm.url is None:
        remedy = "Name a file that holds it in crm.url_file, or set CALLCENTER_CRM__URL"
        yield main.mistake(("crm", "url"), "is missing, and crm.source is `sql`", remedy)
        return
    from sqlalchemy.engine import make_url  # noqa: PLC0415 - it takes long to load, and most settings name no database
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError  # noqa: PLC0415

    try:
        url = make_url(with_driver(crm.url))
        dialect = url.get_dialect()
    except NoSuchModuleError:
        kind = crm.url.partition(":")[0]
        remedy = "It should be DIALECT+DRIVER://USER@HOST/NAME, with one that SQLAlchemy knows or a package adds"
        yield main.mistake(place, f"begins with `{kind}`, which SQLAlchemy does not know here", remedy)
        return
    except (ArgumentError, ValueError):
        remedy = "It should be DIALECT+DRIVER://USER@HOST/NAME, such as postgresql://reader@db.example.org/crm"
        yield main.mistake(place, "is no address of a database (its value is not shown)", remedy)
        return
    try:
        dialect.import_dbapi()
    except ImportError as error:
        module = error.name or dialect.driver
        remedy = "Install the package that has it beside callcenter, or name another driver: DIALECT+DRIVER://..."
        yield main.mistake(place, f"needs the driver `{dialect.driver}`, and there is no module {module}", remedy)
    if dialect.name == "sqlite" and not _is_file(url.database):
        remedy = "Name the CRM's file: sqlite:////ABSOLUTE/PATH"
        yield main.mistake(place, f"names no file that is there: {url.database or '(memory)'}", remedy)


def with_driver(url: str) -> str:
    """The address with the driver that we bring, where it names a database of those and no driver."""
    kind, colon, rest = url.partition(":")
    return f"{_OWN_DRIVERS.get(kind, kind)}{colon}{rest}"


def _is_file(path: str | None) -> bool:
    try:
        return path is not None and Path(path).is_file()
    except (OSError, ValueError):
        return False


def _with_header_secrets(
    http: HttpSourceSettings, main: Document, read_secret: ReadSecret, mistakes: list[Mistake]
) -> HttpSourceSettings:
    headers = dict(http.headers)
    for name, file in http.secret_headers.items():
        place: Place = ("crm", "http", "secret_headers", name)
        if name.lower() in (other.lower() for other in headers):
            mistakes.append(main.mistake(place, "stands in `headers` too", "Keep it here and drop it there"))
        value = read_secret(file, place)
        if value is None:
            continue
        if not value.isascii() or not value.isprintable():
            wrong = f"{file} holds characters that no header may have (its value is not shown)"
            mistakes.append(main.mistake(place, wrong, "Use one line of printable ASCII characters"))
        headers[name] = value
    if http.ca_file is not None and not _is_file(str(http.ca_file)):
        wrong = f"there is no file {http.ca_file}"
        mistakes.append(main.mistake(("crm", "http", "ca_file"), wrong, "Name a PEM file of the authority"))
    return http.model_copy(update={"headers": headers})


def unknown_tiers(crm: CrmSettings, tiers: tuple[str, ...], main: Document) -> Iterator[Mistake]:
    """Words of the CRM that are mapped to a tier that the rules do not have."""
    for word, tier in crm.tiers.items():
        if tier not in tiers:
            place: Place = ("crm", "tiers", word)
            yield main.mistake(place, f"there is no tier `{tier}` in the rules", did_you_mean(tier, tiers))


def doubtful(crm: CrmSettings, declared: tuple[str, ...], main: Document) -> Iterator[Mistake]:
    """Attributes that are mapped and that no rule can ask for."""
    mapping = {"sql": crm.sql, "http": crm.http}.get(crm.source)
    for name in mapping.attributes if mapping is not None else ():
        if name not in declared:
            place: Place = ("crm", crm.source, "attributes", name)
            remedy = did_you_mean(name, declared, "Declare it there, under `attributes`")
            yield main.mistake(place, "is declared nowhere in the rules, so it is not read", remedy)
