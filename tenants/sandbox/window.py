"""What a calendar shows between two instants (Graph: calendar-list-calendarview)."""

from __future__ import annotations

from datetime import datetime

from . import recurrence, store
from .models import DirectoryUser, Event

FREE = {"free", "workingElsewhere"}


def occurrences(master: Event, starts_at: datetime, ends_at: datetime) -> list[Event]:
    """Occurrences of the series in the window that are neither changed nor crossed out."""
    if master.recurrence is None:
        return []
    crossed_out = {*master.cancelled_on, *(str(one.occurrence_on) for one in master.exceptions.all())}
    found = recurrence.occurrences(
        master.recurrence, master.start_at, master.end_at, (starts_at, ends_at), floating=master.is_all_day
    )
    return [store.occurrence(master, *one) for one in found if one[0].isoformat() not in crossed_out]


def between(mailbox: DirectoryUser, starts_at: datetime, ends_at: datetime) -> list[Event]:
    """Single instances, occurrences and exceptions that touch the half-open window, by start."""
    events = Event.objects.filter(mailbox=mailbox).select_related("master")
    found = list(events.overlapping(starts_at, ends_at))
    for master in events.masters_until(starts_at, ends_at).prefetch_related("exceptions"):
        found += occurrences(master, starts_at, ends_at)
    return sorted(found, key=lambda event: (event.start_at, event.item, event.occurrence_on or event.start_at.date()))


def busy(mailbox: DirectoryUser, starts_at: datetime, ends_at: datetime, *, besides: str = "") -> list[Event]:
    """What keeps the mailbox's owner busy in the window; the meeting `besides` (its uid) does not count."""
    return [
        event
        for event in between(mailbox, starts_at, ends_at)
        if not event.is_cancelled and event.show_as not in FREE and event.uid != besides
    ]
