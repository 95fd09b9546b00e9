"""What is known of Outlook calendars: when each was read, what is busy, and whether Microsoft tells of changes."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from tenants.admin.base import TenantModelAdmin, actor_of
from tenants.models import BusyPeriod, BusyRead, Subscription
from tenants.services import audit, busy_times, subscriptions


@admin.register(BusyRead)
class BusyReadAdmin(TenantModelAdmin):
    """How fresh each mailbox's local copy of busy times is."""

    list_display = ["mailbox", "read_at", "failed_at", "last_error"]
    list_filter = [("failed_at", admin.EmptyFieldListFilter), "read_at"]
    list_select_related = ["mailbox"]
    search_fields = ["mailbox__display_name", "mailbox__address"]
    ordering = ["read_at"]
    fields = ["mailbox", "window_starts_at", "window_ends_at", "time_zone", "read_at", "failed_at", "last_error"]
    help_texts = {
        "window_starts_at": _("Days before this are not read."),
        "window_ends_at": _("Days after this are not read yet."),
        "time_zone": _("The mailbox’s zone, in which its all-day events were read."),
        "read_at": _("When the last complete read ended. A half-read one does not count."),
    }
    actions = ["read_now"]

    @admin.action(description=_("Read the selected calendars now"), permissions=["view"])
    def read_now(self, request: Any, queryset: Any) -> None:
        """The worker reads them, without waiting for the next round."""
        now, actor = timezone.now(), actor_of(request)
        rows = queryset.select_related("tenant", "mailbox__tenant")
        count = self.each(request, rows, lambda row: _read(row, now, actor))
        text = ngettext("%(count)d calendar is read now.", "%(count)d calendars are read now.", count)
        self.tell(request, text, count)


def _read(row: BusyRead, now: Any, actor: Any) -> None:
    with transaction.atomic():
        busy_times.request_pull(row.mailbox, now=now)
        audit.record(
            tenant=row.tenant, actor=actor, action="calendar.readAsked", target=row.mailbox, now=now,
            label=row.mailbox.address,
        )  # fmt: skip


@admin.register(BusyPeriod)
class BusyPeriodAdmin(TenantModelAdmin):
    """What keeps people from being booked, as Outlook last told it. What their events are about is their business."""

    closed = ("title",)
    list_display = ["mailbox", "starts_at", "ends_at", "show_as", "is_all_day"]
    list_filter = ["show_as", "is_all_day"]
    list_select_related = ["mailbox"]
    search_fields = ["mailbox__display_name", "mailbox__address"]
    date_hierarchy = "starts_at"
    ordering = ["-starts_at"]
    fields = ["mailbox", "starts_at", "ends_at", "show_as", "is_all_day", "is_private"]
    help_texts = {
        "show_as": _("The organisation’s settings say which of these make busy."),
        "is_private": _("The title of a private event is not even stored."),
    }


@admin.register(Subscription)
class SubscriptionAdmin(TenantModelAdmin):
    """Whether Microsoft tells of changes in a calendar. Without it the calendar is read regularly all the same."""

    list_display = ["mailbox", "state", "what_to_do", "expires_at", "notified_at"]
    list_filter = ["state", "expires_at"]
    list_select_related = ["mailbox"]
    search_fields = ["mailbox__display_name", "mailbox__address", "last_error"]
    date_hierarchy = "expires_at"
    ordering = ["expires_at"]
    fields = [
        "mailbox", "state", "what_to_do", "last_error", "subscription_id", "expires_at", "renewed_at", "notified_at",
        "created_at",
    ]  # fmt: skip
    readonly_fields = ["what_to_do"]
    help_texts = {
        "subscription_id": _("Microsoft’s own name for it. Empty until it exists."),
        "expires_at": _("It is renewed by itself when half of its life is over."),
        "notified_at": _("Empty: nothing has changed since it was set up."),
    }
    actions = ["renew"]

    @admin.display(description=_("what to do"), ordering="remedy")
    def what_to_do(self, obj: Subscription) -> str:
        """The remedy in the reader's language."""
        return gettext(obj.remedy) if obj.remedy else "–"

    @admin.action(description=_("Renew the selected subscriptions"), permissions=["view"])
    def renew(self, request: Any, queryset: Any) -> None:
        """The worker renews them, or makes anew what Microsoft knows no longer."""
        now, actor = timezone.now(), actor_of(request)
        rows = queryset.select_related("tenant", "mailbox__tenant")
        count = self.each(request, rows, lambda row: subscriptions.ask_renewal(row, now=now, actor=actor))
        text = ngettext("%(count)d subscription is renewed.", "%(count)d subscriptions are renewed.", count)
        self.tell(request, text, count)
