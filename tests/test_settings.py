import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from callcenter.admin.yaml_source import Mistake
from callcenter.settings import MAX_SECRET_BYTES, Loaded, Login, SettingsError, load, load_rules, load_settings
from callcenter.types import AgentId

MAIN = "routing: routing.yaml\n"
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("a password")
AGENTS = f"""agents:
  - {{id: anna, name: Anna, device: PJSIP/1, skills: {{sales: 9}}, queues: [sales], password_hash: "{HASH}"}}
  - {{id: bilal, name: Bilal, device: PJSIP/2, queues: [sales]}}
"""
ROUTING = """version: 1
tiers: [gold, standard]
default_tier: standard
default_queue: sales
dispositions: [resolved]
not_ready_reasons: [lunch]
queues:
  sales: {offer_timeout_s: 10}
rules:
  - name: gold
    when: {tier: gold, dialled: 8001}
    route: {queue: sales, priority: 50, skills: {sales: 5}}
"""
SECRET = {"CALLCENTER_PBX__SECRET": "hush-hush"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path)
    return tmp_path


def write(folder: Path, main: str = MAIN, agents: str = AGENTS, routing: str = ROUTING) -> None:
    (folder / "callcenter.yaml").write_text(main)
    (folder / "agents.yaml").write_text(agents)
    (folder / "routing.yaml").write_text(routing)


def loaded(folder: Path, environ: Mapping[str, str] = SECRET) -> Loaded:
    return load(folder / "callcenter.yaml", environ)


def mistakes(folder: Path, environ: Mapping[str, str] = SECRET) -> list[str]:
    with pytest.raises(SettingsError) as raised:
        loaded(folder, environ)
    assert "hush" not in str(raised.value)
    return [str(mistake).replace(f"{folder}/", "") for mistake in raised.value.mistakes]


def secret_file(folder: Path, content: bytes = b"hush-hush\n", mode: int = 0o600) -> Path:
    path = folder / "secret"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_the_sample_files_are_without_mistake() -> None:
    root = Path(__file__).parent.parent
    sample = load(root / "config/callcenter.yaml", SECRET)
    assert len(sample.configuration.agents) == 12
    assert sample.logins == {}
    assert len(sample.warnings) == 1
    assert "no password_hash" in sample.warnings[0]


def test_everything_that_the_daemon_needs_comes_from_three_files(folder: Path) -> None:
    got = loaded(folder)
    assert got.settings.pbx.secret == "hush-hush"
    assert got.settings.data_dir == folder / "data"
    assert got.settings.routing == folder / "routing.yaml"
    assert got.configuration.agents[0].device.pbx == "main"
    assert got.configuration.lookup_deadline_ms == 200
    assert got.logins == {AgentId("anna"): Login(AgentId("anna"), "Anna", HASH, ("agent",))}
    assert got.dispositions == ("resolved",)
    assert got.not_ready_reasons == ("lunch",)
    assert [warning.replace(f"{folder}/", "") for warning in got.warnings] == [
        "agents.yaml:1:1: agents: no password_hash, so no sign-in, for bilal. "
        "Make one for each with `callcenter hash-password`"
    ]


def test_five_mistakes_in_five_places_are_all_reported_with_file_line_key_and_remedy(folder: Path) -> None:
    write(
        folder,
        main=MAIN + "pbx:\n  prot: 5038\nhttp:\n  port: 80800\n",
        agents=AGENTS.replace("sales: 9", "sales: 11"),
        routing=ROUTING.replace("queue: sales, priority", "queue: sale, priority").replace("tier: gold", "tier: gould"),
    )
    assert mistakes(folder) == [
        "agents.yaml:2:61: agents[0].skills.sales: is '11'. It should be a whole number from 1 to 10",
        "callcenter.yaml:3:3: pbx.prot: is not a known key. Did you mean `port`?",
        "callcenter.yaml:5:9: http.port: is '80800'. It should be a whole number from 0 to 65535",
        "routing.yaml:11:18: rules[0].when.tier: there is no tier `gould` in tiers. Did you mean `gold`?",
        "routing.yaml:12:20: rules[0].route.queue: there is no queue `sale` in queues. Did you mean `sales`?",
    ]


def test_the_rules_may_be_a_folder(folder: Path) -> None:
    rules = folder / "rules"
    rules.mkdir()
    split = ROUTING.index("rules:")
    (rules / "10-queues.yaml").write_text(ROUTING[:split])
    (rules / "20-rules.yaml").write_text(ROUTING[split:])
    one = loaded(folder).configuration
    write(folder, main="routing: rules\n")
    assert loaded(folder).configuration == one
    (rules / "20-rules.yaml").write_text(ROUTING[split:].replace("queue: sales", "queue: sale"))
    assert mistakes(folder) == [
        "rules/20-rules.yaml:4:20: rules[0].route.queue: there is no queue `sale` in queues. Did you mean `sales`?"
    ]


def test_paths_in_mistakes_are_as_short_as_can_be(folder: Path) -> None:
    (folder / "config").mkdir()
    (folder / "config" / "callcenter.yaml").write_text("routing: ../routing.yaml\nagents: ../agents.yaml\n")
    (folder / "agents.yaml").write_text("agents: [}")
    with pytest.raises(SettingsError) as raised:
        load(folder / "config" / "callcenter.yaml", SECRET)
    assert [mistake.file for mistake in raised.value.mistakes] == [f"{folder}/agents.yaml"]
    (folder / "elsewhere" / "deep").mkdir(parents=True)
    (folder / "link").symlink_to(folder / "elsewhere" / "deep")
    (folder / "link" / "callcenter.yaml").write_text("routing: ../routing.yaml\nagents: ../../agents.yaml\n")
    with pytest.raises(SettingsError) as raised:
        load(folder / "link" / "callcenter.yaml", SECRET)
    assert f"{folder}/link/../routing.yaml" in {mistake.file for mistake in raised.value.mistakes}


def test_the_rules_alone_need_no_secret(folder: Path) -> None:
    found = load_rules(folder / "callcenter.yaml")
    assert found.mistakes == ()
    assert found.made is not None
    assert found.made.configuration == loaded(folder).configuration
    (folder / "other.yaml").write_text(ROUTING.replace("tier: gold", "tier: gould"))
    assert len(load_rules(folder / "callcenter.yaml", folder / "other.yaml").mistakes) == 1
    write(folder, main="pbx: {prot: 1}\n")
    with pytest.raises(SettingsError):
        load_rules(folder / "callcenter.yaml")


def test_the_text_of_the_error_counts_and_lists(folder: Path) -> None:
    write(folder, main=MAIN + "zzz: 1\n")
    with pytest.raises(SettingsError) as raised:
        loaded(folder)
    assert str(raised.value).startswith(
        f"1 mistake in the settings:\n  {folder}/callcenter.yaml:2:1: zzz: is not a known"
    )


def test_files_that_are_missing_are_told_by_name(folder: Path) -> None:
    (folder / "agents.yaml").unlink()
    (folder / "routing.yaml").unlink()
    assert mistakes(folder) == [
        "agents.yaml: no such file. Make it, or name the right file",
        "routing.yaml: no such file. Make it, or name the right file",
    ]
    (folder / "callcenter.yaml").unlink()
    assert mistakes(folder) == ["callcenter.yaml: no such file. Make it, or name the right file"]


def test_without_a_secret_the_remedy_names_both_ways(folder: Path) -> None:
    assert mistakes(folder, {}) == [
        "callcenter.yaml:1:1: pbx.secret: the manager user's secret is missing. "
        "Name a file that holds it in pbx.secret_file, or set CALLCENTER_PBX__SECRET"
    ]


def test_the_secret_comes_from_a_file_and_shows_nowhere(folder: Path) -> None:
    secret_file(folder)
    write(folder, main=MAIN + "pbx: {secret_file: secret}\nredis: {url: 'redis://:hush@h'}\n")
    got = loaded(folder, {})
    assert got.settings.pbx.secret == "hush-hush"
    assert got.settings.pbx.secret_file == folder / "secret"
    assert "hush" not in repr(got)
    assert "argon2" not in repr(got.logins)


def test_the_environment_comes_before_the_file(folder: Path) -> None:
    write(folder, main=MAIN + "pbx: {secret_file: nowhere}\ndatabase:\n")
    url = "postgresql+asyncpg://u:p@h/d"
    got = loaded(folder, SECRET | {"CALLCENTER_DATABASE__URL": url})
    assert (got.settings.pbx.secret, got.settings.database.url) == ("hush-hush", url)


@pytest.mark.parametrize(
    ("content", "mode", "mistake"),
    [
        (b"hush-hush", 0o644, "secret can be read or written by others. `chmod o= secret`"),
        (b"", 0o600, "secret is empty. Put the secret into it, in one line"),
        (b"\n\n", 0o600, "secret is empty. Put the secret into it, in one line"),
        (b"x" * (MAX_SECRET_BYTES + 1), 0o600, "secret is larger than 4096 bytes"),
        (b"\xff\xfe", 0o600, "secret cannot be read as text (UnicodeDecodeError). Mend the file"),
        (b"hush\r\nAction: Originate", 0o600, "holds characters that cannot be sent (its value is not shown)"),
    ],
)
def test_a_secret_file_that_may_not_be_used(folder: Path, content: bytes, mode: int, mistake: str) -> None:
    secret_file(folder, content, mode)
    write(folder, main=MAIN + "pbx:\n  secret_file: secret\n")
    (told,) = mistakes(folder, {})
    assert mistake in told
    assert told.startswith("callcenter.yaml:")


def test_a_secret_that_stands_in_the_settings_themselves_is_warned_of_where_others_can_read_it(folder: Path) -> None:
    write(folder, main=MAIN + "pbx:\n  secret: hush-hush\n")
    (folder / "callcenter.yaml").chmod(0o644)
    assert any("callcenter.yaml:3:11: pbx.secret: others can read this file" in w for w in loaded(folder, {}).warnings)
    (folder / "callcenter.yaml").chmod(0o600)
    assert not any("others can read" in warning for warning in loaded(folder, {}).warnings)


@pytest.mark.parametrize(
    ("main", "mistake"),
    [
        ("pbx: {secret: a, secret_file: secret}", "pbx.secret_file: is given, and so is pbx.secret"),
        ("pbx: {secret: a, reconnect_min_s: 9, reconnect_max_s: 3}", "reconnect_max_s: is 3. It should be at least"),
        ("pbx: {secret: a, tls: }", "pbx.tls: has no value. Write `tls: {}` for TLS with its defaults"),
        ("pbx: {secret: a, tls: {ca_file: no.pem}}", "pbx.tls.ca_file: there is no file no.pem"),
        ("pbx: {secret: a, name: Main PBX}", "pbx.name: is 'Main PBX'. It should be 1 to 32 of a-z, 0-9 and _"),
        ('pbx: {secret: a, username: "a\\r\\nb"}', "pbx.username: is 'a\\r\\nb'. It should be one line"),
        (
            "pbx: {secret: a, ping_deadline_s: 0}",
            "pbx.ping_deadline_s: is '0'. It should be a number above 0, up to 60",
        ),
        ("log_level: loud", "log_level: is 'loud'. It should be 'debug', 'info'"),
        ("redis: {url: 'http://hush'}", "redis.url: is not right (its value is not shown)"),
        ("database: {url: mysql://hush}", "database.url: is not right (its value is not shown)"),
        ("database: {url: ':'}", "database.url: is not right (its value is not shown)"),
        ("crm: {default_region: de}", "It should be a country's two capital letters, such as DE"),
        ('data_dir: "a\\0b"', "data_dir: is 'a\\x00b'. It should be a path of printable"),
        ("http: {session_secret_file: short}", "holds fewer than 32 bytes"),
        ("http: {session_secret_file: none}", "there is no file none. Make it"),
    ],
)
def test_a_value_that_does_not_fit(folder: Path, main: str, mistake: str) -> None:
    secret_file(folder)
    (folder / "short").write_text("short")
    (folder / "short").chmod(0o600)
    write(folder, main=MAIN + main)
    (told,) = mistakes(folder, {} if "secret:" in main else SECRET)
    assert mistake in told


@pytest.mark.parametrize(
    ("environ", "mistake"),
    [
        (
            SECRET | {"CALLCENTER_PBX__SECRT": "x"},
            "environment: CALLCENTER_PBX__SECRT: is no setting. Did you mean `CALLCENTER_PBX__SECRET`? "
            "Other settings belong in the file",
        ),
        (
            SECRET | {"CALLCENTER_REDIS__URL": "hush"},
            "environment: CALLCENTER_REDIS__URL: is not right (its value is not shown). "
            "It should start with redis://, rediss:// or unix://",
        ),
        ({"CALLCENTER_PBX__SECRET": ""}, "callcenter.yaml:1:1: pbx.secret: the manager user's secret is missing."),
    ],
)
def test_a_mistake_in_the_environment_is_told_as_such(folder: Path, environ: Mapping[str, str], mistake: str) -> None:
    (told,) = mistakes(folder, environ)
    assert told.startswith(mistake)


def test_other_variables_of_the_environment_are_not_our_concern(folder: Path) -> None:
    loaded(folder, SECRET | {"CALLCENTER_REQUIRE_ALL": "1", "PATH": "x", "A__B": "c"})


KEYS = [
    "pbx",
    "secret",
    "tls",
    "agents",
    "queues",
    "rules",
    "when",
    "tier",
    "route",
    "skills",
    "id",
    "device",
    "version",
    "any_of",
    "prefer",
    "prefer_for_s",
    "relax",
    "after_s",
    "drop",
    "add_queues",
    "strategy",
    "ranked",
    "closed_to",
    "overflow",
    "to",
    "set",
    "tags",
    "entry",
    "entries",
    "default",
    "attributes",
    "type",
    "values",
    "lists",
    "conditions",
    "hours",
    "week",
    "except",
    "holidays",
    "timezone",
    "tier_rules",
]
VALUES = ["mon-fri", "08:00-18:00", "2026-12-24", "DE-BY", "UTC", "away", "number", "flag", "date", "text"]
VALUES += ["customer.known", "customer.tier == 'gold'", "conditions.to and open('to')", "contact.dialled in lists.to"]
VALUES += ["sales", "gold", "1", "-1", "nan", "1e999", "~", "", "PJSIP/1", "anna"]
TRAPS = ["*x", "&x", "!!set", "é", "\x07", '"\\ud800"', '"\\0"']
WORDS = st.sampled_from([*KEYS, *VALUES, *TRAPS])
TREES = st.recursive(
    WORDS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(WORDS, inner, max_size=3).map(
            lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs.items()) + "}"
        )
    ),
    max_leaves=12,
)
SECTIONS = st.lists(st.tuples(WORDS, TREES).map(lambda pair: f"{pair[0]}: {pair[1]}\n"), max_size=5).map("".join)
ROUTES = st.tuples(TREES, TREES).map(
    lambda trees: (
        f"  - {{name: x, route: {{queue: sales, skills: {{sales: 5}}, any_of: [{trees[0]}], relax: [{trees[1]}]}}}}\n"
    )
)
WHENS = TREES.map(lambda tree: f"  - {{name: x, when: {tree}, route: {{queue: sales}}}}\n")
LATER = ROUTING.replace("version: 1", "version: 2")
TEXTS = st.one_of(TREES, SECTIONS, st.text(max_size=40))


@given(
    main=TEXTS | st.just(MAIN),
    agents=TEXTS | st.just(AGENTS),
    routing=TEXTS | (SECTIONS | ROUTES | WHENS).map(lambda s: ROUTING + s) | SECTIONS.map(lambda s: LATER + s),
)
@hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_makes_load_raise_anything_but_a_settings_error(
    tmp_path: Path, main: str, agents: str, routing: str
) -> None:
    for name, text in (("callcenter.yaml", main), ("agents.yaml", agents), ("routing.yaml", routing)):
        (tmp_path / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    told: tuple[Mistake, ...] | None = None
    try:
        load(tmp_path / "callcenter.yaml", SECRET)
    except SettingsError as error:
        told = error.mistakes
    assert told is None or (told and all(mistake.wrong and mistake.remedy and mistake.file for mistake in told))


def test_a_file_that_only_its_owner_can_read_is_told_as_unreadable(folder: Path) -> None:
    if os.geteuid() == 0:  # to root every file is readable: a folder in the file's place fails the same way
        (folder / "agents.yaml").unlink()
        (folder / "agents.yaml").mkdir()
    else:
        (folder / "agents.yaml").chmod(0)
    (told,) = mistakes(folder)
    assert told.startswith("agents.yaml: cannot be read")


def test_other_rules_than_those_that_the_settings_name_can_be_loaded(folder: Path) -> None:
    candidate = folder / "candidate"
    candidate.mkdir()
    (candidate / "all.yaml").write_text(ROUTING.replace("name: gold", "name: golden"))
    (folder / "routing.yaml").write_text("broken: [")
    made = load(folder / "callcenter.yaml", SECRET, routing=candidate)
    assert [rule.name for rule in made.configuration.rules] == ["golden"]
    assert made.settings.routing == folder / "routing.yaml"


def test_settings_alone_need_neither_a_secret_nor_right_rules(folder: Path) -> None:
    (folder / "routing.yaml").write_text("broken: [")
    url = "postgresql://callcenter:hush-hush@localhost/callcenter"
    settings = load_settings(folder / "callcenter.yaml", {"CALLCENTER_DATABASE__URL": url})
    assert settings.database.url == url
    assert settings.routing == folder / "routing.yaml"
    assert settings.data_dir == folder / "data"


def test_settings_alone_with_mistakes_are_told(folder: Path) -> None:
    write(folder, "http: {port: many}\n")
    with pytest.raises(SettingsError) as raised:
        load_settings(folder / "callcenter.yaml", {"CALLCENTER_DATABASE__URL": "hush-hush"})
    assert len(raised.value.mistakes) == 2
    assert "hush" not in str(raised.value)
    with pytest.raises(SettingsError, match="no such file"):
        load_settings(folder / "none.yaml")
