import pytest

from callcenter.admin.hours import doubtful, wrong
from callcenter.admin.yaml_source import parse


def told(text: str) -> list[str]:
    return [str(mistake) for mistake in wrong(parse(text, "f"))]


def doubted(text: str) -> list[str]:
    return [str(mistake) for mistake in doubtful(parse(text, "f"))]


def test_what_is_wrong_with_hours_is_told_at_the_key_or_the_value_that_is_wrong() -> None:
    assert told(
        "timezone: Nowhere/X\n"
        "hours:\n"
        "  office:\n"
        "    holidays: XX\n"
        "    week: {mon-fri: '8-18', sun-day: '08:00-09:00'}\n"
        "    except: {2026-02-30: closed, 2026-12-24: never}\n"
        "  other: {week: {mon: 24h}, timezone: Europe/Berlin}\n"
    ) == [
        "f:1:11: timezone: 'Nowhere/X' is not a time zone. "
        "Write a name of the IANA time zones, such as `Europe/Berlin`, or `UTC`",
        "f:4:15: hours.office.holidays: 'XX' is not a country whose holidays are known. "
        "Write a country such as `US`, or one with its subdivision such as `DE-BY`",
        "f:5:21: hours.office.week.mon-fri: '8-18' is not a range of times. Write ranges such as "
        "`08:00-12:00 13:00-18:00`, with a blank between two; `24h` for the whole day, or `closed`",
        "f:5:29: hours.office.week.sun-day: 'day' is not a day. Write days such as `mon-fri`, `sat` or `mon,wed`",
        "f:6:14: hours.office.except.2026-02-30: '2026-02-30' is not a date. Write year, month and day: `2026-12-24`",
        "f:6:46: hours.office.except.2026-12-24: 'never' is not a range of times. Write ranges such as "
        "`08:00-12:00 13:00-18:00`, with a blank between two; `24h` for the whole day, or `closed`",
    ]


def test_hours_in_order_are_neither_wrong_nor_doubtful() -> None:
    text = "hours:\n  office: {week: {mon-fri: '08:00-18:00', sat: closed}, except: {2026-12-24: '08:00-09:00'}}\n"
    assert told(text) == []
    assert doubted(text) == []


def test_hours_that_open_on_a_date_only_are_meant() -> None:
    assert doubted("hours:\n  fair: {week: {}, except: {2026-12-24: '08:00-09:00'}}\n") == []
    assert doubted("hours:\n  fair: {week: {mon: closed}, except: {2026-12-24: closed}}\n") == [
        "f:2:3: hours.fair: `fair` never opens. Give a day some hours"
    ]


@pytest.mark.parametrize("text", ["", "x", "hours: 1", "hours: [1]", "hours: {a: {week: [1], except: 3}, b: 1, c: }"])
def test_documents_of_any_shape_can_be_looked_at(text: str) -> None:
    assert told(text) == []
