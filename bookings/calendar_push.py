"""Makes a staff member's Outlook calendar equal to a booking or a session, whatever it finds there.

| it     | what we know of its event                     | done in Outlook                                          |
|--------|-----------------------------------------------|----------------------------------------------------------|
| stands | nothing                                       | created, under a transaction id that was stored before   |
| stands | asked for, the answer was lost                | asked again with the same id: the same event, or found   |
| stands | an event of an older version                  | moved; a session's also says who comes now; gone         |
|        |                                               | meanwhile: created anew under a new id                   |
| stands | an event as it is to be                       | nothing; a join link that is missing is looked up        |
| stands | an event, and a reason to doubt it (`rematch`)| looked for; gone: created anew under a new id            |
| stands | an event in a mailbox that is no host's       | removed there, created here                              |
| gone   | an event                                      | cancelled with a word to the customer, or deleted        |
| gone   | asked for, the answer was lost                | looked for and removed                                   |
| gone   | nothing                                       | nothing                                                  |

What waits for approval counts as gone. Every step can be repeated after a crash at any line: what is written to
Outlook is decided from the row as it is, and what came of it is stored in one transaction, together with our copy of
that busy time. No request is made inside a transaction. A version that appears while we work has a job of its own in
the same lane.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from bookings import calendar_entry, calendar_rematch, event_draft
from bookings.calendar_entry import Entry
from bookings.models import Booking, EventLink, GroupSession
from bookings.services import follow_up
from tenants import outbox
from tenants.microsoft365 import deliver, errors, events, http
from tenants.microsoft365.http import GraphClient
from tenants.microsoft365.types import RemoteEvent
from tenants.models import Job, Mailbox
from tenants.outbox import RetryLater
from tenants.services import busy_copy

#: Teams may make its link after the event; it is asked for this often, this far apart.
LINK_ATTEMPTS = 5
LINK_PAUSE = timedelta(seconds=10)


@outbox.handles("outlook.push")
def handle(job: Job, now: datetime) -> None:
    """The outbox's way in: one booking or session, and one calendar."""
    mailbox = Mailbox.objects.filter(pk=job.payload.get("mailbox")).first()
    with deliver.decided(job.tenant):
        if "session" in job.payload:
            event = _push_session(job.payload, mailbox, now)
        else:
            booking = _booking(job.payload["booking"])
            if booking is None:
                return
            event = push(
                booking, now=now, only=mailbox, rewrites="rewrite" in job.payload, quiet="quiet" in job.payload,
                rematches="rematch" in job.payload,
            )  # fmt: skip
    if event is not None and event.is_online and not event.join_url and job.attempts < LINK_ATTEMPTS:
        raise RetryLater("Teams has not given the join link yet.", after=LINK_PAUSE)


def _booking(pk: str) -> Booking | None:
    related = ("tenant", "page", "service", "staff_member__mailbox", "session")
    return Booking.objects.select_related(*related).filter(pk=pk).first()


def push(
    booking: Booking, *, now: datetime, only: Mailbox | None = None, rewrites: bool = False, quiet: bool = False,
    rematches: bool = False,
) -> RemoteEvent | None:  # fmt: skip
    """Makes the calendars of its hosts, or `only` that one, equal to `booking`. Raises MicrosoftError.

    `rewrites`: the text has changed, not the time. `quiet`: no word to the customer where it is cancelled.
    `rematches`: somebody may have removed the events. Returns the lead's event if it was written or looked at.
    """
    lead = booking.staff_member.mailbox
    hosts = {host.mailbox_id: host.mailbox for host in booking.hosts if host.mailbox is not None}
    mailboxes = [only] if only is not None else list(hosts.values())
    if only is None or only == lead:
        strays = EventLink.objects.filter(booking=booking, deleted_at=None).exclude(mailbox__in=hosts)
        mailboxes = [link.mailbox for link in strays.select_related("mailbox")] + mailboxes
    found = None
    for mailbox in mailboxes:
        entry = calendar_entry.of_booking(booking, mailbox)
        entry = replace(entry, farewell="") if quiet else entry
        entry = replace(entry, is_rewritten=True) if rewrites else entry
        event = _push(entry, now, rewrites=rewrites, rematches=rematches)
        found = event if mailbox == lead else found
    return found


def _push_session(payload: dict[str, Any], mailbox: Mailbox | None, now: datetime) -> RemoteEvent | None:
    rows = GroupSession.objects.select_related("tenant", "service", "staff_member__mailbox")
    session = rows.filter(pk=payload["session"]).first()
    mailbox = mailbox or (session.staff_member.mailbox if session else None)
    if session is None or mailbox is None:
        return None
    entry = calendar_entry.of_session(session, mailbox)
    return _push(entry, now, rewrites="rewrite" in payload, rematches="rematch" in payload)


def _push(
    entry: Entry, now: datetime, *, rewrites: bool = False, rematches: bool = False
) -> RemoteEvent | None:  # fmt: skip
    """One thing in one calendar. Returns the event if one was written or looked at."""
    link = entry.link
    if not entry.stands:
        if link is not None and link.deleted_at is None:
            _take_away(http.client_for(entry.tenant), entry, link, now)
        return None
    client = http.client_for(entry.tenant)
    link = _intent(entry, link)
    is_over = entry.ends_at <= now
    if (rematches or (rewrites and is_over)) and not calendar_rematch.is_there(client, entry, link):
        if is_over:  # what was, and is gone, stays gone
            return None
        if link.event_id:
            _start_over(entry, link)
    event = _write(client, entry, link, rewrites=rewrites)
    if event is not None:
        _store(entry, link, event, now)
    elif entry.is_online and not entry.has_join_url:
        event = _look_up_link(client, entry, link, now)
    return event


def _intent(entry: Entry, link: EventLink | None) -> EventLink:
    """The link under whose transaction id the event is, or will be, written: stored before anything is asked."""
    if link is None:
        return EventLink.objects.create(
            tenant=entry.tenant, mailbox=entry.mailbox, transaction_id=f"daybook-{entry.marker}", **entry.owner
        )
    if link.deleted_at is not None:
        _start_over(entry, link)
    return link


def _start_over(entry: Entry, link: EventLink) -> None:
    """Forgets the event: the next one is another, so it needs another transaction id."""
    link.event_id, link.ical_uid, link.change_key, link.web_link = "", "", "", ""
    link.starts_at = link.ends_at = link.deleted_at = None
    link.pushed_sequence = -1
    link.transaction_id = f"daybook-{entry.marker}-{uuid.uuid4().hex[:8]}"
    link.save()


def _write(client: GraphClient, entry: Entry, link: EventLink, *, rewrites: bool) -> RemoteEvent | None:
    """The event after Outlook was made equal to the entry; None where it was already."""
    if not link.event_id:
        return _create(client, entry, link)
    if link.pushed_sequence < entry.sequence or rewrites:
        try:
            return _change(client, entry, link)
        except errors.NotThere:  # somebody deleted it in Outlook
            _start_over(entry, link)
            return _create(client, entry, link)
    return None


def _change(client: GraphClient, entry: Entry, link: EventLink) -> RemoteEvent:
    """Moves it; where the words changed too, they change without touching what Outlook put behind them."""
    if not entry.is_rewritten:
        return events.move(client, link.mailbox, link.event_id, entry.starts_at, entry.ends_at)
    html = entry.draft.html
    if entry.is_online:
        html = event_draft.with_tail(html, events.body(client, link.mailbox, link.event_id))
    return events.rewrite(client, link.mailbox, link.event_id, replace(entry.draft, html=html))


def _create(client: GraphClient, entry: Entry, link: EventLink) -> RemoteEvent:
    try:
        event = events.create(client, link.mailbox, entry.under(link.transaction_id))
    except errors.DuplicateTransaction:  # an earlier try with another content had come through
        found = events.find(client, link.mailbox, entry.marker)
        if found is None:
            _start_over(entry, link)
            raise errors.Conflict("An event was created for this booking and is gone again.") from None
        event = found
    if (event.starts_at, event.ends_at) != (entry.starts_at, entry.ends_at):
        event = events.move(client, link.mailbox, event.id, entry.starts_at, entry.ends_at)
    return event


def _store(entry: Entry, link: EventLink, event: RemoteEvent, now: datetime) -> None:
    """What came of it: the link, our copy of the busy time, and the join link with the mails that waited for it."""
    link.event_id, link.ical_uid, link.change_key = event.id, event.ical_uid, event.change_key
    link.web_link, link.starts_at, link.ends_at = event.web_link, event.starts_at, event.ends_at
    link.pushed_sequence, link.pushed_at = entry.sequence, now
    with transaction.atomic():
        link.save()
        busy_copy.put(link.mailbox, [event])
        _keep_join_url(entry, event, now)


def _keep_join_url(entry: Entry, event: RemoteEvent, now: datetime) -> None:
    """The link belongs to the booking, or to all bookings that share the session."""
    if not event.join_url or not entry.is_online:
        return
    rows = Booking.objects.select_for_update(of=("self",)).select_related("tenant", "staff_member__mailbox")
    if "session" in entry.owner:
        GroupSession.objects.filter(pk=entry.marker).update(join_url=event.join_url)
        rows = rows.filter(session=entry.marker).exclude(status__in=Booking.GONE)
    else:
        rows = rows.filter(pk=entry.marker)
    for current in rows.exclude(join_url=event.join_url):
        current.join_url = event.join_url
        current.save(update_fields=["join_url", "updated_at"])
        follow_up.link_known(current, now=now)


def _look_up_link(client: GraphClient, entry: Entry, link: EventLink, now: datetime) -> RemoteEvent | None:
    """The event as it is, for its join link alone: if somebody moved it in Outlook, that is not ours to confirm."""
    try:
        event = events.get(client, link.mailbox, link.event_id)
    except errors.NotThere:
        return None
    with transaction.atomic():
        _keep_join_url(entry, event, now)
    return event


def _take_away(client: GraphClient, entry: Entry, link: EventLink, now: datetime) -> None:
    """Removes the event from the mailbox it is in. An event that is gone already is fine."""
    event_id = link.event_id
    if not event_id:
        found = events.find(client, link.mailbox, entry.marker)
        event_id = found.id if found else ""
    if event_id:
        with suppress(errors.NotThere):
            if entry.farewell:
                events.cancel(client, link.mailbox, event_id, entry.farewell)
            else:
                events.delete(client, link.mailbox, event_id)
    with transaction.atomic():
        link.deleted_at, link.pushed_at = now, now
        link.pushed_sequence = entry.sequence
        link.save()
        busy_copy.remove(link.mailbox, [event_id])
