"""What happens again and again. Written into the queue's tables after every migration; again changes nothing.

| schedule      | every    | does                                                              |
|---------------|----------|-------------------------------------------------------------------|
| outbox sweep  | minute   | wakes jobs that are overdue                                       |
| busy sweep    | minute   | asks for the reads that are due, each SYNC_SWEEP_SECONDS          |
| subscriptions | minute   | asks for change notifications to be made, renewed, taken away     |
| … refused     | hour     | tries those once more that Microsoft refused                      |
| … compared    | day      | compares Microsoft's list of them with ours                       |
| connections   | day      | tests each connection to Microsoft 365 and brings in its people   |
| health        | 2 min    | tells of connections that broke; resumes what waited for what is mended |
| secrets       | hour     | warns of client secrets that end soon                             |
| cleaning      | hour     | removes finished jobs, kept answers and mails older than 30 days  |
"""

from __future__ import annotations

from typing import Any

from django.db import connections

from tenants import outbox

SCHEDULES = (
    ("outbox sweep", "tenants.tasks.sweep_outbox", 1),
    ("busy sweep", "tenants.tasks.sweep_busy_times", 1),
    ("subscriptions", "tenants.tasks.keep_subscriptions", 1),
    ("subscriptions refused", "tenants.tasks.retry_subscriptions", 60),
    ("subscriptions compared", "tenants.tasks.compare_subscriptions", 24 * 60),
    ("connections", "tenants.tasks.keep_connections", 24 * 60),
    ("health", "tenants.tasks.watch_health", 2),
    ("secrets", "tenants.tasks.warn_of_secrets", 60),
    ("cleaning", "tenants.tasks.clean", 60),
)


def ensure(using: str = "default", **kwargs: Any) -> None:
    """Receives `post_migrate`. Leaves a database alone that has no tables of the queue yet."""
    if "django_q_schedule" in connections[using].introspection.table_names():
        for name, func, minutes in SCHEDULES:
            outbox.ensure_schedule(name, func, minutes=minutes)
