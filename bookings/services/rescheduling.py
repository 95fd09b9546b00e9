"""Moves a booking to another time: the claim moves in one transaction, mails and Outlook follow."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from bookings.models import Booking
from bookings.services import booking as bookings
from bookings.services import follow_up, offers
from tenants.acting import Actor
from tenants.errors import DomainError
from tenants.services import audit, claims


class NoLongerChangeable(DomainError):
    """The booking is cancelled or has begun."""

    code = "noLongerChangeable"
    status = 409
    detail = _("This booking can no longer be changed.")


def reschedule(*, booking: Booking, starts_at: datetime, now: datetime, actor: Actor) -> Booking:
    """Moves `booking` to `starts_at` (UTC), with the same staff member and length; the same time changes nothing.

    The calendar file's sequence rises (RFC 5546 2.1.4). Raises NoLongerChangeable, NoStaff where that person takes no
    bookings for the service any more, SlotTaken, NotOffered.
    """
    page, service, member = booking.page, booking.service, booking.staff_member
    try:
        with claims.ledger():
            claims.lock(tenant=booking.tenant, keys=[member.claim_key])
            booking = lock_row(booking, now)
            if booking.starts_at == starts_at:
                return booking
            if not offers.staff_for(service, only=member.pk):
                raise bookings.NoStaff
            free = offers.free_staff(
                page=page, service=service, staff=[member], starts_at=starts_at, now=now, ignoring=[booking.pk]
            )
            if not free:
                raise claims.Taken
            before = booking.starts_at
            booking.ends_at = starts_at + (booking.ends_at - booking.starts_at)
            booking.starts_at = starts_at
            booking.sequence += 1
            booking.save(update_fields=["starts_at", "ends_at", "sequence", "updated_at"])
            claims.move(tenant=booking.tenant, owner_id=booking.pk, wanted=bookings.wanted(booking), now=now)
            audit.record(
                tenant=booking.tenant, actor=actor, action="booking.rescheduled", target=booking, now=now,
                before={"startsAt": before.isoformat()}, after={"startsAt": starts_at.isoformat()},
            )  # fmt: skip
            follow_up.rescheduled(booking, now=now)
    except claims.Taken as taken:
        raise bookings.refusal(page, service, [member], starts_at, now, ignoring=[booking.pk]) from taken
    return booking


def lock_row(booking: Booking, now: datetime) -> Booking:
    """The booking as it is now, locked until the transaction ends. Raises NoLongerChangeable."""
    current = (
        Booking.objects.select_for_update(of=("self",))
        .select_related("tenant", "page__mailbox", "page__tenant", "service", "staff_member__mailbox")
        .get(pk=booking.pk)
    )
    if current.is_cancelled or current.starts_at <= now:
        raise NoLongerChangeable
    return current
