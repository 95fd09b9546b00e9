"""The Microsoft 365 connection, and programs with a key."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_scopes import scope

from tenants.admin.base import TenantModelAdmin, actor_of
from tenants.admin.forms import NewRowForm, TenantForm
from tenants.models import ApiClient, Connection
from tenants.services import api_clients, connections


class SecretMixin(forms.ModelForm):
    """The client secret goes in and never comes out."""

    client_secret = forms.CharField(
        label=_("Client secret"), required=False, strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Is never shown. Leave it empty to keep the one that is stored."),
    )  # fmt: skip

    def clean_client_secret(self) -> str:
        """What was typed, else the stored one."""
        typed: str = self.cleaned_data["client_secret"]
        if not typed and self.instance._state.adding:
            raise forms.ValidationError(_("Enter the client secret."), code="required")
        return typed or self.instance.client_secret


class ConnectionForm(SecretMixin, TenantForm):
    """A connection of the organisation worked in."""


class NewConnectionForm(SecretMixin, NewRowForm):
    """A connection of an organisation that a site administrator names."""


@admin.register(Connection)
class ConnectionAdmin(TenantModelAdmin):
    """Whether Daybook reaches an organisation's Microsoft 365, and what to do where it does not.

    What is saved here is a draft, tested by the worker and taken into use when all that is needed passes.
    """

    may_add = may_change = may_delete = True
    asks_organisation = True
    form = ConnectionForm
    list_display = ["directory_id", "is_active", "state", "what_to_do", "secret_expires_on", "tested_at"]
    list_filter = ["is_active", "state"]
    fields = [
        "directory_id", "client_id", "client_secret", "secret_expires_on", "state", "last_error", "what_to_do",
        "tested_at",
    ]  # fmt: skip
    readonly_fields = ["state", "last_error", "what_to_do", "tested_at"]

    @admin.display(description=_("what to do"), ordering="remedy")
    def what_to_do(self, obj: Connection) -> str:
        """The remedy in the reader's language."""
        return gettext(obj.remedy)

    def save_row(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """Through the service, which checks the values and lets waiting jobs go on."""
        names = ("client_id", "directory_id", "client_secret", "secret_expires_on")
        fields = {name: form.cleaned_data[name] for name in names}
        saved = connections.save(tenant=obj.tenant, now=timezone.now(), actor=actor_of(request), **fields)
        obj.pk = saved.pk

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if self._asks(request, obj):
            kwargs["form"] = NewConnectionForm
        return super().get_form(request, obj, change=change, **kwargs)


@admin.register(ApiClient)
class ApiClientAdmin(TenantModelAdmin):
    """Keys of programs. A key is made by `manage.py create_api_key`, shown once, and can be withdrawn here."""

    list_display = ["name", "key_hint", "scopes", "created_at", "revoked_at"]
    search_fields = ["name"]
    fields = ["name", "key_hint", "scopes", "created_at", "revoked_at"]
    actions = ["revoke"]

    @admin.action(description=_("Withdraw the selected keys for good"), permissions=["view"])
    def revoke(self, request: Any, queryset: Any) -> None:
        """Programs that use them are refused from now on."""
        for client in queryset.filter(revoked_at=None).select_related("tenant"):
            with scope(tenant=client.tenant):
                api_clients.revoke(client=client, now=timezone.now(), actor=actor_of(request))
