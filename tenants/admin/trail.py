"""The audit trail and the claims ledger, to be read only."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from tenants.admin.base import TenantModelAdmin, ValuesFilter
from tenants.models import AuditEvent, Claim


@admin.register(AuditEvent)
class AuditEventAdmin(TenantModelAdmin):
    """Who did what, when, from where, with the values before and after."""

    list_display = ["at", "actor", "what", "target", "source"]
    list_filter = ["actor_kind", "source", ("cmdlet", ValuesFilter), "action"]
    search_fields = ["actor", "target", "action", "cmdlet"]
    date_hierarchy = "at"
    fields = [
        "at", "actor", "actor_kind", "initiator", "action", "cmdlet", "target", "target_kind", "target_id", "source",
        "ip", "request_id", "reason", "values_before", "values_after",
    ]  # fmt: skip
    readonly_fields = ["values_before", "values_after"]
    help_texts = {
        "initiator": _("Who Microsoft’s directory says it was, where that differs."),
        "cmdlet": _("Exchange’s name of the same act."),
        "request_id": _("Stands in the log of the server, too."),
    }

    @admin.display(description=_("action"), ordering="action")
    def what(self, obj: AuditEvent) -> str:
        """What was done; Exchange’s name of it under it, where it has one."""
        if not obj.cmdlet:
            return obj.action
        return format_html('{}<br><span class="quiet">{}</span>', obj.action, obj.cmdlet)

    @admin.display(description=_("before"))
    def values_before(self, obj: AuditEvent) -> str:
        """The old values, one a line."""
        return pretty(obj.before)

    @admin.display(description=_("after"))
    def values_after(self, obj: AuditEvent) -> str:
        """The new values, one a line."""
        return pretty(obj.after)


@admin.register(Claim)
class ClaimAdmin(TenantModelAdmin):
    """What occupies whom, and until when."""

    list_display = ["key", "starts_at", "ends_at", "active", "expires_at"]
    list_filter = ["active", ("expires_at", admin.EmptyFieldListFilter)]
    list_select_related = ["key"]
    search_fields = ["key__id", "owner_id"]
    date_hierarchy = "starts_at"
    ordering = ["-starts_at"]
    fields = ["key", "starts_at", "ends_at", "active", "expires_at", "owner_id"]
    help_texts = {
        "key": _("The id of the mailbox, staff member or page that is occupied. Two claims of one key never overlap."),
        "active": _("A claim that is not active occupies nothing."),
        "expires_at": _("A kept time lapses then. Empty: it is there for good."),
        "owner_id": _("The id of the booking, session, kept or offered time that wants it."),
    }


def pretty(values: dict[str, Any]) -> str:
    """JSON as people read it."""
    if not values:
        return "–"
    return format_html("<pre>{}</pre>", json.dumps(values, indent=2, ensure_ascii=False))
