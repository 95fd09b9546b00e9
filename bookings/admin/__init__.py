"""The admin of pages, what can be booked on them, with whom, and what was booked."""

from bookings.admin import bookings, course, pages, staff

__all__ = ["bookings", "course", "pages", "staff"]
