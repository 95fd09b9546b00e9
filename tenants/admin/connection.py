"""The Microsoft 365 connection, and programs with a key."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from tenants.admin.base import TenantModelAdmin, actor_of
from tenants.models import ApiClient, Connection
from tenants.services import api_clients, connections


@admin.register(Connection)
class ConnectionAdmin(TenantModelAdmin):
    """Whether Daybook reaches an organisation's Microsoft 365, and what to do where it does not.

    It is set up, renewed and removed where each step is explained and tested: on the organisation's own page, and by
    `manage.py connect_microsoft365`. A form here would go past the tests.
    """

    list_display = ["directory_id", "is_active", "state", "what_to_do", "last_day", "tested_at"]
    list_filter = ["is_active", "state", "cloud", "signs_in"]
    search_fields = ["app_name", "client_id", "directory_id"]
    ordering = ["-is_active", "directory_id"]
    fieldsets = [
        (None, {"fields": ["is_active", "state", "last_error", "what_to_do", "tested_at", "set_up"]}),
        (_("App registration"), {"fields": ["app_name", "cloud", "directory_id", "client_id"]}),
        (
            _("Secrets"),
            {"fields": ["secret_expires_on", "secret_saved_at", "second_secret_expires_on", "second_secret_saved_at"]},
        ),
        (_("Permissions"), {"fields": ["consented_at", "consented_by", "granted", "signs_in"]}),
    ]
    readonly_fields = ["what_to_do", "set_up", "granted"]
    help_texts = {
        "is_active": _("The other one, if there is one, holds new values that have not passed every test."),
        "secret_expires_on": _("The last day on which Microsoft takes it. The secret itself is never shown."),
        "second_secret_expires_on": _("A second secret works beside the first, so that nothing stops in between."),
        "signs_in": _("An owner decides that on the organisation’s own page."),
    }
    actions = ["test_now"]

    @admin.display(description=_("what to do"), ordering="remedy")
    def what_to_do(self, obj: Connection) -> str:
        """The remedy in the reader's language."""
        return gettext(obj.remedy) if obj.remedy else "–"

    @admin.display(description=_("last secret ends"))
    def last_day(self, obj: Connection) -> Any:
        """The day on which no secret is left."""
        return obj.ends_on

    @admin.display(description=_("permissions in the last token"))
    def granted(self, obj: Connection) -> str:
        """Names of application permissions."""
        return ", ".join(sorted(obj.roles)) or "–"

    @admin.display(description=_("to change it"))
    def set_up(self, _obj: Connection) -> str:
        """Where values and secrets are entered."""
        return format_html(
            '<a href="{}">{}</a>', reverse("organisation:connection"), _("Open the connection’s page")
        )  # fmt: skip

    @admin.action(description=_("Test the selected connections now"), permissions=["view"])
    def test_now(self, request: Any, queryset: Any) -> None:
        """The worker asks Microsoft for everything that is needed; nothing is taken into use unless all passes."""
        now, actor = timezone.now(), actor_of(request)
        count = self.each(
            request, queryset.select_related("tenant"), lambda row: connections.ask_test(row, now=now, actor=actor)
        )
        text = ngettext("%(count)d connection is being tested.", "%(count)d connections are being tested.", count)
        self.tell(request, text, count)


@admin.register(ApiClient)
class ApiClientAdmin(TenantModelAdmin):
    """Keys of programs. A key is made by `manage.py create_api_key`, shown once, and can be withdrawn here."""

    list_display = ["name", "key_hint", "may", "created_at", "revoked_at"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    search_fields = ["name"]
    date_hierarchy = "created_at"
    fields = ["name", "key_hint", "may", "created_at", "revoked_at"]
    readonly_fields = ["may"]
    help_texts = {"key_hint": _("The rest was shown once, when the key was made, and is not stored.")}
    actions = ["revoke"]

    @admin.display(description=_("may"))
    def may(self, obj: ApiClient) -> str:
        """The scopes."""
        return ", ".join(obj.scopes) or "–"

    @admin.action(description=_("Withdraw the selected keys for good"), permissions=["view"])
    def revoke(self, request: Any, queryset: Any) -> None:
        """Programs that use them are refused from now on."""
        now, actor = timezone.now(), actor_of(request)
        rows = queryset.filter(revoked_at=None).select_related("tenant")
        count = self.each(request, rows, lambda row: api_clients.revoke(client=row, now=now, actor=actor))
        text = ngettext("%(count)d key was withdrawn.", "%(count)d keys were withdrawn.", count)
        self.tell(request, text, count)
