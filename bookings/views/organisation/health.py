"""The health page: connection, secrets, work on its way, what is parked with a button that mends, every calendar."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bookings.views.organisation.desk import organisation_action, organisation_page, show
from bookings.views.organisation.overview import leading
from bookings.views.staff import sheets
from bookings.views.staff.desk import back
from tenants import job_names
from tenants.access import MemberRequest, actor_of
from tenants.microsoft365 import deliver
from tenants.models import Connection, Job, Tenant
from tenants.services import calendar_health, changes, connections, health, parked

PER_PAGE = 50
#: Calendars that are named on the health page itself.
MOST_ROWS = 5
STATES: dict[str, str | Promise] = {
    "good": gettext_lazy("In step"),
    "late": gettext_lazy("Late"),
    "failing": gettext_lazy("Not reached"),
    "waiting": gettext_lazy("Not read yet"),
}
FILTERS: tuple[tuple[str, str | Promise], ...] = (
    ("", gettext_lazy("All calendars")),
    ("late", gettext_lazy("Late")),
    ("failing", gettext_lazy("Not reached")),
    ("untold", gettext_lazy("Microsoft does not tell of them")),
)


@organisation_page
def index(request: MemberRequest) -> HttpResponse:
    """Everything at one glance; the lists have pages of their own."""
    now = timezone.now()
    found = health.of(request.tenant, now)
    late = calendar_health.rows_of(now, only="late")[:MOST_ROWS] if found.calendars.late else []
    context = {
        "now": now,
        "health": found,
        "causes": [(cause, job_names.of_cause(cause.key)) for cause in found.causes],
        "late": _with_labels(calendar_health.described(list(late), now)),
        "outbox_is_late": found.outbox.is_late(now),
        "oldest_at": found.outbox.oldest_at if found.outbox.is_late(now) else None,
        "connection_address": leading("organisation:connection"),
    }
    return show(request, "organisation/health.html", context, tab="health")


@organisation_page
def parked_jobs(request: MemberRequest) -> HttpResponse:
    """Every job that waits for a person, with its time, error and remedy; `?format=csv` as a file."""
    cause = _plain(request.GET.get("cause", ""))
    jobs = parked.jobs(cause)
    if request.GET.get("format") == "csv":
        head = [_("Job"), _("Waits since"), _("Tried"), _("Error"), _("What to do"), _("Waits for")]
        return sheets.answer("parked-jobs", head, (_job_cells(job) for job in jobs.iterator()))
    page = Paginator(jobs, PER_PAGE).get_page(request.GET.get("p"))
    context = {
        "rows": [(job, job_names.of_kind(job.kind)) for job in page],
        "pager": page,
        "cause": cause,
        "causes": [(one, job_names.of_cause(one.key)) for one in parked.causes()],
        "kept": urlencode({"cause": cause} if cause else {}),
    }
    return show(request, "organisation/health_parked.html", context, tab="health")


def _plain(text: str) -> str:
    """Words of an address or a button, without NUL, which no database takes."""
    return text.replace("\x00", "").strip()


def _job_cells(job: Job) -> list[Any]:
    times = [timezone.localtime(at).strftime("%Y-%m-%d %H:%M") for at in (job.created_at, job.due_at)]
    return [job_names.of_kind(job.kind), *times, job.last_error, _(job.remedy), job.waits_for]


@organisation_page
def calendars(request: MemberRequest) -> HttpResponse:
    """Every calendar with its last successes and what is wrong; `?format=csv` as a file."""
    now = timezone.now()
    only, search = request.GET.get("only", ""), _plain(request.GET.get("q", ""))
    found = calendar_health.rows_of(now, only=only, search=search)
    if request.GET.get("format") == "csv":
        head = [
            _("Name"), _("Address"), _("State"), _("Read"), _("Written"), _("Last notification"), _("Error"),
            _("What to do"),
        ]  # fmt: skip
        return sheets.answer("calendars", head, _calendar_cells(calendar_health.described(list(found), now)))
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("p"))
    kept = {name: value for name, value in (("only", only), ("q", search)) if value}
    context = {
        "now": now, "rows": _with_labels(calendar_health.described(list(page), now)), "pager": page, "only": only,
        "q": search, "filters": FILTERS, "kept": urlencode(kept),
    }  # fmt: skip
    return show(request, "organisation/health_calendars.html", context, tab="health")


def _with_labels(rows: list[calendar_health.CalendarRow]) -> list[tuple[calendar_health.CalendarRow, str]]:
    return [(row, str(STATES[row.state])) for row in rows]


def _calendar_cells(rows: list[calendar_health.CalendarRow]) -> Iterator[list[Any]]:
    for row in rows:
        told_at = row.subscription.notified_at if row.subscription else None
        times = [
            timezone.localtime(at).strftime("%Y-%m-%d %H:%M") if at else ""
            for at in (row.read_at, row.written_at, told_at)
        ]
        yield [
            row.mailbox.display_name, row.mailbox.address, str(STATES[row.state]), *times, row.error, _(row.remedy)
        ]  # fmt: skip


@organisation_action
def mend(request: MemberRequest) -> HttpResponse:
    """Tries the jobs of one cause again; where they wait for the connection, that is tested too."""
    cause, now = _plain(request.POST.get("cause", "")), timezone.now()
    act: dict[str, Any] = {"now": now, "actor": actor_of(request)}
    count = parked.mend(tenant=request.tenant, cause=cause, **act) if cause else 0
    if count:
        words = ngettext("%(count)d job is tried again now.", "%(count)d jobs are tried again now.", count)
        messages.success(request, words % {"count": count})
    connection = Connection.objects.filter(is_active=True).first() if cause == deliver.CONNECTION else None
    if connection is None:
        return back(request)
    connections.ask_test(connection, **act)
    return redirect(leading("organisation:connection") or "organisation:health")  # which shows how far it is


@organisation_action
def retry(request: MemberRequest, job_id: uuid.UUID) -> HttpResponse:
    """Tries one job again."""
    parked.retry(tenant=request.tenant, job_id=job_id, now=timezone.now(), actor=actor_of(request))
    messages.success(request, _("It is tried again now."))
    return back(request)


@organisation_action
def summary(request: MemberRequest) -> HttpResponse:
    """Switches the monthly summary on or off."""
    on = request.POST.get("on") == "yes"
    tenant = Tenant.objects.get(pk=request.tenant.pk)
    changes.apply(
        row=tenant, fields={"monthly_summary": on}, action="tenant.changed", now=timezone.now(),
        actor=actor_of(request),
    )  # fmt: skip
    messages.success(request, _("Administrators get the monthly summary.") if on else _("No monthly summary is sent."))
    return redirect("organisation:health")
