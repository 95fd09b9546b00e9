"""A meeting in the calendars of those who were invited, and the mails that Exchange sends for it."""

from __future__ import annotations

import uuid
from datetime import datetime

from . import store, times
from .models import DirectoryUser, Event, SentInvitation

SHARED = [
    "subject", "body", "start_at", "end_at", "start_zone", "end_zone", "is_all_day", "sensitivity", "importance",
    "locations", "attendees", "response_requested", "allow_new_time_proposals", "hide_attendees",
    "is_online_meeting", "online_meeting_provider", "join_url", "recurrence",
]  # fmt: skip
MAILED = {"subject", "body", "start_at", "end_at", "is_all_day", "locations", "recurrence", "is_online_meeting"}
TIMES = {"start_at", "end_at", "is_all_day", "recurrence"}
Mailboxes = dict[uuid.UUID, DirectoryUser]


def addresses(event: Event) -> list[str]:
    """Who is on the list of attendees, in small letters."""
    return [attendee["emailAddress"]["address"].lower() for attendee in event.attendees]


def answered(event: Event, address: str, response: str, at: datetime | None) -> None:
    """Write an attendee's answer into the list of the organizer's item."""
    status = {"response": response, "time": times.stamp(at)}
    event.attendees = [
        {**one, "status": status} if one["emailAddress"]["address"].lower() == address.lower() else one
        for one in event.attendees
    ]


def publish(event: Event, before: list[str], changed: set[str], mailboxes: Mailboxes, now: datetime) -> None:
    """Carry the organizer's item to all who are invited: `before` were already, `changed` is what differs.

    Who declined keeps no copy, and gets one again with the next mail.
    """
    invited = [address for address in addresses(event) if address != event.mailbox.address.lower()]
    guests = _guests(event, mailboxes)
    copies = {copy.mailbox_id: copy for copy in _copies(event)}
    for mailbox in guests.values():
        copy = copies.pop(mailbox.pk, None)
        invited_anew = not {mailbox.mail.lower(), mailbox.user_principal_name.lower()} & set(before)
        if copy is not None and (copy.is_cancelled or changed & set(SHARED)):
            _refresh(event, copy, changed, now)
        elif copy is None and (invited_anew or changed & MAILED):
            _deliver(event, mailbox, now)
    for copy in copies.values():
        withdraw(copy, now)
    rooms = {mailbox.address.lower() for mailbox in guests.values() if mailbox.is_room}
    mail(event, "invite", [to for to in invited if to not in before and to not in rooms], now)
    mail(event, "cancel", [to for to in before if to not in invited], now)
    if changed & MAILED:
        mail(event, "update", [to for to in invited if to in before and to not in rooms], now)


def recall(event: Event, mailboxes: Mailboxes, now: datetime, comment: str = "") -> None:
    """Tell everyone that the meeting, or this occurrence of it, does not take place."""
    for copy in _copies(event):
        withdraw(copy, now)
    rooms = {mailbox.address.lower() for mailbox in _guests(event, mailboxes).values() if mailbox.is_room}
    mail(event, "cancel", [to for to in addresses(event) if to not in rooms], now, comment)


def withdraw(copy: Event, now: datetime) -> None:
    """Show a copy as cancelled; a room that removes cancelled meetings drops it."""
    if copy.mailbox.is_room and copy.mailbox.processing("RemoveCanceledMeetings"):
        store.remove(copy)
        return
    if not copy.is_cancelled:
        copy.subject = f"Canceled: {copy.subject}"
    copy.is_cancelled, copy.show_as = True, "free"
    store.save(copy, now)


def mail(event: Event, kind: str, recipients: list[str], now: datetime, comment: str = "") -> None:
    """Record the mails of one kind."""
    SentInvitation.objects.bulk_create(
        SentInvitation(
            sender=event.mailbox,
            to=to,
            kind=kind,
            uid=event.uid,
            occurrence_on=event.occurrence_on,
            subject=event.subject,
            start_at=event.start_at,
            end_at=event.end_at,
            join_url=event.join_url,
            comment=comment,
            sent_at=now,
        )
        for to in recipients
    )


def _guests(event: Event, mailboxes: Mailboxes) -> Mailboxes:
    invited = set(addresses(event))
    return {
        mailbox.pk: mailbox
        for mailbox in mailboxes.values()
        if mailbox.pk != event.mailbox_id and {mailbox.mail.lower(), mailbox.user_principal_name.lower()} & invited
    }


def _copies(event: Event) -> list[Event]:
    return store.of_meeting(event.uid, event.occurrence_on, organizer=False)


def _deliver(event: Event, mailbox: DirectoryUser, now: datetime) -> None:
    """A first copy: tentative, not answered. Categories, reminders and extended properties stay with the organizer.

    A room that processes nothing gets none.
    """
    if mailbox.is_room and mailbox.processing("AutomateProcessing") == "None":
        return
    copy = Event(
        mailbox=mailbox,
        uid=event.uid,
        occurrence_on=event.occurrence_on,
        original_start_at=event.original_start_at,
        created_at=now,
        is_organizer=False,
        organizer=event.organizer,
        response="notResponded",
        show_as="free" if event.show_as == "free" else "tentative",
    )
    _take_over(event, copy)
    store.save(copy, now)


def _take_over(event: Event, copy: Event) -> None:
    for name in SHARED:
        setattr(copy, name, getattr(event, name))
    if event.hide_attendees:
        own = copy.mailbox.address.lower()
        copy.attendees = [one for one in event.attendees if one["emailAddress"]["address"].lower() == own]


def _refresh(event: Event, copy: Event, changed: set[str], now: datetime) -> None:
    previous = store.shape(copy)
    if copy.is_cancelled or changed & TIMES:
        copy.response, copy.responded_at, copy.show_as = "notResponded", None, "tentative"
        copy.is_cancelled = False
    if changed & TIMES:
        copy.cancelled_on = event.cancelled_on
        if copy.recurrence is not None:
            copy.exceptions.all().delete()
    _take_over(event, copy)
    store.save(copy, now, previous=previous if changed & TIMES else None)
