"""What accompanies bookings: approvals, assignments, sessions, questions, reminders, mails’ words, blocked senders."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_scopes import scope

from bookings.admin.base import PageRowAdmin
from bookings.models import (
    Approval,
    Assignment,
    BlockedSender,
    GroupSession,
    MailTemplate,
    Question,
    Reminder,
)
from bookings.services import senders
from tenants.admin.base import TenantModelAdmin, actor_of


@admin.register(Approval)
class ApprovalAdmin(PageRowAdmin):
    """Who was asked, who opened it, who answered what. Answers are given by mail link or in the staff area."""

    page_lookups = ("staff_member__page",)
    list_display = ["asked_at", "kind", "asked_name", "staff_member", "state", "answer_by", "opened_at", "decided_by"]
    list_filter = ["kind", "state", "is_owner"]
    list_select_related = ["staff_member"]
    search_fields = ["asked_name", "asked_email", "decided_by", "staff_member__display_name"]
    date_hierarchy = "asked_at"
    fields = [
        "kind", "booking", "staff_member", "asked_name", "asked_email", "is_owner", "state", "asked_at", "answer_by",
        "reminded_at", "opened_at", "decided_at", "decided_by", "reason",
    ]  # fmt: skip
    help_texts = {
        "is_owner": _("The person who was asked first did not answer in time."),
        "opened_at": _("When the person’s browser, not a mail scanner, first showed it."),
        "answer_by": _("Afterwards the next colleague is asked, or an owner."),
    }


@admin.register(Assignment)
class AssignmentAdmin(PageRowAdmin):
    """The fairness ledger."""

    list_display = ["at", "page", "staff_member", "how", "reason"]
    list_filter = ["how"]
    list_select_related = ["page", "staff_member"]
    search_fields = ["page__display_name", "staff_member__display_name"]
    date_hierarchy = "at"
    fields = ["at", "page", "booking", "staff_member", "how", "reason", "free"]
    readonly_fields = ["free"]
    help_texts = {"how": _("Who got the booking, and by which rule.")}

    @admin.display(description=_("who was free"))
    def free(self, obj: Assignment) -> str:
        """Names with how many bookings each had."""
        return ", ".join(f"{row.get('name', '')} ({row.get('count', 0)})" for row in obj.candidates)


@admin.register(GroupSession)
class GroupSessionAdmin(PageRowAdmin):
    """Times that several customers share."""

    page_lookups = ("service__page",)
    list_display = ["starts_at", "service", "staff_member", "seats_taken", "capacity", "ended_at"]
    list_filter = [("ended_at", admin.EmptyFieldListFilter)]
    list_select_related = ["service", "staff_member"]
    search_fields = ["service__title", "staff_member__display_name"]
    date_hierarchy = "starts_at"
    fields = ["service", "staff_member", "starts_at", "ends_at", "capacity", "seats_taken", "ended_at"]
    help_texts = {"ended_at": _("The last booking is gone. Empty: it takes place.")}


@admin.register(Question)
class QuestionAdmin(PageRowAdmin):
    """What pages ask. Questions are edited in the staff area, where they are put to services."""

    list_display = ["label", "page", "kind", "position", "archived_at"]
    list_filter = ["kind", ("archived_at", admin.EmptyFieldListFilter)]
    list_select_related = ["page"]
    search_fields = ["label", "page__display_name"]
    fields = ["page", "label", "kind", "options", "position", "archived_at"]
    help_texts = {"archived_at": _("Deleted then. Answers that were given to it stay.")}


@admin.register(Reminder)
class ReminderAdmin(PageRowAdmin):
    """Mails that come by themselves. They are edited in the staff area."""

    page_lookups = ("service__page",)
    list_display = ["service", "when", "distance", "reader"]
    list_filter = ["when", "reader"]
    list_select_related = ["service"]
    search_fields = ["service__title"]
    fields = ["service", "when", "distance", "reader", "text"]
    help_texts = {"distance": _("Days, hours and minutes before the start or after the end.")}


@admin.register(MailTemplate)
class MailTemplateAdmin(TenantModelAdmin):
    """The organisation's own words. They are edited, tried and reset in the organisation's pages."""

    list_display = ["template", "reader", "language", "subject", "updated_at"]
    list_filter = ["template", "reader", "language"]
    search_fields = ["subject", "text"]
    date_hierarchy = "updated_at"
    fields = ["template", "reader", "language", "subject", "text", "updated_at"]


@admin.register(BlockedSender)
class BlockedSenderAdmin(TenantModelAdmin):
    """Who may not book."""

    may_add = may_delete = True
    asks_organisation = True
    list_display = ["pattern", "note", "created_at"]
    search_fields = ["pattern", "note"]
    date_hierarchy = "created_at"
    fields = ["pattern", "note"]
    help_texts = {
        "pattern": _("A mail address, or a domain such as @example.com."),
        "note": _("For administrators only. The sender is not told."),
    }

    def save_row(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """Through the service; an address that is blocked already gets the new note."""
        values = {name: form.cleaned_data[name] for name in ("pattern", "note")}
        blocked = senders.block(tenant=obj.tenant, now=timezone.now(), actor=actor_of(request), **values)
        obj.pk = blocked.pk

    def delete_model(self, request: Any, obj: Any) -> None:
        with scope(tenant=obj.tenant):
            senders.unblock(blocked=obj, now=timezone.now(), actor=actor_of(request))
