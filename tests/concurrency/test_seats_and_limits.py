"""In the same moment: exactly as many seats, held times and bookings as there may be, and teams as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django_scopes import scope

from bookings.models import Booking, GroupSession, Hold
from bookings.services import cancellation, holds, reassignment, rescheduling
from tenants import acting
from tenants.models import Claim, Tenant
from tests.concurrency.together import all_at_once
from tests.factories import ANA, NOW, ServiceFactory, TenantFactory, at, book, clinic

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

NINE, TEN = at("2026-11-23 08:00"), at("2026-11-23 09:00")
HER = acting.visitor(ANA.email)


@pytest.fixture
def tenant(transactional_db: None) -> Iterator[Tenant]:
    """An organisation, and its scope around the test."""
    tenant = TenantFactory(name="Contoso", domain="contoso.com")
    with scope(tenant=tenant):
        yield tenant


def sound(service: Any) -> None:
    """Seats taken are the bookings that stand, and every session that runs has its claim."""
    for session in GroupSession.objects.filter(service=service):
        standing = session.bookings.exclude(status__in=Booking.GONE).count()
        assert session.seats_taken == standing
        assert Claim.objects.filter(owner_id=session.pk).count() == (0 if session.ended_at else 1)


def test_fifty_at_once_fill_exactly_the_seats(tenant: Tenant) -> None:
    page, service, _ = clinic(tenant, seats=7)
    outcome = all_at_once(tenant, 50, lambda number: book(page, service, NINE))
    assert outcome == {"done": 7, "SlotTaken": 43}
    assert (GroupSession.objects.count(), Claim.objects.count()) == (1, 1)
    sound(service)


def test_seats_come_and_go_and_are_always_those_of_the_bookings(tenant: Tenant) -> None:
    page, service, _ = clinic(tenant, seats=3)
    made = [book(page, service, NINE) for _ in range(3)]

    def act(number: int) -> object:
        if number < 3:
            return cancellation.cancel(booking=made[number], now=NOW, actor=HER)
        return book(page, service, NINE)

    outcome = all_at_once(tenant, 20, act)
    assert set(outcome) <= {"done", "SlotTaken"}
    sound(service)
    assert Booking.objects.filter(status="confirmed").count() <= 3


def test_one_of_twenty_forms_holds_a_time(tenant: Tenant) -> None:
    page, service, _ = clinic(tenant)
    outcome = all_at_once(
        tenant, 20,
        lambda number: holds.place(page=page, service=service, starts_at=NINE, key=str(number), staff_id=None, now=NOW),
    )  # fmt: skip
    assert outcome == {"done": 1, "nothing": 19} and Hold.objects.count() == Claim.objects.count() == 1


def test_a_page_gives_no_more_holds_than_it_may(tenant: Tenant) -> None:
    page, service, _ = clinic(tenant, staff=3)

    def act(number: int) -> object:
        start = NINE + timedelta(minutes=30 * (number % 12))
        return holds.place(page=page, service=service, starts_at=start, key=str(number), staff_id=None, now=NOW)

    outcome = all_at_once(tenant, 24, act)
    assert outcome == {"done": holds.MOST_HOLDS, "nothing": 24 - holds.MOST_HOLDS}


@pytest.mark.parametrize("staff", [1, 4])
def test_a_daily_limit_of_three_lets_exactly_three_in(tenant: Tenant, staff: int) -> None:
    page, service, _ = clinic(tenant, staff=staff, daily_limit=3)
    outcome = all_at_once(tenant, 20, lambda number: book(page, service, NINE + timedelta(minutes=30 * (number % 14))))
    assert outcome["done"] == Booking.objects.count() == 3
    assert outcome == {"done": 3, "SlotTaken": 17}


def test_a_customer_in_ten_windows_gets_no_more_than_two(tenant: Tenant) -> None:
    page, service, _ = clinic(tenant, staff=3, booker_limit=2)
    outcome = all_at_once(tenant, 10, lambda number: book(page, service, NINE + timedelta(minutes=30 * number)))
    assert outcome == {"done": 2, "TooManyBookings": 8}


def test_teams_that_overlap_are_booked_whole_or_not_at_all(tenant: Tenant) -> None:
    page, everybody, members = clinic(tenant, staff=3, staffing="all")
    pair = ServiceFactory(page=page, members=members[:2], staffing="all")
    other_pair = ServiceFactory(page=page, members=members[1:][::-1], staffing="all")
    services = [everybody, pair, other_pair]
    outcome = all_at_once(tenant, 30, lambda number: book(page, services[number % 3], NINE))
    assert outcome == {"done": 1, "SlotTaken": 29}
    booking = Booking.objects.get()
    assert Claim.objects.count() == len(booking.hosts) == booking.service.staff.count()


def test_requests_that_hold_nothing_do_not_stand_in_each_others_way(tenant: Tenant) -> None:
    page, service, _ = clinic(tenant, approval="host", pending_holds=False)
    assert all_at_once(tenant, 10, lambda number: book(page, service, NINE)) == {"done": 10}
    assert not Claim.objects.exists()


def test_moving_handing_over_and_cancelling_at_once_leave_one_truth(tenant: Tenant) -> None:
    page, service, members = clinic(tenant, staff=3)
    booking = book(page, service, NINE, staff_id=members[0].pk)

    def act(number: int) -> object:
        if number % 3 == 0:
            start = NINE + timedelta(minutes=30 * (1 + number))
            return rescheduling.reschedule(booking=booking, starts_at=start, now=NOW, actor=HER)
        if number == 28:
            return cancellation.cancel(booking=booking, now=NOW, actor=HER)
        return reassignment.reassign(booking=booking, to=members[number % 3], now=NOW, actor=acting.SYSTEM)

    outcome = all_at_once(tenant, 30, act)
    assert set(outcome) <= {"done", "NoLongerChangeable", "NotOffered"}
    assert not Claim.objects.filter(owner_id=booking.pk).exists()
    booking.refresh_from_db()
    assert booking.status == "cancelled"
