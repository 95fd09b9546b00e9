"""Staff members and the exceptions to their hours."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_scopes import scope

from bookings.admin.base import PageRowAdmin
from bookings.models import DateOverride, StaffMember, TimeOff
from bookings.services import hours, staff
from tenants.admin.base import actor_of


@admin.register(StaffMember)
class StaffMemberAdmin(PageRowAdmin):
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
    help_texts = {
        "mailbox": _("The person’s own mailbox, which keeps two pages from booking one person twice. Empty: none."),
        "role": _("What the person may do on this page."),
        "status": _("The person’s own answer to being put on the page."),
        "uses_business_hours": _("Switched off, the own hours count, in the own time zone."),
        "weekly_hours": _('{"mon": [["09:00", "12:00"]], …}. No pair: not there that day.'),
        "calendar_counts": _("Switched off, this person can be booked over what stands in Outlook."),
        "weight": _("Against the weights of the others, where customers book anyone."),
        "position": _("Lower numbers stand first on the page."),
    }
    date_hierarchy = "created_at"
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
        now, actor = timezone.now(), actor_of(request)
        rows = queryset.filter(removed_at=None).select_related("tenant", "page")
        count = self.each(request, rows, lambda row: staff.remove(member=row, now=now, actor=actor))
        text = ngettext("%(count)d person was taken off.", "%(count)d people were taken off.", count)
        self.tell(request, text, count)


class ExceptionAdmin(PageRowAdmin):
    """What dates with own hours and time off have in common."""

    may_add = may_change = may_delete = True
    list_select_related = ["page", "staff_member"]
    search_fields = ["page__display_name", "staff_member__display_name"]
    autocomplete_fields = ["page", "staff_member"]
    #: The services that add a row and take one away.
    adds: Any = None
    removes: Any = None

    def save_row(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """A new one through the service, which looks after what follows from it."""
        if change:
            super().save_row(request, obj, form, change)
            return
        obj.pk = type(self).adds(now=timezone.now(), actor=actor_of(request), **form.cleaned_data).pk

    def delete_model(self, request: Any, obj: Any) -> None:
        with scope(tenant=obj.tenant):
            type(self).removes(obj, timezone.now(), actor_of(request))


@admin.register(DateOverride)
class DateOverrideAdmin(ExceptionAdmin):
    """Dates with hours of their own."""

    adds = staticmethod(hours.set_date)
    removes = staticmethod(lambda row, now, actor: hours.clear_date(override=row, now=now, actor=actor))
    list_display = ["on_date", "page", "staff_member", "intervals", "note"]
    date_hierarchy = "on_date"
    fields = ["page", "staff_member", "on_date", "intervals", "note"]
    help_texts = {
        "staff_member": _("Empty: for everybody who works the page’s hours."),
        "intervals": _('Such as [["09:00", "12:00"]]. Empty list: closed that day.'),
    }


@admin.register(TimeOff)
class TimeOffAdmin(ExceptionAdmin):
    """Time off and closures."""

    adds = staticmethod(hours.add_time_off)
    removes = staticmethod(lambda row, now, actor: hours.remove_time_off(time_off=row, now=now, actor=actor))
    list_display = ["starts_at", "ends_at", "page", "staff_member", "reason", "redirect_to"]
    list_select_related = ["page", "staff_member", "redirect_to"]
    autocomplete_fields = [*ExceptionAdmin.autocomplete_fields, "redirect_to"]
    date_hierarchy = "starts_at"
    fields = ["page", "staff_member", "starts_at", "ends_at", "reason", "redirect_to"]
    help_texts = {
        "staff_member": _("Empty: the whole page is closed."),
        "reason": _("For the staff. Customers do not read it."),
        "redirect_to": _("Whom visitors are led to meanwhile."),
    }
