"""Mailboxes, and why there is one that nobody remembers having made (S0.18-S0.20)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import display_for_value
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from tenants.admin.base import TenantModelAdmin
from tenants.models import AuditEvent, BusyRead, Mailbox


@admin.register(Mailbox)
class MailboxAdmin(TenantModelAdmin):
    """People's, pages' and rooms' mailboxes, as Exchange names them."""

    may_change = True
    list_display = ["display_name", "address", "kind", "page_link", "syncs_calendar", "read_at"]
    list_filter = ["kind", "syncs_calendar"]
    list_select_related = ["page", "busy_read"]
    search_fields = ["display_name", "address"]
    fields = [
        "story", "display_name", "address", "kind", "page_link", "exchange_guid", "directory_object_id", "user",
        "time_zone", "capabilities", "syncs_calendar", "read_at",
    ]  # fmt: skip
    readonly_fields = [
        "story", "address", "kind", "page_link", "exchange_guid", "directory_object_id", "capabilities", "read_at",
    ]  # fmt: skip

    @admin.display(description=_("booking page"))
    def page_link(self, obj: Mailbox) -> str:
        """A link to the page that lives under this mailbox."""
        page: Any = getattr(obj, "page", None)
        if page is None:
            return "–"
        return format_html('<a href="{}">{}</a>', reverse("admin:bookings_bookingpage_change", args=[page.pk]), page)

    @admin.display(description=_("Outlook last read"), ordering="busy_read__read_at")
    def read_at(self, obj: Mailbox) -> str:
        """When its busy times were last read completely, on the reader's clock: a form shows it as it is."""
        read: BusyRead | None = getattr(obj, "busy_read", None)
        return str(display_for_value(read.read_at if read else None, "–"))

    @admin.display(description=_("what this is"))
    def story(self, obj: Mailbox) -> str:
        """Where it comes from: who made the booking calendar, and when."""
        if obj.kind != Mailbox.Kind.SCHEDULING:
            return str(obj.get_kind_display())
        made = AuditEvent.objects.filter(target_id=obj.pk, cmdlet="New-SchedulingMailbox").order_by("at").first()
        if made is None:
            return str(_("The scheduling mailbox of a booking page. It signs in nobody and needs no licence."))
        return str(
            _(
                "The scheduling mailbox of a booking page, made by %(who)s (%(actor)s) on %(when)s. It shows up among "
                "the active users; it signs in nobody and needs no licence."
            )
            % {"who": made.after.get("createdBy", ""), "actor": made.actor, "when": f"{made.at:%Y-%m-%d %H:%M} UTC"}
        )


@admin.register(BusyRead)
class BusyReadAdmin(TenantModelAdmin):
    """How fresh each mailbox's local copy of busy times is."""

    list_display = ["mailbox", "read_at", "failed_at", "last_error"]
    list_select_related = ["mailbox"]
    search_fields = ["mailbox__display_name", "mailbox__address"]
    ordering = ["read_at"]
    fields = ["mailbox", "window_starts_at", "window_ends_at", "read_at", "failed_at", "last_error"]
