"""Who may have booking pages: the switches of the organisation and of each person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from tenants.admin.base import TenantModelAdmin, actor_of
from tenants.models import AccessPolicy, Mailbox, Tenant
from tenants.services import policies


def switching(name: str, kind: policies.Kind, on: bool | None, words: Any) -> Callable[..., None]:
    """An action that sets one switch for what is selected: people, or rows of the policy."""

    @admin.action(description=words, permissions=["view"])
    def act(page: Any, request: Any, queryset: Any) -> None:
        now, actor = timezone.now(), actor_of(request)

        def one(row: AccessPolicy | Mailbox) -> None:
            person = row if isinstance(row, Mailbox) else row.mailbox
            tenant = Tenant.objects.get(pk=row.tenant_id)
            policies.set_switch(tenant=tenant, mailbox=person, kind=kind, on=on, now=now, actor=actor)

        rows = queryset.filter(kind=Mailbox.Kind.USER) if queryset.model is Mailbox else queryset
        count = page.each(request, rows.select_related("tenant"), one)
        text = ngettext("The switch is set for %(count)d row.", "The switch is set for %(count)d rows.", count)
        page.tell(request, text, count)

    act.__name__ = name
    return act


#: For people and for rows of the policy. They act at once; Microsoft's own side follows later.
SWITCHES = [
    switching("personal_on", "personal", True, _("Personal page: allow")),
    switching("personal_off", "personal", False, _("Personal page: do not allow")),
    switching("personal_inherit", "personal", None, _("Personal page: as the organisation says")),
    switching("shared_on", "shared", True, _("Shared pages: allow")),
    switching("shared_off", "shared", False, _("Shared pages: do not allow")),
    switching("shared_inherit", "shared", None, _("Shared pages: as the organisation says")),
]


@admin.register(AccessPolicy)
class AccessPolicyAdmin(TenantModelAdmin):
    """The organisation's row and one for each exception. Exchange's values are taken over on the policy's own page."""

    list_display = ["whose", "personal_bookings", "shared_bookings", "ews_application_policy", "read_at", "changed_at"]
    list_filter = [
        "personal_bookings", "shared_bookings", "ews_enabled", "ews_application_policy",
        ("mailbox", admin.EmptyFieldListFilter),
    ]  # fmt: skip
    list_select_related = ["mailbox"]
    search_fields = ["mailbox__display_name", "mailbox__address"]
    date_hierarchy = "changed_at"
    ordering = ["mailbox__display_name"]
    fieldsets = [
        (None, {"fields": ["whose", "personal_bookings", "shared_bookings", "changed_at", "explained"]}),
        (
            "Exchange",
            {"fields": ["ews_enabled", "ews_application_policy", "ews_allow_list", "ews_block_list", "read_at"]},
        ),
    ]
    readonly_fields = ["whose", "explained"]
    help_texts = {
        "personal_bookings": _("Empty: as the organisation says. In the organisation’s own row: on."),
        "shared_bookings": _("Empty: as the organisation says. The organisation’s own switch is among its settings."),
        "changed_at": _("Daybook acts on it at once. Microsoft’s own side follows some time later."),
        "ews_enabled": _("Empty: Exchange’s default, which allows."),
        "read_at": _("Empty: never, so Exchange’s defaults are assumed."),
    }
    actions = [*SWITCHES]

    @admin.display(description=_("whose"), ordering="mailbox__display_name")
    def whose(self, obj: AccessPolicy) -> str:
        """A person, or the organisation."""
        return str(obj)

    @admin.display(description=_("explained"))
    def explained(self, obj: AccessPolicy) -> str:
        """Where the rule that decides is shown, with the line for PowerShell."""
        address = (
            reverse("organisation:policy_person", args=[obj.mailbox_id])
            if obj.mailbox_id else reverse("organisation:policy")
        )  # fmt: skip
        return format_html('<a href="{}">{}</a>', address, _("See what decides, and why"))
