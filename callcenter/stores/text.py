"""What text from outside must look like before it reaches a database or a journal.

A caller can put anything into a caller id. PostgreSQL refuses NUL, UTF-8 refuses lone surrogates, and a name of
20 KB helps nobody: such text is mended at the door, so that one odd call never stops a batch of others.
"""

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def clean_text(text: str, limit: int | None = None) -> str:
    """The text with NUL and lone surrogates replaced by U+FFFD, at most `limit` characters long.

    A text that is cut ends in an ellipsis. U+2028 and its like are ordinary characters and stay.
    """
    if "\0" in text:
        text = text.replace("\0", _REPLACEMENT)
    try:
        text.encode()
    except UnicodeEncodeError:
        text = "".join(_REPLACEMENT if "\ud800" <= character <= "\udfff" else character for character in text)
    if limit is not None and len(text) > limit:
        return text[: limit - 1] + _ELLIPSIS
    return text
