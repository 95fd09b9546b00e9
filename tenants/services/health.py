"""How an organisation's Daybook is doing: what works, what is broken, since when, and how to mend it (S2.84).

    found = health.of(tenant, now)          # eight queries, whatever the number of rows
    found.problems                          # what needs somebody, the worst first

| part          | is a problem when                                                                       |
|---------------|-----------------------------------------------------------------------------------------|
| connection    | it is broken; its last test found something; it was never tested                        |
| secrets       | the one that ends last has 60 days left or fewer (`secret_warnings.STAGES`)             |
| outbox        | the oldest due job waits longer than `OVERDUE`                                          |
| parked jobs   | there are any: one problem for each cause (`parked.causes`)                             |
| calendars     | a copy is late or its reading fails (`calendar_health`), though the connection works    |
| notifications | Microsoft does not tell of calendars that it should tell of                             |
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Min, Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tenants import job_names
from tenants.microsoft365 import deliver
from tenants.models import AuditEvent, Connection, Job, Subscription, Tenant, WorkerHeartbeat
from tenants.services import calendar_health, parked, secret_warnings
from tenants.services.calendar_health import Calendars
from tenants.services.parked import Cause
from tenants.services.secret_warnings import Secret

#: A due job that waits longer is not being worked on.
OVERDUE = timedelta(minutes=5)
#: A worker that is silent for longer is not there.
SILENCE = timedelta(minutes=2)
#: Written by `connection_watch`: when a connection was found broken, and mended.
BROKE, MENDED = "connection.broke", "connection.mended"
DANGER, WARN = "danger", "warn"
_PARKED: dict[str, str | Promise] = {
    deliver.CONNECTION: gettext_lazy("Work waits for the Microsoft 365 connection"),
    "mail": gettext_lazy("Mails wait for the mail server"),
    "keys": gettext_lazy("Mails wait for an encryption key"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that needs somebody: its state, time, message and remedy. Texts are in the active language."""

    #: What it is about: `connection`, `secret`, `outbox`, `parked`, `calendars`, `subscriptions`.
    key: str
    #: `DANGER`: something does not work; `WARN`: it will not, or not fully.
    level: str
    title: str
    message: str = ""
    remedy: str = ""
    #: Since when.
    at: datetime | None = None
    #: The name of the page on which it is mended.
    page: str = "organisation:health"
    #: The cause whose jobs a button tries again.
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Outbox:
    """The jobs of an organisation in numbers."""

    #: Due, and being worked on.
    due: int
    running: int
    #: Wished for a later time, such as reminders.
    planned: int
    parked: int
    #: When the one that waits longest was due.
    oldest_at: datetime | None
    #: The last sign of life of any worker.
    worker_at: datetime | None

    def is_late(self, now: datetime) -> bool:
        """Whether due work is not being done."""
        return self.oldest_at is not None and now - self.oldest_at > OVERDUE


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """Microsoft's promises to tell of changes, in numbers."""

    active: int
    wanted: int
    failed: int
    next_end_at: datetime | None
    error: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Health:
    """Everything at one moment."""

    now: datetime
    #: The one in use; None: not connected.
    connection: Connection | None
    #: Values that were entered and are not in use yet.
    draft: Connection | None
    #: When the connection in use broke, as far as that is known.
    broke_at: datetime | None
    secrets: list[Secret]
    outbox: Outbox
    causes: list[Cause]
    calendars: Calendars
    subscriptions: Subscriptions
    problems: list[Problem]

    @property
    def is_well(self) -> bool:
        """Whether nobody has to do anything."""
        return not self.problems


def of(tenant: Tenant, now: datetime) -> Health:
    """Looks at everything, in the scope of `tenant`."""
    rows = {row.is_active: row for row in Connection.objects.filter(tenant=tenant)}
    connection = rows.get(True)
    secrets = secret_warnings.of(connection, today=now.date()) if connection else []
    broke_at = _broke_at(connection) if connection and connection.state == Connection.State.BROKEN else None
    outbox, causes = _outbox(now), parked.causes()
    alone = [cause for cause in causes if not (broke_at and cause.key == deliver.CONNECTION)]  # else said already
    calendars, subscriptions = calendar_health.summary(now), _subscriptions()
    problems = [
        *_of_connection(connection, secrets, broke_at), *_of_outbox(outbox, alone, now),
        *_of_calendars(connection, calendars, subscriptions),
    ]  # fmt: skip
    problems.sort(key=lambda problem: problem.level != DANGER)
    return Health(
        now, connection, rows.get(False), broke_at, secrets, outbox, causes, calendars, subscriptions, problems
    )


def banner(now: datetime) -> Problem | None:
    """The one line above every page of an administrator, if any: about the connection. One query, in scope."""
    connection = Connection.objects.filter(is_active=True).first()
    if connection is None:
        return None
    secrets = secret_warnings.of(connection, today=now.date())
    return next((one for one in _of_connection(connection, secrets, None) if one.key != "test"), None)


def _broke_at(connection: Connection) -> datetime | None:
    told = AuditEvent.objects.filter(action=BROKE, target_id=connection.pk).order_by("-at")
    return told.values_list("at", flat=True).first() or connection.tested_at


def _outbox(now: datetime) -> Outbox:
    due, running = Q(state=Job.State.PENDING, due_at__lte=now), Q(state=Job.State.RUNNING)
    counts = Job.objects.exclude(state=Job.State.DONE).aggregate(
        due=Count("pk", filter=due), running=Count("pk", filter=running),
        planned=Count("pk", filter=Q(state=Job.State.PENDING, due_at__gt=now)),
        parked=Count("pk", filter=Q(state=Job.State.PARKED)), oldest_at=Min("due_at", filter=due),
    )  # fmt: skip
    return Outbox(**counts, worker_at=WorkerHeartbeat.objects.aggregate(at=Max("at"))["at"])


def _subscriptions() -> Subscriptions:
    State = Subscription.State
    counts = {state.value: Count("pk", filter=Q(state=state)) for state in State}
    failed = Q(state=State.FAILED)
    return Subscriptions(
        **Subscription.objects.aggregate(
            **counts, next_end_at=Min("expires_at", filter=Q(state=State.ACTIVE)),
            error=Max("last_error", filter=failed), remedy=Max("remedy", filter=failed),
        )
    )  # fmt: skip


def _of_connection(connection: Connection | None, secrets: list[Secret], at: datetime | None) -> Iterator[Problem]:
    page = "organisation:connection"
    if connection is None:
        return
    if connection.state == Connection.State.BROKEN:
        title = _("The connection to Microsoft 365 is broken")
        yield Problem("connection", DANGER, title, connection.last_error, _(connection.remedy), at, page)
    elif connection.state == Connection.State.UNTESTED:
        yield Problem(
            "test", WARN, _("The connection to Microsoft 365 was not tested yet"), page=page,
            remedy=_("Test the connection to see whether everything that is needed is granted."),
        )  # fmt: skip
    elif connection.last_error:
        title = _("The last test of the connection found something")
        yield Problem(
            "test", WARN, title, connection.last_error, _(connection.remedy), connection.tested_at, page
        )  # fmt: skip
    for secret in secrets:
        if not secret.is_covered and secret.days_left <= secret_warnings.STAGES[0]:
            yield _of_secret(secret)


def _of_secret(secret: Secret) -> Problem:
    title = ngettext(
        "The Microsoft 365 secret ends in %(days)d day", "The Microsoft 365 secret ends in %(days)d days",
        max(secret.days_left, 0),
    ) % {"days": secret.days_left}  # fmt: skip
    if secret.days_left <= 0:
        title = _("The Microsoft 365 secret has ended") if secret.is_ended else _("The Microsoft 365 secret ends today")
    return Problem(
        "secret", DANGER if secret.days_left <= secret_warnings.STAGES[3] else WARN, title,
        remedy=_("Enter a new secret beside it in time; both work until the old one ends, so nothing stops."),
        page="organisation:connection",
    )  # fmt: skip


def _of_outbox(outbox: Outbox, causes: list[Cause], now: datetime) -> Iterator[Problem]:
    if outbox.is_late(now):
        silent = outbox.worker_at is None or now - outbox.worker_at > SILENCE
        remedy = (
            _("The worker gives no sign of life. Whoever runs this site has to start it.")
            if silent
            else _("The worker does not keep up. Whoever runs this site sees the reason in its log.")
        )
        yield Problem("outbox", DANGER, _("Work that is due is not being done"), "", remedy, outbox.oldest_at)
    for cause in causes:
        other = ngettext("%(what)s: %(count)d job waits for you", "%(what)s: %(count)d jobs wait for you", cause.count)
        other %= {"what": job_names.of_kind(cause.key), "count": cause.count}
        yield Problem(
            "parked", DANGER, str(_PARKED.get(cause.key) or other), cause.error,
            _(cause.remedy), cause.since, "organisation:health_parked", cause=cause.key,
        )  # fmt: skip


def _of_calendars(
    connection: Connection | None, calendars: Calendars, subscriptions: Subscriptions
) -> Iterator[Problem]:  # fmt: skip
    page = "organisation:health_calendars"
    works = connection is not None and connection.state != Connection.State.BROKEN
    if works and calendars.late:
        title = ngettext(
            "%(count)d calendar was not read for two hours", "%(count)d calendars were not read for two hours",
            calendars.late,
        ) % {"count": calendars.late}  # fmt: skip
        remedy = _("Usually this mends itself. If it lasts, the list says what Microsoft answers for each calendar.")
        yield Problem("calendars", WARN, title, "", remedy, calendars.oldest_at, page)
    if works and subscriptions.failed:
        title = ngettext(
            "Microsoft does not tell of changes in %(count)d calendar",
            "Microsoft does not tell of changes in %(count)d calendars", subscriptions.failed,
        ) % {"count": subscriptions.failed}  # fmt: skip
        yield Problem("subscriptions", WARN, title, subscriptions.error, _(subscriptions.remedy), None, page)
