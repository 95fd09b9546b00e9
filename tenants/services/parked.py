"""Jobs that wait until something is mended, grouped by what they wait for.

| waits for    | mended when                                              | goes on by itself                       |
|--------------|----------------------------------------------------------|-----------------------------------------|
| `connection` | a test of the connection passes                          | `connections.test`                      |
| `mail`       | the mail server takes our sign-in and sender again       | `resume_mended`: asked while jobs wait  |
| `keys`       | FIELD_ENCRYPTION_KEYS changed                            | `resume_mended`: seen by their mark     |
| nothing      | a person has looked at it                                | no: by the button only                  |
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import Case, CharField, Count, F, Max, Min, QuerySet, When
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_noop
from django_scopes import scopes_disabled

from tenants import mail, outbox
from tenants.acting import Actor
from tenants.errors import NotFound
from tenants.microsoft365 import deliver
from tenants.models import Job, Tenant
from tenants.services import audit

#: What parked jobs may wait for by name; the others are grouped by their kind.
NAMED = (deliver.CONNECTION, mail.WAITS_FOR_MAIL, mail.WAITS_FOR_KEYS)
#: A job that fails in a way which no test of the mail server shows is not tried again at once.
_AGAIN_AFTER = timedelta(minutes=10)
#: What a job says that a person parked.
HELD = gettext_noop("An administrator parked this. Choose “Try again” when it may go on.")
_KEYS_SEEN = "outbox:encryption-keys"


@dataclass(frozen=True, slots=True)
class Cause:
    """What some parked jobs have in common."""

    #: One of `NAMED`, or the kind of job.
    key: str
    count: int
    #: When the one that waits longest was wished for.
    since: datetime
    tried_at: datetime
    #: The last error of one of them.
    error: str
    #: What to do, where it is the same for all; else one of the remedies.
    remedy: str
    remedies: int

    @property
    def is_named(self) -> bool:
        """Whether all of them wait for the same thing."""
        return self.key in NAMED


def _caused() -> Any:
    """Parked jobs, each with its cause."""
    cause = Case(When(waits_for="", then=F("kind")), default=F("waits_for"), output_field=CharField())
    return Job.objects.filter(state=Job.State.PARKED).annotate(cause=cause)


def causes() -> list[Cause]:
    """Why jobs are parked, the most frequent cause first. One query, in scope."""
    rows = _caused().values("cause").annotate(
        count=Count("pk"), since=Min("created_at"), tried_at=Max("due_at"), error=Max("last_error"),
        remedies=Count("remedy", distinct=True), some_remedy=Max("remedy"),
    )  # fmt: skip
    return [Cause(row.pop("cause"), remedy=row.pop("some_remedy"), **row) for row in rows.order_by("-count", "cause")]


def jobs(cause: str = "") -> QuerySet[Job]:
    """The parked jobs of one cause, or all of them; what was tried last comes first."""
    rows = _caused()
    found: QuerySet[Job] = (rows.filter(cause=cause) if cause else rows).order_by("-due_at", "pk")
    return found


def mend(*, tenant: Tenant, cause: str, now: datetime, actor: Actor) -> int:
    """Tries every job of a cause again, because a person says that it is mended. Returns how many."""
    with transaction.atomic():
        count = outbox.retry(jobs(cause), now=now)
        if count:
            _record(tenant, actor, now, {"cause": cause, "jobs": count})
    return count


def retry(*, tenant: Tenant, job_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """Tries one parked job again. Raises NotFound."""
    with transaction.atomic():
        job = jobs().filter(pk=job_id).first()
        if job is None or not outbox.retry(jobs().filter(pk=job_id), now=now):
            raise NotFound
        _record(tenant, actor, now, {"kind": job.kind, "error": job.last_error, "jobs": 1})


def park(*, tenant: Tenant, waiting: QuerySet[Job], now: datetime, actor: Actor) -> int:
    """Keeps waiting jobs from being done until a person tries them again. Returns how many."""
    with transaction.atomic():
        chosen = Job.objects.filter(pk__in=waiting.order_by().values("pk"), tenant=tenant, state=Job.State.PENDING)
        count = chosen.update(state=Job.State.PARKED, remedy=HELD, waits_for="")
        if count:
            audit.record(
                tenant=tenant, actor=actor, action="jobs.parked", target=tenant, now=now, after={"jobs": count}
            )  # fmt: skip
    return count


def _record(tenant: Tenant, actor: Actor, now: datetime, after: dict[str, Any]) -> None:
    audit.record(tenant=tenant, actor=actor, action="jobs.resumed", target=tenant, now=now, after=after)


def resume_mended(now: datetime) -> int:
    """Makes due what waited for the mail server or for a key that is there by now, everywhere. Returns how many."""
    with scopes_disabled():
        return _resume_keys(now) + _resume_mails(now)


def _resume_mails(now: datetime) -> int:
    waiting = Job.objects.filter(
        state=Job.State.PARKED, waits_for=mail.WAITS_FOR_MAIL, due_at__lte=now - _AGAIN_AFTER
    )  # fmt: skip
    return outbox.retry(waiting, now=now) if waiting.exists() and not mail.trouble() else 0


def _resume_keys(now: datetime) -> int:
    """Once for each change of the keys: whether a text opens shows only when its job reads it."""
    keys = "\n".join([settings.SECRET_KEY, *settings.FIELD_ENCRYPTION_KEYS])
    mark = salted_hmac(_KEYS_SEEN, keys, algorithm="sha256").hexdigest()
    if cache.get(_KEYS_SEEN) == mark:
        return 0
    resumed = outbox.retry(Job.objects.filter(state=Job.State.PARKED, waits_for=mail.WAITS_FOR_KEYS), now=now)
    cache.set(_KEYS_SEEN, mark, timeout=None)
    return resumed
