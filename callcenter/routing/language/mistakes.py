"""What is wrong with an expression, at its line and column, and how to mend it."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

MAX_MISTAKES = 20  # of one expression; who has mended these is told the rest
_WORD_LENGTH = 60  # of a wrong word, as far as it is shown and looked for
_KNOWN_SHOWN = 20


@dataclass(frozen=True, slots=True)
class ExpressionMistake:
    """One thing that is wrong. `line` and `column` count from 1, within the expression."""

    message: str
    remedy: str
    line: int
    column: int


class ExpressionError(Exception):
    """An expression that is refused. It tells the first of its `mistakes`, which are in the order of reading."""

    def __init__(self, mistakes: Iterable[ExpressionMistake]) -> None:
        self.mistakes = tuple(sorted(mistakes, key=lambda it: (it.line, it.column)))
        first = self.mistakes[0]
        self.message, self.remedy, self.line, self.column = first.message, first.remedy, first.line, first.column
        super().__init__(f"{first.line}:{first.column}: {first.message}. {first.remedy}")


class Mistakes:
    """Those found so far in one source, each at the offset of what is wrong. There are MAX_MISTAKES at most."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._found: dict[tuple[int, str], ExpressionMistake] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    @property
    def full(self) -> bool:
        return len(self._found) >= MAX_MISTAKES

    def add(self, offset: int, message: str, remedy: str) -> None:
        if not self.full:
            line, column = place(self._source, offset)
            self._found.setdefault((offset, message), ExpressionMistake(message, remedy, line, column))

    def error(self) -> ExpressionError:
        return ExpressionError(self._found.values())


def place(source: str, offset: int) -> tuple[int, int]:
    """Line and column, both from 1, of a character of the source."""
    return source.count("\n", 0, offset) + 1, offset - source.rfind("\n", 0, offset)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant, None if none is near."""
    near = difflib.get_close_matches(word[:_WORD_LENGTH], list(known), n=1, cutoff=0.6)
    return near[0] if near else None


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "There are none", under: str = "") -> str:
    """A remedy for a word that is not among those known: the nearest one, else what is known, else `otherwise`.

    They are told with what stands before them, `under`, so that one can copy them.
    """
    names = list(known)
    near = nearest(word, names)
    if near is not None:
        return f"Did you mean `{under}{near}`?"
    if not names:
        return otherwise
    more = f" and {len(names) - _KNOWN_SHOWN} more" if len(names) > _KNOWN_SHOWN else ""
    return f"Known here: {', '.join(under + name for name in names[:_KNOWN_SHOWN])}{more}"


def shown(text: str) -> str:
    """A piece of the source as a message shows it: in one line, not too long."""
    line = " ".join(text.split())
    return f"`{line[:_WORD_LENGTH]}{'…' if len(line) > _WORD_LENGTH else ''}`"
