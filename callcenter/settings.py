"""Typed settings, read from `config/callcenter.yaml`, `config/agents.yaml` and the rules, a file or a folder.

`load` is the door: it reads all of them and either gives everything that the daemon needs or raises one
`SettingsError` that lists every mistake in every file, each with its file, line, column, key and remedy.

Relative paths in `callcenter.yaml` start at the folder of that file. Secrets come from files of their own or from the
environment (`CALLCENTER_PBX__SECRET` and the others of `OVERRIDES`); they appear in no message and in no `repr`.
"""

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from callcenter import crm_settings, http_settings, retention_settings
from callcenter.admin import files as admin_files
from callcenter.admin import load as admin_load
from callcenter.admin import schema, staff_copy, yaml_source
from callcenter.admin.schema import Location, Model, Text, like
from callcenter.admin.scripts import scripts_of
from callcenter.admin.yaml_source import Document, Mistake, Place
from callcenter.call_settings import CallSettings
from callcenter.crm_settings import CrmSettings
from callcenter.http_settings import HttpSettings, MetricsSettings
from callcenter.retention_settings import RetentionSettings
from callcenter.scripts import Script
from callcenter.types import AgentId, Configuration, PbxName, QueueName

# The environment variables that are settings. Secrets only: the rest belongs where it can be read and reviewed.
OVERRIDES: Mapping[str, tuple[str, str]] = {
    "CALLCENTER_PBX__SECRET": ("pbx", "secret"),
    "CALLCENTER_REDIS__URL": ("redis", "url"),
    "CALLCENTER_DATABASE__URL": ("database", "url"),
    "CALLCENTER_CRM__URL": ("crm", "url"),
}
_FILE_INSTEAD = {("pbx", "secret"): "secret_file", ("crm", "url"): "url_file"}
MAX_SECRET_BYTES = 4096
MIN_SESSION_SECRET_BYTES = 32

PbxNameText = Annotated[str, like(r"[a-z0-9][a-z0-9_]{0,31}", "1 to 32 of a-z, 0-9 and _, and not start with _")]


def _redis_url(url: str) -> str:
    if not url.startswith(("redis://", "rediss://", "unix://")):
        raise PydanticCustomError("url", "It should start with redis://, rediss:// or unix://")
    return url


def _database_url(url: str) -> str:
    from sqlalchemy.engine import make_url  # noqa: PLC0415 - it takes long to load, and most settings name no database
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

    drivers = ("sqlite", "sqlite+aiosqlite", "postgresql", "postgresql+asyncpg")
    try:
        fits = make_url(url).drivername in drivers
    except (ArgumentError, ValueError):
        fits = False
    if not fits:
        raise PydanticCustomError("url", "It should be sqlite:///FILE or postgresql://USER@HOST/NAME")
    return url


class AmiTls(Model):
    ca_file: Location | None = None  # None: the system's authorities
    server_name: Text | None = None  # None: the host


class PbxSettings(Model):
    """One Asterisk and how to reach its manager interface. Durations are in seconds.

    After `load` the secret is in `secret`, wherever it came from.
    """

    name: PbxNameText = "main"
    host: Text = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 5038
    username: Text = "callcenter"
    secret: str | None = Field(default=None, repr=False)
    secret_file: Location | None = None
    tls: AmiTls | None = None
    connect_timeout_s: Annotated[float, Field(gt=0, le=60)] = 5.0
    action_timeout_s: Annotated[float, Field(gt=0, le=60)] = 5.0
    ping_interval_s: Annotated[float, Field(gt=0, le=60)] = 2.0
    ping_deadline_s: Annotated[float, Field(gt=0, le=60)] = 4.0
    reconnect_min_s: Annotated[float, Field(gt=0, le=60)] = 0.5
    reconnect_max_s: Annotated[float, Field(gt=0, le=600)] = 5.0
    heartbeat_s: Annotated[float, Field(gt=0, le=10)] = 1.0
    device_prefix: Text = "PJSIP/"


class RedisSettings(Model):
    """Where the journal lives. Without `url` the daemon starts a redis-server of its own in the data directory.

    `shared` is for two daemons, of which one stands by: then no start goes on without Redis.
    """

    url: Annotated[str, AfterValidator(_redis_url)] | None = Field(default=None, repr=False)
    stream: Text = "callcenter:journal"
    shared: bool = False
    snapshot_every: Annotated[int, Field(ge=100, le=1_000_000)] = 2_000  # events between two snapshots


class DatabaseSettings(Model):
    """SQLAlchemy async URL. Without `url`: SQLite in the data directory."""

    url: Annotated[str, AfterValidator(_database_url)] | None = Field(default=None, repr=False)


class SupervisionSettings(Model):
    """`announce`: an agent's page shows that a supervisor listens. Whether it must, is your law's to say."""

    announce: bool = False


class Settings(Model):
    data_dir: Location = Path("data")
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    agents: Location = Path("agents.yaml")
    routing: Location = Path("../rules")
    pbx: PbxSettings = PbxSettings()
    redis: RedisSettings = RedisSettings()
    database: DatabaseSettings = DatabaseSettings()
    http: HttpSettings = HttpSettings()
    crm: CrmSettings = CrmSettings()
    supervision: SupervisionSettings = SupervisionSettings()
    calls: CallSettings = CallSettings()
    retention: RetentionSettings = RetentionSettings()
    metrics: MetricsSettings = MetricsSettings()


@dataclass(frozen=True, slots=True)
class Login:
    """Who may sign in to the desktop; an agent without a password hash has none."""

    id: AgentId
    name: str
    password_hash: str = field(repr=False)  # argon2
    roles: tuple[str, ...]  # of `agent`, `supervisor`, `admin` and `viewer`
    queue_groups: tuple[str, ...] = ()  # none: all queues


@dataclass(frozen=True, slots=True)
class Loaded:
    """All that the files said. `warnings` are lines for the log: doubtful, yet no mistake."""

    settings: Settings
    configuration: Configuration
    logins: Mapping[AgentId, Login]
    dispositions: tuple[str, ...]
    not_ready_reasons: tuple[str, ...]
    rules_written: int  # the configuration has the defaults of the entries among its rules
    warnings: tuple[str, ...] = ()
    staff: admin_files.AgentsFile = field(default_factory=lambda: admin_files.AgentsFile(agents=()))
    skills: tuple[str, ...] = ()  # as the rules list them; none: any word is one
    queue_groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    scripts: Mapping[QueueName, Script] = field(default_factory=dict)  # by the queue
    timezone: str = "UTC"  # of the rules


class SettingsError(Exception):
    """What is wrong with the settings, all of it. Its text has one line for each mistake."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = tuple(yaml_source.in_order(mistakes))
        count = "1 mistake" if len(self.mistakes) == 1 else f"{len(self.mistakes)} mistakes"
        super().__init__("\n".join([f"{count} in the settings:", *(f"  {mistake}" for mistake in self.mistakes)]))


def load(
    path: Path, environ: Mapping[str, str] = os.environ, *, routing: Path | None = None, agents: Path | None = None
) -> Loaded:
    """Read the settings in the file at `path`, and the agents and the rules that it names, or those given here.

    Raises SettingsError with every mistake, and nothing else.
    """
    main = yaml_source.read(path)
    if main.unreadable:
        raise SettingsError(main.mistakes)
    written = [place for place in _FILE_INSTEAD if main.text(*place) is not None]
    mistakes = main.mistakes + _override(main, environ)
    settings, found = schema.validate(Settings, main)
    mistakes += [_placed(mistake, environ) for mistake in found]
    folder = path.parent
    rules = routing or _tidy(folder / _named(main, "routing"))
    files = admin_load.read(agents or _staff(main, folder), rules, _given(settings, main))
    mistakes += files.mistakes
    if settings is not None:
        settings = _absolute(settings, folder)
        settings, found = _with_secrets(settings, main)
        mistakes += found + _contradictions(settings, main) + http_settings.contradictions(settings.http, main)
        mistakes += retention_settings.contradictions(settings.retention, main)
        settings, found = _with_crm(settings, main, files.made)
        mistakes += found
    if mistakes or settings is None or files.made is None:
        raise SettingsError(mistakes)
    made = files.made
    attributes = tuple(attribute.name for attribute in made.configuration.attributes)
    doubts = [*_exposed(main, written), *crm_settings.doubtful(settings.crm, attributes, main)]
    warnings = [*doubts, *_without_password(made.agents, files.agents), *files.doubts]
    return Loaded(
        settings,
        made.configuration,
        _logins(made.agents, settings.http.oidc is not None),
        made.routing.dispositions,
        made.routing.not_ready_reasons,
        len(made.routing.rules),
        tuple(str(mistake) for mistake in warnings),
        made.agents,
        made.routing.skills,
        made.routing.queue_groups,
        scripts_of(made.routing),
        made.routing.timezone,
    )


def load_settings(path: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings alone, for what needs neither the PBX's secret nor rules without mistakes.

    Raises SettingsError where they cannot be read or are not valid.
    """
    main = yaml_source.read(path)
    mistakes = main.mistakes + _override(main, environ)
    settings, found = schema.validate(Settings, main)
    mistakes += [_placed(mistake, environ) for mistake in found]
    if settings is not None:
        mistakes += retention_settings.contradictions(settings.retention, main)
    if mistakes or settings is None:
        raise SettingsError(mistakes)
    return _absolute(settings, path.parent)


def load_rules(path: Path, routing: Path | None = None) -> admin_load.Read:
    """Read the agents and the rules alone, as `load` would: the rules at `routing`, or those that the settings name.

    Needs no secret and no reachable PBX. Raises SettingsError where the settings cannot be read or are not valid; what
    is wrong with the agents and the rules is in what it returns.
    """
    main = yaml_source.read(path)
    settings, found = schema.validate(Settings, main)
    mistakes = main.mistakes + found
    if mistakes or settings is None:
        raise SettingsError(mistakes)
    agents = _staff(main, path.parent)
    return admin_load.read(agents, routing or _tidy(path.parent / settings.routing), _given(settings, main))


def _staff(main: Document, folder: Path) -> Path:
    """Where the agents stand that count: in their file, or in the copy of what was published in its place."""
    return staff_copy.in_force(_tidy(folder / _named(main, "agents")), folder / _named(main, "data_dir"))


def _tidy(path: Path) -> Path:
    """The path as mistakes show it: `rules` and not `config/../rules`, unless a link makes that another place."""
    tidy = Path(os.path.normpath(path))
    try:
        return tidy if tidy.resolve() == path.resolve() else path
    except (OSError, ValueError, RuntimeError):  # RuntimeError: links in a circle
        return path


def _given(settings: Settings | None, main: Document) -> admin_load.Given:
    """What the admin's files depend on, as far as the settings can be read."""
    if settings is None:
        prefix, deadline_ms = main.text("pbx", "device_prefix") or "", CrmSettings().lookup_deadline_ms
        return admin_load.Given(PbxName(PbxSettings().name), prefix, deadline_ms)
    pbx = settings.pbx
    crm = settings.crm
    return admin_load.Given(PbxName(pbx.name), pbx.device_prefix, crm.lookup_deadline_ms, crm.default_region)


def _named(main: Document, key: str) -> Path:
    default: Path = Settings.model_fields[key].default
    return Path(main.text(key) or default)


def _override(main: Document, environ: Mapping[str, str]) -> list[Mistake]:
    """Put the secrets of the environment into the document, as if they had been written there."""
    mistakes = []
    if main.data is None:
        main.data = {}
    for variable in sorted(environ):
        if not re.match(r"CALLCENTER_\w+?__", variable):
            continue
        if variable not in OVERRIDES:
            remedy = schema.did_you_mean(variable, OVERRIDES) + " Other settings belong in the file"
            mistakes.append(Mistake("environment", 0, variable, "is no setting", remedy))
            continue
        section, key = OVERRIDES[variable]
        if isinstance(main.data, dict):
            values = main.data.setdefault(section, {})
            if values is None:
                values = main.data[section] = {}
            if isinstance(values, dict):
                values[key] = environ[variable]
                if (section, key) in _FILE_INSTEAD:
                    values.pop(_FILE_INSTEAD[section, key], None)
    return mistakes


def _placed(mistake: Mistake, environ: Mapping[str, str]) -> Mistake:
    """A mistake in an overridden value, placed where that value came from."""
    for variable, path in OVERRIDES.items():
        if variable in environ and yaml_source.dotted(path) == mistake.key:
            return Mistake("environment", 0, variable, mistake.wrong, mistake.remedy)
    return mistake


def _absolute(settings: Settings, folder: Path) -> Settings:
    pbx = settings.pbx
    tls = pbx.tls
    if tls is not None and tls.ca_file is not None:
        tls = tls.model_copy(update={"ca_file": folder / tls.ca_file})
    secret_file = folder / pbx.secret_file if pbx.secret_file else None
    return settings.model_copy(
        update={
            "data_dir": (folder / settings.data_dir).absolute(),
            "agents": _tidy(folder / settings.agents),
            "routing": _tidy(folder / settings.routing),
            "pbx": pbx.model_copy(update={"tls": tls, "secret_file": secret_file}),
            "http": http_settings.absolute(settings.http, folder),
            "crm": crm_settings.absolute(settings.crm, folder),
        }
    )


def _with_secrets(settings: Settings, main: Document) -> tuple[Settings, list[Mistake]]:
    """The settings with the manager's secret in its place, and what is wrong with the files that hold secrets."""
    mistakes: list[Mistake] = []
    pbx, session_file = settings.pbx, settings.http.session_secret_file
    if session_file is not None:
        key = _secret(session_file, main, ("http", "session_secret_file"), mistakes)
        if key is not None and len(key.encode()) < MIN_SESSION_SECRET_BYTES:
            wrong = f"holds fewer than {MIN_SESSION_SECRET_BYTES} bytes"
            mistakes.append(main.mistake(("http", "session_secret_file"), wrong, "Make one: `openssl rand -hex 32`"))
    http = http_settings.with_secrets(settings.http, lambda path, place: _secret(path, main, place, mistakes))
    settings = settings.model_copy(update={"http": http})
    if pbx.secret_file is not None and pbx.secret is not None:
        wrong, remedy = "is given, and so is pbx.secret", "Keep the file and drop pbx.secret"
        mistakes.append(main.mistake(("pbx", "secret_file"), wrong, remedy))
    elif pbx.secret_file is not None:
        secret = _secret(pbx.secret_file, main, ("pbx", "secret_file"), mistakes)
        settings = settings.model_copy(update={"pbx": pbx.model_copy(update={"secret": secret})})
    elif not pbx.secret:
        remedy = "Name a file that holds it in pbx.secret_file, or set CALLCENTER_PBX__SECRET"
        mistakes.append(main.mistake(("pbx", "secret"), "the manager user's secret is missing", remedy))
    if any(not character.isprintable() for character in settings.pbx.secret or ""):
        wrong = "the manager user's secret holds characters that cannot be sent (its value is not shown)"
        mistakes.append(main.mistake(("pbx", "secret"), wrong, "Use one line of printable characters"))
    return settings, mistakes


def _with_crm(settings: Settings, main: Document, made: admin_load.Made | None) -> tuple[Settings, list[Mistake]]:
    """The settings with the CRM's secrets in their places, and what is wrong with the part that is the CRM's."""
    mistakes: list[Mistake] = []
    crm, found = crm_settings.completed(
        settings.crm, main, lambda path, place: _secret(path, main, place, mistakes, "Put it there, in one line")
    )
    mistakes += found
    if made is not None:
        mistakes += crm_settings.unknown_tiers(crm, made.configuration.tiers, main)
    return settings.model_copy(update={"crm": crm}), mistakes


def _secret(
    path: Path, main: Document, key: Place, mistakes: list[Mistake], how_to_make: str | None = None
) -> str | None:
    """What a secret file holds, without the line's end; None, with the mistake noted, if it may not be used."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            raw = file.read(MAX_SECRET_BYTES + 1)
        text = raw.decode().rstrip("\r\n")
    except FileNotFoundError:
        remedy = how_to_make or f"Make it: `openssl rand -hex 32 > {path}`"
        mistakes.append(main.mistake(key, f"there is no file {path}", remedy))
        return None
    except (OSError, ValueError) as error:
        mistakes.append(main.mistake(key, f"{path} cannot be read as text ({type(error).__name__})", "Mend the file"))
        return None
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        mistakes.append(main.mistake(key, f"{path} can be read or written by others", f"`chmod o= {path}`"))
    if not text or len(raw) > MAX_SECRET_BYTES:
        wrong = f"{path} is empty" if not text else f"{path} is larger than {MAX_SECRET_BYTES} bytes"
        mistakes.append(main.mistake(key, wrong, "Put the secret into it, in one line"))
        return None
    return text


def _contradictions(settings: Settings, main: Document) -> list[Mistake]:
    pbx, mistakes = settings.pbx, []
    if pbx.reconnect_max_s < pbx.reconnect_min_s:
        remedy = f"It should be at least pbx.reconnect_min_s, {pbx.reconnect_min_s:g}"
        mistakes.append(main.mistake(("pbx", "reconnect_max_s"), f"is {pbx.reconnect_max_s:g}", remedy))
    if "tls" in main.keys("pbx") and pbx.tls is None:
        remedy = "Write `tls: {}` for TLS with its defaults, or remove the key for none"
        mistakes.append(main.mistake(("pbx", "tls"), "has no value", remedy))
    if pbx.tls is not None and pbx.tls.ca_file is not None and not _is_file(pbx.tls.ca_file):
        wrong = f"there is no file {pbx.tls.ca_file}"
        mistakes.append(main.mistake(("pbx", "tls", "ca_file"), wrong, "Name a PEM file of the authority"))
    return mistakes


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _exposed(main: Document, written: list[tuple[str, str]]) -> list[Mistake]:
    """Warnings where a settings file that holds secrets, at these places, can be read by everybody on the machine."""
    try:
        readable = bool(Path(main.file).stat().st_mode & stat.S_IROTH)
    except OSError:
        readable = False
    return [
        main.mistake(
            place, "others can read this file", f"Use {place[0]}.{_FILE_INSTEAD[place]}, or `chmod o=` this file"
        )
        for place in written
        if readable and (place != ("crm", "url") or "@" in (main.text(*place) or ""))
    ]


def _logins(agents_file: admin_files.AgentsFile, without_password: bool) -> dict[AgentId, Login]:
    """`without_password`: those too who have none, for a provider may say who they are."""
    return {
        AgentId(entry.id): Login(
            AgentId(entry.id), entry.name, entry.password_hash or "", entry.roles, entry.queue_groups
        )
        for entry in agents_file.agents
        if entry.password_hash is not None or without_password
    }


def _without_password(agents_file: admin_files.AgentsFile, agents: Document) -> list[Mistake]:
    names = [agent.id for agent in agents_file.agents if agent.password_hash is None]
    if not names:
        return []
    shown = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
    remedy = "Make one for each with `callcenter hash-password`"
    return [agents.mistake(("agents",), f"no password_hash, so no sign-in, for {shown}", remedy)]
