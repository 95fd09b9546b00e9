"""Everything the outbox can do for bookings; importing this module registers it."""

from __future__ import annotations

from django.utils import timezone

from bookings import calendar_push, calendar_removal, waiting_list
from bookings.notifications import calendar_warnings, clashes, emails, link_mail, other_mails
from bookings.services import (
    calendar_watch,
    closing,
    deadlines,
    mass_cancellation,
    monthly_summary,
    purge,
    rechecks,
    reminders,
    retention,
    revival,
)

__all__ = [
    "calendar_push",
    "calendar_removal",
    "calendar_warnings",
    "clashes",
    "closing",
    "deadlines",
    "emails",
    "erase_personal_data",
    "link_mail",
    "mass_cancellation",
    "other_mails",
    "purge",
    "purge_trash",
    "rechecks",
    "reminders",
    "revival",
    "waiting_list",
    "watch_calendars",
]


def watch_calendars() -> None:
    """Tells people of calendars that cannot be read; the queue calls it."""
    calendar_watch.warn(timezone.now())


def send_summaries() -> None:
    """Sends administrators the summary of the month that ended; the queue calls it."""
    monthly_summary.send_due(timezone.now())


def purge_trash() -> None:
    """Purges the booking calendars whose time in the trash is over; the queue calls it."""
    purge.due(timezone.now())


def erase_personal_data() -> None:
    """Erases customers' data whose time is over; the queue calls it."""
    retention.erase_due(timezone.now())
