"""Everything the outbox can do for bookings; importing this module registers it."""

from __future__ import annotations

from bookings import calendar_push
from bookings.notifications import emails

__all__ = ["calendar_push", "emails"]
