"""What the owner of a page decides about it: words, looks, who may open it, what visitors are asked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bookings.models import BookingPage
from bookings.views.staff import holiday_choices


class PageSettingsForm(forms.ModelForm):
    """Everything about a page except its hours, people and services."""

    holiday_country = forms.ChoiceField(
        label=_("Public holidays of"), required=False, help_text=_("They are closed days, unless a date has own hours.")
    )
    holiday_region = forms.ChoiceField(label=_("Region"), required=False)

    class Meta:
        model = BookingPage
        fields = [
            "display_name", "description", "phone", "email", "website", "postal_address", "language", "access",
            "is_indexed", "accent", "logo_url", "consent_text", "asks_mail_code", "holiday_country", "holiday_region",
        ]  # fmt: skip
        widgets = {
            "description": forms.Textarea(attrs={"rows": 3}),
            "consent_text": forms.Textarea(attrs={"rows": 3}),
            "accent": forms.TextInput(attrs={"placeholder": "#2456d6", "spellcheck": "false"}),
            "access": forms.RadioSelect,
        }
        help_texts = {
            "language": _("Visitors read the page in their browser’s language; this one where we do not speak it."),
            "access": _("Colleagues sign in first. Everybody else finds nothing at the address, nor do programs."),
            "is_indexed": _("Otherwise they are asked to keep the page out of their results."),
            "accent": _("Empty: the organisation’s. It is darkened or lightened where words would be hard to read."),
            "logo_url": _("An https address of a picture. Empty: the organisation’s."),
            "consent_text": _(
                "Visitors tick a box under these words before they book. Each booking keeps them. Empty: no box."
            ),
            "asks_mail_code": _("Visitors enter six digits that we mail to them before the booking counts."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        country, region = self.fields["holiday_country"], self.fields["holiday_region"]
        country.choices = [("", _("No country: holidays are ordinary days")), *holiday_choices.countries()]  # type: ignore[attr-defined]
        chosen = self.data.get("holiday_country", "") if self.is_bound else self.instance.holiday_country
        found = holiday_choices.regions(chosen) if chosen else []
        region.choices = [("", _("The whole country")), *found]  # type: ignore[attr-defined]
        region.help_text = "" if found or not chosen else _("This country has the same holidays everywhere.")
        if not chosen:
            region.help_text = _("Choose a country and save; its regions then stand here.")

    def clean(self) -> dict[str, Any]:
        """A region of the country before is none of the country now."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "holiday_region" in self.errors and "holiday_country" in self.changed_data:
            del self.errors["holiday_region"]
            cleaned["holiday_region"] = ""
        return cleaned

    def _post_clean(self) -> None:
        """The service validates; a form for a refused change must not alter the row it shows."""
