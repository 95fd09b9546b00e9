"""What happens again and again for bookings. Written after every migration; again changes nothing.

| schedule        | every | does                                                            |
|-----------------|-------|-----------------------------------------------------------------|
| summaries       | hour  | sends administrators the summary of the month that ended        |
| calendar watch  | hour  | tells people of calendars that cannot be read, once a day       |
| trash           | day   | purges booking calendars whose time in the trash is over        |
| personal data   | day   | erases customers' data whose days (`personal_data_days`) are up |
"""

from __future__ import annotations

from typing import Any

from django.db import connections

from tenants import outbox


def ensure(using: str = "default", **kwargs: Any) -> None:
    """Receives `post_migrate`. Leaves a database alone that has no tables of the queue yet."""
    if "django_q_schedule" in connections[using].introspection.table_names():
        outbox.ensure_schedule("summaries", "bookings.tasks.send_summaries", minutes=60)
        outbox.ensure_schedule("calendar watch", "bookings.tasks.watch_calendars", minutes=60)
        outbox.ensure_schedule("trash", "bookings.tasks.purge_trash", minutes=24 * 60)
        outbox.ensure_schedule("personal data", "bookings.tasks.erase_personal_data", minutes=24 * 60)
