"""The outbox: a wish is a row before it is an act. The only module that touches the task queue.

| what goes wrong                              | what happens                                                         |
|----------------------------------------------|----------------------------------------------------------------------|
| the process dies before the transaction ends | nothing was wished                                                   |
| … after it, before the queue is told         | the sweep finds the job when it is due                               |
| the queue loses the task, or runs it twice   | the sweep runs it; a second run finds it taken or done               |
| a run dies while acting                      | the lease ends, the sweep runs it again; its effect is idempotent    |
| the far end says "later"                     | `RetryLater`: pending again, due then                                |
| it cannot go on until a person acts          | `Park`: parked with a sentence; `resume()` when it is mended         |
| it kills its process each time               | attempts are counted before acting: parked after `MOST_ATTEMPTS`     |

A run takes a job by one conditional UPDATE. Jobs of one `lane` run one at a time: a unique index over the running
ones refuses a second, whoever races. Handlers are registered with `@handles(kind)`; they run outside any
transaction, in the scope of the job's organisation, and may be called again after a crash at any line.
"""

from __future__ import annotations

import logging
import random
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_noop
from django_q.models import Schedule
from django_q.tasks import async_task
from django_scopes import scope, scopes_disabled

from tenants import acting
from tenants.models import Job, Tenant, WorkerHeartbeat

log = logging.getLogger(__name__)

Handler = Callable[[Job, datetime], None]
_handlers: dict[str, Handler] = {}

#: After so many attempts a job is parked for a person to look at: with the back-off below, about a day.
MOST_ATTEMPTS = 30
MOST_IN_A_TASK = 25
_LONGEST_WAIT = timedelta(hours=1)


class RetryLater(Exception):
    """The effect was not possible now. `after`: how long to wait; None: the usual back-off."""

    def __init__(self, reason: str, after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.after = after


class Park(Exception):
    """The effect is impossible until a person mends something: `remedy` says what, `waits_for` names it."""

    def __init__(self, reason: str, *, remedy: str, waits_for: str = "") -> None:
        super().__init__(reason)
        self.remedy, self.waits_for = remedy, waits_for


@dataclass(frozen=True, slots=True)
class Wish:
    """One effect that is wanted. A wish whose `dedupe_key` exists already in the organisation is the same wish."""

    kind: str
    dedupe_key: str
    payload: dict[str, Any] = field(default_factory=dict)
    lane: str = ""
    #: When at the earliest; None: at once.
    due_at: datetime | None = None


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Registers the function that brings about jobs of `kind`."""

    def register(handler: Handler) -> Handler:
        _handlers[kind] = handler
        return handler

    return register


def write(*, tenant: Tenant, wishes: Iterable[Wish], now: datetime) -> list[Job]:
    """Writes new wishes in the running transaction and wakes the worker after its commit.

    Raises IntegrityError for a wish that exists; use `ensure` where that may be.
    """
    jobs = [
        Job(
            tenant=tenant, kind=wish.kind, dedupe_key=wish.dedupe_key, payload=wish.payload, lane=wish.lane,
            due_at=wish.due_at or now,
        )
        for wish in wishes
    ]  # fmt: skip
    Job.objects.bulk_create(jobs)
    wake([job.pk for job in jobs if job.due_at <= now])
    return jobs


def ensure(*, tenant: Tenant, wish: Wish, now: datetime) -> Job:
    """Writes a wish that recurs under one key.

    A job that is done or parked becomes due again, a waiting one stays, a running one runs once more afterwards.
    """
    job, created = Job.objects.get_or_create(
        tenant=tenant,
        dedupe_key=wish.dedupe_key,
        defaults={"kind": wish.kind, "payload": wish.payload, "lane": wish.lane, "due_at": wish.due_at or now},
    )
    # Twice, because a run may end between asking whether it is over and asking whether it goes on.
    again = created or _renew(job, wish, now) or _repeat(job, wish, now) or _renew(job, wish, now)
    if again and (wish.due_at or now) <= now:
        wake([job.pk])
    return job


def _renew(job: Job, wish: Wish, now: datetime) -> bool:
    """Makes a job due again that is done or parked."""
    ended = Job.objects.filter(pk=job.pk, state__in=[Job.State.DONE, Job.State.PARKED])
    return ended.update(
        state=Job.State.PENDING, due_at=wish.due_at or now, attempts=0, payload=wish.payload, last_error="", remedy="",
        waits_for="",
    ) == 1  # fmt: skip


def _repeat(job: Job, wish: Wish, now: datetime) -> bool:
    """Has a running job run once more: it may have looked at things before they changed."""
    running = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING)
    return running.update(again=True, payload=wish.payload, due_at=wish.due_at or now) == 1


def wake(job_ids: Sequence[Any]) -> None:
    """Tells the queue, after the commit, that these jobs are due. The queue may lose it: the sweep does not."""
    ids = [str(pk) for pk in job_ids]
    if ids:
        transaction.on_commit(lambda: _tell(ids), robust=True)


def _tell(ids: list[str]) -> None:
    """In tasks that a worker ends before the queue takes it for hung."""
    for at in range(0, len(ids), MOST_IN_A_TASK):
        async_task("tenants.tasks.run_jobs", ids[at : at + MOST_IN_A_TASK])


def hasten(*, dedupe_keys: Sequence[str], now: datetime) -> None:
    """Makes waiting jobs due now, such as the mails that waited for a join link."""
    waiting = Job.objects.filter(dedupe_key__in=dedupe_keys, state=Job.State.PENDING)
    ids = list(waiting.values_list("pk", flat=True))
    Job.objects.filter(pk__in=ids, state=Job.State.PENDING, due_at__gt=now).update(due_at=now)
    wake(ids)


def run(job_ids: Iterable[str]) -> None:
    """Runs the jobs that are due and free, then what waits in the lanes they have left."""
    for job_id in job_ids:
        following: Any = job_id
        while following is not None:
            now = timezone.now()
            with scopes_disabled():
                job = _take(following, now)
            if job is None:
                break
            _act(job, now)
            with scopes_disabled():
                following = _next_in_lane(job.lane, timezone.now())


def _take(job_id: Any, now: datetime) -> Job | None:
    """The job, if this run got it: due, not taken by another, its lane free."""
    free = Q(state=Job.State.PENDING, due_at__lte=now) | Q(state=Job.State.RUNNING, lease_until__lt=now)
    lease = now + timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)
    try:
        with transaction.atomic():
            taken = Job.objects.filter(free, pk=job_id).update(
                state=Job.State.RUNNING, lease_until=lease, attempts=F("attempts") + 1, again=False
            )
    except IntegrityError:  # its lane is taken; who holds it runs this one next
        return None
    return Job.objects.select_related("tenant").get(pk=job_id) if taken else None


def _next_in_lane(lane: str, now: datetime) -> Any:
    if not lane:
        return None
    waiting = Job.objects.filter(lane=lane, state=Job.State.PENDING, due_at__lte=now)
    return waiting.order_by("due_at", "created_at").values_list("pk", flat=True).first()


def _act(job: Job, now: datetime) -> None:
    acting.bind(organisation=str(job.tenant_id), actor=f"job:{job.pk}")
    with scope(tenant=job.tenant):
        try:
            if job.attempts > MOST_ATTEMPTS:
                raise Park(
                    job.last_error or "It ended the process that ran it, again and again.",
                    remedy=gettext_noop("Look at the last error, mend its cause, then choose “Try again”."),
                )
            _handlers[job.kind](job, now)
        except RetryLater as later:
            _finish(job, state=Job.State.PENDING, due_at=timezone.now() + (later.after or _back_off(job)), error=later)
        except Park as park:
            log.warning("job parked", extra={"job": str(job.pk), "kind": job.kind, "reason": str(park)})
            _finish(job, state=Job.State.PARKED, error=park, remedy=park.remedy, waits_for=park.waits_for)
        except Exception as fault:  # whatever it is, the job must not be lost nor stop the others
            log.exception("job failed", extra={"job": str(job.pk), "kind": job.kind})
            _finish(job, state=Job.State.PENDING, due_at=timezone.now() + _back_off(job), error=fault)
        else:
            _done(job)


def _done(job: Job) -> None:
    """Ends the job, or makes it due again where it was wished for once more meanwhile."""
    _finish(job, Q(again=False), state=Job.State.DONE, done_at=timezone.now())
    if _finish(job, Q(again=True), state=Job.State.PENDING, attempts=0, again=False):
        wake([job.pk])


def _finish(job: Job, condition: Q | None = None, *, error: Exception | None = None, **changes: Any) -> bool:
    """Writes the end of this run, unless its lease ran out and another run has it now. Whether it was written."""
    if error is not None:
        changes["last_error"] = f"{type(error).__name__}: {error}"[:500]
    mine = Job.objects.filter(condition or Q(), pk=job.pk, state=Job.State.RUNNING, attempts=job.attempts)
    return mine.update(lease_until=None, **changes) == 1


def _back_off(job: Job) -> timedelta:
    """5 s, 10 s, 20 s … up to an hour, each varied by a quarter so that a herd spreads out."""
    seconds = min(5 * 2 ** (min(job.attempts, 20) - 1), _LONGEST_WAIT.total_seconds())
    return timedelta(seconds=seconds * random.uniform(0.75, 1.25))  # noqa: S311 - spreads load, guards nothing


def sweep(now: datetime) -> int:
    """Wakes everything that is overdue or whose run died, oldest first. Returns how many."""
    with scopes_disabled():
        overdue = Q(state=Job.State.PENDING, due_at__lte=now) | Q(state=Job.State.RUNNING, lease_until__lt=now)
        ids = list(Job.objects.filter(overdue).order_by("due_at").values_list("pk", flat=True)[:500])
    for pk in ids:
        async_task("tenants.tasks.run_jobs", [str(pk)])
    return len(ids)


def resume(*, tenant: Tenant, waits_for: str, now: datetime) -> int:
    """Makes jobs that were parked for `waits_for` due again, because it is mended. Returns how many."""
    parked = Job.objects.filter(tenant=tenant, state=Job.State.PARKED, waits_for=waits_for)
    return retry(parked, now=now)


def retry(jobs: Any, *, now: datetime) -> int:
    """Makes parked or waiting jobs due now, with fresh attempts: the administrator's “Try again”."""
    ids = list(jobs.values_list("pk", flat=True))
    stuck = Job.objects.filter(pk__in=ids, state__in=[Job.State.PARKED, Job.State.PENDING])
    count = stuck.update(
        state=Job.State.PENDING, due_at=now, attempts=0, last_error="", remedy="", waits_for=""
    )  # fmt: skip
    wake(ids)
    return count


def beat(now: datetime) -> None:
    """Runs in the worker: leaves its host's sign of life, and sweeps when the last sweep is long enough ago."""
    host = socket.gethostname()
    heartbeat, _ = WorkerHeartbeat.objects.update_or_create(host=host, defaults={"at": now})
    before = now - timedelta(seconds=settings.OUTBOX_SWEEP_SECONDS)
    if heartbeat.swept_at is None or heartbeat.swept_at <= before:
        won = WorkerHeartbeat.objects.filter(host=host, swept_at=heartbeat.swept_at).update(swept_at=now)
        if won:
            sweep(now)


def ensure_schedule(name: str, func: str, *, minutes: int) -> None:
    """Has the queue call `func` (a dotted path) every so many minutes; again changes nothing, not even the next run."""
    wanted = {"func": func, "schedule_type": Schedule.MINUTES, "minutes": minutes, "repeats": -1}
    rows = Schedule.objects.filter(name=name)
    kept = rows.order_by("pk").first() or Schedule.objects.create(name=name, **wanted)
    rows.exclude(pk=kept.pk).delete()
    rows.update(**wanted)
