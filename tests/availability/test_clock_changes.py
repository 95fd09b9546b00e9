from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bookings.availability import clock_changes, public_holidays
from tests.availability import oracle
from tests.availability.oracle import HOUR, MINUTE


@pytest.mark.parametrize(
    ("zone", "on", "before", "after", "lasts"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 2 * HOUR, 3 * HOUR, 23 * HOUR),
        ("Europe/Berlin", date(2026, 10, 25), 3 * HOUR, 2 * HOUR, 25 * HOUR),
        ("Australia/Lord_Howe", date(2026, 4, 5), 2 * HOUR, 90 * MINUTE, 24 * HOUR + 30 * MINUTE),
        ("America/Santiago", date(2026, 9, 6), 0, HOUR, 23 * HOUR),
        ("Pacific/Apia", date(2011, 12, 31), -24 * HOUR, 0, 24 * HOUR),
    ],
)
def test_the_table_of_the_module_holds(zone, on, before, after, lasts):
    first, last = on.replace(day=1), on + timedelta(days=1)
    changes = [change for change in clock_changes.between(ZoneInfo(zone), first, last) if change.on == on]
    assert [(change.before, change.after, change.lasts) for change in changes] == [(before, after, lasts)]
    assert changes[0].by == after - before


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(oracle.NIGHTS), st.integers(-2, 0), st.integers(1, 2))
def test_changes_are_where_the_clock_on_the_wall_jumps(night, back, ahead):
    zone = ZoneInfo(night[0])
    first, last = night[1] + timedelta(days=back), night[1] + timedelta(days=ahead)
    begin = int(datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp()) - 2 * oracle.DAY
    jumps = []
    for instant in range(begin, begin + (last - first).days * oracle.DAY + 5 * oracle.DAY, MINUTE):
        offsets = {oracle.wall(instant - MINUTE, zone).utcoffset(), oracle.wall(instant, zone).utcoffset()}
        if len(offsets) == 2 and first <= oracle.wall(instant, zone).date() <= last:
            jumps.append(instant)
    assert [change.instant for change in clock_changes.between(zone, first, last)] == jumps


def test_a_date_that_was_left_out_is_known():
    assert clock_changes.left_out(ZoneInfo("Pacific/Apia"), date(2011, 12, 30))
    assert not clock_changes.left_out(ZoneInfo("Europe/Berlin"), date(2011, 12, 30))


def test_holidays_are_named_in_the_readers_language_and_those_of_the_region_come_with_it():
    year = (date(2026, 1, 1), date(2026, 12, 31))
    english, german = (public_holidays.between("DE", "BY", *year, language) for language in ("en", "de"))
    assert (english[date(2026, 1, 6)], german[date(2026, 1, 6)]) == ("Epiphany", "Heilige Drei Könige")
    assert date(2026, 1, 6) not in public_holidays.between("DE", "", *year)
    assert public_holidays.between("DE", "nowhere", *year) == public_holidays.between("DE", "", *year)
    assert public_holidays.between("??", "BY", *year) == public_holidays.between("", "", *year) == {}


def test_holidays_are_found_over_the_turn_of_a_year_and_only_between_the_dates():
    found = public_holidays.between("DE", "", date(2026, 12, 26), date(2027, 1, 1))
    assert sorted(found) == [date(2026, 12, 26), date(2027, 1, 1)]
