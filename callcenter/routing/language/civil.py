"""The calendar date and time of day of a moment, by arithmetic alone: the core has no clock and no `datetime`.

Days are counted from 1970-01-01, a Thursday. Dates are of the Gregorian calendar, also before there was one.
"""

import re

DAY_MS = 86_400_000
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_THURSDAY = 3
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")


def local(now_ms: int) -> tuple[str, str, int, int]:
    """Date, weekday, hour (0 to 23) and minute of a moment in ms, local time being what is counted."""
    days, within_ms = divmod(now_ms, DAY_MS)
    minutes = within_ms // 60_000
    return date_of(days), WEEKDAYS[(days + _THURSDAY) % 7], minutes // 60, minutes % 60


def date_of(days: int) -> str:
    """The date so many days after 1970-01-01, such as 2026-12-24.

    `civil_from_days` of Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2021): years are counted from
    March, so that a leap day is the last of its year, in eras of 400 years, which are all of the same length.
    """
    era, day_of_era = divmod(days + 719_468, 146_097)
    year_of_era = (day_of_era - day_of_era // 1_460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_from_march = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * month_from_march + 2) // 5 + 1
    month = month_from_march + 3 if month_from_march < 10 else month_from_march - 9
    year = year_of_era + era * 400 + (month <= 2)
    return f"{year:04}-{month:02}-{day:02}"


def days_of(date: str) -> int | None:
    """The days from 1970-01-01 to a date such as 2026-12-24, negative for one before; None: there is no such date.

    `days_from_civil` of the same source.
    """
    parts = _parts(date)
    if parts is None:
        return None
    year, month, day = parts
    era, year_of_era = divmod(year - (month <= 2), 400)
    month_from_march = month - 3 if month > 2 else month + 9
    day_of_year = (153 * month_from_march + 2) // 5 + day - 1
    return era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719_468


def is_date(text: str) -> bool:
    """Whether the text is a date that exists, written as 2026-12-24."""
    return _parts(text) is not None


def _parts(text: str) -> tuple[int, int, int] | None:
    """Year, month and day of a date that exists."""
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    year, month, day = (int(part) for part in found.groups())
    return (year, month, day) if 1 <= month <= 12 and 1 <= day <= _days_of_month(year, month) else None


def _days_of_month(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31
