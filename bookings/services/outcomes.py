"""Keeps what became of a booking: completed, or nobody came. Either can be taken back."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from bookings.models import Booking
from bookings.services import changing
from tenants.acting import Actor
from tenants.errors import DomainError
from tenants.services import audit, claims

#: What may be marked, with the name of the act in the audit trail.
ACTIONS = {
    Booking.Status.COMPLETED: "booking.completed",
    Booking.Status.NO_SHOW: "booking.noShow",
    Booking.Status.CONFIRMED: "booking.outcomeTakenBack",
}


class NotYet(DomainError):
    """What has not begun has no outcome."""

    code = "notYet"
    status = 409
    detail = _("This booking has not begun yet.")


class NoOutcome(DomainError):
    """A booking that does not take place, or that nobody agreed to, has no outcome."""

    code = "noOutcome"
    status = 409
    detail = _("This booking does not take place.")


def mark(*, booking: Booking, status: str, now: datetime, actor: Actor) -> Booking:
    """Marks `booking` as COMPLETED or NO_SHOW, or takes that back (CONFIRMED); the same again changes nothing.

    Nobody is told. Raises NotYet before it began, NoOutcome for one that is gone or was never confirmed.
    """
    with claims.ledger():
        current = changing.row(booking)
        before = current.status
        if before not in ACTIONS or status not in ACTIONS:
            raise NoOutcome
        if now < current.starts_at:
            raise NotYet
        if before == status:
            return current
        current.status = status
        current.save(update_fields=["status", "updated_at"])
        audit.record(
            tenant=current.tenant, actor=actor, action=ACTIONS[Booking.Status(status)], target=current, now=now,
            before={"status": str(before)}, after={"status": str(status)},
        )  # fmt: skip
    return current
