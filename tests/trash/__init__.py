"""Deleted booking calendars: in the trash, back, purged."""
