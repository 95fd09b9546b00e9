"""Customers move and cancel: the claim moves in one transaction, mails and Outlook follow, the sequence rises."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bookings.models import Booking, EventLink
from bookings.services import cancellation, rescheduling
from bookings.services.booking import NotOffered, SlotTaken
from bookings.services.rescheduling import NoLongerChangeable
from tenants import acting
from tenants.models import AuditEvent, BusyPeriod, Claim, Job, Tenant
from tests.factories import ANA, NOW, at, book, clinic

NINE, TEN = at("2026-11-23 08:00"), at("2026-11-23 09:00")
HER = acting.visitor(ANA.email)


def moved(booking: Booking, start: object) -> Booking:
    """Reschedules as the customer does."""
    return rescheduling.reschedule(booking=booking, starts_at=start, now=NOW, actor=HER)


@pytest.mark.row("S4.4")
def test_rescheduling_moves_the_claim_keeps_the_identity_and_raises_the_sequence(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso)
    booking = book(page, service, NINE)
    again = moved(booking, TEN)
    assert (again.pk, again.ical_uid, again.sequence) == (booking.pk, booking.ical_uid, 1)
    assert (again.starts_at, again.ends_at) == (TEN, TEN + timedelta(minutes=30))
    assert list(Claim.objects.values_list("starts_at", flat=True)) == [TEN]
    assert Job.objects.filter(payload__template="rescheduled", payload__sequence=1).count() == 2
    event = AuditEvent.objects.get(action="booking.rescheduled")
    assert (event.before["startsAt"], event.after["startsAt"]) == (NINE.isoformat(), TEN.isoformat())
    book(page, service, NINE)


def test_a_move_may_overlap_the_old_time(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso, duration=timedelta(hours=1))
    assert moved(book(page, service, NINE), NINE + timedelta(minutes=30)).sequence == 1


def test_a_move_to_the_same_time_changes_and_sends_nothing(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso)
    assert moved(book(page, service, NINE), NINE).sequence == 0
    assert not Job.objects.filter(payload__template="rescheduled").exists()


def test_a_move_to_a_taken_or_impossible_time_changes_nothing(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso)
    booking = book(page, service, NINE)
    book(page, service, TEN)
    with pytest.raises(SlotTaken) as refused:
        moved(booking, TEN)
    assert NINE + timedelta(minutes=30) in refused.value.extra["alternatives"]
    with pytest.raises(NotOffered):
        moved(booking, NINE - timedelta(hours=3))
    booking.refresh_from_db()
    assert (booking.starts_at, booking.sequence) == (NINE, 0)


@pytest.mark.row("S4.4")
def test_cancelling_frees_the_time_at_once_and_tells_both_sides(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso)
    booking = cancellation.cancel(booking=book(page, service, NINE), now=NOW, actor=HER, reason="Ill")
    assert (booking.status, booking.sequence, booking.cancel_reason) == ("cancelled", 1, "Ill")
    assert not Claim.objects.exists()
    assert Job.objects.filter(payload__template="cancelled").count() == 2
    book(page, service, NINE)


def test_what_is_cancelled_or_has_begun_cannot_be_changed(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso)
    gone = cancellation.cancel(booking=book(page, service, NINE), now=NOW, actor=HER)
    with pytest.raises(NoLongerChangeable):
        cancellation.cancel(booking=gone, now=NOW, actor=HER)
    with pytest.raises(NoLongerChangeable):
        moved(gone, TEN)
    running = book(page, service, NINE)
    with pytest.raises(NoLongerChangeable):
        cancellation.cancel(booking=running, now=NINE, actor=HER)
    assert Job.objects.filter(payload__template="cancelled").count() == 2


@pytest.mark.row("S0.1", "S4.1")
def test_our_own_event_in_outlook_does_not_block_twice_but_moved_by_hand_it_does(contoso: Tenant) -> None:
    page, service, [doctor] = clinic(contoso)
    booking = book(page, service, NINE)
    times = {"starts_at": booking.starts_at, "ends_at": booking.ends_at}
    EventLink.objects.create(tenant=contoso, booking=booking, mailbox=doctor.mailbox, event_id="E1", **times)
    copy = BusyPeriod.objects.create(tenant=contoso, mailbox=doctor.mailbox, event_id="E1", **times)
    moved(booking, TEN)
    book(page, service, NINE)
    copy.starts_at, copy.ends_at = TEN + timedelta(hours=1), TEN + timedelta(hours=2)
    copy.save()
    with pytest.raises(SlotTaken):
        book(page, service, TEN + timedelta(hours=1))
