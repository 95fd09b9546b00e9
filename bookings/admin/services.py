"""Meeting types and services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from bookings.admin.base import PageRowAdmin
from bookings.models import Service
from bookings.services import services
from tenants.admin.base import actor_of
from tenants.forms import DaysField, HoursField


@admin.register(Service)
class ServiceAdmin(PageRowAdmin):
    """Meeting types and services."""

    may_add = may_change = True
    list_display = ["title", "page", "duration", "is_public", "approval", "seats", "archived_at"]
    list_filter = ["is_public", "is_online", "approval", "staffing", ("archived_at", admin.EmptyFieldListFilter)]
    list_select_related = ["page"]
    search_fields = ["title", "page__display_name"]
    autocomplete_fields = ["page"]
    fields = [
        "page", "title", "description", "duration", "buffer_before", "buffer_after", "slot_interval", "minimum_lead",
        "maximum_advance", "location", "is_online", "is_public", "price_text", "colour", "staff_choice", "staff",
        "staffing", "seats", "approval", "pending_holds", "answer_within", "daily_limit", "weekly_limit",
        "monthly_limit", "booker_limit", "customers_may_move", "customers_may_cancel", "change_cutoff",
        "reason_required", "guests_allowed", "waiting_list", "calendar_age_limit", "position",
    ]  # fmt: skip
    actions = ["archive"]
    date_hierarchy = "created_at"
    form_classes = {
        "minimum_lead": HoursField, "maximum_advance": DaysField, "answer_within": HoursField,
        "change_cutoff": HoursField, "calendar_age_limit": HoursField,
    }  # fmt: skip
    help_texts = {
        "buffer_before": _("In minutes. Time that is kept free before each meeting."),
        "buffer_after": _("In minutes. Time that is kept free after each meeting."),
        "slot_interval": _("In minutes. Times are offered in these steps."),
        "minimum_lead": _("In hours. Nothing nearer than that can be booked."),
        "maximum_advance": _("In days. Nothing further away than that can be booked."),
        "is_public": _("A private one is reached only by its own links."),
        "staffing": _("Whether one of the staff meets the customer, or all of them together."),
        "seats": _("1: nobody shares a time."),
        "pending_holds": _("While a request waits for approval, nobody else gets its time."),
        "answer_within": _("In hours. Afterwards the next one is asked, or the owner decides."),
        "daily_limit": _("Requests count. Empty: no limit."),
        "weekly_limit": _("From Monday on, in the page’s time zone. Empty: no limit."),
        "monthly_limit": _("In the page’s time zone. Empty: no limit."),
        "booker_limit": _("Bookings to come of one mail address. Empty: no limit."),
        "change_cutoff": _("In hours. Each booking keeps what held when it was made."),
        "calendar_age_limit": _("In hours. Empty: the last known times count, however old they are."),
        "position": _("Lower numbers stand first on the page."),
    }

    def get_readonly_fields(self, request: Any, obj: Any = None) -> list[str]:
        return ["page"] if obj is not None else []

    def get_fields(self, request: Any, obj: Any = None) -> Any:
        """A new service is given by everybody on its page; who does is chosen afterwards."""
        fields = super().get_fields(request, obj)
        return fields if obj is not None else [name for name in fields if name != "staff"]

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(db_field, request, widget=forms.CheckboxSelectMultiple, **kwargs)

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Notice in hours, reach in days, and the staff of this page only."""
        form = super().get_form(request, obj, change=change, **kwargs)
        if "staff" in form.base_fields and obj is not None:
            form.base_fields["staff"].queryset = obj.page.staff_members.filter(removed_at=None)
        return form

    def save_row(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """Through the service, which checks that the staff is the page's own."""
        now, actor, fields = timezone.now(), actor_of(request), dict(form.cleaned_data)
        members = fields.pop("staff", None)
        fields.pop("page", None)
        if change:
            services.change(service=obj, now=now, actor=actor, staff=members, **fields)
        else:
            services.create(page=obj.page, now=now, actor=actor, staff=members, id=obj.pk, **fields)

    @admin.action(description=_("Delete the selected services (their bookings stay)"), permissions=["change"])
    def archive(self, request: Any, queryset: Any) -> None:
        """Takes them off their pages."""
        now, actor = timezone.now(), actor_of(request)
        rows = queryset.filter(archived_at=None).select_related("tenant", "page")
        count = self.each(request, rows, lambda row: services.archive(service=row, now=now, actor=actor))
        text = ngettext("%(count)d service was deleted.", "%(count)d services were deleted.", count)
        self.tell(request, text, count)
