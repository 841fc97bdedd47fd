"""Opening hours in the rules: what `calendars` finds wrong with them or doubtful, shown at its place in the file."""

from collections.abc import Iterator

from callcenter.admin import calendars
from callcenter.admin.calendars import CalendarError
from callcenter.admin.yaml_source import Document, Key, Mistake, Place

_UTC = "UTC"


def wrong(routing: Document) -> Iterator[Mistake]:
    """Every mistake in the hours and time zones."""
    timezone = routing.text("timezone")
    if timezone is not None:
        yield from _told(routing, (), calendars.mistakes({}, {}, None, timezone))
    for name in routing.keys("hours"):
        here: Place = ("hours", name)
        yield from _told(routing, here, _mistakes(routing, here))


def doubtful(routing: Document) -> Iterator[Mistake]:
    """Hours without mistakes that have a hole, or never open."""
    for name in routing.keys("hours"):
        here: Place = ("hours", name)
        week = _texts(routing, *here, "week")
        for hole in calendars.holes(week):
            said, _, remedy = hole.partition(". ")
            yield routing.mistake((*here, "week"), said, remedy)
        open_in = [*week.values(), *_texts(routing, *here, "except").values()]
        if all(text.split() == [calendars.CLOSED] for text in open_in):
            yield routing.mistake(here, f"`{name}` never opens", "Give a day some hours")


def _mistakes(routing: Document, here: Place) -> list[CalendarError]:
    return calendars.mistakes(
        _texts(routing, *here, "week"),
        _texts(routing, *here, "except"),
        routing.text(*here, "holidays"),
        routing.text(*here, "timezone") or _UTC,
    )


def _texts(routing: Document, *path: str | int) -> dict[str, str]:
    found = ((key, routing.text(*path, key)) for key in routing.keys(*path))
    return {key: text for key, text in found if text is not None}


def _told(routing: Document, here: Place, found: list[CalendarError]) -> Iterator[Mistake]:
    for error in found:
        path: Place = (*here, *error.place)
        if error.place[0] in ("week", "except") and "is not a da" in error.wrong:
            path = (*path[:-1], Key(path[-1]))  # it is the key that is no day, or no date
        yield routing.mistake(path, error.wrong, error.remedy)
