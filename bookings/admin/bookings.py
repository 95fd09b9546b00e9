"""Bookings, to be looked up and, where it must be, cancelled."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_scopes import scope

from bookings.admin.base import PageRowAdmin
from bookings.models import Booking
from bookings.services import mass_cancellation
from tenants.admin.base import actor_of
from tenants.models import Tenant


@admin.register(Booking)
class BookingAdmin(PageRowAdmin):
    """What was agreed. It is changed by the customer, the staff and the services, not by editing a row."""

    list_display = ["starts_at", "title", "customer", "staff_member", "page", "status"]
    list_filter = [
        "status", "starts_at", "source", "is_online", "recheck", ("campaign", admin.EmptyFieldListFilter),
        ("erased_at", admin.EmptyFieldListFilter),
    ]  # fmt: skip
    list_select_related = ["staff_member", "page"]
    search_fields = ["title", "customer_name", "customer_email", "staff_member__display_name", "page__display_name"]
    date_hierarchy = "starts_at"
    fieldsets = [
        (None, {"fields": ["title", "status", "starts_at", "ends_at", "location", "is_online", "outlook"]}),
        (_("With"), {"fields": ["page", "service", "staff_member", "together_with", "session", "link"]}),
        (
            _("Customer"),
            {
                "fields": [
                    "customer_name", "customer_email", "customer_phone", "customer_notes", "customer_time_zone",
                    "customer_language", "answers_given", "guests", "consented_at", "consent_text", "campaign",
                ]
            },
        ),
        (
            _("Course"),
            {
                "fields": [
                    "source", "created_at", "sequence", "cancelled_at", "cancelled_by", "cancel_reason",
                    "relied_on_read_at", "recheck", "rechecked_at", "erased_at",
                ]
            },
        ),
    ]  # fmt: skip
    help_texts = {
        "sequence": _("Raised with every change that the calendar file tells of."),
        "campaign": _("What the page’s address carried as “ref”."),
        "link": _("The private link through which it was booked."),
        "session": _("The shared time in which it has one seat."),
        "relied_on_read_at": _("Outlook could not be read: how old its times were that the booking relied on."),
        "erased_at": _("Name, address, note and answers are gone since then."),
    }
    readonly_fields = ["outlook", "together_with", "answers_given"]
    actions = ["cancel"]

    @admin.display(description=_("customer"), ordering="customer_name")
    def customer(self, obj: Booking) -> str:
        """Name and mail address, one under the other."""
        return format_html('{}<br><span class="quiet">{}</span>', obj.customer_name, obj.customer_email)

    @admin.display(description=_("in Outlook"))
    def outlook(self, obj: Booking) -> str:
        """Whether its event stands in the staff member's calendar."""
        link: Any = obj.event_links.first()
        if link is None or not link.event_id:
            return str(_("No event"))
        if link.deleted_at is not None:
            return str(_("The event was taken away"))
        return str(_("In step") if link.pushed_sequence == obj.sequence else _("A change is on its way"))

    @admin.display(description=_("together with"))
    def together_with(self, obj: Booking) -> str:
        """The other hosts."""
        return ", ".join(member.display_name for member in obj.hosts[1:]) or "–"

    @admin.display(description=_("answers"))
    def answers_given(self, obj: Booking) -> str:
        """Questions with their answers, one a line."""
        return "\n".join(f"{row.get('label', '')}: {row.get('answer', '')}" for row in obj.answers) or "–"

    @admin.action(description=_("Cancel the selected bookings"), permissions=["view"])
    def cancel(self, request: Any, queryset: Any) -> TemplateResponse | None:
        """Asks with a list of what is cancelled, then does it; customers and staff are told by mail."""
        standing = [Booking.Status.CONFIRMED, Booking.Status.PENDING]
        rows = queryset.filter(status__in=standing, starts_at__gt=timezone.now())
        if request.POST.get("confirmed"):
            self._cancel(request, rows)
            return None
        context = self.admin_site.each_context(request) | {
            "title": _("Cancel bookings"), "bookings": rows.select_related("staff_member", "page"), "opts": self.opts,
            "action_checkbox_name": helpers.ACTION_CHECKBOX_NAME, "skipped": queryset.count() - rows.count(),
            "media": self.media,
        }  # fmt: skip
        return TemplateResponse(request, "admin/cancel_bookings.html", context)

    def _cancel(self, request: Any, rows: Any) -> None:
        chosen: dict[Tenant, list[Booking]] = defaultdict(list)
        for booking in rows.select_related("tenant", "staff_member").order_by("starts_at"):
            chosen[booking.tenant].append(booking)
        count, reason = 0, request.POST.get("reason", "")
        for tenant, bookings in chosen.items():
            with scope(tenant=tenant):
                refused = mass_cancellation.selected(
                    tenant=tenant, bookings=bookings, now=timezone.now(), actor=actor_of(request), reason=reason
                )
            count += len(bookings) - len(refused)
            for booking, why in refused:
                self.message_user(request, f"{booking}: {why.detail}", messages.WARNING)
        text = ngettext("%(count)d booking was cancelled.", "%(count)d bookings were cancelled.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS)
