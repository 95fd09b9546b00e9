"""Everything the outbox can do for bookings; importing this module registers it."""

from __future__ import annotations

from bookings import calendar_push, waiting_list
from bookings.notifications import emails, link_mail, other_mails
from bookings.services import deadlines, mass_cancellation, reminders

__all__ = [
    "calendar_push",
    "deadlines",
    "emails",
    "link_mail",
    "mass_cancellation",
    "other_mails",
    "reminders",
    "waiting_list",
]
