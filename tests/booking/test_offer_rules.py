"""What else decides about the times on offer: caps, public holidays, the age of Outlook's times."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import translation

from bookings.models import Booking, BookingPage, DateOverride, Service
from bookings.services import offers
from bookings.services.booking import NotOffered, SlotTaken
from tenants.models import BusyRead, Tenant
from tenants.services import claims
from tests.booking.asking import HOUR, HOURLY, MONDAY, SUNDAY, TUESDAY, fresh, hours, why
from tests.factories import NOW, at, book, clinic
from tests.factories import ServiceFactory as NewService


@pytest.mark.row("S0.1")
@pytest.mark.parametrize("status", [Booking.Status.PENDING, Booking.Status.CONFIRMED, Booking.Status.NO_SHOW])
def test_a_day_is_full_when_its_bookings_are_as_many_as_may_be_and_requests_count(contoso: Tenant, status: str) -> None:
    page, service, _ = clinic(contoso, daily_limit=2, **HOURLY)
    book(page, service, at("2026-11-24 08:00"))
    assert len(hours(page, service, TUESDAY)) == 7
    second = book(page, service, at("2026-11-24 10:00"))
    Booking.objects.filter(pk=second.pk).update(status=status)
    assert hours(page, service, TUESDAY) == []
    assert len(hours(page, service, date(2026, 11, 25))) == 8
    assert offers.nearest(page=fresh(page), service=service, starts_at=at("2026-11-24 12:00"), now=NOW, count=1) == [
        at("2026-11-25 08:00")
    ]
    codes, text = why(page, service, "2026-11-24 12:00")
    assert codes == ["limitReached"] and "this day has 2 bookings, the most it may have" in text


@pytest.mark.parametrize("gone", Booking.GONE)
def test_a_booking_that_does_not_take_place_does_not_count(contoso: Tenant, gone: str) -> None:
    page, service, _ = clinic(contoso, daily_limit=1, **HOURLY)
    booking = book(page, service, at("2026-11-24 08:00"))
    claims.release(owner_id=booking.pk)
    Booking.objects.filter(pk=booking.pk).update(status=gone)
    assert len(hours(page, service, TUESDAY)) == 8


def test_a_week_goes_from_monday_to_sunday_and_a_month_by_the_calendar(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso, weekly_limit=1, **HOURLY)
    book(page, service, at("2026-11-24 08:00"))
    assert hours(page, service, MONDAY) == hours(page, service, SUNDAY) == []
    assert len(hours(page, service, date(2026, 11, 30))) == 8
    Service.objects.update(weekly_limit=None, monthly_limit=1)
    service.refresh_from_db()
    assert hours(page, service, date(2026, 11, 30)) == []
    assert len(hours(page, service, date(2026, 12, 1))) == 8


def test_the_booking_that_moves_does_not_count_and_another_service_neither(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso, daily_limit=1, **HOURLY)
    other = NewService(page=page, **HOURLY)
    book(page, other, at("2026-11-24 11:00"))
    assert len(hours(page, service, TUESDAY)) == 7
    booking = book(page, service, at("2026-11-24 08:00"))
    assert hours(page, service, TUESDAY) == []
    assert len(hours(page, service, TUESDAY, ignoring=[booking.pk])) == 7
    assert why(page, service, "2026-11-24 14:00", ignoring=[booking.pk])[0] == ["offered"]


def test_the_day_is_that_of_the_page_not_of_the_visitor(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso, daily_limit=1, **HOURLY)
    BookingPage.objects.update(weekly_hours={day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed")})
    book(fresh(page), service, at("2026-11-23 23:00"))  # Tuesday, 00:00 in Zurich; Monday evening in New York
    assert hours(page, service, TUESDAY) == [] and hours(page, service, MONDAY) != []
    with pytest.raises(SlotTaken):
        book(fresh(page), service, at("2026-11-24 12:00"))


@pytest.mark.row("S1.36")
def test_a_public_holiday_is_closed_unless_the_date_has_hours_of_its_own(contoso: Tenant) -> None:
    page, service, [member] = clinic(contoso, **HOURLY)
    BookingPage.objects.update(holiday_country="CH", holiday_region="ZH")
    christmas = date(2026, 12, 25)
    assert hours(page, service, christmas) == []
    codes, text = why(page, service, "2026-12-25 09:00")
    assert codes == ["holiday"] and "Christmas Day" in text
    with translation.override("de"):
        assert "Weihnacht" in why(page, service, "2026-12-25 09:00")[1]
    with pytest.raises(NotOffered):
        book(fresh(page), service, at("2026-12-25 09:00"))
    DateOverride.objects.create(tenant=contoso, page=page, on_date=christmas, intervals=[["10:00", "12:00"]])
    assert hours(page, service, christmas) == [10, 11]
    member.uses_business_hours = False
    member.save()
    assert hours(page, service, christmas) == []  # their own hours have no exception


@pytest.mark.parametrize(
    ("country", "region", "closed"),
    [("CH", "ZH", True), ("CH", "", False), ("CH", "QQ", False), ("XX", "", False), ("", "ZH", False)],
)
def test_only_known_holidays_of_the_region_close(contoso: Tenant, country: str, region: str, closed: bool) -> None:
    page, service, _ = clinic(contoso, **HOURLY)
    BookingPage.objects.update(holiday_country=country, holiday_region=region)
    saint_stephen = date(2026, 12, 26)  # of Zurich, not of the whole country
    assert (hours(page, service, saint_stephen) == []) is closed


@pytest.mark.row("S0.1")
@pytest.mark.parametrize(
    ("syncs", "counts", "age", "offered"),
    [
        (True, True, None, False), (True, True, 61, False), (True, True, 60, True), (True, False, None, True),
        (False, True, None, True),
    ],
)  # fmt: skip
def test_whose_outlook_was_read_too_long_ago_is_not_offered(
    contoso: Tenant, syncs: bool, counts: bool, age: int | None, offered: bool
) -> None:
    page, service, [member] = clinic(contoso, calendar_age_limit=HOUR, **HOURLY)
    member.mailbox.syncs_calendar, member.calendar_counts = syncs, counts
    member.mailbox.save()
    member.save()
    if age is not None:
        BusyRead.objects.create(tenant=contoso, mailbox=member.mailbox, read_at=NOW - timedelta(minutes=age))
    assert bool(hours(page, service, TUESDAY)) is offered
    codes, _ = why(page, service, "2026-11-24 09:00")
    assert codes == (["offered"] if offered else ["calendarStale"])
    Service.objects.update(calendar_age_limit=None)
    service.refresh_from_db()
    assert hours(page, service, TUESDAY)
