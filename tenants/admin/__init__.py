"""The admin of organisations, people, the connection, calendars, webhooks, and what is on its way."""

from tenants.admin import calendars, connection, organisation, outbox, policy, trail, webhooks

__all__ = ["calendars", "connection", "organisation", "outbox", "policy", "trail", "webhooks"]
