"""Everything the outbox can do for bookings; importing this module registers it."""

from __future__ import annotations

from bookings import calendar_push, waiting_list
from bookings.notifications import emails, other_mails
from bookings.services import reminders

__all__ = ["calendar_push", "emails", "other_mails", "reminders", "waiting_list"]
