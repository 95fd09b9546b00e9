"""Makes the staff member's Outlook calendar equal to a booking, whatever it finds there.

| booking   | what we know of its event                     | done in Outlook                                          |
|-----------|-----------------------------------------------|----------------------------------------------------------|
| stands    | nothing                                       | created, under a transaction id that was stored before   |
| stands    | asked for, the answer was lost                | asked again with the same id: the same event, or found   |
| stands    | an event of an older version of the booking   | moved; gone meanwhile: created anew under a new id       |
| stands    | an event as it is to be                       | nothing; a join link that is missing is looked up        |
| stands    | an event in another mailbox than the person's | removed there, created here                              |
| cancelled | an event                                      | cancelled with a word to the customer, or deleted        |
| cancelled | asked for, the answer was lost                | looked for and removed                                   |
| cancelled | nothing                                       | nothing                                                  |

Every step can be repeated after a crash at any line: what is written to Outlook is decided from the booking as it
is, and what came of it is stored in one transaction, together with our copy of that busy time. No request is made
inside a transaction. A version that appears while we work has a job of its own in the same lane.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction

from bookings import event_draft
from bookings.models import Booking, EventLink
from bookings.services import follow_up
from tenants import outbox
from tenants.microsoft365 import deliver, errors, events, http
from tenants.microsoft365.http import GraphClient
from tenants.microsoft365.types import RemoteEvent
from tenants.models import Job, Mailbox, Tenant
from tenants.outbox import RetryLater
from tenants.services import busy_copy

#: Teams may make its link after the event; it is asked for this often, this far apart.
LINK_ATTEMPTS = 5
LINK_PAUSE = timedelta(seconds=10)


@outbox.handles("outlook.push")
def handle(job: Job, now: datetime) -> None:
    """The outbox's way in."""
    booking = (
        Booking.objects.select_related("tenant", "page", "service", "staff_member__mailbox")
        .filter(pk=job.payload["booking"])
        .first()
    )
    if booking is None:
        return
    with deliver.decided(job.tenant):
        event = push(booking, now=now)
    if event is not None and event.is_online and not event.join_url and job.attempts < LINK_ATTEMPTS:
        raise RetryLater("Teams has not given the join link yet.", after=LINK_PAUSE)


def push(booking: Booking, *, now: datetime) -> RemoteEvent | None:
    """Makes Outlook equal to `booking`. Returns the event if one was written or looked at. Raises MicrosoftError."""
    link = EventLink.objects.select_related("mailbox").filter(booking=booking).first()
    mailbox = booking.staff_member.mailbox
    shown = not booking.is_cancelled and mailbox is not None and mailbox.syncs_calendar
    misplaced = link is not None and (booking.is_cancelled or link.mailbox_id != booking.staff_member.mailbox_id)
    if not shown and not misplaced:
        return None
    client = http.client_for(booking.tenant)
    if link is not None and misplaced:
        _take_away(client, booking, link, now)
    if mailbox is None or not shown:
        return None
    link = _intent(booking, mailbox, link)
    event = _write(client, booking, link)
    if event is not None:
        _store(booking, link, event, now)
    elif booking.is_online and not booking.join_url:
        event = _look_up_link(client, booking, link, now)
    return event


def _intent(booking: Booking, mailbox: Mailbox, link: EventLink | None) -> EventLink:
    """The link under whose transaction id the event is, or will be, written: stored before anything is asked."""
    if link is None:
        return EventLink.objects.create(
            tenant=booking.tenant, booking=booking, mailbox=mailbox, transaction_id=f"daybook-{booking.pk}"
        )
    if link.mailbox_id != mailbox.pk or link.deleted_at is not None:
        link.mailbox = mailbox
        _start_over(booking, link)
    return link


def _start_over(booking: Booking, link: EventLink) -> None:
    """Forgets the event: the next one is another, so it needs another transaction id."""
    link.event_id, link.ical_uid, link.change_key, link.web_link = "", "", "", ""
    link.starts_at = link.ends_at = link.deleted_at = None
    link.pushed_sequence = -1
    link.transaction_id = f"daybook-{booking.pk}-{uuid.uuid4().hex[:8]}"
    link.save()


def _write(client: GraphClient, booking: Booking, link: EventLink) -> RemoteEvent | None:
    """The event after Outlook was made equal to the booking; None where it was already."""
    if not link.event_id:
        return _create(client, booking, link)
    if link.pushed_sequence < booking.sequence:
        try:
            return events.move(client, link.mailbox, link.event_id, booking.starts_at, booking.ends_at)
        except errors.NotThere:  # somebody deleted it in Outlook
            _start_over(booking, link)
            return _create(client, booking, link)
    return None


def _create(client: GraphClient, booking: Booking, link: EventLink) -> RemoteEvent:
    draft = event_draft.draft(booking, transaction_id=link.transaction_id)
    try:
        event = events.create(client, link.mailbox, draft)
    except errors.DuplicateTransaction:  # an earlier try with another content had come through
        found = events.find(client, link.mailbox, booking.pk)
        if found is None:
            _start_over(booking, link)
            raise errors.Conflict("An event was created for this booking and is gone again.") from None
        event = found
    if (event.starts_at, event.ends_at) != (booking.starts_at, booking.ends_at):
        event = events.move(client, link.mailbox, event.id, booking.starts_at, booking.ends_at)
    return event


def _store(booking: Booking, link: EventLink, event: RemoteEvent, now: datetime) -> None:
    """What came of it: the link, our copy of the busy time, and the join link with the mails that waited for it."""
    link.event_id, link.ical_uid, link.change_key = event.id, event.ical_uid, event.change_key
    link.web_link, link.starts_at, link.ends_at = event.web_link, event.starts_at, event.ends_at
    link.pushed_sequence, link.pushed_at = booking.sequence, now
    with transaction.atomic():
        link.save()
        busy_copy.put(link.mailbox, [event])
        _keep_join_url(booking, event, now)


def _keep_join_url(booking: Booking, event: RemoteEvent, now: datetime) -> None:
    current = Booking.objects.select_for_update(of=("self",)).select_related("tenant").get(pk=booking.pk)
    if event.join_url and current.join_url != event.join_url:
        current.join_url = event.join_url
        current.save(update_fields=["join_url", "updated_at"])
        follow_up.link_known(current, now=now)


def _look_up_link(client: GraphClient, booking: Booking, link: EventLink, now: datetime) -> RemoteEvent | None:
    """The event as it is, for its join link alone: if somebody moved it in Outlook, that is not ours to confirm."""
    try:
        event = events.get(client, link.mailbox, link.event_id)
    except errors.NotThere:
        return None
    with transaction.atomic():
        _keep_join_url(booking, event, now)
    return event


def _take_away(client: GraphClient, booking: Booking, link: EventLink, now: datetime) -> None:
    """Removes the event from the mailbox it is in. An event that is gone already is fine."""
    if link.deleted_at is not None:
        return
    event_id = link.event_id
    if not event_id:
        found = events.find(client, link.mailbox, booking.pk)
        event_id = found.id if found else ""
    if event_id:
        with suppress(errors.NotThere):
            if booking.invitation_sender == Tenant.InvitationSender.OUTLOOK:
                events.cancel(client, link.mailbox, event_id, event_draft.farewell(booking))
            else:
                events.delete(client, link.mailbox, event_id)
    with transaction.atomic():
        link.deleted_at, link.pushed_at = now, now
        link.pushed_sequence = booking.sequence
        link.save()
        busy_copy.remove(link.mailbox, [event_id])
