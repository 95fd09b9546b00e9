"""What is on its way: jobs, and the workers' signs of life. The mails are in the bookings' admin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django_scopes import scope

from tenants import job_names, outbox
from tenants.admin.base import TenantModelAdmin, ValuesFilter, actor_of
from tenants.models import Job, Tenant, WorkerHeartbeat
from tenants.services import audit, parked

#: What needs a person comes first, what is done last.
_URGENCY = Case(
    *(
        When(state=state, then=Value(rank))
        for rank, state in enumerate((Job.State.PARKED, Job.State.RUNNING, Job.State.PENDING, Job.State.DONE))
    ),
    output_field=IntegerField(),
)


@admin.register(Job)
class JobAdmin(TenantModelAdmin):
    """Effects that are wanted. A parked one says what to mend; “Try again” makes it due now."""

    list_display = ["does", "state", "what_to_do", "last_error", "attempts", "due_at"]
    list_filter = ["state", ("waits_for", ValuesFilter), "kind"]
    search_fields = ["kind", "last_error", "dedupe_key"]
    date_hierarchy = "due_at"
    ordering = [_URGENCY.asc(), "-due_at"]
    fields = [
        "does", "kind", "state", "what_to_do", "last_error", "waits_for", "attempts", "due_at", "created_at", "done_at",
        "lane", "dedupe_key",
    ]  # fmt: skip
    help_texts = {
        "waits_for": _("What must be mended before it goes on by itself. Empty: only a person can try it again."),
        "lane": _("Jobs of one lane are done one after the other."),
        "dedupe_key": _("The same wish, made twice, is one job."),
    }
    actions = ["try_again", "park"]
    readonly_fields = ["does", "what_to_do"]

    @admin.display(description=_("what it does"), ordering="kind")
    def does(self, obj: Job) -> str:
        """Its kind in words."""
        return job_names.of_kind(obj.kind)

    @admin.display(description=_("what to do"), ordering="remedy")
    def what_to_do(self, obj: Job) -> str:
        """The remedy, written in English when the job was parked, in the reader's language."""
        return gettext(obj.remedy) if obj.remedy else "–"

    @admin.action(description=_("Try again"), permissions=["view"])
    def try_again(self, request: Any, queryset: Any) -> None:
        """Makes the selected jobs due now, with fresh attempts."""
        now, actor = timezone.now(), actor_of(request)

        def retry(tenant: Tenant, rows: QuerySet[Job]) -> int:
            with transaction.atomic():
                tried = outbox.retry(rows, now=now)
                if tried:
                    audit.record(
                        tenant=tenant, actor=actor, action="jobs.resumed", target=tenant, now=now,
                        after={"jobs": tried},
                    )  # fmt: skip
            return tried

        count = _by_organisation(queryset, retry)
        text = ngettext("%(count)d job is tried again now.", "%(count)d jobs are tried again now.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS)

    @admin.action(description=_("Park (nothing happens until it is tried again)"), permissions=["view"])
    def park(self, request: Any, queryset: Any) -> None:
        """Keeps the selected jobs that wait from being done."""
        now, actor = timezone.now(), actor_of(request)
        count = _by_organisation(
            queryset, lambda tenant, rows: parked.park(tenant=tenant, waiting=rows, now=now, actor=actor)
        )
        text = ngettext("%(count)d job is parked.", "%(count)d jobs are parked.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS)


def _by_organisation(queryset: QuerySet[Job], act: Callable[[Tenant, QuerySet[Job]], int]) -> int:
    """Has `act` done with the jobs of each organisation, in its scope. How many it reached."""
    count = 0
    for tenant in Tenant.objects.filter(pk__in=queryset.order_by().values("tenant")):
        with scope(tenant=tenant):
            count += act(tenant, queryset.filter(tenant=tenant))
    return count


@admin.register(WorkerHeartbeat)
class WorkerHeartbeatAdmin(admin.ModelAdmin):
    """The hosts that work, for the site's administrators."""

    list_display = ["host", "at", "swept_at"]

    def has_add_permission(self, request: Any) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False
