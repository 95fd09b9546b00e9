"""Everything the outbox can do for bookings; importing this module registers it."""

from __future__ import annotations

from django.utils import timezone

from bookings import calendar_push, waiting_list
from bookings.notifications import calendar_warnings, clashes, emails, link_mail, other_mails
from bookings.services import (
    calendar_watch,
    closing,
    deadlines,
    mass_cancellation,
    monthly_summary,
    rechecks,
    reminders,
    revival,
)

__all__ = [
    "calendar_push",
    "calendar_warnings",
    "clashes",
    "closing",
    "deadlines",
    "emails",
    "link_mail",
    "mass_cancellation",
    "other_mails",
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
