"""Cancels a booking: its time is free at once, mails and Outlook follow."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from bookings.models import Booking
from bookings.services import follow_up
from bookings.services.rescheduling import lock_row
from tenants.acting import Actor
from tenants.services import audit, claims


def cancel(*, booking: Booking, now: datetime, actor: Actor, reason: str = "") -> Booking:
    """Cancels `booking`. Raises NoLongerChangeable where it is cancelled already or has begun."""
    with transaction.atomic():
        claims.lock(tenant=booking.tenant, keys=[booking.staff_member.claim_key])
        booking = lock_row(booking, now)
        booking.status = Booking.Status.CANCELLED
        booking.sequence += 1
        booking.cancelled_at = now
        booking.cancelled_by = actor.kind
        booking.cancel_reason = reason[:500]
        booking.save()
        claims.release(owner_id=booking.pk)
        audit.record(
            tenant=booking.tenant, actor=actor, action="booking.cancelled", target=booking, now=now, reason=reason[:500]
        )
        follow_up.cancelled(booking, now=now)
    return booking
