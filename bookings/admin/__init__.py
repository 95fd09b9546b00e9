"""The admin of pages, what can be booked on them, with whom, what was booked, and what became of it."""

from bookings.admin import bookings, course, links, mailboxes, mails, outlook, pages, services, staff, waiting

__all__ = [
    "bookings", "course", "links", "mailboxes", "mails", "outlook", "pages", "services", "staff", "waiting",
]  # fmt: skip
