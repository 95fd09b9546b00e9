"""What is on its way: jobs, mails, and the workers' signs of life."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Case, IntegerField, Value, When
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django_scopes import scope

from tenants import outbox
from tenants.admin.base import TenantModelAdmin, ValuesFilter, actor_of
from tenants.models import Job, Message, Tenant, WorkerHeartbeat
from tenants.services import audit

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

    list_display = ["kind", "state", "what_to_do", "last_error", "attempts", "due_at"]
    list_filter = ["state", "kind", ("waits_for", ValuesFilter)]
    search_fields = ["kind", "last_error", "dedupe_key"]
    date_hierarchy = "due_at"
    ordering = [_URGENCY.asc(), "-due_at"]
    fields = [
        "kind", "state", "what_to_do", "last_error", "waits_for", "attempts", "due_at", "created_at", "done_at", "lane",
        "dedupe_key",
    ]  # fmt: skip
    actions = ["try_again"]

    readonly_fields = ["what_to_do"]

    @admin.display(description=_("what to do"), ordering="remedy")
    def what_to_do(self, obj: Job) -> str:
        """The remedy, written in English when the job was parked, in the reader's language."""
        return gettext(obj.remedy)

    @admin.action(description=_("Try again"), permissions=["view"])
    def try_again(self, request: Any, queryset: Any) -> None:
        """Makes the selected jobs due now, with fresh attempts."""
        now, count = timezone.now(), 0
        for tenant in Tenant.objects.filter(pk__in=queryset.order_by().values("tenant")):
            with scope(tenant=tenant), transaction.atomic():
                tried = outbox.retry(queryset.filter(tenant=tenant), now=now)
                audit.record(
                    tenant=tenant, actor=actor_of(request), action="jobs.resumed", target=tenant, now=now,
                    after={"jobs": tried},
                )  # fmt: skip
            count += tried
        text = ngettext("%(count)d job is tried again now.", "%(count)d jobs are tried again now.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS)


@admin.register(Message)
class MessageAdmin(TenantModelAdmin):
    """The delivery log. What a mail says stays closed: it carries links that act for its reader."""

    list_display = ["subject", "to", "template", "state", "created_at", "sent_at", "last_error"]
    list_filter = ["state", "template"]
    search_fields = ["to", "subject"]
    date_hierarchy = "created_at"
    fields = ["subject", "to", "to_name", "reply_to", "template", "state", "last_error", "created_at", "sent_at"]


@admin.register(WorkerHeartbeat)
class WorkerHeartbeatAdmin(admin.ModelAdmin):
    """The hosts that work, for the site's administrators."""

    list_display = ["host", "at", "swept_at"]

    def has_add_permission(self, request: Any) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False
