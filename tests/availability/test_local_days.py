from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenants.scheduling import local_days
from tests.availability.oracle import DAY, NIGHTS, ZONES, is_repeated, local, utc, wall

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(("name", "night"), NIGHTS)
def test_a_day_holds_exactly_the_minutes_whose_clock_shows_its_date(name, night):
    zone = ZoneInfo(name)
    day = local_days.local_day(zone, night)
    for instant in range(local_days.epoch_midnight(night) - DAY, local_days.epoch_midnight(night) + 2 * DAY, 60):
        inside = [span for span in day.spans if span.start <= instant < span.end]
        assert bool(inside) == (wall(instant, zone).date() == night)
        assert all(span.offset == wall(instant, zone).utcoffset().total_seconds() for span in inside)
        repeated = any(start <= instant < end for start, end in day.repeated)
        assert repeated == bool(inside and is_repeated(instant, zone))


def test_the_days_of_the_table_in_the_module():
    plain = local_days.local_day(BERLIN, date(2026, 6, 1))
    assert plain.spans == ((utc("2026-05-31 22:00"), utc("2026-06-01 22:00"), 7_200),)
    short = local_days.local_day(BERLIN, date(2026, 3, 29))
    assert (short.end - short.start) // 3_600 == 23
    long = local_days.local_day(BERLIN, date(2026, 10, 25))
    assert (long.end - long.start) // 3_600 == 25
    assert long.repeated == ((utc("2026-10-25 01:00"), utc("2026-10-25 02:00")),)
    assert local_days.local_day(ZoneInfo("Pacific/Apia"), date(2011, 12, 30)).spans == ()


def test_a_date_the_zone_left_out_has_no_window():
    apia = ZoneInfo("Pacific/Apia")
    left_out = date(2011, 12, 30)
    assert local_days.window(apia, left_out, left_out) == (0, 0)
    assert [day.date.day for day in local_days.local_days(apia, date(2011, 12, 29), date(2011, 12, 31))] == [29, 31]


@settings(max_examples=300)
@given(st.integers(utc("1975-01-01"), utc("2060-01-01")), st.sampled_from(ZONES))
def test_iso_text_equals_what_the_standard_library_writes(instant, name):
    zone = ZoneInfo(name)
    assert local_days.iso(instant, zone) == datetime.fromtimestamp(instant, zone).isoformat()


@pytest.mark.parametrize(("name", "night"), NIGHTS)
def test_iso_text_is_right_on_both_sides_of_a_change(name, night):
    zone = ZoneInfo(name)
    for instant in range(local_days.epoch_midnight(night) - DAY, local_days.epoch_midnight(night) + 2 * DAY, 900):
        assert local_days.iso(instant, zone) == datetime.fromtimestamp(instant, zone).isoformat()


def test_iso_text_of_a_winter_morning_in_berlin():
    assert local_days.iso(local("2026-12-01 09:00", BERLIN), BERLIN) == "2026-12-01T09:00:00+01:00"
    assert local_days.iso(0, ZoneInfo("UTC")) == "1970-01-01T00:00:00+00:00"


@given(st.sampled_from(NIGHTS), st.integers(-DAY, 2 * DAY), st.integers(0, 2 * DAY))
def test_the_dates_a_window_touches_are_those_its_minutes_show(night, offset, length):
    zone = ZoneInfo(night[0])
    start = (local_days.epoch_midnight(night[1]) + offset) // 60 * 60
    end = start + length // 60 * 60
    shown = [wall(instant, zone).date() for instant in range(start, max(end, start + 1), 60)]
    assert local_days.dates_touching(zone, start, end) == (min(shown), max(shown))
