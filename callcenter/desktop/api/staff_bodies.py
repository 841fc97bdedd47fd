"""What is posted to administer the staff, and what is answered, as OpenAPI tells it.

The one idea: here only the shape is looked at, and that a text can be stored. Whether a skill exists, whose phone that
is, and everything else is for the checks of agents.yaml to say, in their words.
"""

from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from callcenter.admin.staff import HASH, MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH, PASSWORD, Edits, Entry
from callcenter.admin.versions import MAX_MESSAGE
from callcenter.desktop.api.answers import Answer
from callcenter.desktop.api.door import Body
from callcenter.types import DeviceStatus

MAX_VALUES = 500


def _printable(text: str) -> str:
    if not text.isprintable():
        raise PydanticCustomError("line", "It should be one line of printable characters")
    return text


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise PydanticCustomError("text", "It should be text that UTF-8 can have") from None
    return text


Line = Annotated[str, Field(max_length=200), AfterValidator(_printable)]
Message = Annotated[str, Field(max_length=MAX_MESSAGE), AfterValidator(_printable)]
Password = Annotated[
    str,
    Field(min_length=MIN_PASSWORD_LENGTH, max_length=MAX_PASSWORD_LENGTH),
    AfterValidator(_encodable),
]
Words = Annotated[list[Line], Field(max_length=MAX_VALUES)]
Levels = dict[Line, int]


class Version(Body):
    """`based_on` is the number of the version that was looked at, `message` what the change is for."""

    based_on: Annotated[int, Field(ge=0, le=2**31 - 1)]
    message: Message = ""


class Whole(Body):
    """Somebody, all but the password, which stays where none is given. What is left out has its default."""

    name: Line
    roles: Words | None = None
    queue_groups: Words | None = None
    device: Line | None = None
    auto_answer: Line | None = None
    skills: Levels | None = None
    queues: Words | Levels | None = None
    password: Password | None = Field(default=None, repr=False)

    def entry(self) -> Entry:
        return {key: value for key in _KEYS if (value := getattr(self, key)) is not None}


class Parts(Body):
    """What is another with somebody; null is the default, and no password."""

    name: Line | None = None
    roles: Words | None = None
    queue_groups: Words | None = None
    device: Line | None = None
    auto_answer: Line | None = None
    skills: Levels | None = None
    queues: Words | Levels | None = None
    password: Password | None = Field(default=None, repr=False)

    def entry(self) -> Entry:
        entry = {key: getattr(self, key) for key in _KEYS if key in self.model_fields_set}
        if PASSWORD in self.model_fields_set and self.password is None:
            entry[HASH] = None
        return entry


_KEYS = ("name", "roles", "queue_groups", "device", "auto_answer", "skills", "queues")


class Put(Whole, Version):
    pass


class Patch(Parts, Version):
    pass


class Bulk(Version):
    """Changes by id. All of them are made, or none."""

    put: dict[Line, Whole] = Field(default_factory=dict)
    patch: dict[Line, Parts] = Field(default_factory=dict)
    remove: Words = Field(default_factory=list)

    def edits(self) -> tuple[Edits, dict[str, str]]:
        given: list[tuple[str, Whole | Parts]] = [*self.put.items(), *self.patch.items()]
        passwords = {id: body.password for id, body in given if body.password is not None}
        put = {id: body.entry() for id, body in self.put.items()}
        return Edits(put, {id: body.entry() for id, body in self.patch.items()}, tuple(self.remove)), passwords


class NewPassword(Body):
    password: Password = Field(repr=False)
    message: Message = ""


class OwnPassword(Body):
    old_password: Annotated[str, Field(min_length=1, max_length=1024, repr=False), AfterValidator(_encodable)]
    new_password: Password = Field(repr=False)


class Rollback(Version):
    number: Annotated[int, Field(ge=1, le=2**31 - 1)]


class SetList(Version):
    """`based_on` is the number of the version of the rules (`rules_version`)."""

    values: Words


# ---- answers


class VersionTold(Answer):
    number: int
    author: str
    at_ms: int
    message: str
    parent: int
    changed: tuple[str, ...]


class Person(Answer):
    id: str
    name: str
    roles: list[str]
    queue_groups: list[str]
    device: str | None
    auto_answer: str | None
    skills: dict[str, int]
    queues: dict[str, int] = Field(description="with the place that each has in the agent's own order, 1 first")
    password_set: bool


class StaffAnswer(Answer):
    """The people, and what can be chosen from: of `skills` those listed, or else those that somebody has."""

    version: VersionTold
    people: list[Person]
    roles: list[str]
    queue_groups: list[str]
    queues: list[str]
    skills: list[str]


class Device(Answer):
    device: str
    agent: str
    status: DeviceStatus | None


class Devices(Answer):
    devices: list[Device]


class Versions(Answer):
    versions: list[VersionTold]


Changes = Annotated[
    list[dict[str, Any]],
    Field(description="id, kind (added, changed, removed) and fields: by key, what it was (from) and is (to)"),
]


class Compared(Answer):
    changes: Changes


class Changed(Answer):
    """The version in force. Without changes it is the one that was in force before."""

    version: VersionTold
    changes: Changes


class ImportRow(Answer):
    """`what` is added, changed, unchanged or removed; `row` counts as a spreadsheet does, 0: not in the table."""

    row: int
    id: str
    what: str
    fields: dict[str, dict[str, Any]]


class Import(Answer):
    dry_run: bool
    based_on: int
    version: VersionTold | None
    counts: dict[str, int]
    rows: list[ImportRow]
    mistakes: list[dict[str, Any]] = Field(description="row, column, what and remedy; with one nothing is imported")
    mistakes_left_off: int


class StaffList(Answer):
    values: list[str]
    used_by: dict[str, list[dict[str, str]]]
    rules_version: int
