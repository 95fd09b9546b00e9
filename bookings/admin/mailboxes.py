"""Mailboxes, and why there is one that nobody remembers having made (S0.18-S0.20)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import display_for_value
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_scopes import scope

from bookings.services import pages
from tenants import products
from tenants.admin.base import TenantModelAdmin, actor_of
from tenants.admin.policy import SWITCHES
from tenants.models import AuditEvent, BusyRead, Mailbox
from tenants.services import policies


@admin.register(Mailbox)
class MailboxAdmin(TenantModelAdmin):
    """People's, pages' and rooms' mailboxes, as Exchange names them."""

    may_change = True
    list_display = ["display_name", "address", "kind", "page_link", "account_enabled", "syncs_calendar", "read_at"]
    list_filter = ["kind", "syncs_calendar", "account_enabled", "has_bookings_plan"]
    list_select_related = ["page", "busy_read"]
    search_fields = ["display_name", "address", "principal_name"]
    ordering = ["display_name", "address"]
    fieldsets = [
        (None, {"fields": ["story", "display_name", "address", "kind", "page_link", "user", "time_zone"]}),
        (_("Outlook"), {"fields": ["syncs_calendar", "read_at"]}),
        (
            _("Directory and licence"),
            {
                "fields": [
                    "principal_name", "exchange_guid", "directory_object_id", "account_enabled", "products",
                    "has_bookings_plan", "persisted", "licence_checked_at", "licence_error",
                ]
            },
        ),
        (_("Access policy"), {"fields": ["personal_decision", "shared_decision"]}),
    ]  # fmt: skip
    readonly_fields = [
        "story", "address", "kind", "page_link", "principal_name", "exchange_guid", "directory_object_id", "products",
        "persisted", "read_at", "personal_decision", "shared_decision", "account_enabled", "has_bookings_plan",
        "licence_checked_at", "licence_error",
    ]  # fmt: skip
    help_texts = {
        "user": _("Who signs in as the person of this mailbox."),
        "syncs_calendar": _("Bookings are written to this Outlook calendar, and its busy times are read."),
        "principal_name": _("What the person signs in to Microsoft 365 with, where it differs from the address."),
        "directory_object_id": _("Microsoft’s id. Empty while the organisation is not connected."),
        "has_bookings_plan": _("Unknown: the directory was never asked."),
        "licence_error": _("A failed check says nothing about the licence."),
    }
    actions = ["activate", *SWITCHES]

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

    @admin.display(description=_("licences"))
    def products(self, obj: Mailbox) -> str:
        """The products by name."""
        return ", ".join(products.names(obj.licences)) or "–"

    @admin.display(description=_("persisted capabilities"))
    def persisted(self, obj: Mailbox) -> str:
        """As Exchange names them."""
        return ", ".join(obj.capabilities) or "–"

    @admin.display(description=_("personal booking page"))
    def personal_decision(self, obj: Mailbox) -> str:
        """Whether the person may have one, and why."""
        return self._decision(obj, "personal")

    @admin.display(description=_("shared booking pages"))
    def shared_decision(self, obj: Mailbox) -> str:
        """Whether the person may create and manage them, and why."""
        return self._decision(obj, "shared")

    def _decision(self, obj: Mailbox, kind: policies.Kind) -> str:
        if obj.kind != Mailbox.Kind.USER:
            return "–"
        with scope(tenant=obj.tenant):
            return policies.decide(obj, kind=kind).reason

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

    @admin.action(description=_("Set up the personal page of the selected people"), permissions=["view"])
    def activate(self, request: Any, queryset: Any) -> None:
        """As their own first visit would. Who may not have one is told of with the reason."""
        now, actor = timezone.now(), actor_of(request)
        people = queryset.filter(kind=Mailbox.Kind.USER, page=None).select_related("tenant", "user")
        count = self.each(
            request, people, lambda row: pages.activate_personal(mailbox=row, now=now, actor=actor)
        )  # fmt: skip
        text = ngettext("%(count)d page is being set up.", "%(count)d pages are being set up.", count)
        self.tell(request, text, count)
