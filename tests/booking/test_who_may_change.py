"""Customers change within what held when they booked; staff and programs always may, until it begins."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bookings.models import Booking, WaitingEntry
from bookings.services import cancellation, rescheduling
from bookings.services.booking import SlotTaken
from bookings.services.changing import NoLongerChangeable, NotAllowedToChange, TooLateToChange
from tenants import acting
from tenants.errors import InvalidInput
from tenants.models import Claim, Job, Tenant
from tests.factories import ANA, NOW, at, book, clinic

NINE, TEN = at("2026-11-23 08:00"), at("2026-11-23 09:00")
HER = acting.visitor(ANA.email)
STAFF = acting.Actor(kind="person", label="desk@contoso.com", source="web")
PROGRAM = acting.Actor(kind="apiClient", label="CRM", source="api")


def move(booking: Booking, actor: Any = HER, now: Any = NOW) -> Booking:
    """To ten."""
    return rescheduling.reschedule(booking=booking, starts_at=TEN, now=now, actor=actor)


def cancel(booking: Booking, actor: Any = HER, now: Any = NOW, **more: Any) -> Booking:
    """Cancels it."""
    return cancellation.cancel(booking=booking, now=now, actor=actor, **more)


@pytest.mark.parametrize("change", [move, cancel])
def test_the_cut_off_is_to_the_second_and_binds_customers_only(contoso: Tenant, change: Any) -> None:
    page, service, _ = clinic(contoso, change_cutoff=timedelta(hours=1))
    booking = book(page, service, NINE)
    locked = NINE - timedelta(hours=1)
    assert booking.locked_from == locked
    with pytest.raises(TooLateToChange) as refused:
        change(booking, now=locked)
    assert refused.value.status == 409 and refused.value.extra["lockedFrom"] == locked
    booking.refresh_from_db()
    assert (booking.status, booking.sequence, Claim.objects.count()) == ("confirmed", 0, 1)
    assert change(booking, now=locked - timedelta(seconds=1)).sequence == 1


@pytest.mark.parametrize("actor", [STAFF, PROGRAM])
def test_staff_and_programs_change_it_until_it_begins(contoso: Tenant, actor: Any) -> None:
    page, service, _ = clinic(
        contoso, change_cutoff=timedelta(days=30), customers_may_move=False, customers_may_cancel=False,
        reason_required=True,
    )  # fmt: skip
    booking = move(book(page, service, NINE), actor=actor)
    with pytest.raises(NoLongerChangeable):
        cancel(booking, actor=actor, now=TEN)
    assert cancel(booking, actor=actor, now=TEN - timedelta(seconds=1)).status == "cancelled"


@pytest.mark.parametrize(("switch", "change"), [("customers_may_move", move), ("customers_may_cancel", cancel)])
def test_what_the_service_does_not_leave_to_customers_is_refused(contoso: Tenant, switch: str, change: Any) -> None:
    page, service, _ = clinic(contoso, **{switch: False})
    booking = book(page, service, NINE)
    with pytest.raises(NotAllowedToChange):
        change(booking)
    other = cancel if change is move else move
    assert other(booking).sequence == 1


def test_a_booking_keeps_what_held_when_it_was_made(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso, change_cutoff=timedelta(minutes=10), price_text="80 CHF")
    booking = book(page, service, NINE)
    service.change_cutoff, service.customers_may_move, service.price_text = timedelta(days=9), False, "120 CHF"
    service.save()
    moved = move(booking)
    assert (moved.sequence, moved.price_text, moved.change_cutoff) == (1, "80 CHF", timedelta(minutes=10))
    with pytest.raises(NotAllowedToChange):
        move(book(page, service, NINE))


def test_a_reason_is_asked_of_customers_where_the_service_wants_one(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso, reason_required=True)
    booking = book(page, service, NINE)
    with pytest.raises(InvalidInput) as refused:
        cancel(booking, reason="  ")
    assert list(refused.value.errors) == ["reason"] and Claim.objects.exists()
    assert cancel(booking, reason=" Ill ").cancel_reason == "Ill"


def test_a_quiet_cancellation_frees_the_time_and_mails_nobody(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso)
    booking = book(page, service, NINE)
    before = Job.objects.filter(kind__startswith="mail").count()
    cancel(booking, actor=STAFF, quiet=True)
    assert Job.objects.filter(kind__startswith="mail").count() == before and not Claim.objects.exists()


@pytest.mark.parametrize("change", [move, cancel])
def test_who_waits_for_a_time_is_thought_of_when_one_becomes_free(contoso: Tenant, change: Any) -> None:
    page, service, _ = clinic(contoso, waiting_list=True)
    booking = book(page, service, NINE)
    change(booking)
    assert not Job.objects.filter(kind="waiting.freed").exists()
    again = book(page, service, NINE)
    WaitingEntry.objects.create(
        tenant=contoso, service=service, first_date=NINE.date(), last_date=NINE.date(), customer_name="Bo",
        customer_email="bo@example.com", customer_time_zone="UTC", token_hash="x", token="x", created_at=NOW,
    )  # fmt: skip
    rescheduling.reschedule(booking=again, starts_at=NINE + timedelta(hours=3), now=NOW, actor=HER)
    assert Job.objects.get(kind="waiting.freed").payload["from"] == NINE.isoformat()


def test_a_move_that_is_refused_keeps_the_old_time(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso)
    booking = book(page, service, NINE)
    book(page, service, TEN)
    with pytest.raises(SlotTaken):
        move(booking)
    assert set(Claim.objects.values_list("starts_at", flat=True)) == {NINE, TEN}
