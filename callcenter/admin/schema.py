"""From a YAML document to a pydantic model, every mistake told at its line, in an admin's words.

Pydantic finds what is wrong; this module says where it stands, what was probably meant, and what would be right.
A field declared with `repr=False` is a secret: its value appears in no message.
"""

import difflib
import re
import types
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar, Union, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_core.core_schema import (
    CoreSchema,
    no_info_after_validator_function,
    no_info_before_validator_function,
)

from callcenter.admin.yaml_source import Document, Key, Mistake, Place

_KNOWN_SHOWN = 30

M = TypeVar("M", bound=BaseModel)

_REMEDIES = {
    "model_type": "It should be keys with values, `key: value`, one to a line",
    "dict_type": "It should be keys with values, `key: value`, one to a line",
    "tuple_type": "It should be a list, such as `[a, b]`",
    "string_type": "It should be a text",
    "too_short": "Name at least one",  # no list and no set of keys asks for more
}
_OF_NUMBERS = ("int_", "float_", "finite_number", "greater_than", "less_than")  # how such mistakes are called
_SIGNS = {"gt": " above ", "ge": " not below ", "lt": " below ", "le": " up to "}
_SHOWN_LENGTH = 60
TEXT_TAG, MAPPING_TAG = "(text)", "(mapping)"  # tags of a union: pydantic puts them into the places of its mistakes
_NOT_WRITTEN = ("[key]", TEXT_TAG, MAPPING_TAG)


class Model(BaseModel):
    """The base of all that is read from files: unknown keys are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _empty_is_all_defaults(cls, data: Any) -> Any:
        """A section whose keys are all left out, or commented out, is still a section."""
        return {} if data is None else data


class Like:
    """What `like` makes; to an editor it is the pattern."""

    def __init__(self, pattern: str, words: str) -> None:
        self.pattern = re.compile(pattern)
        self.words = words

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_after_validator_function(self.checked, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(schema) | {"pattern": f"^(?:{self.pattern.pattern})$"}

    def checked(self, text: str) -> str:
        if not self.pattern.fullmatch(text):
            raise PydanticCustomError("like", "It should be {words}", {"words": self.words})
        return text


def like(pattern: str, words: str) -> Like:
    """A check that the whole text matches `pattern`; `words` say what that is, after "It should be"."""
    return Like(pattern, words)


class Listed:
    """Lets a text stand alone where a list may be."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_before_validator_function(_listed, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        several = handler(schema)
        return {"anyOf": [several["items"], several]}


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _location(path: Path) -> Path:
    if not str(path).isprintable():
        raise PydanticCustomError("path", "It should be a path of printable characters")
    return path


Location = Annotated[Path, AfterValidator(_location)]
Text = Annotated[str, like(r"[^\x00-\x1f\x7f]+", "one line of printable characters, not empty")]
Name = Annotated[str, like(r"[a-z][a-z0-9_-]{0,31}", "a lower-case letter, then at most 31 of a-z, 0-9, _ and -")]


def validate(model: type[M], document: Document) -> tuple[M | None, list[Mistake]]:
    """The document as a `model`, None if that cannot be, and what is wrong with it.

    A document that could not be parsed gives no more mistakes than it has already.
    """
    if document.unreadable:
        return None, []
    data = {} if document.data is None else document.data
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        details = error.errors(include_url=False)
        meant = {place for detail in details for place in _meant(model, detail)}
        return None, [_mistake(model, document, detail) for detail in details if not _follows(document, detail, meant)]


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """A remedy for a word that is not among those known: the nearest, else the first of them, else `otherwise`."""
    names = list(known)
    near = _nearest(word, names)
    if near is not None:
        return f"Did you mean `{near}`?"
    if not names:
        return otherwise
    more = f" and {len(names) - _KNOWN_SHOWN} more" if len(names) > _KNOWN_SHOWN else ""
    return f"Known here: {', '.join(names[:_KNOWN_SHOWN])}{more}"


def _nearest(word: str, known: list[str]) -> str | None:
    return next(iter(difflib.get_close_matches(word, known, n=1, cutoff=0.6)), None)


def _meant(model: type[BaseModel], detail: ErrorDetails) -> Iterator[Place]:
    """The place of the key that was probably meant where one is not known."""
    if detail["type"] == "extra_forbidden":
        around = _look_up(model, _written(detail)).around
        near = _nearest(str(detail["loc"][-1]), list(_fields(around)) if around is not None else [])
        if near is not None:
            yield (*detail["loc"][:-1], near)


def _follows(document: Document, detail: ErrorDetails, meant: set[Place]) -> bool:
    """Whether something is wrong only because something else is, which is told already.

    A list counts as too short whose items are all wrong, a key is missing that is misspelt, or a section that is in a
    file not readable, and what YAML has and we refuse has no value.
    """
    if detail["loc"] in document.refused or (detail["type"] == "missing" and detail["loc"] in meant):
        return True
    if detail["type"] == "missing" and len(detail["loc"]) == 1:
        return document.incomplete
    return detail["type"] == "too_short" and bool(document.at(*detail["loc"]))


def _written(detail: ErrorDetails) -> Place:
    """The place of a mistake without what pydantic adds to it."""
    return tuple(part for part in detail["loc"] if part not in _NOT_WRITTEN)


def _mistake(model: type[BaseModel], document: Document, detail: ErrorDetails) -> Mistake:
    path = _written(detail)
    if detail["loc"] and detail["loc"][-1] == "[key]":
        path = (*path[:-1], Key(path[-1]))
    if path and isinstance(path[-1], int) and document.text(*path[:-1]) is not None:
        path = path[:-1]  # a value that stands alone where a list may be
    around, field, numbers = _look_up(model, path)
    if detail["type"] == "missing":
        meaning = field.description if field is not None else None
        return document.mistake(path, "is missing", f"Add it: {meaning}" if meaning else "Add it")
    if detail["type"] == "extra_forbidden":
        known = list(_fields(around)) if around is not None else []
        path = (*path[:-1], Key(path[-1]))
        return document.mistake(path, "is not a known key", did_you_mean(str(path[-1]), known))
    remedy = _REMEDIES.get(detail["type"]) or _sentence(detail["msg"])
    if numbers and detail["type"].startswith(_OF_NUMBERS):
        remedy = f"It should be {numbers}"
    if detail["type"] == "too_short":
        return document.mistake(path, "is empty", remedy)
    return document.mistake(path, _shown(detail["input"], secret=field is not None and not field.repr), remedy)


def _shown(value: object, *, secret: bool) -> str:
    if value is None:
        return "has no value"
    if secret:
        return "is not right (its value is not shown)"
    if not isinstance(value, str):
        return f"is {'a list' if isinstance(value, list | tuple) else 'a set of keys'}"
    return f"is {value[:_SHOWN_LENGTH]!r}{'…' if len(value) > _SHOWN_LENGTH else ''}"


def _sentence(message: str) -> str:
    """Pydantic's words, which open with the type's name, as a remedy."""
    return re.sub(r"^(Value error, |Input |[A-Z][a-z]+ )(?=should)", "It ", message)


class _Found(NamedTuple):
    """The innermost model around a place, the field that the place names in it, and which numbers may stand there, in
    words, as far as there are any."""

    around: type[BaseModel] | None = None
    field: FieldInfo | None = None
    numbers: str = ""


def _look_up(model: type[BaseModel], path: Place) -> _Found:
    around: type[BaseModel] | None = None
    field: FieldInfo | None = None
    limits: list[Any] = []
    here: Any = model
    for part in path:
        here, _ = _bare(here)
        if isinstance(here, type) and issubclass(here, BaseModel):
            around, field = here, _fields(here).get(str(part))
            here, limits = (None, []) if field is None else (field.annotation, field.metadata)
        elif get_origin(here) in (tuple, dict):
            here, limits = get_args(here)[get_origin(here) is dict], []
        else:
            return _Found(around, field)
    here, inner = _bare(here)
    return _Found(around, field, _numbers(here, [*limits, *inner]))


def _numbers(kind: Any, limits: list[Any]) -> str:
    """Such as `a whole number from 1 to 10`; nothing where no number is meant."""
    if kind not in (int, float):
        return ""
    bounds = {word: f"{limit:.10g}" for word, limit in _bounds(limits)}
    words = "a whole number" if kind is int else "a number"
    if "ge" in bounds and "le" in bounds:
        return f"{words} from {bounds['ge']} to {bounds['le']}"
    return words + ",".join(f"{sign}{bounds[word]}" for word, sign in _SIGNS.items() if word in bounds)


def _bounds(limits: list[Any]) -> Iterator[tuple[str, Any]]:
    for limit in limits:
        if isinstance(limit, FieldInfo):  # what stands in an `Annotated` below a list
            yield from _bounds(limit.metadata)
        else:
            yield from ((word, getattr(limit, word)) for word in _SIGNS if hasattr(limit, word))


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields by the keys that are written for them."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _bare(annotation: Any) -> tuple[Any, list[Any]]:
    """An annotation without `Annotated[...]` and `| None`, and what was said beside it."""
    beside: list[Any] = []
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation, *more = get_args(annotation)
            beside += more
        elif origin in (Union, types.UnionType):
            annotation = next(part for part in get_args(annotation) if part is not type(None))
        else:
            return annotation, beside
