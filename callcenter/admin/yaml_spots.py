"""Which spot of a YAML file a character of a text came from, so that a mistake inside a text is shown where it stands.

The idea: quoting, folding and indenting change the white space of a text and nothing else, so the n-th other character
of the value is the n-th other one of what was written, once escapes are read. Where that does not come out, the text's
beginning is the spot.
"""

import re

from callcenter.admin.yaml_source import Mark, Scalar

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_ESCAPE = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_NAMED = {"0": "\0", "a": "\a", "b": "\b", "e": "\x1b", "v": "\v", "f": "\f"}
_WHITE = "ntr _NLP\t\n\r"  # escapes that stand for white space, or for none at all


def spot(scalar: Scalar, value: str, line: int, column: int) -> Mark:
    """Where the character at `line` and `column` of `value` (both from 1) stands in the file that it was read from."""
    offset = _offset(value, line, column)
    written = _written(scalar)
    before = [character for character in value[:offset] if not character.isspace()]
    if before != [character for character, _, _ in written[: len(before)]]:
        return scalar.mark
    if offset < len(value) and not value[offset].isspace() and len(before) < len(written):
        index = written[len(before)][1]
    elif before:
        index = written[len(before) - 1][2]
    else:
        return scalar.mark
    breaks = list(_BREAK.finditer(scalar.raw, 0, index))
    file, first_line, first_column = scalar.mark
    if not breaks:
        return Mark(file, first_line, first_column + index)
    return Mark(file, first_line + len(breaks), index - breaks[-1].end() + 1)


def _offset(value: str, line: int, column: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = value.find("\n", start) + 1 or len(value)
    return min(start + max(column - 1, 0), len(value))


def _written(scalar: Scalar) -> list[tuple[str, int, int]]:
    """The characters that are no white space, each with its beginning and end in `raw`."""
    raw, index, end = scalar.raw, 0, len(scalar.raw)
    if scalar.style in ("|", ">"):
        header = _BREAK.search(raw)
        index = header.end() if header else end
    elif scalar.style is not None:
        index, end = 1, end - 1
    found = []
    while index < end:
        character, after = raw[index], index + 1
        if scalar.style == "'" and raw.startswith("''", index):
            after += 1
        elif scalar.style == '"' and character == "\\":
            character, after = _escaped(raw, index)
        if character and not character.isspace():
            found.append((character, index, after))
        index = after
    return found


def _escaped(raw: str, index: int) -> tuple[str, int]:
    escape = _ESCAPE.match(raw, index)
    assert escape is not None, "the parser has read it"
    letters = escape[0][1:]
    if letters in _WHITE:
        return "", escape.end()
    if len(letters) > 1:
        return chr(int(letters[1:], 16)), escape.end()
    return _NAMED.get(letters, letters), escape.end()
