"""What visitors fill in."""

from __future__ import annotations

import secrets
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from bookings.services.booking import Customer
from tenants.errors import InvalidInput

#: The service names fields as programs do; the form has them in its own words.
_FIELD_OF = {"name": "name", "email": "email", "phone": "phone", "notes": "notes"}


def new_key() -> str:
    """A key that makes one form one booking, however often it is sent."""
    return secrets.token_urlsafe(24)


class DetailsForm(forms.Form):
    """Who books. The rules stand in `Customer.cleaned`; here are the words and what browsers can fill in."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        error_messages={"required": _("Please enter your name.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("Mail address"),
        max_length=254,
        error_messages={
            "required": _("Please enter a mail address such as ana@example.com."),
            "invalid": _("Please enter a mail address such as ana@example.com."),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
    )
    phone = forms.CharField(
        label=_("Telephone"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
    )
    notes = forms.CharField(
        label=_("What is it about?"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    request_key = forms.CharField(widget=forms.HiddenInput, max_length=200)
    #: A field people do not see.
    website = forms.CharField(required=False, widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}))

    use_required_attribute = False
    template_name = "bookings/details_fields.html"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("name", "email"):
            self.fields[name].widget.attrs["aria-required"] = "true"

    def clean_website(self) -> str:
        """Refuses what filled in the field that people do not see."""
        if self.cleaned_data["website"]:
            raise ValidationError(_("Please leave this field empty."))
        return ""

    def customer(self, *, time_zone: str, language: str) -> Customer:
        """Who books, as they typed it."""
        data = self.cleaned_data
        return Customer(
            name=data["name"], email=data["email"], phone=data["phone"], notes=data["notes"], time_zone=time_zone,
            language=language,
        )  # fmt: skip

    def refuse(self, wrong: InvalidInput) -> None:
        """Shows what the booking itself found wrong, at the field it is about."""
        for field, sentences in wrong.errors.items():
            self.add_error(_FIELD_OF.get(field), [ValidationError(sentence) for sentence in sentences])

    def focus_first_error(self) -> None:
        """Puts the cursor where the first thing is to be mended, also without JavaScript."""
        for name in self.fields:
            if name in self.errors:
                self.fields[name].widget.attrs["autofocus"] = True
                return


class CancelForm(forms.Form):
    """Why a booking is cancelled, if its customer says so."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("It is passed on to your host."),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
