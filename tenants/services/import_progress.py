"""How far an import of people is, and what came of the last one: read from the job that does it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from tenants.models import Job, Mailbox, Tenant


@dataclass(frozen=True, slots=True)
class Imported:
    """How many mailboxes an import made, brought up to date, and left alone.

    `left`: not in the directory any more; `held`: seem so, but are too many to believe it unasked; `failed`: could
    not be checked to the end; `licensed`: have the Microsoft Bookings service plan.
    """

    created: int
    updated: int
    skipped: int
    left: int = 0
    held: int = 0
    failed: int = 0
    licensed: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is: `step` is `waiting`, `people`, `calendars`, `saving`, `done`, `later` or `parked`."""

    step: str
    count: int = 0
    imported: Imported | None = None
    at: datetime | None = None
    error: str = ""
    remedy: str = ""

    @property
    def runs(self) -> bool:
        """Whether there is something to wait for."""
        return self.step not in ("done", "parked")


def progress(tenant: Tenant) -> Progress | None:
    """The import that runs, else the last one that is remembered; None where there was none."""
    jobs = list(Job.objects.filter(tenant=tenant, kind__in=("people.import", "connection.keep")))
    running = [job for job in jobs if job.state in (Job.State.PENDING, Job.State.RUNNING) and _imports(job)]
    ended = [job for job in jobs if job.payload.get("at") or job.state == Job.State.PARKED]
    for job in (*running, *sorted(ended, key=lambda job: job.payload.get("at", ""), reverse=True)):
        return _progress(job)
    return None


def _imports(job: Job) -> bool:
    """Whether its work is an import that somebody may wait for; the daily test becomes one when it has begun."""
    return job.kind == "people.import" or "step" in job.payload


def _progress(job: Job) -> Progress:
    told: dict[str, Any] = job.payload
    imported = Imported(**told["imported"]) if "imported" in told else None
    at = datetime.fromisoformat(told["at"]) if "at" in told else None
    if job.state == Job.State.PARKED:
        return Progress("parked", error=job.last_error, remedy=job.remedy, imported=imported, at=at)
    if job.state == Job.State.DONE:
        return Progress("done", imported=imported, at=at)
    if job.state == Job.State.PENDING and job.last_error:
        return Progress("later", error=job.last_error, at=job.due_at)
    step = told.get("step", "waiting")
    return Progress("waiting" if step == "done" else step, count=told.get("count", 0))


def missing(last: Progress | None) -> QuerySet[Mailbox]:
    """Who is kept here as a person of the directory, but was not in it at the last import that ended."""
    known = Mailbox.objects.filter(kind=Mailbox.Kind.USER, account_enabled=True).exclude(directory_object_id="")
    rows = known.order_by("display_name", "address")
    return rows.none() if last is None or last.at is None else rows.exclude(licence_checked_at=last.at)
