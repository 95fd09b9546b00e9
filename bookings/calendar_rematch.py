"""Whether the event that stands for a booking is still in Outlook, after a time in which nobody looked.

| Outlook has                                      | then                                                   |
|--------------------------------------------------|--------------------------------------------------------|
| the event under the id that we know              | it is the event; our copy of that busy time is renewed |
| ours under another id (moved back from a folder) | that one is the event from now on                      |
| neither, or only a cancelled one                 | it is gone: the caller makes another                   |
"""

from __future__ import annotations

from contextlib import suppress

from django.db import transaction

from bookings.calendar_entry import Entry
from bookings.models import EventLink
from tenants.microsoft365 import errors, events
from tenants.microsoft365.http import GraphClient
from tenants.microsoft365.types import RemoteEvent
from tenants.services import busy_copy


def is_there(client: GraphClient, entry: Entry, link: EventLink) -> bool:
    """Looks for the event, and keeps under which id it was found. Raises MicrosoftError."""
    if not link.event_id:
        return False
    event = _found(client, entry, link)
    if event is None:
        with transaction.atomic():
            busy_copy.remove(link.mailbox, [link.event_id])
        return False
    link.event_id, link.ical_uid, link.change_key = event.id, event.ical_uid, event.change_key
    link.web_link, link.starts_at, link.ends_at = event.web_link, event.starts_at, event.ends_at
    with transaction.atomic():
        link.save()
        busy_copy.put(link.mailbox, [event])
    return True


def _found(client: GraphClient, entry: Entry, link: EventLink) -> RemoteEvent | None:
    event = None
    with suppress(errors.NotThere):
        event = events.get(client, link.mailbox, link.event_id)
    if event is None or event.is_cancelled:
        event = events.find(client, link.mailbox, entry.marker)
    return None if event is None or event.is_cancelled else event
