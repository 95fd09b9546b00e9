"""/healthz: the process answers. /readyz: it can do its work; each check says what to do when it fails."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Max, Min
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_scopes import scopes_disabled

from tenants.models import Job, WorkerHeartbeat

#: A worker beats every two seconds; longer silence than this survives the replacement of one that hung.
LONGEST_SILENCE = timedelta(seconds=30)
#: The sweep comes once a minute; what is overdue longer is not being worked on.
LONGEST_OVERDUE = timedelta(minutes=5)
#: How long the answer "migrations are missing" is believed; "none are missing" stays true while the process lives.
MIGRATIONS_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Check:
    """What one check found; `remedy` is empty when it is well."""

    ok: bool
    detail: str
    remedy: str = ""


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Answers 200 as long as the process does; asks neither database nor cache."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Answers 200 when everything that a booking needs is there, else 503; the body is the same in both."""
    found = examine(timezone.now())
    ok = all(check.ok for check in found.values())
    body = {"status": "ok" if ok else "unavailable", "checks": {name: asdict(check) for name, check in found.items()}}
    return JsonResponse(body, status=200 if ok else 503)


def examine(now: datetime) -> Mapping[str, Check]:
    """Every check by name. Those that need the database are left out while it cannot be reached."""
    found = {"database": guarded(check_database, DATABASE_REMEDY), "cache": check_cache()}
    if found["database"].ok:
        found["migrations"] = guarded(check_migrations, DATABASE_REMEDY)
    if found["database"].ok and found["migrations"].ok:
        found["worker"] = guarded(lambda: check_worker(now), DATABASE_REMEDY)
        found["outbox"] = guarded(lambda: check_outbox(now), DATABASE_REMEDY)
    return found


DATABASE_REMEDY = "Check that the database server runs and that DATABASE_URL names it."
WORKER_REMEDY = "Start the task worker: `manage.py start` on one host, `manage.py qcluster` on several."


def guarded(check: Callable[[], Check], remedy: str) -> Check:
    """The check's finding; a database that refuses is a finding too."""
    try:
        return check()
    except DatabaseError as error:
        return Check(ok=False, detail=type(error).__name__, remedy=remedy)


def check_database() -> Check:
    """Whether the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return Check(ok=True, detail=connection.vendor)


class Migrations:
    """Whether migrations are missing, without asking each time."""

    def __init__(self) -> None:
        self.missing: int | None = None
        self.asked_at = 0.0

    def count(self) -> int:
        """How many are not applied."""
        if self.missing != 0 and (self.missing is None or time.monotonic() - self.asked_at > MIGRATIONS_SECONDS):
            executor = MigrationExecutor(connection)
            self.missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
            self.asked_at = time.monotonic()
        return self.missing or 0


migrations = Migrations()


def check_migrations() -> Check:
    """Whether the database has the tables that this version of the code expects."""
    missing = migrations.count()
    remedy = "Run `manage.py migrate`." if missing else ""
    return Check(ok=not missing, detail=f"{missing} not applied", remedy=remedy)


def check_cache() -> Check:
    """Whether a value comes back from the cache."""
    key, value = f"readyz:{uuid.uuid4().hex}", "1"
    try:
        cache.set(key, value, 5)
        back = cache.get(key)
        cache.delete(key)
    except Exception as error:  # each backend raises its own
        return Check(ok=False, detail=type(error).__name__, remedy="Check that Redis runs and that REDIS_URL names it.")
    return Check(ok=back == value, detail="answers" if back == value else "loses values")


def check_worker(now: datetime) -> Check:
    """Whether a task worker of any host gave a sign of life lately."""
    at = WorkerHeartbeat.objects.aggregate(at=Max("at"))["at"]
    if at is None:
        return Check(ok=False, detail="no sign of life yet", remedy=WORKER_REMEDY)
    age = now - at
    ok = age <= LONGEST_SILENCE
    return Check(ok=ok, detail=f"{age.total_seconds():.0f} s ago", remedy="" if ok else WORKER_REMEDY)


def check_outbox(now: datetime) -> Check:
    """Whether what is due gets done."""
    age = overdue(now)
    ok = age <= LONGEST_OVERDUE
    remedy = "" if ok else "The worker does not keep up: see its log, then raise WORKERS or add a host."
    return Check(ok=ok, detail=f"oldest due job waits {age.total_seconds():.0f} s", remedy=remedy)


def overdue(now: datetime) -> timedelta:
    """How long the oldest due job of the outbox has been waiting."""
    with scopes_disabled():
        due_at = Job.objects.filter(state=Job.State.PENDING, due_at__lte=now).aggregate(at=Min("due_at"))["at"]
    return now - due_at if due_at else timedelta(0)
