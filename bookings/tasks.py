"""Everything the outbox can do for bookings; importing this module registers it."""

from __future__ import annotations

from bookings.notifications import emails

__all__ = ["emails"]
