"""What the queue calls. Each is a thin edge over the outbox or a service."""

from __future__ import annotations

from django.utils import timezone

from tenants import outbox
from tenants.services import (
    admin_consent,  # noqa: F401 - its job is known where this is imported
    busy_times,
    connection_watch,
    parked,
    people,
    secret_warnings,
    subscriptions,
    upkeep,
)


def run_jobs(job_ids: list[str]) -> None:
    """Runs these jobs of the outbox, as far as they are due and free."""
    outbox.run(job_ids)


def sweep_outbox() -> None:
    """Wakes what is overdue."""
    outbox.sweep(timezone.now())


def sweep_busy_times() -> None:
    """Asks for the reads of Outlook calendars that are due."""
    busy_times.pull_due(timezone.now())


def keep_subscriptions() -> None:
    """Asks for the subscriptions to be made, renewed or taken away that are due."""
    subscriptions.keep_due(timezone.now())


def retry_subscriptions() -> None:
    """Asks for those once more that Microsoft refused."""
    subscriptions.retry_failed(timezone.now())


def compare_subscriptions() -> None:
    """Compares what Microsoft has with what is known here."""
    subscriptions.compare_all(timezone.now())


def keep_connections() -> None:
    """Tests every connection and brings in who is new."""
    people.keep_all(timezone.now())


def watch_health() -> None:
    """Tells of connections that broke, and lets go on what waited for something that is mended by now."""
    now = timezone.now()
    connection_watch.watch(now)
    parked.resume_mended(now)


def warn_of_secrets() -> None:
    """Warns of client secrets that end soon."""
    secret_warnings.warn(timezone.now())


def clean() -> None:
    """Removes what nobody needs any more."""
    upkeep.clean(timezone.now())
