"""Takes events out of Outlook whose bookings exist no more: the outbox's `outlook.remove`.

The job knows the mailbox and the event, and nothing of whom it was about. An event that is gone already is fine.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from datetime import datetime

from django.db import transaction

from bookings.models import EventLink
from tenants import outbox
from tenants.microsoft365 import deliver, errors, events, http
from tenants.models import Job, Mailbox
from tenants.outbox import Wish
from tenants.services import busy_copy

KIND = "outlook.remove"


def wish(link: EventLink) -> Wish:
    """Has one event removed. One whose creation was never answered is looked for by our marker in it."""
    payload = {"mailbox": str(link.mailbox_id), "event": link.event_id}
    if not link.event_id:
        payload["marker"] = str(link.booking_id or link.session_id)
    return Wish(kind=KIND, dedupe_key=f"remove:{uuid.uuid4()}", payload=payload, lane=f"mailbox:{link.mailbox_id}")


@outbox.handles(KIND)
def remove(job: Job, now: datetime) -> None:
    """Deletes the event. Microsoft tells attendees itself, where it had invited them."""
    mailbox = Mailbox.objects.select_related("tenant").filter(pk=job.payload["mailbox"]).first()
    if mailbox is None:
        return
    with deliver.decided(job.tenant):
        client, event_id = http.client_for(job.tenant), job.payload["event"]
        if not event_id:
            found = events.find(client, mailbox, uuid.UUID(job.payload["marker"]))
            event_id = found.id if found else ""
        if event_id:
            with suppress(errors.NotThere):
                events.delete(client, mailbox, event_id)
    with transaction.atomic():
        busy_copy.remove(mailbox, [event_id])
