"""Bookings that wait for approval: who waits, what is kept meanwhile, and what asks again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bookings.models import Approval, Booking
from bookings.services import cancellation, reassignment, rescheduling
from bookings.services.booking import SlotTaken, TooManyBookings
from tenants import acting
from tenants.models import Claim, Job, Tenant
from tests.factories import ANA, NOW, at, book, clinic

NINE, TEN = at("2026-11-23 08:00"), at("2026-11-23 09:00")
HER = acting.visitor(ANA.email)
STAFF = acting.Actor(kind="person", label="desk@contoso.com", source="web")
PROGRAM = acting.Actor(kind="apiClient", label="CRM", source="api")


def states(booking: Booking) -> list[str]:
    """What became of the questions about a booking, in their order."""
    return list(
        Approval.objects.filter(booking=booking).order_by("asked_at", "sequence").values_list("state", flat=True)
    )


def approved(booking: Booking) -> Booking:
    """The same, as if its host had agreed."""
    Approval.objects.filter(booking=booking).update(state="approved")
    booking.status = Booking.Status.CONFIRMED
    booking.save()
    return booking


@pytest.mark.parametrize(
    ("approval", "actor", "status"),
    [
        ("none", HER, "confirmed"), ("host", HER, "pendingApproval"), ("host", PROGRAM, "pendingApproval"),
        ("assignment", HER, "pendingApproval"), ("host", STAFF, "confirmed"), ("host", acting.SYSTEM, "confirmed"),
    ],
)  # fmt: skip
def test_visitors_and_programs_wait_where_the_service_asks_for_approval(
    contoso: Tenant, approval: str, actor: Any, status: str
) -> None:
    page, service, _ = clinic(contoso, approval=approval)
    booking = book(page, service, NINE, actor=actor)
    assert booking.status == status
    asked = ["waiting"] if status == "pendingApproval" else []
    assert states(booking) == asked
    template = "requested" if asked else "confirmed"
    assert set(Job.objects.filter(kind="mail.booking").values_list("payload__template", flat=True)) == {template}


def test_a_request_holds_its_time_unless_the_service_says_otherwise(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso, approval="host")
    book(page, service, NINE)
    with pytest.raises(SlotTaken):
        book(page, service, NINE)
    service.pending_holds = False
    service.save()
    assert [book(page, service, TEN).status for _ in range(2)] == ["pendingApproval"] * 2
    assert Claim.objects.count() == 1


def test_a_request_that_holds_nothing_is_still_refused_for_a_time_that_is_taken(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso, approval="host", pending_holds=False)
    book(page, service, NINE, actor=STAFF)
    with pytest.raises(SlotTaken):
        book(page, service, NINE)


def test_requests_count_for_the_daily_limit_and_for_the_customers(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso, approval="host", pending_holds=False, daily_limit=2)
    book(page, service, NINE)
    book(page, service, NINE)
    with pytest.raises(SlotTaken):
        book(page, service, TEN)
    service.daily_limit, service.booker_limit = None, 2
    service.save()
    with pytest.raises(TooManyBookings):
        book(page, service, TEN)


def test_a_customers_move_of_an_approved_booking_asks_anew_and_holds_the_new_time(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso, approval="host")
    booking = approved(book(page, service, NINE))
    moved = rescheduling.reschedule(booking=booking, starts_at=TEN, now=NOW, actor=HER)
    assert (moved.status, moved.sequence, states(moved)) == ("pendingApproval", 1, ["approved", "waiting"])
    assert list(Claim.objects.values_list("starts_at", flat=True)) == [TEN]
    assert Job.objects.filter(payload__template="requested", payload__sequence=1).exists()
    assert not Job.objects.filter(payload__template="rescheduled").exists()


def test_a_moved_request_is_asked_about_at_its_new_time_whoever_moved_it(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso, approval="host")
    booking = book(page, service, NINE)
    for actor, start in ((HER, TEN), (STAFF, TEN + timedelta(hours=1))):
        booking = rescheduling.reschedule(booking=booking, starts_at=start, now=NOW, actor=actor)
        assert booking.status == "pendingApproval"
    waiting = Approval.objects.get(booking=booking, state="waiting")
    assert waiting.sequence == booking.sequence == 2 and states(booking).count("settled") == 2


def test_staffs_move_of_an_approved_booking_does_not_ask_again(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso, approval="host")
    moved = rescheduling.reschedule(
        booking=approved(book(page, service, NINE)), starts_at=TEN, now=NOW, actor=STAFF
    )  # fmt: skip
    assert (moved.status, states(moved)) == ("confirmed", ["approved"])


def test_the_same_time_asks_nobody(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso, approval="host")
    booking = approved(book(page, service, NINE))
    same = rescheduling.reschedule(booking=booking, starts_at=NINE, now=NOW, actor=HER)
    assert (same.status, same.sequence, states(same)) == ("confirmed", 0, ["approved"])


def test_moving_gives_the_claim_up_where_requests_hold_nothing(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso, approval="host", pending_holds=False)
    booking = book(page, service, NINE, actor=STAFF)
    rescheduling.reschedule(booking=booking, starts_at=TEN, now=NOW, actor=HER)
    assert not Claim.objects.exists()


def test_who_was_asked_is_asked_no_more_after_a_cancellation(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso, approval="host")
    booking = cancellation.cancel(booking=book(page, service, NINE), now=NOW, actor=HER)
    assert states(booking) == ["settled"] and not Claim.objects.exists()


def test_a_request_that_is_handed_over_asks_the_colleague(contoso: Tenant) -> None:
    page, service, [first, second] = clinic(contoso, staff=2, approval="host")
    booking = book(page, service, NINE, staff_id=first.pk)
    handed = reassignment.reassign(booking=booking, to=second, now=NOW, actor=STAFF)
    waiting = Approval.objects.get(booking=booking, state="waiting")
    assert (waiting.staff_member, handed.status) == (second, "pendingApproval")
    assert not Job.objects.filter(payload__template="reassigned").exists()
