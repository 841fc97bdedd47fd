"""The manager interface's wire format, without any I/O: bytes in, messages out, and actions to bytes.

The one idea: CR LF is the only line end and CR LF CR LF the only frame end. Values hold whatever a caller sends
(U+2028, a bare LF, invalid UTF-8, the text `Event: `), so nothing here guesses at lines, and what we send is refused if
it could be read as more than the one value it is. A frame's name is looked at first: an event that nobody wants is
never decoded.
"""

from collections.abc import Collection, Iterator
from enum import Enum

from asterisk.ami import Action

__all__ = ["Action", "BadMessageError", "Decoder", "Kind", "Message", "UnsafeValueError", "WireError", "encode"]

FRAME_LIMIT = 256 * 1024  # bytes; a frame of Asterisk's is some hundred, a list response comes as one frame per item
BANNER_LIMIT = 256  # bytes
LINE_LIMIT = 1_000  # bytes of one line that we send: Asterisk discards lines over 1,024
_BANNER = b"Asterisk Call Manager/"
_EVENT = b"Event: "
_UNSAFE = {"\r": "a carriage return", "\n": "a line feed", "\0": "a NUL"}


class WireError(Exception):
    """What came in is no manager interface, or has lost its frames. The connection can't be used any more."""


class UnsafeValueError(ValueError):
    """A value that can't be sent as one header. The message names the action, the header and what is wrong with it."""


class BadMessageError(ValueError):
    """A well-framed message whose content makes no sense. It is left out, the connection goes on."""


class Kind(Enum):
    EVENT = "Event"
    RESPONSE = "Response"
    OTHER = "other"


class Message:
    """One frame. `name` is the event's name or the response's status (`Success`, `Error`, ...).

    A header that comes several times keeps all its values. `get` gives the first: the PBX writes its own headers before
    those whose text others control.
    """

    __slots__ = ("_headers", "kind", "name")

    def __init__(self, kind: Kind, name: str, headers: dict[str, list[str]]) -> None:
        self.kind = kind
        self.name = name
        self._headers = headers

    def get(self, key: str, default: str = "") -> str:
        values = self._headers.get(key)
        return values[0] if values else default

    def all(self, key: str) -> list[str]:
        """Every value of that header, in order: `Variable`, `Output` and the like are repeated."""
        return list(self._headers.get(key, ()))

    @property
    def headers(self) -> dict[str, list[str]]:
        return self._headers

    def __repr__(self) -> str:
        return f"Message({self.kind.value}: {self.name}, {self._headers})"


class Decoder:
    """Turns chunks of any size into messages. `wanted` names the events to decode; None means all.

    `version` is the protocol version of the banner once that has come. Raises WireError, after which it is spent.
    """

    def __init__(self, wanted: Collection[str] | None = None, frame_limit: int = FRAME_LIMIT) -> None:
        self.version: str | None = None
        self.skipped = 0
        self._wanted = None if wanted is None else frozenset(name.encode() for name in wanted)
        self._frame_limit = frame_limit
        self._buffer = bytearray()
        self._searched = 0

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that `data` completes. Consume all of it before feeding more."""
        self._buffer += data
        if self.version is None and not self._take_banner():
            return
        # Only the new bytes, and three before them, can complete a frame's end.
        if self._buffer.find(b"\r\n\r\n", self._searched) < 0:
            self._check_size(len(self._buffer))
            self._searched = max(0, len(self._buffer) - 3)
            return
        frames = bytes(self._buffer).split(b"\r\n\r\n")
        self._buffer = bytearray(frames.pop())
        self._check_size(len(self._buffer))
        self._searched = max(0, len(self._buffer) - 3)
        for frame in frames:
            self._check_size(len(frame))
            message = self._parse(frame)
            if message is not None:
                yield message

    def _take_banner(self) -> bool:
        line, end, rest = bytes(self._buffer).partition(b"\r\n")
        expected = line.startswith(_BANNER) if end else _BANNER.startswith(line[: len(_BANNER)])
        if not expected or len(line) > BANNER_LIMIT:
            start = line[:40].decode(errors="replace")
            raise WireError(f"this is no Asterisk manager interface: it begins with {start!r}, check host and port")
        if end:
            self.version = line[len(_BANNER) :].decode(errors="replace")
            self._buffer = bytearray(rest)
        return bool(end)

    def _check_size(self, size: int) -> None:
        if size > self._frame_limit:
            raise WireError(f"a frame of more than {self._frame_limit} bytes: frames are lost, or this is no Asterisk")

    def _parse(self, frame: bytes) -> Message | None:
        frame = frame.lstrip(b"\r\n")
        if not frame:
            return None
        if self._wanted is not None and frame.startswith(_EVENT):
            name, _, _ = frame[len(_EVENT) :].partition(b"\r\n")
            if name not in self._wanted:
                self.skipped += 1
                return None
        headers: dict[str, list[str]] = {}
        for line in frame.decode("utf-8", errors="replace").split("\r\n"):
            key, _, value = line.partition(":")
            headers.setdefault(key, []).append(value.removeprefix(" "))
        first = next(iter(headers))
        kind = Kind(first) if first in ("Event", "Response") else Kind.OTHER
        return Message(kind, headers[first][0], headers)


def encode(action: Action) -> bytes:
    """The bytes of an action; its `variables` become `Variable` headers.

    Raises UnsafeValueError for what would be read as something else: CR, LF or NUL anywhere, a line too long for
    Asterisk, a comma in a variable (Asterisk would read it as the start of the next one).
    """
    lines = [_line(action.name, "Action", action.name)]
    lines += [_line(action.name, key, str(value)) for key, value in action.keys.items()]
    for variable, value in action.variables.items():
        if "," in f"{variable}{value}" or "=" in variable:
            raise UnsafeValueError(f"variable {variable} of {action.name} holds a comma, or its name a '=': {value!r}")
        lines.append(_line(action.name, "Variable", f"{variable}={value}"))
    return b"".join(lines) + b"\r\n"


def _line(action: str, key: str, value: str) -> bytes:
    text = f"{key}: {value}"
    for character, words in _UNSAFE.items():
        if character in text:
            raise UnsafeValueError(f"header {key!r} of action {action!r} holds {words}, which can't be sent: {value!r}")
    line = text.encode("utf-8", errors="replace") + b"\r\n"
    if len(line) > LINE_LIMIT:
        raise UnsafeValueError(
            f"header {key!r} of action {action!r} has {len(line)} bytes, Asterisk takes {LINE_LIMIT}"
        )
    return line
