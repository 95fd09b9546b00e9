import itertools
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenants.scheduling import local_days, weekly_hours
from tenants.scheduling.weekly_hours import InvalidHours, WeeklyHours, expand
from tests.availability.oracle import DAY, HOUR, NIGHTS, holds, is_open, is_repeated, local, utc, wall_days, weeks

BERLIN = ZoneInfo("Europe/Berlin")
CLOSED = WeeklyHours.parse({})


def opened(name: str, day: date, *intervals: tuple[str, str]) -> list[tuple[int, int]]:
    override = weekly_hours.parse_intervals(list(intervals))
    return expand(CLOSED, {day: override}, ZoneInfo(name), day, day)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(NIGHTS), weeks, wall_days)
def test_an_instant_is_open_exactly_when_its_wall_time_lies_in_an_interval_of_its_date(night, hours, special):
    name, day = night
    zone = ZoneInfo(name)
    begin = local_days.epoch_midnight(day) - DAY
    first, last = local_days.dates_touching(zone, begin - DAY, begin + 4 * DAY)
    overrides = {day: special}
    pieces = expand(hours, overrides, zone, first, last)
    repeated = local_days.repeated_time(zone, first, last)
    assert pieces == sorted(pieces)
    assert all(earlier[1] <= later[0] for earlier, later in itertools.pairwise(pieces))
    for instant in range(begin, begin + 3 * DAY, 300):
        assert holds(pieces, instant) == is_open(instant, hours, overrides, zone)
        assert holds(repeated, instant) == is_repeated(instant, zone)


def test_hours_in_the_missing_hour_begin_when_the_clock_goes_on():
    pieces = opened("Europe/Berlin", date(2026, 3, 29), ("02:30", "05:00"))
    assert pieces == [(utc("2026-03-29 01:00"), utc("2026-03-29 03:00"))]


def test_hours_across_the_hour_that_comes_twice_are_one_piece_that_is_longer():
    pieces = opened("Europe/Berlin", date(2026, 10, 25), ("01:00", "04:00"))
    assert pieces == [(utc("2026-10-24 23:00"), utc("2026-10-25 03:00"))]


def test_hours_that_end_in_the_hour_that_comes_twice_are_open_in_both_passes():
    pieces = opened("Europe/Berlin", date(2026, 10, 25), ("01:00", "02:30"))
    assert pieces == [
        (utc("2026-10-24 23:00"), utc("2026-10-25 00:30")),
        (utc("2026-10-25 01:00"), utc("2026-10-25 01:30")),
    ]


def test_lord_howe_moves_by_half_an_hour():
    (piece,) = opened("Australia/Lord_Howe", date(2026, 4, 5), ("01:00", "04:00"))
    assert (piece[1] - piece[0]) / HOUR == 3.5


def test_a_day_that_was_left_out_is_never_open():
    assert opened("Pacific/Apia", date(2011, 12, 30), ("00:00", "24:00")) == []


def test_nine_stays_nine_all_year():
    for day in ("2026-01-14", "2026-07-15"):
        on = date.fromisoformat(day)
        assert expand(weekly_hours.DEFAULT, {}, BERLIN, on, on) == [
            (local(f"{day} 09:00", BERLIN), local(f"{day} 17:00", BERLIN))
        ]


def test_an_override_replaces_a_day_and_an_empty_one_closes_it():
    monday, tuesday = date(2026, 6, 1), date(2026, 6, 2)
    overrides = {monday: weekly_hours.parse_intervals([["10:00", "11:00"]]), tuesday: ()}
    assert expand(weekly_hours.DEFAULT, overrides, BERLIN, monday, tuesday) == [
        (local("2026-06-01 10:00", BERLIN), local("2026-06-01 11:00", BERLIN))
    ]


def test_midnight_between_two_open_days_keeps_two_pieces():
    round_the_clock = WeeklyHours.parse({"mon": [["00:00", "24:00"]], "tue": [["00:00", "24:00"]]})
    first, second = expand(round_the_clock, {}, BERLIN, date(2026, 6, 1), date(2026, 6, 2))
    assert first[1] == second[0]


@given(weeks)
def test_what_is_dumped_can_be_read_again(hours):
    assert WeeklyHours.parse(hours.dump()) == hours


def test_missing_days_are_closed_and_intervals_are_sorted():
    hours = WeeklyHours.parse({"mon": [["13:00", "17:00"], ["09:00", "12:30"]]})
    assert hours.dump()["mon"] == [["09:00", "12:30"], ["13:00", "17:00"]]
    assert hours.dump()["tue"] == []
    assert weekly_hours.DEFAULT.dump()["fri"] == [["09:00", "17:00"]]
    assert weekly_hours.DEFAULT.dump()["sat"] == []


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}, "Monday: 09:00-12:00 and 11:00-13:00 overlap."),
        ({"tue": [["12:00", "09:00"]]}, "Tuesday: 12:00-09:00 must end after it begins."),
        ({"wed": [["24:00", "24:00"]]}, "Wednesday: 24:00-24:00 must end after it begins."),
        ({"sun": [["9:00", "10:00"]]}, "Sunday: “9:00” is no time of day; use HH:MM from 00:00 to 24:00."),
        ({"sun": [["23:00", "24:30"]]}, "Sunday: “24:30” is no time of day; use HH:MM from 00:00 to 24:00."),
        ({"sun": [["09:00", None]]}, "Sunday: “None” is no time of day; use HH:MM from 00:00 to 24:00."),
        ({"fri": [["09:00"]]}, "Friday: an interval needs a start and an end, such as 09:00-17:00."),
        ({"fri": ["09:00-10:00"]}, "Friday: an interval needs a start and an end, such as 09:00-17:00."),
        ({"fri": "09:00-10:00"}, "Friday: give a list of intervals such as 09:00-17:00."),
        ({"freitag": []}, "“freitag” is no weekday; use mon, tue, wed, thu, fri, sat, sun."),
        ([], "Working hours must be given by weekday."),
    ],
)
def test_hours_that_cannot_be_meant_are_refused_with_a_sentence(data, sentence):
    with pytest.raises(InvalidHours) as refusal:
        WeeklyHours.parse(data)
    assert str(refusal.value) == sentence
