"""What is typed on the pages of the Microsoft 365 connection."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tenants.models import Connection

_ID = {"autocomplete": "off", "spellcheck": "false", "placeholder": "00000000-0000-0000-0000-000000000000"}


class SecretForm(forms.Form):
    """A client secret and its last day. The secret is never sent back to the browser."""

    clientSecret = forms.CharField(
        label=_("Client secret’s value"), max_length=200, strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "spellcheck": "false"}),
        help_text=_("From the column Value, not Secret ID. It is stored encrypted and never shown again."),
    )  # fmt: skip
    secretExpiresOn = forms.DateField(
        label=_("Expires on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("From the column Expires; two years from now at the latest."),
    )


class ConnectionForm(SecretForm):
    """The values that connect a directory (S3.8)."""

    appName = forms.CharField(
        label=_("Name of the app registration"), max_length=120, required=False,
        help_text=_("Only for you, to find it again in Microsoft Entra."),
    )  # fmt: skip
    clientId = forms.CharField(label=_("Application (client) ID"), max_length=64, widget=forms.TextInput(attrs=_ID))
    directoryId = forms.CharField(label=_("Directory (tenant) ID"), max_length=64, widget=forms.TextInput(attrs=_ID))
    cloud = forms.ChoiceField(
        label=_("Cloud"), choices=Connection.Cloud.choices, initial=Connection.Cloud.GLOBAL,
        help_text=_("Where your organisation’s directory is."),
    )  # fmt: skip

    field_order = ["clientId", "directoryId", "clientSecret", "secretExpiresOn", "cloud", "appName"]

    def __init__(self, *args: Any, known: Connection | None = None, **kwargs: Any) -> None:
        if known is not None:
            kwargs["initial"] = {
                "appName": known.app_name, "clientId": known.client_id, "directoryId": known.directory_id,
                "cloud": known.cloud, "secretExpiresOn": known.ends_on,
            }  # fmt: skip
        super().__init__(*args, **kwargs)
        if known is not None:
            self.fields["clientSecret"].required = False
            self.fields["clientSecret"].help_text = _(
                "Leave it empty to keep the one that is stored. It is never shown."
            )

    def values(self) -> dict[str, Any]:
        """By the service's names."""
        data = self.cleaned_data
        return {
            "app_name": data["appName"], "client_id": data["clientId"], "directory_id": data["directoryId"],
            "cloud": data["cloud"], "client_secret": data["clientSecret"], "secret_expires_on": data["secretExpiresOn"],
        }  # fmt: skip


class UsesForm(forms.Form):
    """What else the connection is used for."""

    mail_from = forms.EmailField(
        label=_("Send mails from this mailbox"), required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_(
            "Confirmations and reminders then come from your own domain and stand among its sent items. It needs the "
            "permission Mail.Send. Empty: the site’s mail server sends them."
        ),
    )  # fmt: skip
