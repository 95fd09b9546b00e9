"""What happens when nobody answers: the outbox's `approval.due`, `approval.next` and `approval.over`.

| job             | runs                                    | does                                                  |
|-----------------|-----------------------------------------|-------------------------------------------------------|
| `approval.due`  | when one question should be answered    | host: reminds, asks heads; colleague: asks the next   |
| `approval.next` | a colleague's time went, or they left   | asks the next                                         |
| `approval.over` | at the end of a request                 | the request expires                                   |

Each looks at the booking under its lock first: what was answered, moved or cancelled meanwhile is left alone, so a job
that runs twice does nothing more. While the page lies in the trash nobody is asked, and nothing expires.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from bookings.models import Approval, Booking
from bookings.services import approvals, decisions, follow_up, handover, trashed, turns
from tenants import acting, outbox
from tenants.models import Job
from tenants.services import audit, claims


@outbox.handles("approval.due")
def due(job: Job, now: datetime) -> None:
    """Somebody has not answered in time."""
    approval = Approval.objects.filter(pk=job.payload["approval"], state=Approval.State.WAITING).first()
    if approval is None:
        return
    with claims.ledger():
        try:
            booking = decisions.open_request(approval)
        except (approvals.AlreadyDecided, trashed.CalendarDeleted):
            return
        if approval.kind == Approval.Kind.ASSIGNMENT:
            approval.state, approval.decided_at = Approval.State.EXPIRED, now
            approval.save(update_fields=["state", "decided_at"])
            turns.next_one(booking, now=now)
        elif approval.reminded_at is None:
            approval.reminded_at = now
            approval.save(update_fields=["reminded_at"])
            follow_up.approval_reminded(approval, now=now)
            turns.escalate(booking, now=now)
        _record(booking, "booking.approvalOverdue", approval, now)


@outbox.handles("approval.next")
def next_colleague(job: Job, now: datetime) -> None:
    """The colleague who was asked gave the time to another request, or was taken off the page."""
    with suppress(trashed.CalendarDeleted), claims.ledger():
        booking = handover.locked(job.payload["booking"])
        if booking.is_pending and not approvals.waiting(booking).exists():
            turns.next_one(booking, now=now)


@outbox.handles("approval.over")
def over(job: Job, now: datetime) -> None:
    """The end of a request has come."""
    with suppress(trashed.CalendarDeleted), claims.ledger():
        booking = handover.locked(job.payload["booking"])
        if booking.is_pending and booking.sequence == job.payload["sequence"]:
            decisions.expire(booking, now=now, actor=acting.SYSTEM)


def _record(booking: Booking, action: str, approval: Approval, now: datetime) -> None:
    audit.record(
        tenant=booking.tenant, actor=acting.SYSTEM, action=action, target=booking, now=now,
        after={"asked": approval.asked_name},
    )  # fmt: skip
