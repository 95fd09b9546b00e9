from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bookings.availability.timeline import Item, covered, timeline
from tenants.scheduling.local_days import local_date
from tenants.scheduling.weekly_hours import WeeklyHours, expand
from tests.availability import oracle
from tests.availability.oracle import DAY, HOUR, holds, local, wall

BERLIN = ZoneInfo("Europe/Berlin")
HOURS = WeeklyHours.parse({day: [["08:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")})


def at(text: str) -> int:
    return local(f"2025-{text[3:5]}-{text[:2]} {text[7:]}", BERLIN)


def ask(window: tuple[str, str], *, closed: bool = False, **other: list[tuple[int, int]]) -> list[str]:
    start, end = map(at, window)
    first, last = (local_date(instant, BERLIN) for instant in (start, end))
    opened = [] if closed else expand(HOURS, {}, BERLIN, first, last)
    lists = {"busy": [(at("23.06. 09:00"), at("23.06. 13:00")), (at("23.06. 14:00"), at("23.06. 16:00"))], **other}
    items = timeline(opened=opened, window_start=start, window_end=end, zone=BERLIN, **lists)
    shown = "%d.%m. %H:%M"
    return [f"{i.status} {wall(i.start, BERLIN):{shown}} - {wall(i.end, BERLIN):{shown}}" for i in items]


GOLDEN = [
    "outOfOffice 23.06. 00:00 - 23.06. 08:00",
    "available 23.06. 08:00 - 23.06. 09:00",
    "busy 23.06. 09:00 - 23.06. 13:00",
    "available 23.06. 13:00 - 23.06. 14:00",
    "busy 23.06. 14:00 - 23.06. 16:00",
    "available 23.06. 16:00 - 23.06. 17:00",
    "outOfOffice 23.06. 17:00 - 24.06. 00:00",
    "outOfOffice 24.06. 00:00 - 24.06. 08:00",
]


@pytest.mark.row("S1.24")
@pytest.mark.parametrize("clock", ["00:00", "00:01", "07:30", "08:00"])
def test_a_day_of_two_events_gives_the_eight_rows_of_the_sample(clock):
    assert ask((f"23.06. {clock}", f"24.06. {clock}")) == GOLDEN


@pytest.mark.row("S1.24")
def test_a_window_that_ends_later_goes_on_with_whole_items():
    assert ask(("23.06. 10:00", "24.06. 10:00")) == [*GOLDEN, "available 24.06. 08:00 - 24.06. 17:00"]


@pytest.mark.row("S1.25")
@pytest.mark.parametrize("clock", ["00:00", "07:30", "15:45"])
def test_without_public_meetings_every_day_is_one_item_out_of_office(clock):
    assert ask((f"21.06. {clock}", f"22.06. {clock}"), closed=True) == [
        "outOfOffice 21.06. 00:00 - 22.06. 00:00",
        "outOfOffice 22.06. 00:00 - 23.06. 00:00",
    ]


def test_out_of_office_by_outlook_counts_before_busy_and_free():
    away = [(at("23.06. 12:00"), at("23.06. 15:00"))]
    assert ask(("23.06. 00:00", "23.06. 20:00"), out_of_office=away)[2:5] == [
        "busy 23.06. 09:00 - 23.06. 12:00",
        "outOfOffice 23.06. 12:00 - 23.06. 15:00",
        "busy 23.06. 15:00 - 23.06. 16:00",
    ]


def test_a_group_session_with_seats_counts_before_busy_but_only_in_working_hours():
    seats = [(at("23.06. 07:00"), at("23.06. 10:00"))]
    assert ask(("23.06. 00:00", "23.06. 20:00"), free_seats=seats)[:3] == [
        "outOfOffice 23.06. 00:00 - 23.06. 08:00",
        "slotsAvailable 23.06. 08:00 - 23.06. 10:00",
        "busy 23.06. 10:00 - 23.06. 13:00",
    ]


def test_being_busy_outside_working_hours_is_out_of_office():
    late = [(at("23.06. 16:00"), at("23.06. 20:00"))]
    assert ask(("23.06. 00:00", "23.06. 23:00"), busy=late)[-2:] == [
        "busy 23.06. 16:00 - 23.06. 17:00",
        "outOfOffice 23.06. 17:00 - 24.06. 00:00",
    ]


def status_by_the_clock(opened: object, busy: object, away: object, instant: int) -> str:
    if holds(away, instant) or not holds(opened, instant):
        return "outOfOffice"
    return "busy" if holds(busy, instant) else "available"


@pytest.mark.row("S1.24", "S1.36")
@settings(max_examples=60, deadline=None)
@given(oracle.scenes(), st.integers(0, 2 * DAY // 300), st.integers(0, DAY // 300), st.integers(0, 40))
def test_items_are_contiguous_split_at_midnight_and_true_at_every_minute(scene, offset, length, absence):
    host, zone, begin, _ = scene
    start = begin + offset * 300
    end = start + length * 300
    away = [(start + 2 * HOUR, start + 2 * HOUR + absence * 300)] if absence else []
    items = timeline(
        opened=host.open, busy=host.busy, out_of_office=away, window_start=start, window_end=end, zone=zone
    )
    first, last = covered(start, end, zone)
    assert items[0].start == first and end <= items[-1].end <= last
    assert all(earlier.end == later.start for earlier, later in pairwise(items))
    assert all(item.start < end or item.start == first or starts_a_day(item, zone) for item in items)
    for earlier, later in pairwise(items):
        assert earlier.status != later.status or starts_a_day(later, zone)
    for item in items:
        for instant in range(item.start, item.end, 300):
            assert item.status == status_by_the_clock(host.open, host.busy, away, instant)
            assert wall(instant, zone).date() == wall(item.start, zone).date()


def starts_a_day(item: Item, zone: ZoneInfo) -> bool:
    return date.toordinal(wall(item.start, zone)) != date.toordinal(wall(item.start - 1, zone))
