"""A time is kept while the visitor fills the form in: for that form only, for ten minutes only."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django_scopes import scope

from bookings.models import Booking, BookingPage, Hold, Service
from bookings.services import holds, offers
from bookings.services.booking import SlotTaken
from tenants.models import Claim, Tenant
from tests.factories import NOW, ServiceFactory, at, book, clinic, stranger

NINE, TEN = at("2026-11-23 08:00"), at("2026-11-23 09:00")


def hold(page: BookingPage, service: Service, start: Any, key: str = "form", **more: Any) -> Hold | None:
    """Holds a time at NOW."""
    arguments: dict[str, Any] = {"staff_id": None, "now": NOW} | more
    return holds.place(page=page, service=service, starts_at=start, key=key, **arguments)


def is_offered(page: BookingPage, service: Service, start: Any, now: Any = NOW) -> bool:
    """Whether others find the time on the page."""
    day = date(2026, 11, 23)
    zone = ZoneInfo("UTC")
    found = offers.offer(page=page, service=service, first_date=day, last_date=day, zone=zone, now=now).slots
    return int(start.timestamp()) in {slot.start for slot in found}


def test_a_held_time_is_not_offered_or_booked_by_others_and_booked_by_its_form(contoso: Tenant) -> None:
    page, service, [doctor] = clinic(contoso)
    kept = hold(page, service, NINE)
    assert kept and (kept.staff_member, kept.expires_at) == (doctor, NOW + timedelta(minutes=10))
    assert not is_offered(page, service, NINE)
    with pytest.raises(SlotTaken):
        book(page, service, NINE)
    booking = book(page, service, NINE, hold=holds.find("form", service, NINE, NOW))
    assert Claim.objects.get().owner_id == booking.pk and not Hold.objects.exists()


def test_it_lapses_by_itself_to_the_second(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso)
    hold(page, service, NINE)
    last = NOW + timedelta(minutes=10)
    assert not is_offered(page, service, NINE, last - timedelta(seconds=1))
    assert is_offered(page, service, NINE, last) and holds.find("form", service, NINE, last) is None
    booking = book(page, service, NINE, now=last)
    assert Claim.objects.get().owner_id == booking.pk


def test_a_form_that_held_too_long_books_if_nobody_was_quicker(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso)
    kept, late = hold(page, service, NINE), NOW + timedelta(minutes=11)
    book(page, service, NINE, hold=kept, now=late)
    again = hold(page, service, TEN, now=late)
    book(page, service, TEN, now=late + timedelta(minutes=11))
    with pytest.raises(SlotTaken):
        book(page, service, TEN, hold=again, now=late + timedelta(minutes=12))


def test_the_same_form_keeps_one_time_and_does_not_prolong_it(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso)
    first = hold(page, service, NINE)
    assert hold(page, service, NINE, now=NOW + timedelta(minutes=5)) == first
    hold(page, service, TEN, now=NOW + timedelta(minutes=5))
    assert is_offered(page, service, NINE) and Hold.objects.get().starts_at == TEN and Claim.objects.count() == 1


def test_letting_go_frees_it_at_once(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso)
    hold(page, service, NINE)
    with scope(tenant=stranger()):
        assert not holds.release("form") and holds.find("form", service, NINE, NOW) is None
    assert holds.release("form") and not holds.release("form")
    assert is_offered(page, service, NINE) and not Claim.objects.exists()


def test_what_is_not_offered_or_shared_is_not_held(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso)
    assert hold(page, service, NINE - timedelta(hours=3)) is None
    book(page, service, NINE)
    assert hold(page, service, NINE) is None
    assert hold(page, ServiceFactory(page=page, seats=3), TEN) is None
    assert not Hold.objects.exists()


def test_a_crowd_of_forms_cannot_block_a_page(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso)
    starts = [NINE + timedelta(minutes=30 * number) for number in range(holds.MOST_HOLDS + 2)]
    kept = [hold(page, service, start, key=f"form {number}") for number, start in enumerate(starts)]
    assert [one is not None for one in kept] == [True] * holds.MOST_HOLDS + [False] * 2
    late = NOW + holds.HOLD_FOR
    assert hold(page, service, starts[-1], key="later", now=late) is not None
    assert Hold.objects.count() == Claim.objects.count() == 1


def test_whoever_was_held_gets_the_booking_though_another_is_next_by_now(contoso: Tenant) -> None:
    page, service, members = clinic(contoso, staff=2)
    kept = hold(page, service, NINE)
    assert kept is not None
    others = ServiceFactory(page=page, members=[kept.staff_member])
    book(page, others, TEN)
    booking = book(page, service, NINE, hold=kept)
    assert booking.staff_member == kept.staff_member
    assert "kept for them" in booking.assignments.get().reason
    assert {member.pk for member in members} > {booking.staff_member_id}


def test_a_hold_of_another_time_opens_nothing(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso)
    kept, other = hold(page, service, NINE), hold(page, service, TEN, key="another form")
    assert kept and other
    with pytest.raises(SlotTaken):
        book(page, service, TEN, hold=kept)
    assert Hold.objects.count() == 2 and not Booking.objects.exists()


def test_all_of_a_team_are_held(contoso: Tenant) -> None:
    page, service, members = clinic(contoso, staff=3, staffing="all")
    kept = hold(page, service, NINE)
    assert Claim.objects.count() == 3
    assert book(page, service, NINE, hold=kept).hosts == members
    assert Claim.objects.count() == 3
