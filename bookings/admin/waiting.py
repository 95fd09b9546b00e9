"""Who waits for a time, and times that were offered."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from bookings.admin.base import PageRowAdmin
from bookings.models import TimeOffer, WaitingEntry
from bookings.services import waiting
from tenants.admin.base import actor_of


@admin.register(WaitingEntry)
class WaitingEntryAdmin(PageRowAdmin):
    """Who waits for a time."""

    page_lookups = ("service__page",)
    list_display = ["created_at", "customer_name", "service", "first_date", "last_date", "state"]
    list_filter = ["state"]
    list_select_related = ["service"]
    search_fields = ["customer_name", "customer_email", "service__title"]
    fields = [
        "service", "staff_member", "state", "first_date", "last_date", "customer_name", "customer_email",
        "customer_phone", "customer_notes", "customer_time_zone", "customer_language", "created_at",
    ]  # fmt: skip
    date_hierarchy = "created_at"
    help_texts = {"first_date": _("Days of the customer’s own time zone, both included.")}
    actions = ["take_off"]

    @admin.action(description=_("Take the selected customers off the waiting list"), permissions=["view"])
    def take_off(self, request: Any, queryset: Any) -> None:
        """Times that were kept for them are offered to the next."""
        now, actor = timezone.now(), actor_of(request)
        rows = queryset.filter(state__in=waiting.OPEN).select_related("tenant", "service")
        count = self.each(request, rows, lambda row: waiting.leave(entry=row, now=now, actor=actor))
        text = ngettext("%(count)d customer was taken off.", "%(count)d customers were taken off.", count)
        self.tell(request, text, count)


@admin.register(TimeOffer)
class TimeOfferAdmin(PageRowAdmin):
    """Times offered to one customer by a one-time link. The links themselves are the customer's."""

    page_lookups = ("service__page",)
    list_display = ["created_at", "service", "starts_at", "staff_member", "expires_at", "used_at"]
    list_filter = [("used_at", admin.EmptyFieldListFilter)]
    list_select_related = ["service", "staff_member"]
    search_fields = ["service__title"]
    date_hierarchy = "created_at"
    help_texts = {"origin": _("The booking that was cancelled or declined, where the offer came with that news.")}
    fields = ["service", "staff_member", "starts_at", "origin", "entry", "expires_at", "used_at", "booking"]
