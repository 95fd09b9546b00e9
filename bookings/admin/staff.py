"""Staff members and the exceptions to their hours."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_scopes import scope

from bookings.models import DateOverride, StaffMember, TimeOff
from bookings.services import staff
from tenants.admin.base import TenantModelAdmin, actor_of


@admin.register(StaffMember)
class StaffMemberAdmin(TenantModelAdmin):
    """Who takes bookings on which page."""

    may_add = may_change = True
    list_display = ["display_name", "page", "email", "role", "status", "uses_business_hours", "removed_at"]
    list_filter = ["role", "status", ("removed_at", admin.EmptyFieldListFilter)]
    list_select_related = ["page"]
    search_fields = ["display_name", "email", "page__display_name"]
    autocomplete_fields = ["page", "mailbox"]
    fields = [
        "page", "mailbox", "display_name", "email", "role", "status", "time_zone", "language", "uses_business_hours",
        "weekly_hours", "calendar_counts", "weight", "position",
    ]  # fmt: skip
    actions = ["remove"]

    def get_readonly_fields(self, request: Any, obj: Any = None) -> list[str]:
        # What a person's bookings claim hangs on the mailbox: it is chosen once.
        # Whether somebody takes bookings is their own answer (S0.15).
        return ["page", "mailbox", "status"] if obj is not None else ["status"]

    def save_row(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """Through the service, which makes a new person claimable."""
        now, actor = timezone.now(), actor_of(request)
        if change:
            fields = {name: form.cleaned_data[name] for name in form.changed_data}
            before = StaffMember.objects.select_related("tenant", "page").get(pk=obj.pk)
            staff.change(member=before, now=now, actor=actor, **fields)
        else:
            staff.add(now=now, actor=actor, id=obj.pk, **form.cleaned_data)

    @admin.action(description=_("Take the selected people off their page (bookings stay)"), permissions=["change"])
    def remove(self, request: Any, queryset: Any) -> None:
        """They are offered no longer."""
        now, rows = timezone.now(), list(queryset.filter(removed_at=None).select_related("tenant", "page"))
        for member in rows:
            with scope(tenant=member.tenant):
                staff.remove(member=member, now=now, actor=actor_of(request))
        text = ngettext("%(count)d person was taken off.", "%(count)d people were taken off.", len(rows))
        self.message_user(request, text % {"count": len(rows)}, messages.SUCCESS)


class ExceptionAdmin(TenantModelAdmin):
    """What dates with own hours and time off have in common."""

    may_add = may_change = may_delete = True
    list_select_related = ["page", "staff_member"]
    search_fields = ["page__display_name", "staff_member__display_name"]
    autocomplete_fields = ["page", "staff_member"]


@admin.register(DateOverride)
class DateOverrideAdmin(ExceptionAdmin):
    """Dates with hours of their own."""

    list_display = ["on_date", "page", "staff_member", "intervals", "note"]
    date_hierarchy = "on_date"
    fields = ["page", "staff_member", "on_date", "intervals", "note"]


@admin.register(TimeOff)
class TimeOffAdmin(ExceptionAdmin):
    """Time off and closures."""

    list_display = ["starts_at", "ends_at", "page", "staff_member", "reason", "redirect_to"]
    list_select_related = ["page", "staff_member", "redirect_to"]
    autocomplete_fields = [*ExceptionAdmin.autocomplete_fields, "redirect_to"]
    date_hierarchy = "starts_at"
    fields = ["page", "staff_member", "starts_at", "ends_at", "reason", "redirect_to"]
