"""Events in Outlook, and times that are kept for a moment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from bookings.admin.base import PageRowAdmin
from bookings.models import EventLink, Hold
from bookings.services import wishes
from tenants import outbox
from tenants.acting import Actor
from tenants.admin.base import actor_of
from tenants.services import audit


@admin.register(EventLink)
class EventLinkAdmin(PageRowAdmin):
    """What stands for a booking in a host’s Outlook calendar, as it was last written."""

    page_lookups = ("booking__page", "session__service__page")
    list_display = ["about", "mailbox", "starts_at", "pushed_at", "deleted_at"]
    list_filter = [("deleted_at", admin.EmptyFieldListFilter), ("pushed_at", admin.EmptyFieldListFilter), "pushed_at"]
    list_select_related = ["booking", "session__service", "mailbox"]
    search_fields = ["booking__title", "booking__customer_name", "mailbox__address", "mailbox__display_name"]
    date_hierarchy = "starts_at"
    ordering = ["-starts_at"]
    fields = [
        "about", "booking", "session", "mailbox", "starts_at", "ends_at", "pushed_sequence", "pushed_at", "deleted_at",
        "event_id", "ical_uid",
    ]  # fmt: skip
    readonly_fields = ["about"]
    help_texts = {
        "pushed_sequence": _("The version of the booking that Outlook has. -1: none yet."),
        "deleted_at": _("When the event was taken away. Empty: it stands there."),
        "event_id": _("Microsoft’s id of the event in this mailbox. Empty until it exists."),
        "ical_uid": _("The id that the same event has in every calendar."),
    }
    actions = ["write_again"]

    @admin.display(description=_("event of"))
    def about(self, obj: EventLink) -> str:
        """The booking, or the shared session."""
        if obj.booking is not None:
            return f"{obj.booking.title}, {obj.booking.customer_name}"
        return obj.session.service.title if obj.session is not None else "–"

    @admin.action(description=_("Write the selected events to Outlook again"), permissions=["view"])
    def write_again(self, request: Any, queryset: Any) -> None:
        """The worker writes them as the bookings are now."""
        now, actor = timezone.now(), actor_of(request)
        rows = queryset.filter(deleted_at=None).select_related(
            "tenant", "booking__staff_member__mailbox", "session__staff_member__mailbox"
        )
        count = self.each(request, rows, lambda row: _write(row, now, actor))
        self.tell(request, ngettext("%(count)d event is written.", "%(count)d events are written.", count), count)


def _write(link: EventLink, now: datetime, actor: Actor) -> None:
    target: Any = link.booking or link.session
    wished = (
        wishes.pushes(link.booking, rewrite=True) if link.booking is not None
        else wishes.session_push(target, rewrite=now.isoformat())
    )  # fmt: skip
    with transaction.atomic():
        for wish in wished:
            outbox.ensure(tenant=link.tenant, wish=wish, now=now)
        audit.record(
            tenant=link.tenant, actor=actor, action="booking.pushAsked", target=target, now=now, label=str(target)
        )


@admin.register(Hold)
class HoldAdmin(PageRowAdmin):
    """Times that are kept while a visitor fills in a form. They lapse by themselves."""

    page_lookups = ("service__page",)
    list_display = ["starts_at", "service", "staff_member", "expires_at"]
    list_filter = ["expires_at"]
    list_select_related = ["service", "staff_member"]
    search_fields = ["service__title", "staff_member__display_name"]
    date_hierarchy = "starts_at"
    ordering = ["-expires_at"]
    fields = ["service", "staff_member", "starts_at", "expires_at", "created_at"]
    help_texts = {"expires_at": _("The time is free for others from then on, unless it was booked.")}
