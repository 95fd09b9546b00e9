"""What accompanies bookings: approvals, assignments, sessions, waiting list, questions, reminders, mail templates."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from bookings.models import (
    Approval,
    Assignment,
    BlockedSender,
    GroupSession,
    MailTemplate,
    Question,
    Reminder,
    TimeOffer,
    WaitingEntry,
)
from tenants.admin.base import TenantModelAdmin


@admin.register(Approval)
class ApprovalAdmin(TenantModelAdmin):
    """Who was asked, who opened it, who answered what. Answers are given by mail link or in the staff area."""

    list_display = ["asked_at", "kind", "asked_name", "staff_member", "state", "answer_by", "opened_at", "decided_by"]
    list_filter = ["kind", "state", "is_owner"]
    list_select_related = ["staff_member"]
    search_fields = ["asked_name", "asked_email", "decided_by", "staff_member__display_name"]
    date_hierarchy = "asked_at"
    fields = [
        "kind", "booking", "staff_member", "asked_name", "asked_email", "is_owner", "state", "asked_at", "answer_by",
        "reminded_at", "opened_at", "decided_at", "decided_by", "reason",
    ]  # fmt: skip


@admin.register(Assignment)
class AssignmentAdmin(TenantModelAdmin):
    """The fairness ledger."""

    list_display = ["at", "page", "staff_member", "how", "reason"]
    list_filter = ["how"]
    list_select_related = ["page", "staff_member"]
    search_fields = ["page__display_name", "staff_member__display_name"]
    date_hierarchy = "at"
    fields = ["at", "page", "booking", "staff_member", "how", "reason", "free"]
    readonly_fields = ["free"]

    @admin.display(description=_("who was free"))
    def free(self, obj: Assignment) -> str:
        """Names with how many bookings each had."""
        return ", ".join(f"{row.get('name', '')} ({row.get('count', 0)})" for row in obj.candidates)


@admin.register(GroupSession)
class GroupSessionAdmin(TenantModelAdmin):
    """Times that several customers share."""

    list_display = ["starts_at", "service", "staff_member", "seats_taken", "capacity", "ended_at"]
    list_filter = [("ended_at", admin.EmptyFieldListFilter)]
    list_select_related = ["service", "staff_member"]
    search_fields = ["service__title", "staff_member__display_name"]
    date_hierarchy = "starts_at"
    fields = ["service", "staff_member", "starts_at", "ends_at", "capacity", "seats_taken", "join_url", "ended_at"]


@admin.register(WaitingEntry)
class WaitingEntryAdmin(TenantModelAdmin):
    """Who waits for a time."""

    list_display = ["created_at", "customer_name", "service", "first_date", "last_date", "state"]
    list_filter = ["state"]
    list_select_related = ["service"]
    search_fields = ["customer_name", "customer_email", "service__title"]
    fields = [
        "service", "staff_member", "state", "first_date", "last_date", "customer_name", "customer_email",
        "customer_phone", "customer_notes", "customer_time_zone", "customer_language", "created_at",
    ]  # fmt: skip


@admin.register(TimeOffer)
class TimeOfferAdmin(TenantModelAdmin):
    """Times offered to one customer by a one-time link. The links themselves are the customer's."""

    list_display = ["created_at", "service", "starts_at", "staff_member", "expires_at", "used_at"]
    list_filter = [("used_at", admin.EmptyFieldListFilter)]
    list_select_related = ["service", "staff_member"]
    search_fields = ["service__title"]
    fields = ["service", "staff_member", "starts_at", "origin", "entry", "expires_at", "used_at", "booking"]


@admin.register(Question)
class QuestionAdmin(TenantModelAdmin):
    """What pages ask. Questions are edited in the staff area, where they are put to services."""

    list_display = ["label", "page", "kind", "position", "archived_at"]
    list_filter = ["kind", ("archived_at", admin.EmptyFieldListFilter)]
    list_select_related = ["page"]
    search_fields = ["label", "page__display_name"]
    fields = ["page", "label", "kind", "options", "position", "archived_at"]


@admin.register(Reminder)
class ReminderAdmin(TenantModelAdmin):
    """Mails that come by themselves. They are edited in the staff area."""

    list_display = ["service", "when", "distance", "reader"]
    list_filter = ["when", "reader"]
    list_select_related = ["service"]
    search_fields = ["service__title"]
    fields = ["service", "when", "distance", "reader", "text"]


@admin.register(MailTemplate)
class MailTemplateAdmin(TenantModelAdmin):
    """The organisation's own words. They are edited, tried and reset in the organisation's pages."""

    list_display = ["template", "reader", "language", "subject", "updated_at"]
    list_filter = ["template", "reader", "language"]
    search_fields = ["subject", "text"]
    fields = ["template", "reader", "language", "subject", "text", "updated_at"]


@admin.register(BlockedSender)
class BlockedSenderAdmin(TenantModelAdmin):
    """Who may not book. The list is edited in the organisation's pages."""

    list_display = ["pattern", "note", "created_at"]
    search_fields = ["pattern", "note"]
    fields = ["pattern", "note", "created_at"]
