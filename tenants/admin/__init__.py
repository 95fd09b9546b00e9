"""The admin of organisations, people, mailboxes, the connection, and what is on its way."""

from tenants.admin import connection, mailboxes, organisation, outbox, trail

__all__ = ["connection", "mailboxes", "organisation", "outbox", "trail"]
