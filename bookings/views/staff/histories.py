"""What happened to a booking, from the audit trail, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bookings.models import Booking
from tenants.models import AuditEvent

WORDS: dict[str, str | Promise] = {
    "booking.created": _("Booked"),
    "booking.approvalAsked": _("Approval asked for"),
    "booking.approvalOverdue": _("Not answered in time"),
    "booking.approved": _("Approved"),
    "booking.assignmentRefused": _("Not taken over"),
    "booking.declined": _("Declined"),
    "booking.passedOn": _("Another colleague was asked"),
    "booking.expired": _("Expired without an answer"),
    "booking.rescheduled": _("Moved"),
    "booking.reassigned": _("Handed over"),
    "booking.cancelled": _("Cancelled"),
    "booking.rechecked": _("Checked against Outlook: free"),
    "booking.clashed": _("Checked against Outlook: clashes with an event"),
    "booking.clashKept": _("Kept although it clashes"),
    "booking.completed": _("Marked as completed"),
    "booking.noShow": _("Marked as not come to"),
    "booking.outcomeTakenBack": _("Mark taken back"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened, and by whom."""

    at: datetime
    text: str | Promise
    actor: str
    reason: str
    #: Where it moved from.
    before: datetime | None = None


def of(booking: Booking) -> list[Entry]:
    """The history of `booking`, the newest first."""
    rows = AuditEvent.objects.filter(target_id=booking.pk, action__in=WORDS).order_by("-at", "-pk")
    return [
        Entry(at=row.at, text=WORDS[row.action], actor=row.actor, reason=_reason(row), before=_moved_from(row))
        for row in rows
    ]


def _moved_from(row: AuditEvent) -> datetime | None:
    text = row.before.get("startsAt") if row.action == "booking.rescheduled" else None
    return datetime.fromisoformat(text) if text else None


def _reason(row: AuditEvent) -> str:
    """Why; of the booking itself the ledger says it."""
    return "" if row.action == "booking.created" else row.reason
