"""The resource booking attendant: how a room answers (Exchange: Set-CalendarProcessing, default AutoAccept)."""

from __future__ import annotations

from datetime import datetime, timedelta

from . import copies, store, window
from .models import DirectoryUser, Event


def answer_for(event: Event, now: datetime) -> None:
    """Let every room answer that was invited to the organizer's item and has not answered yet."""
    if not event.is_organizer or not event.attendees:
        return
    waiting = [
        copy
        for copy in store.of_meeting(event.uid, event.occurrence_on, organizer=False)
        if copy.mailbox.is_room and copy.response == "notResponded" and not copy.is_cancelled
    ]
    for copy in waiting:
        if copy.mailbox.processing("AutomateProcessing") == "AutoAccept":
            _answer(event, copy, now)
    if any(copy.mailbox.processing("AutomateProcessing") == "AutoAccept" for copy in waiting):
        store.save(event, now)


def _answer(event: Event, copy: Event, now: datetime) -> None:
    room = copy.mailbox
    is_external = event.mailbox.organisation_id != room.organisation_id
    if (is_external and not room.processing("ProcessExternalMeetingMessages")) or refusal(room, copy, now):
        copies.answered(event, room.address, "declined", now)
        store.remove(copy)
        return
    copies.answered(event, room.address, "accepted", now)
    copy.response, copy.responded_at, copy.show_as = "accepted", now, "busy"
    if room.processing("DeleteSubject"):
        copy.subject = ""
    if room.processing("AddOrganizerToSubject"):
        copy.subject = " ".join(filter(None, [copy.organizer["name"], copy.subject]))
    if room.processing("DeleteComments"):
        copy.body = ""
    if room.processing("RemovePrivateProperty"):
        copy.sensitivity = "normal"
    store.save(copy, now)


def refusal(room: DirectoryUser, copy: Event, now: datetime) -> str:
    """Why the room declines, empty where it accepts. One conflict declines a whole series."""
    longest = room.processing("MaximumDurationInMinutes")
    if longest and copy.end_at - copy.start_at > timedelta(minutes=longest):
        return "too long"
    horizon = now + timedelta(days=room.processing("BookingWindowInDays"))
    endless = copy.recurrence is not None and copy.series_ends_at is None
    if endless or (copy.series_ends_at or copy.start_at) > horizon + timedelta(days=1):
        return "too far ahead"
    if room.processing("AllowConflicts"):
        return ""
    spans = [(copy.start_at, copy.end_at)]
    if copy.series_ends_at is not None:
        spans = [(one.start_at, one.end_at) for one in window.occurrences(copy, copy.start_at, copy.series_ends_at)]
    if not spans:
        return ""
    others = window.busy(room, spans[0][0], spans[-1][1], besides=copy.uid)
    taken = any(one.start_at < end and one.end_at > start for one in others for start, end in spans)
    return "conflict" if taken else ""
