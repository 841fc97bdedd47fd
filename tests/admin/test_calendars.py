import zoneinfo
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.admin.calendars import MAX_RANGES, WEEKDAYS, CalendarError, expand, holes, mistakes, zone_of
from callcenter.types import Hours
from tests.admin.clock_walk import Ranges, day_ranges, moments, stretches, walk, written

HOUR_MS = 3_600_000
MINUTE_MS = 60_000
OFFICE = {"mon-fri": "08:00-12:00 13:00-18:00", "sat": "09:00-13:00"}


def ms(text: str, zone: str = "UTC") -> int:
    """The moment at which clocks in the zone show this, the first one where they do so twice."""
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1_000)


def opened(
    week: dict[str, str],
    first: str,
    days: int = 1,
    *,
    exceptions: dict[str, str] | None = None,
    holidays: str | None = None,
    zone: str = "UTC",
    shown: str | None = None,
) -> list[str]:
    """The stretches from the moment `first` in the zone on, as clocks show their ends there, or in the zone `shown`."""
    hours = expand("x", week, exceptions or {}, holidays, zone, ms(first, zone), days)
    return [f"{clock(start, shown or zone)} - {clock(end, shown or zone)}" for start, end in hours.open]


def clock(at_ms: int, zone: str) -> str:
    return datetime.fromtimestamp(at_ms / 1_000, ZoneInfo(zone)).strftime("%a %H:%M")


# ---- a week


def test_week_of_an_office_is_open_in_its_own_time_zone() -> None:
    hours = expand("office", OFFICE, {}, None, "Europe/Berlin", ms("2026-11-20T00:00", "Europe/Berlin"), 3)
    assert hours == Hours(
        "office",
        open=(
            (ms("2026-11-20T07:00"), ms("2026-11-20T11:00")),
            (ms("2026-11-20T12:00"), ms("2026-11-20T17:00")),
            (ms("2026-11-21T08:00"), ms("2026-11-21T12:00")),
        ),
        holidays=(),
    )


@pytest.mark.parametrize(
    ("key", "days"),
    [
        ("mon", "mon"),
        ("mon-fri", "mon tue wed thu fri"),
        ("mon,wed", "mon wed"),
        ("tue-thu, sat", "tue wed thu sat"),
        ("sat-mon", "mon sat sun"),
        ("mon-sun", "mon tue wed thu fri sat sun"),
    ],
)
def test_days_are_named_one_by_one_in_a_list_or_from_to(key: str, days: str) -> None:
    found = opened({key: "08:00-09:00"}, "2026-11-16", 7)
    assert [stretch.split()[0].lower() for stretch in found] == days.split()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8:00-12:00", ["Mon 08:00 - Mon 12:00"]),
        ("22:00-06:00", ["Mon 22:00 - Tue 06:00"]),
        ("22:00-00:00", ["Mon 22:00 - Tue 00:00"]),
        ("22:00-24:00", ["Mon 22:00 - Tue 00:00"]),
        ("24h", ["Mon 00:00 - Tue 00:00"]),
        ("00:00-24:00", ["Mon 00:00 - Tue 00:00"]),
        ("closed", []),
        ("08:00-12:00 12:00-18:00", ["Mon 08:00 - Mon 18:00"]),
        ("13:00-18:00 08:00-14:00", ["Mon 08:00 - Mon 18:00"]),
    ],
)
def test_ranges(text: str, expected: list[str]) -> None:
    assert opened({"mon": text}, "2026-11-16", 7) == expected


def test_open_without_end_is_one_stretch_and_no_week_is_none() -> None:
    assert expand("x", {"mon-sun": "24h"}, {}, None, "UTC", 1_000_123, 402).open == (
        (1_000_123, 1_000_123 + 402 * 24 * HOUR_MS),
    )
    assert expand("x", {}, {}, None, "UTC", 0).open == ()


def test_stretch_is_cut_where_the_time_asked_for_begins_and_ends() -> None:
    night = {"mon-sun": "22:00-06:00"}
    hours = expand("x", night, {}, None, "UTC", ms("2026-11-16T03:00"), 1)
    assert hours.open == (
        (ms("2026-11-16T03:00"), ms("2026-11-16T06:00")),
        (ms("2026-11-16T22:00"), ms("2026-11-17T03:00")),
    )


# ---- exceptions and holidays


def test_exception_stands_for_all_that_its_date_would_have() -> None:
    exceptions = {"2026-12-24": "08:00-10:00", "2026-12-31": "closed", "2026-12-27": "10:00-11:00"}
    assert opened(OFFICE, "2026-12-24", 8, exceptions=exceptions, holidays="DE-BY") == [
        "Thu 08:00 - Thu 10:00",
        "Sun 10:00 - Sun 11:00",
        *[
            f"{day} {times}"
            for day in ("Mon", "Tue", "Wed")
            for times in (f"08:00 - {day} 12:00", f"13:00 - {day} 18:00")
        ],
    ]


def test_holidays_are_those_of_the_subdivision_and_last_from_midnight_to_midnight() -> None:
    first = ms("2026-12-20T00:00", "Europe/Berlin")
    bavaria = expand("x", OFFICE, {}, "DE-BY", "Europe/Berlin", first, 20).holidays
    berlin = expand("x", OFFICE, {}, "DE-BE", "Europe/Berlin", first, 20).holidays
    christmas, new_year, epiphany = (
        (ms(f"{start}T00:00", "Europe/Berlin"), ms(f"{end}T00:00", "Europe/Berlin"))
        for start, end in (("2026-12-25", "2026-12-27"), ("2027-01-01", "2027-01-02"), ("2027-01-06", "2027-01-07"))
    )
    assert bavaria == (christmas, new_year, epiphany)
    assert berlin == (christmas, new_year)


def test_holiday_is_closed_unless_an_exception_says_otherwise_and_stays_a_holiday() -> None:
    assert opened(OFFICE, "2026-12-25", holidays="US") == []
    assert opened(OFFICE, "2026-12-25", holidays="US", exceptions={"2026-12-25": "10:00-11:00"}) == [
        "Fri 10:00 - Fri 11:00"
    ]
    hours = expand("x", OFFICE, {"2026-12-25": "24h"}, "US", "UTC", ms("2026-12-25"), 1)
    assert hours.holidays == hours.open == ((ms("2026-12-25"), ms("2026-12-26")),)


@pytest.mark.parametrize(
    ("exceptions", "holidays", "expected"),
    [
        ({}, None, ["Thu 22:00 - Fri 06:00", "Fri 22:00 - Sat 06:00"]),
        # 25 December 2026 is a Friday, and a holiday
        ({}, "US", ["Thu 22:00 - Fri 00:00"]),
        ({"2026-12-25": "closed"}, None, ["Thu 22:00 - Fri 00:00"]),
        ({"2026-12-24": "21:00-05:00"}, "US", ["Thu 21:00 - Fri 05:00"]),
        ({"2026-12-24": "21:00-05:00", "2026-12-25": "closed"}, "US", ["Thu 21:00 - Fri 00:00"]),
        ({"2026-12-25": "23:00-04:00"}, "US", ["Thu 22:00 - Fri 06:00", "Fri 23:00 - Sat 04:00"]),
    ],
)
def test_night_goes_on_into_the_next_day_unless_that_is_closed(
    exceptions: dict[str, str], holidays: str | None, expected: list[str]
) -> None:
    # From noon on, without what is left of the night before.
    found = opened({"mon-sun": "22:00-06:00"}, "2026-12-24T12:00", 2, exceptions=exceptions, holidays=holidays)
    assert found[: len(expected)] == expected
    assert all(stretch.startswith("Sat") for stretch in found[len(expected) :])


# ---- days on which clocks change


# In Berlin clocks go from 02:00 to 03:00 on 29 March 2026, and from 03:00 back to 02:00 on 25 October.
@pytest.mark.parametrize(
    ("day", "text", "expected"),
    [
        ("2026-03-29", "24h", ["Sat 23:00 - Sun 22:00"]),
        ("2026-03-29", "08:00-18:00", ["Sun 06:00 - Sun 16:00"]),
        ("2026-03-29", "02:30-06:00", ["Sun 01:00 - Sun 04:00"]),  # opens when clocks show 03:00
        ("2026-03-29", "01:00-02:30", ["Sun 00:00 - Sun 01:00"]),
        ("2026-03-29", "02:10-02:50", []),
        ("2026-03-29", "01:00-02:10 02:50-04:00", ["Sun 00:00 - Sun 02:00"]),
        ("2026-10-25", "24h", ["Sat 22:00 - Sun 23:00"]),
        ("2026-10-25", "08:00-18:00", ["Sun 07:00 - Sun 17:00"]),
        ("2026-10-25", "00:00-06:00", ["Sat 22:00 - Sun 05:00"]),  # seven hours
        ("2026-10-25", "02:30-06:00", ["Sun 00:30 - Sun 01:00", "Sun 01:30 - Sun 05:00"]),
        ("2026-10-25", "01:00-02:30", ["Sat 23:00 - Sun 00:30", "Sun 01:00 - Sun 01:30"]),
        ("2026-10-25", "02:10-02:50", ["Sun 00:10 - Sun 00:50", "Sun 01:10 - Sun 01:50"]),
    ],
)
def test_time_that_does_not_exist_is_passed_over_and_one_that_comes_twice_counts_twice(
    day: str, text: str, expected: list[str]
) -> None:
    assert opened({"sun": text}, day, 2, zone="Europe/Berlin", shown="UTC") == expected


def test_night_over_a_change_of_clocks_ends_when_clocks_show_its_end() -> None:
    assert opened({"sat": "22:00-06:00"}, "2026-03-28", 2, zone="Europe/Berlin") == ["Sat 22:00 - Sun 06:00"]
    (stretch,) = expand("x", {"sat": "22:00-06:00"}, {}, None, "Europe/Berlin", ms("2026-03-28"), 2).open
    assert stretch[1] - stretch[0] == 7 * HOUR_MS


def test_day_that_an_island_skipped_is_never_open() -> None:
    # Samoa went from the end of 29 December 2011 to 31 December.
    week, first = {"fri": "24h", "sat": "08:00-09:00"}, ms("2011-12-29T12:00")
    hours = expand("x", week, {}, None, "Pacific/Apia", first, 2)
    assert hours.open == ((ms("2011-12-30T18:00"), ms("2011-12-30T19:00")),)


# ---- zones


def test_zone_tells_its_offsets_and_the_moments_at_which_they_change() -> None:
    first = ms("2026-01-01T00:00")
    assert zone_of("Europe/Berlin", first, 365) == (
        (first, HOUR_MS),
        (ms("2026-03-29T01:00"), 2 * HOUR_MS),
        (ms("2026-10-25T01:00"), HOUR_MS),
    )
    assert zone_of("Asia/Kathmandu", first) == ((first, 5 * HOUR_MS + 45 * MINUTE_MS),)
    half = zone_of("Australia/Lord_Howe", first, 365)
    assert [offset for _, offset in half] == [11 * HOUR_MS, 10 * HOUR_MS + 30 * MINUTE_MS, 11 * HOUR_MS]


def test_clocks_that_change_for_a_month_only_are_noticed() -> None:
    # In Morocco they go back for Ramadan.
    offsets = zone_of("Africa/Casablanca", ms("2026-02-01T00:00"), 365)
    assert [offset for _, offset in offsets] == [HOUR_MS, 0, HOUR_MS]


@pytest.mark.parametrize("around_ms", range(-120_000, 120_000, 30_000))
@pytest.mark.parametrize("days_before", [0, 1])
def test_clocks_that_go_back_over_midnight_show_the_evening_again(around_ms: int, days_before: int) -> None:
    # In Newfoundland they went from 00:01 on Sunday back to 23:01 on Saturday: here at the first moment, or the last.
    week = {"fri": "23:30-23:20", "sun": "00:00-12:00"}
    first = ms("2009-11-01T02:31") + around_ms - days_before * 24 * HOUR_MS
    last = first + 24 * HOUR_MS
    longer = expand("x", week, {}, None, "America/St_Johns", first - 72 * HOUR_MS, 7).open
    assert expand("x", week, {}, None, "America/St_Johns", first, 1).open == tuple(
        (max(start, first), min(end, last)) for start, end in longer if end > first and start < last
    )


@pytest.mark.parametrize("early_ms", [1, 999, 1_000])
def test_change_at_the_very_end_of_the_time_asked_for(early_ms: int) -> None:
    change = ms("2026-03-29T01:00")
    first = change - 24 * HOUR_MS
    assert zone_of("Europe/Berlin", first, 1) == ((first, HOUR_MS),)
    later = first + early_ms
    assert zone_of("Europe/Berlin", later, 1) == ((later, HOUR_MS), (change, 2 * HOUR_MS))


def test_summer_time_goes_on_beyond_the_table_of_the_zone() -> None:
    assert len(zone_of("Europe/Berlin", ms("2090-01-01T00:00"), 365)) == 3


def test_machine_without_time_zones_has_those_of_the_package() -> None:
    first = ms("2026-01-01T00:00")
    expected = zone_of("Europe/Berlin", first)
    try:
        zoneinfo.reset_tzpath(to=[])
        ZoneInfo.clear_cache()
        assert zone_of("Europe/Berlin", first) == expected
    finally:
        zoneinfo.reset_tzpath()
        ZoneInfo.clear_cache()


# ---- against a walk that looks at the clock each minute


@settings(max_examples=150, deadline=None)
@given(
    place=moments(),
    week=st.dictionaries(st.integers(0, 6), day_ranges),
    exceptions=st.dictionaries(st.integers(0, 6), day_ranges, max_size=3),
    country=st.sampled_from([None, "US", "DE"]),
    days=st.integers(1, 6),
)
def test_hours_are_what_a_look_at_the_clock_each_minute_says(
    place: tuple[str, datetime],
    week: dict[int, Ranges],
    exceptions: dict[int, Ranges],
    country: str | None,
    days: int,
) -> None:
    zone, start = place
    by_date = {start.date() + timedelta(days=n): ranges for n, ranges in exceptions.items()}
    hours = expand(
        "x",
        {WEEKDAYS[day]: written(ranges) for day, ranges in week.items()},
        {day.isoformat(): written(ranges) for day, ranges in by_date.items()},
        country,
        zone,
        round(start.timestamp()) * 1_000,
        days,
    )
    walked = list(walk(week, by_date, country, zone, start, days))
    assert hours.open == stretches([at_ms for at_ms, is_open, _ in walked if is_open])
    assert hours.holidays == stretches([at_ms for at_ms, _, is_free in walked if is_free])


@settings(max_examples=60, deadline=None)
@given(place=moments(), days=st.integers(1, 20))
def test_offsets_are_those_of_each_minute(place: tuple[str, datetime], days: int) -> None:
    zone, start = place
    offsets = zone_of(zone, round(start.timestamp()) * 1_000, days)
    assert [at_ms for at_ms, _ in offsets] == sorted({at_ms for at_ms, _ in offsets})
    asked = {at_ms for at_ms, _ in offsets} | {round(start.timestamp()) * 1_000 + n * HOUR_MS for n in range(days * 24)}
    for at_ms in asked:
        seen = datetime.fromtimestamp(at_ms / 1_000, ZoneInfo(zone)).utcoffset()
        assert seen is not None
        assert [offset for since, offset in offsets if since <= at_ms][-1] == seen.total_seconds() * 1_000


# ---- mistakes


@pytest.mark.parametrize(
    ("week", "wrong", "remedy"),
    [
        ({"wedn": "24h"}, "week.wedn: 'wedn' is not a day", "Did you mean `wed`?"),
        ({"mon-Friday": "24h"}, "week.mon-Friday: 'Friday' is not a day", "Did you mean `fri`?"),
        ({"Mon-Fri": "24h"}, "week.Mon-Fri: 'Mon' is not a day", "Did you mean `mon`?"),
        ({"weekend": "24h"}, "week.weekend: 'weekend' is not a day", "`mon-fri`, `sat` or `mon,wed`"),
        ({"": "24h"}, "week.: '' is not a day", "`mon-fri`"),
        ({"mon-": "24h"}, "week.mon-: '' is not a day", "`mon-fri`"),
        ({"mon-fri": "24h", "fri": "24h"}, "week.fri: names `fri`, as `mon-fri` does", "Name each day once"),
        ({"mon,mon": "24h"}, "week.mon,mon: names `mon`, as `mon,mon` does", "Name each day once"),
        ({"mon": ""}, "week.mon: has no hours", "Write ranges such as `08:00-12:00"),
        ({"mon": "8-12"}, "'8-12' is not a range of times", "Write ranges such as"),
        ({"mon": "08:00 - 12:00"}, "'08:00' is not a range of times", "with a blank between two"),
        ({"mon": "08:00-12:00,13:00-18:00"}, "'08:00-12:00,13:00-18:00' is not a range", "with a blank between two"),
        ({"mon": "08:00-12:00 closed"}, "'closed' is not a range of times", "or `closed`"),
        ({"mon": "٠٨:00-12:00"}, "is not a range of times", "Write ranges"),
        ({"mon": "08:60-12:00"}, "'08:60-12:00' names a time that no clock shows", "00:00 to 23:59"),
        ({"mon": "24:00-12:00"}, "names a time that no clock shows", "00:00 to 23:59"),
        ({"mon": "08:00-24:01"}, "names a time that no clock shows", "ends at 00:01 to 24:00"),
        ({"mon": "08:00-08:00"}, "'08:00-08:00' is no time at all", "Write `24h`"),
        ({"mon": "x" * 100_000}, f"'{'x' * 60}'… is not a range", "Write ranges"),
        ({"mon": "08:00-09:00 " * 25}, f"holds 25 ranges, at most {MAX_RANGES}", "Join those that touch"),
    ],
)
def test_mistakes_in_a_week(week: dict[str, str], wrong: str, remedy: str) -> None:
    (mistake,) = mistakes(week, {}, None, "UTC")
    assert wrong in str(mistake)
    assert remedy in mistake.remedy
    with pytest.raises(CalendarError) as raised:
        expand("x", week, {}, None, "UTC", 0)
    assert str(raised.value) == str(mistake)
    assert mistake.in_key == ("is not a day" in wrong or "names `" in wrong)


@pytest.mark.parametrize("text", ["2027-02-29", "24.12.2026", "2026-1-1", "2026-W52-1", "20261224", "", "0000-01-01"])
def test_exception_that_is_no_date(text: str) -> None:
    (mistake,) = mistakes({}, {text: "closed"}, None, "UTC")
    assert (mistake.place, mistake.in_key) == (("except", text), True)
    assert (mistake.wrong, mistake.remedy) == (f"{text!r} is not a date", "Write year, month and day: `2026-12-24`")


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31"])
def test_exception_far_away_does_no_harm(text: str) -> None:
    assert expand("x", {}, {text: "22:00-06:00"}, None, "Pacific/Apia", 0).open == ()


def test_mistake_in_the_hours_of_an_exception_is_told_at_its_date() -> None:
    (mistake,) = mistakes({}, {"2026-12-24": "8-12"}, None, "UTC")
    assert (mistake.place, mistake.in_key) == (("except", "2026-12-24"), False)


@pytest.mark.parametrize(
    ("holidays", "wrong", "remedy"),
    [
        ("DE-BYY", "'DE-BYY' is not a subdivision", "Did you mean `DE-BY`?"),
        ("DE-Bayern", "'DE-Bayern' is not a subdivision", "Did you mean `DE-BY`?"),
        ("DE-", "'DE-' is not a subdivision", "Did you mean `DE-"),
        ("VA-1", "'VA-1' is not a subdivision", "Write `VA`: it has none"),
        ("GB-London", "'GB-London' is not a subdivision", "Write `GB` or one of GB-ENG, GB-NIR, GB-SCT, GB-WLS"),
        ("de", "'de' is not a country", "Did you mean `DE`?"),
        ("de-by", "'de-by' is not a country", "Did you mean `DE-BY`?"),
        *((text, f"{text!r} is not a country", "Write a country such as `US`") for text in ("XX", "", "HolidayBase")),
    ],
)
def test_holidays_of_no_country(holidays: str, wrong: str, remedy: str) -> None:
    (mistake,) = mistakes({}, {}, holidays, "UTC")
    assert mistake.place == ("holidays",)
    assert wrong in mistake.wrong
    assert remedy in mistake.remedy


@pytest.mark.parametrize(
    ("zone", "remedy"),
    [
        *((zone, "Did you mean `Europe/Berlin`?") for zone in ("Europe/Berlinn", "europe/berlin", "Berlin")),
        ("America", "Did you mean `America/"),
        *(
            (zone, "Write a name of the IANA time zones")
            for zone in ("PST", "+01:00", "", "../etc/passwd", "x" * 100_000, "a\0b", "\ud800")
        ),
    ],
)
def test_unknown_time_zone(zone: str, remedy: str) -> None:
    (mistake,) = mistakes({}, {}, None, zone)
    assert mistake.place == ("timezone",)
    assert "is not a time zone" in mistake.wrong
    assert remedy in mistake.remedy
    with pytest.raises(CalendarError, match="is not a time zone"):
        zone_of(zone, 0)


def test_all_mistakes_are_told_at_once() -> None:
    found = mistakes({"mon": "x", "tue": "24h", "fry": "24h"}, {"x": "24h", "2026-12-24": "y"}, "XX", "Mars/Base")
    assert [mistake.place for mistake in found] == [
        ("timezone",),
        ("holidays",),
        ("week", "mon"),
        ("week", "fry"),
        ("except", "x"),
        ("except", "2026-12-24"),
    ]


@settings(max_examples=300, deadline=None)
@given(
    week=st.dictionaries(st.text(max_size=12), st.text(alphabet="0123456789:- h", max_size=20), max_size=3),
    exceptions=st.dictionaries(st.text(alphabet="0123456789-", max_size=10), st.text(max_size=20), max_size=3),
    holidays=st.none() | st.text(max_size=8),
    zone=st.text(max_size=20),
)
def test_no_text_does_more_than_give_a_mistake(
    week: dict[str, str], exceptions: dict[str, str], holidays: str | None, zone: str
) -> None:
    found = mistakes(week, exceptions, holidays, zone)
    assert all(mistake.wrong and mistake.remedy for mistake in found)
    if not found:
        expand("x", week, exceptions, holidays, zone, 0)
        holes(week)


# ---- holes


@pytest.mark.parametrize(
    "week",
    [
        OFFICE,
        {},
        {"mon-sun": "24h"},
        {"mon": "08:00-12:00"},
        {"mon,wed": "08:00-12:00", "tue": "closed"},
        {"mon-sat": "08:00-20:00"},
        {"sun-thu": "08:00-16:00"},
        {"mon-sun": "22:00-06:00"},
        {"mon-fri": "08:00-12:00 12:00-18:00"},
        {"mon-fri": "08:00-12:00 12:15-18:00"},
    ],
)
def test_week_as_people_have_it_is_not_suspicious(week: dict[str, str]) -> None:
    assert holes(week) == []


@pytest.mark.parametrize(
    ("week", "expected"),
    [
        ({"mon-tue,thu-fri": "08:00-12:00"}, ["`wed` has no hours, though `tue` and `thu` have some"]),
        ({"tue-sun": "08:00-12:00"}, ["`mon` has no hours, though `sun` and `tue` have some"]),
        ({"mon": "08:00-11:59 12:00-18:00"}, ["`mon`: 08:00-11:59 ends 1 min before 12:00-18:00"]),
        ({"mon-sun": "00:00-23:59"}, ["`mon-sun`: 00:00-23:59 ends 1 min before 00:00-23:59"]),
        ({"mon-fri": "08:00-12:00 11:00-15:00"}, ["`mon-fri`: 08:00-12:00 and 11:00-15:00 overlap"]),
        ({"mon": "13:00-18:00 08:00-13:00"}, ["`mon`: 08:00-13:00 stands after 13:00-18:00"]),
        ({"sun": "22:00-09:00", "mon": "08:00-12:00"}, ["`sun`: 22:00-09:00 and 08:00-12:00 of `mon` overlap"]),
        ({"mon": "24h 08:00-12:00"}, ["`mon`: 24h and 08:00-12:00 overlap"]),
        (
            {"mon": "08:00-20:00 09:00-10:00 19:00-21:00"},
            ["08:00-20:00 and 09:00-10:00", "08:00-20:00 and 19:00-21:00"],
        ),
    ],
)
def test_week_with_a_hole_is_told(week: dict[str, str], expected: list[str]) -> None:
    found = holes(week)
    assert len(found) == len(expected)
    for words, part in zip(found, expected, strict=True):
        assert part in words
        assert ". " in words, "what to do about it"
