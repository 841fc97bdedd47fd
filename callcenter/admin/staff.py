"""Who works here as one value that can be changed entry by entry: the text of agents.yaml, and the people in it.

One idea: a change is made on entries, and what comes of it is a text of agents.yaml again. So whatever changes the
staff, a person's editor, the API or a CSV file, is looked at by the same checks and kept in the same form.

A person's password stays a hash from here on, and is told of in `Difference` only as being there or not.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml

from callcenter.admin import schema, yaml_source
from callcenter.admin import versions as rule_files
from callcenter.admin.files import AgentEntry, AgentsFile
from callcenter.admin.versions import Files
from callcenter.admin.yaml_source import Mistake

FILE = "agents.yaml"  # the name under which the one file of a version is kept
PASSWORD, HASH = "password", "password_hash"
MIN_PASSWORD_LENGTH, MAX_PASSWORD_LENGTH = 8, 256
NO_PASSWORD, HAS_PASSWORD, NEW_PASSWORD = "none", "set", "new"
_PLACE = re.compile(r"agents\[(\d+)\](?:\.(\w+))?")
_DEFAULTS = {
    name: info.get_default(call_default_factory=True)
    for name, info in AgentEntry.model_fields.items()
    if not info.is_required()
}

Entry = Mapping[str, Any]  # of one person, by the keys of agents.yaml; a key that is not there has its default


@dataclass(frozen=True, slots=True)
class Edits:
    """`put` are people as they shall be, all of them but the password; `patch` are keys of people who are there; None
    as a value is the default. `remove` are ids."""

    put: Mapping[str, Entry] = field(default_factory=dict)
    patch: Mapping[str, Entry] = field(default_factory=dict)
    remove: tuple[str, ...] = ()

    @property
    def touched(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.put, *self.patch, *self.remove)))


@dataclass(frozen=True, slots=True)
class Difference:
    """What is another with one person: `kind` is added, changed or removed, `fields` are from and to by key."""

    id: str
    kind: str
    fields: Mapping[str, tuple[Any, Any]]


class NoSuchPersonError(Exception):
    """There is nobody of the id that is its text."""


class Spot(NamedTuple):
    """Whom a mistake is about and in which key, as far as it is about somebody."""

    id: str | None
    key: str | None


# ---- texts


def parsed(files: Files) -> AgentsFile:
    """The people of a version. Raises ValueError where this version cannot read it."""
    people, mistakes = schema.validate(AgentsFile, yaml_source.parse(files[FILE], FILE))
    if people is None:
        raise ValueError("; ".join(str(mistake) for mistake in mistakes[:3]) or f"{FILE} cannot be read")
    return people


def entries_of(people: AgentsFile) -> dict[str, Entry]:
    """The people by id, each with the keys that are not at their defaults."""
    return {person.id: _entry(person) for person in people.agents}


def text_of(entries: Iterable[Entry]) -> str:
    """The text of an agents.yaml with these people, in this order."""
    written = yaml.dump(
        {"agents": [_written(entry) for entry in entries]},
        Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper),
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=None,
        width=100_000,
    )
    return str(written)


def _entry(person: AgentEntry) -> Entry:
    plain = person.model_dump(mode="json")
    return {key: value for key, value in plain.items() if getattr(person, key) != _DEFAULTS.get(key, ...)}


def _written(entry: Entry) -> dict[str, Any]:
    """As a person would write it: queues without levels where all are of the first."""
    plain = {key: value for key, value in entry.items() if value is not None}
    queues = plain.get("queues")
    if isinstance(queues, dict) and queues and all(level == 1 for level in queues.values()):
        plain["queues"] = list(queues)
    return plain


# ---- changes


def edited(entries: Mapping[str, Entry], edits: Edits) -> dict[str, Entry]:
    """The people after these edits; who is new stands at the end. Raises NoSuchPersonError.

    Whoever is put in another's place keeps the password, unless there is a new one.
    """
    missing = next((id for id in (*edits.patch, *edits.remove) if id not in entries), None)
    if missing is not None:
        raise NoSuchPersonError(missing)
    after = {id: entry for id, entry in entries.items() if id not in edits.remove}
    for id, entry in edits.put.items():
        kept = {HASH: after[id][HASH]} if id in after and HASH in after[id] else {}
        after[id] = {"id": id, **kept, **{key: value for key, value in entry.items() if value is not None}}
    for id, changes in edits.patch.items():
        merged = {**after[id], **changes}
        after[id] = {key: value for key, value in merged.items() if value is not None}
    return after


def differences(before: Mapping[str, Entry], after: Mapping[str, Entry]) -> tuple[Difference, ...]:
    """Person by person, those before first; nothing where only the order is another."""
    found = []
    for id in {**before, **after}:
        old, new = before.get(id), after.get(id)
        if old is None or new is None:
            fields = _fields(old or {}, new or {})
            found.append(Difference(id, "added" if old is None else "removed", fields))
        elif old != new and (fields := _fields(old, new)):
            found.append(Difference(id, "changed", fields))
    return tuple(found)


def _fields(old: Entry, new: Entry) -> dict[str, tuple[Any, Any]]:
    fields: dict[str, tuple[Any, Any]] = {}
    for key in AgentEntry.model_fields:
        was, now = (_plain(entry.get(key, _DEFAULTS.get(key))) for entry in (old, new))
        if was == now or (isinstance(was, list) and isinstance(now, list) and sorted(was) == sorted(now)):
            continue
        if key == HASH:
            fields[PASSWORD] = (
                NO_PASSWORD if was is None else HAS_PASSWORD,
                NO_PASSWORD if now is None else HAS_PASSWORD if was is None else NEW_PASSWORD,
            )
        elif key != "id":
            fields[key] = (was, now)
    return fields


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def changes(before: Files, after: Files) -> tuple[str, ...]:
    """Who differs, by id: `+` new, `~` changed, `-` gone; the file where one of the two cannot be read any more."""
    signs = {"added": "+", "changed": "~", "removed": "-"}
    try:
        old, new = (entries_of(parsed(files)) if files else {} for files in (before, after))
    except (ValueError, KeyError):
        return rule_files.changes(before, after)
    return tuple(f"{signs[it.kind]}{it.id}" for it in differences(old, new))


def keeping_passwords(entries: Mapping[str, Entry], now: Mapping[str, Entry]) -> dict[str, Entry]:
    """`entries` with the passwords that those people have `now`: an older version brings back no older password."""
    return {
        id: {**{key: value for key, value in entry.items() if key != HASH}, **_password(now.get(id, entry))}
        for id, entry in entries.items()
    }


def _password(entry: Entry) -> Entry:
    return {HASH: entry[HASH]} if HASH in entry else {}


# ---- mistakes


def spot(mistake: Mistake, ids: Sequence[str]) -> Spot:
    """Whom a mistake is about, where `ids` are the people in the order of the text."""
    match = _PLACE.match(mistake.key) if mistake.file.endswith(FILE) else None
    if match is None or int(match[1]) >= len(ids):
        return Spot(None, None)
    return Spot(ids[int(match[1])], match[2])


def password_wrong(password: str) -> str | None:
    """What is wrong with a new password, None where nothing is."""
    if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
        return f"A password has {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH} characters"
    return None


def naming_skill(people: AgentsFile, skill: str) -> Iterator[str]:
    """The ids of those who have it."""
    return (person.id for person in people.agents if skill in person.skills)
