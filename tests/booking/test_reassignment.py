"""Handing a booking over: to colleagues who give the service and are free, with everybody told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bookings.models import Booking
from bookings.services import cancellation, reassignment
from bookings.services.changing import NoLongerChangeable
from bookings.services.reassignment import NotFree
from tenants import acting
from tenants.models import AuditEvent, Claim, Job, Tenant
from tests.factories import ANA, NOW, ServiceFactory, StaffMemberFactory, at, book, clinic

NINE = at("2026-11-23 08:00")
STAFF = acting.Actor(kind="person", label="desk@contoso.com", source="web")


def give(booking: Booking, to: Any, **more: Any) -> Booking:
    """Hands over at NOW."""
    return reassignment.reassign(booking=booking, to=to, actor=STAFF, **({"now": NOW} | more))


def test_the_time_moves_to_the_colleague_and_everybody_is_told(contoso: Tenant) -> None:
    page, service, [first, second] = clinic(contoso, staff=2)
    booking = book(page, service, NINE, staff_id=first.pk)
    handed = give(booking, second, reason="Ana speaks Spanish")
    assert (handed.staff_member, handed.sequence, handed.starts_at) == (second, 1, NINE)
    assert Claim.objects.get().key_id == second.mailbox_id
    told = Job.objects.filter(kind="mail.booking", payload__template="reassigned")
    assert sorted(told.values_list("payload__reader", flat=True)) == ["customer", "former", "staff"]
    event = AuditEvent.objects.get(action="booking.reassigned")
    assert (event.before, event.after) == ({"staffMember": str(first.pk)}, {"staffMember": str(second.pk)})
    line = booking.assignments.get(how="reassigned")
    assert (line.staff_member, line.reason) == (second, "Ana speaks Spanish")
    book(page, service, NINE, staff_id=first.pk)


def test_candidates_give_the_service_work_then_and_are_free_the_next_in_line_first(contoso: Tenant) -> None:
    page, service, [host, busy, loaded, idle] = clinic(contoso, staff=4)
    outsider = StaffMemberFactory(page=page)
    at_home = StaffMemberFactory(page=page, uses_business_hours=False, weekly_hours={})
    service.staff.add(at_home)
    booking = book(page, service, NINE, staff_id=host.pk)
    book(page, service, NINE, staff_id=busy.pk)
    book(page, service, NINE + timedelta(hours=2), staff_id=loaded.pk)
    assert reassignment.candidates(booking, NOW) == [idle, loaded]
    for nobody in (busy, outsider, at_home):
        with pytest.raises(NotFree):
            give(booking, nobody)
    assert Claim.objects.get(owner_id=booking.pk).key_id == host.mailbox_id


def test_lead_time_grid_and_caps_do_not_stand_in_the_way_of_what_is_booked(contoso: Tenant) -> None:
    page, service, [first, second] = clinic(contoso, staff=2, minimum_lead=timedelta(hours=1), daily_limit=1)
    booking = book(page, service, NINE, staff_id=first.pk)
    assert give(booking, second, now=NINE - timedelta(minutes=1)).staff_member == second


def test_the_length_that_was_booked_counts_not_the_one_that_is_offered_now(contoso: Tenant) -> None:
    page, service, [first, second] = clinic(contoso, staff=2, duration=timedelta(hours=2))
    booking = book(page, service, NINE, staff_id=first.pk)
    service.duration = timedelta(minutes=30)
    service.save()
    book(page, ServiceFactory(page=page), NINE + timedelta(hours=1), staff_id=second.pk)
    with pytest.raises(NotFree):
        give(booking, second)


def test_to_whom_it_is_already_nothing_happens(contoso: Tenant) -> None:
    page, service, [first, _] = clinic(contoso, staff=2)
    booking = give(book(page, service, NINE, staff_id=first.pk), first)
    assert booking.sequence == 0 and not Job.objects.filter(payload__template="reassigned").exists()


def test_what_has_begun_or_is_gone_is_not_handed_over(contoso: Tenant) -> None:
    page, service, [first, second] = clinic(contoso, staff=2)
    booking = book(page, service, NINE, staff_id=first.pk)
    with pytest.raises(NoLongerChangeable):
        give(booking, second, now=NINE)
    gone = cancellation.cancel(booking=booking, now=NOW, actor=acting.visitor(ANA.email))
    assert reassignment.candidates(gone, NOW) == []
    with pytest.raises(NoLongerChangeable):
        give(gone, second)


def test_outlook_goes_on_inviting_only_where_the_colleague_is_in_outlook_too(contoso: Tenant) -> None:
    contoso.invitation_sender = Tenant.InvitationSender.OUTLOOK
    contoso.save()
    page, service, [first, second, third] = clinic(contoso, staff=3)
    for member in (first, second):
        member.mailbox.syncs_calendar = True
        member.mailbox.save()
    booking = book(page, service, NINE, staff_id=first.pk)
    assert give(booking, second).invitation_sender == "outlook"
    assert give(booking, third).invitation_sender == "daybook"
    assert give(booking, first).invitation_sender == "daybook"
