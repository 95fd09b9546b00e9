"""What the queue calls. Each is a thin edge over the outbox or a service."""

from __future__ import annotations

from django.utils import timezone

from tenants import outbox


def run_jobs(job_ids: list[str]) -> None:
    """Runs these jobs of the outbox, as far as they are due and free."""
    outbox.run(job_ids)


def beat() -> None:
    """A sign of life, and the sweep when it is due."""
    outbox.beat(timezone.now())


def sweep_outbox() -> None:
    """Wakes what is overdue."""
    outbox.sweep(timezone.now())
