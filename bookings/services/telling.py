"""Tells the organisation's own programs what became of a booking: the webhooks' `booking.*` events.

| event                 | when                                                      | `status` then                    |
|-----------------------|-----------------------------------------------------------|----------------------------------|
| `booking.created`     | booked, or asked for where somebody has to agree          | `confirmed` or `pendingApproval` |
| `booking.confirmed`   | somebody agreed                                           | `confirmed`                      |
| `booking.rescheduled` | moved to another time; where that needs approval, it waits| `confirmed` or `pendingApproval` |
| `booking.cancelled`   | cancelled by either side, with or without mails           | `cancelled`                      |
| `booking.declined`    | somebody said no, or nobody answered in time              | `declined` or `expired`          |
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bookings.models import Booking
from bookings.models.staff import OWNER_STAFF_ID
from tenants.services import webhooks


def tell(booking: Booking, event: str, *, now: datetime) -> None:
    """In the transaction of the change. `event` without its prefix, such as `created`."""
    webhooks.tell(tenant=booking.tenant, event=f"booking.{event}", body=body(booking), now=now)


def body(booking: Booking) -> dict[str, Any]:
    """A booking as programs read it; links that act for its customer are left out."""
    personal = booking.page.is_personal
    return {
        "id": str(booking.pk),
        "sequence": booking.sequence,
        "status": str(booking.status),
        "start": booking.starts_at.isoformat(),
        "end": booking.ends_at.isoformat(),
        "pageAddress": booking.page.address,
        "serviceId": str(booking.service_id),
        "title": booking.title,
        "staffMemberIds": [str(OWNER_STAFF_ID if personal else host.pk) for host in booking.hosts],
        "customer": {
            "name": booking.customer_name,
            "email": booking.customer_email,
            "phone": booking.customer_phone,
            "notes": booking.customer_notes,
            "timeZone": booking.customer_time_zone,
        },
        "answers": [{"questionId": row["question"], "answer": row["answer"]} for row in booking.answers],
        "campaign": booking.campaign,
        "reason": booking.cancel_reason,
    }
