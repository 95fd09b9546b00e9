"""Staff book for a customer at any free time; limits bind customers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bookings.models import Booking, TimeOff
from bookings.services import cancellation, rescheduling
from bookings.services.booking import NotOffered, SlotTaken, TooManyBookings
from tenants import acting
from tenants.models import BusyPeriod, Tenant
from tests.factories import ANA, NOW, at, book, clinic

NINE = at("2026-11-23 08:00")
STAFF = acting.Actor(kind="person", label="desk@contoso.com", source="web")


def freely(page: Any, service: Any, start: Any, **more: Any) -> Booking:
    """As staff book for somebody."""
    return book(page, service, start, actor=STAFF, freely=True, **more)


def test_hours_grid_lead_horizon_and_caps_play_no_part(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso, minimum_lead=timedelta(days=1), daily_limit=1, booker_limit=1)
    for start in (
        NINE + timedelta(minutes=7), at("2026-11-23 20:00"), NOW + timedelta(minutes=1), NINE + timedelta(days=400),
    ):  # fmt: skip
        assert freely(page, service, start).status == "confirmed"
    with pytest.raises(NotOffered):
        book(page, service, at("2026-11-25 20:00"), actor=STAFF, customer=type(ANA)("Bo", "bo@example.com", "UTC"))


def test_claims_with_their_buffers_outlook_and_time_off_still_count(contoso: Tenant) -> None:
    page, service, [doctor] = clinic(contoso, buffer_after=timedelta(minutes=15))
    freely(page, service, NINE)
    with pytest.raises(SlotTaken):
        freely(page, service, NINE + timedelta(minutes=40))
    freely(page, service, NINE + timedelta(minutes=45))
    evening = at("2026-11-23 20:00")
    BusyPeriod.objects.create(
        tenant=contoso, mailbox=doctor.mailbox, event_id="E1", starts_at=evening, ends_at=evening + timedelta(hours=1)
    )
    away = at("2026-11-24 20:00")
    TimeOff.objects.create(
        tenant=contoso, page=page, staff_member=doctor, starts_at=away, ends_at=away + timedelta(hours=1)
    )
    for taken in (evening, away):
        with pytest.raises((SlotTaken, NotOffered)):
            freely(page, service, taken)


@pytest.mark.parametrize(
    "start", [NOW - timedelta(hours=1), NINE + timedelta(seconds=1), NINE + timedelta(microseconds=1)]
)
def test_what_is_over_or_between_minutes_is_no_time(contoso: Tenant, start: Any) -> None:
    page, service, _ = clinic(contoso)
    with pytest.raises(NotOffered):
        freely(page, service, start)


def test_teams_and_shared_times_are_booked_freely_too(contoso: Tenant) -> None:
    page, service, members = clinic(contoso, staff=2, staffing="all")
    evening = at("2026-11-23 20:00")
    assert freely(page, service, evening).hosts == members
    page, service, _ = clinic(contoso, seats=2)
    assert freely(page, service, evening).session_id == freely(page, service, evening).session_id
    with pytest.raises(SlotTaken):
        freely(page, service, evening)


def test_staff_move_freely_too(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso)
    booking, evening = book(page, service, NINE), at("2026-11-23 20:10")
    with pytest.raises(NotOffered):
        rescheduling.reschedule(booking=booking, starts_at=evening, now=NOW, actor=STAFF)
    moved = rescheduling.reschedule(booking=booking, starts_at=evening, now=NOW, actor=STAFF, freely=True)
    assert moved.starts_at == evening


def test_a_customer_has_so_many_bookings_to_come_and_no_more(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso, booker_limit=2)
    _, other, _ = clinic(contoso)
    made = [book(page, service, NINE + timedelta(hours=hour)) for hour in range(2)]
    with pytest.raises(TooManyBookings) as refused:
        book(page, service, NINE + timedelta(hours=3), customer=shouting())
    assert refused.value.status == 409
    book(page, service, NINE + timedelta(hours=3), customer=type(ANA)("Bo", "bo@example.com", "UTC"))
    book(other.page, other, NINE)
    made[0].status = Booking.Status.DECLINED
    made[0].save()
    book(page, service, NINE + timedelta(hours=4))
    book(page, service, NINE + timedelta(days=1), now=NINE + timedelta(hours=5))


def shouting() -> Any:
    """Ana, who writes her address otherwise today."""
    return type(ANA)("Ana", "ANA@example.NET", "UTC")


@pytest.mark.parametrize(
    ("cap", "start"),
    [("daily_limit", "2026-11-23 16:00"), ("weekly_limit", "2026-11-29 15:00"), ("monthly_limit", "2026-11-30 15:00")],
)
def test_a_full_day_week_or_month_refuses_one_more_until_one_is_gone(contoso: Tenant, cap: str, start: str) -> None:
    page, service, _ = clinic(contoso, **{cap: 1})
    booking = book(page, service, NINE)
    with pytest.raises(SlotTaken) as refused:
        book(page, service, at(start) - timedelta(hours=1))
    assert all(alternative > at(start) for alternative in refused.value.extra["alternatives"])
    within = at(start) - timedelta(hours=1)
    her = acting.visitor(ANA.email)
    moved = rescheduling.reschedule(booking=booking, starts_at=within, now=NOW, actor=her)
    cancellation.cancel(booking=moved, now=NOW, actor=her)
    book(page, service, within)
