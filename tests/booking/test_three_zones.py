"""Owner, business and visitor in three different zones, in the weeks in which clocks change.

The oracle knows nothing of intervals: it asks every quarter of an hour of the week what the owner's clock shows.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bookings.models import BookingPage, StaffMember
from bookings.services import offers
from tenants.models import Tenant
from tests.factories import ServiceFactory, book, clinic

QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
ALL_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKS = [
    ("Europe/Berlin", date(2027, 3, 24)), ("Europe/Berlin", date(2027, 10, 27)),
    ("America/New_York", date(2027, 3, 10)), ("America/New_York", date(2027, 11, 3)),
    ("Australia/Lord_Howe", date(2027, 3, 31)), ("Australia/Lord_Howe", date(2027, 9, 29)),
    ("Pacific/Apia", date(2027, 3, 31)), ("Asia/Kolkata", date(2027, 3, 24)),
]  # fmt: skip
#: Business and visitor change their clocks at other times than the owner, or never.
OTHERS = [("America/New_York", "Australia/Lord_Howe"), ("Asia/Kolkata", "Europe/Berlin")]
HOURS = [["00:30", "04:00"], ["09:00", "17:00"]]


def is_open(instant: datetime, zone: ZoneInfo) -> bool:
    """What the owner's clock says, read once."""
    clock = instant.astimezone(zone).strftime("%H:%M")
    return any(start <= clock < end for start, end in HOURS)


def expected(first: datetime, last: datetime, zone: ZoneInfo) -> list[datetime]:
    """Starts of an hour: open all through, on the hour of real time since its interval began, the first time round."""
    found, began, instant = [], None, first - timedelta(days=1)
    while instant < last:
        local = instant.astimezone(zone)
        if not is_open(instant, zone):
            began = None
        elif began is None:
            began = instant
        whole = all(is_open(instant + part * QUARTER, zone) for part in range(4))
        on_grid = began is not None and (instant - began) % HOUR == timedelta(0)
        if instant >= first and whole and on_grid and local.fold == 0:
            found.append(instant)
        instant += QUARTER
    return found


@pytest.mark.row("S0.1", "S1.36")
@pytest.mark.parametrize(("business", "visitor"), OTHERS)
@pytest.mark.parametrize(("owner", "monday"), WEEKS)
def test_times_follow_the_owners_clock_and_are_told_in_the_visitors(
    contoso: Tenant, owner: str, monday: date, business: str, visitor: str
) -> None:
    page, _, [member] = clinic(contoso)
    BookingPage.objects.update(time_zone=business)
    StaffMember.objects.filter(pk=member.pk).update(
        uses_business_hours=False, time_zone=owner, weekly_hours={day: HOURS for day in ALL_DAYS}
    )
    service = ServiceFactory(page=page, duration=HOUR, slot_interval=HOUR)
    page = BookingPage.objects.select_related("tenant", "mailbox").get(pk=page.pk)
    zone, now = ZoneInfo(visitor), datetime.combine(monday - timedelta(days=20), time.min, UTC)
    offer = offers.offer(
        page=page, service=service, first_date=monday, last_date=monday + timedelta(days=6), zone=zone, now=now
    )
    first = datetime.combine(monday, time.min, zone).astimezone(UTC)
    last = datetime.combine(monday + timedelta(days=7), time.min, zone).astimezone(UTC)
    starts = [datetime.fromtimestamp(slot.start, UTC) for slot in offer.slots]
    assert starts == expected(first, last, ZoneInfo(owner))
    for day, slots in offer.days:
        assert all(datetime.fromtimestamp(slot.start, zone).date() == day for slot in slots)
    booked = book(page, service, starts[len(starts) // 2], now=now)
    assert booked.starts_at == starts[len(starts) // 2]
