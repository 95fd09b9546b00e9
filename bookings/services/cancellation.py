"""Cancels a booking: its time is free at once, mails and Outlook follow."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from bookings.models import Booking
from bookings.services import approvals, changing, follow_up, occupancy, waiting
from tenants.acting import Actor
from tenants.errors import InvalidInput
from tenants.services import audit, claims


def cancel(
    *, booking: Booking, now: datetime, actor: Actor, reason: str = "", quiet: bool = False, digested: bool = False,
    in_trash: bool = False,
) -> Booking:  # fmt: skip
    """Cancels `booking`, pending or confirmed; who was asked to approve it is asked no more.

    `quiet`: nobody is told by mail; `digested`: its hosts are not, the caller tells them of many at once. `in_trash`:
    also where its page is being deleted. Raises CalendarDeleted, NoLongerChangeable where it is cancelled already or
    has begun; for its customer NotAllowedToChange, TooLateToChange, and InvalidInput (`reason`) where the service wants
    to know why.
    """
    reason = reason.replace("\x00", "").strip()[:500]
    with claims.ledger():
        booking = changing.lock(booking, now=now, in_trash=in_trash)
        changing.check_customer(booking, actor=actor, now=now, may=booking.customer_may_cancel)
        if actor.kind == "visitor" and booking.service.reason_required and not reason:
            raise InvalidInput({"reason": [_("Please say why.")]})
        was_pending, before = booking.is_pending, str(booking.status)
        occupancy.vacate(booking, now=now)
        booking.status = Booking.Status.CANCELLED
        booking.sequence += 1
        booking.cancelled_at = now
        booking.cancelled_by = actor.kind
        booking.cancel_reason = reason
        booking.save()
        if was_pending:
            approvals.settle(booking=booking, now=now, by=actor.label)
        audit.record(
            tenant=booking.tenant, actor=actor, action="booking.cancelled", target=booking, now=now, reason=reason,
            before={"status": before}, after={"status": str(booking.status)},
        )  # fmt: skip
        waiting.time_freed(booking=booking, starts_at=booking.starts_at, now=now)
        follow_up.cancelled(booking, now=now, quiet=quiet, digested=digested)
    return booking
