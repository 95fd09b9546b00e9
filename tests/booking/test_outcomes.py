"""What became of a booking: marked once it began, taken back when it was a mistake."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bookings.models import Booking
from bookings.services import cancellation, outcomes
from tenants import acting
from tenants.models import AuditEvent, Job, Tenant
from tests.factories import NOW, at, book, clinic

NINE = at("2026-11-23 08:00")
STAFF = acting.Actor(kind="person", label="desk@contoso.com", source="web")


def mark(booking: Booking, status: str, now: object = NINE) -> Booking:
    """As its host does."""
    return outcomes.mark(booking=booking, status=status, now=now, actor=STAFF)


def test_it_is_marked_corrected_and_taken_back_without_a_mail(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso)
    booking, jobs = book(page, service, NINE), Job.objects.count()
    for status in ("completed", "noShow", "noShow", "confirmed"):
        assert mark(booking, status).status == status
    trail = AuditEvent.objects.filter(target_id=booking.pk).exclude(action="booking.created").order_by("at", "pk")
    assert sorted(trail.values_list("action", flat=True)) == [
        "booking.completed", "booking.noShow", "booking.outcomeTakenBack",
    ]  # fmt: skip
    assert Job.objects.count() == jobs


def test_before_it_began_there_is_nothing_to_mark(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso)
    booking = book(page, service, NINE)
    with pytest.raises(outcomes.NotYet):
        mark(booking, "noShow", NINE - timedelta(seconds=1))


def test_what_is_gone_or_was_never_agreed_has_no_outcome(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso, approval="host")
    request = book(page, service, NINE)
    for status in ("confirmed", "completed"):
        with pytest.raises(outcomes.NoOutcome):
            mark(request, status)
    gone = cancellation.cancel(booking=request, now=NOW, actor=STAFF)
    with pytest.raises(outcomes.NoOutcome):
        mark(gone, "completed")
    with pytest.raises(outcomes.NoOutcome):
        mark(book(page, service, NINE, actor=STAFF), "cancelled")
