"""Events and records as bytes, and back: `["ContactArrived", {...}]` in JSON.

The name of the class travels with the data, so that a stream of them can be read by eye, and a name that this version
does not know is noticed rather than guessed at. The dataclasses themselves are the schema: msgspec checks every type.
"""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar, cast, get_args

import msgspec

from callcenter.commands import RecordContact, RecordDecision, RecordDisposition, RecordSegment
from callcenter.events import Event
from callcenter.facts import RecordPart, RecordStretch, RecordVisit
from callcenter.records import RecordChange, RecordNotice
from callcenter.stores.text import clean_text
from callcenter.stories import RecordNote

OfContact = RecordSegment | RecordContact | RecordDisposition | RecordNote | RecordDecision | RecordVisit | RecordPart
Record = OfContact | RecordStretch | RecordChange | RecordNotice
T = TypeVar("T")

_encoder = msgspec.json.Encoder()


class CodecError(ValueError):
    """Bytes that are not one of ours: damaged, or from a version with other names or fields."""


class _Vocabulary(Generic[T]):
    """The codec for one union of dataclasses."""

    def __init__(self, union: Any, what: str) -> None:
        self._what = what
        self._envelope = msgspec.json.Decoder(tuple[str, msgspec.Raw])
        self._decoders: Mapping[str, msgspec.json.Decoder[Any]] = {
            cls.__name__: msgspec.json.Decoder(cls) for cls in get_args(union)
        }

    def encode(self, value: T) -> bytes:
        name = type(value).__name__
        assert name in self._decoders, f"{name} is no {self._what}"
        try:
            return _encoder.encode((name, value))
        except UnicodeEncodeError:
            return _encoder.encode((name, _clean(msgspec.to_builtins(value))))

    def decode(self, data: bytes) -> T:
        try:
            name, raw = self._envelope.decode(data)
            decoder = self._decoders.get(name)
            if decoder is None:
                raise CodecError(f"{name!r} is no {self._what} that this version of callcenter knows")
            return cast(T, decoder.decode(raw))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise CodecError(f"this is no {self._what}: {error}") from error


def _clean(value: Any) -> Any:
    """The same with each text mended: JSON is UTF-8, and a lone surrogate has no place in it."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {key: _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value


_events: _Vocabulary[Event] = _Vocabulary(Event, "event")
_records: _Vocabulary[Record] = _Vocabulary(Record, "record of the contact log")


def encode_event(event: Event) -> bytes:
    """One line of JSON. Lone surrogates come back as U+FFFD; everything else comes back equal."""
    return _events.encode(event)


def decode_event(data: bytes) -> Event:
    """The event that `encode_event` was given. Raises CodecError for anything else."""
    return _events.decode(data)


def encode_record(record: Record) -> bytes:
    """As `encode_event`, for what the contact log takes."""
    return _records.encode(record)


def decode_record(data: bytes) -> Record:
    return _records.decode(data)
