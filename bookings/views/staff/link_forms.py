"""What the owner of private links fills in: one link, many at once, and which of them a list shows."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from bookings.models import BookingPage, PrivateLink
from bookings.services import link_keeping
from bookings.services.link_keeping import LinkState, Recipient
from tenants.errors import InvalidInput
from tenants.fields import validate_near


class ExpiryForm(forms.Form):
    """Until when a link works."""

    EXPIRES = [("in90", _("In 90 days")), ("on", _("After the day below")), ("never", _("Never"))]

    expires = forms.ChoiceField(label=_("Expires"), choices=EXPIRES, required=False, initial="in90")
    expires_on = forms.DateField(
        label=_("Last day"), required=False, validators=[validate_near], widget=forms.DateInput(attrs={"type": "date"})
    )

    def clean(self) -> dict[str, Any]:
        """A day is needed where one is to be chosen; one that is given alone is meant."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        day = cleaned.get("expires_on")
        cleaned["expires"] = cleaned.get("expires") or ("on" if day else "in90")
        if cleaned["expires"] == "on" and not day and "expires_on" not in self.errors:
            self.add_error("expires_on", _("Choose the last day."))
        return cleaned

    def rules(self, zone: str) -> dict[str, Any]:
        """`expires_at` and `forever` as the service takes them; a day ends in `zone`."""
        chosen = self.cleaned_data["expires"]
        day = self.cleaned_data["expires_on"]
        at = end_of(day, zone) if chosen == "on" and day else None
        return {"expires_at": at, "forever": chosen == "never"}


def end_of(day: Any, zone: str) -> datetime:
    """The last second of a day in `zone`."""
    after = datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(zone))
    return after.astimezone(UTC) - timedelta(seconds=1)


class LinkForm(ExpiryForm):
    """One link: whom it is for, until when, for how many bookings."""

    USES = [("any", _("Any number")), ("once", _("One")), ("times", _("The number below"))]

    label = forms.CharField(
        label=_("Who is it for?"), max_length=120, required=False, help_text=_("Only you read this.")
    )
    email = forms.EmailField(label=_("Mail address"), required=False, help_text=_("Where you can have the link sent."))
    uses = forms.ChoiceField(label=_("Bookings allowed"), choices=USES, required=False, initial="any")
    max_uses = forms.IntegerField(label=_("Number"), required=False, min_value=1, max_value=10_000)

    field_order = ["label", "email", "uses", "max_uses", "expires", "expires_on"]

    @classmethod
    def of(cls, link: PrivateLink, data: Any = None) -> LinkForm:
        """The form of a link that exists."""
        zone = ZoneInfo(link.service.page.time_zone)
        initial = {
            "label": link.label, "email": link.email, "max_uses": None if link.max_uses == 1 else link.max_uses,
            "uses": {None: "any", 1: "once"}.get(link.max_uses, "times"),
            "expires": "on" if link.expires_at else "never",
            "expires_on": link.expires_at.astimezone(zone).date() if link.expires_at else None,
        }  # fmt: skip
        return cls(data, initial=initial)

    def clean(self) -> dict[str, Any]:
        """A number is needed where one is to be chosen."""
        cleaned = super().clean()
        number = cleaned.get("max_uses")
        uses = cleaned.get("uses") or ("times" if number else "any")
        if uses == "times" and not number and "max_uses" not in self.errors:
            self.add_error("max_uses", _("Enter how many bookings the link allows."))
        cleaned["max_uses"] = {"any": None, "once": 1}.get(uses, number)
        return cleaned

    @property
    def made(self) -> dict[str, Any]:
        """Label, address and number as the service takes them."""
        return {name: self.cleaned_data[name] for name in ("label", "email", "max_uses")}

    def changed(self, link: PrivateLink, now: datetime) -> dict[str, Any]:
        """The fields of the link as they are to be; a day that was left alone keeps its very second."""
        rules = self.rules(link.service.page.time_zone)
        at = rules["expires_at"]
        if self.cleaned_data["expires"] == "in90":
            at = now + timedelta(days=90)
        elif self.cleaned_data["expires"] == "on" and not {"expires", "expires_on"} & set(self.changed_data):
            at = link.expires_at
        return self.made | {"expires_at": at}


class BatchForm(ExpiryForm):
    """Many links for one booking each."""

    people = forms.CharField(
        label=_("People"), widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text=_("One on each line: a name, a mail address, or both, such as Ana Pérez, ana@example.com."),
    )  # fmt: skip
    mailed = forms.BooleanField(label=_("Send each link to its mail address"), required=False)

    field_order = ["people", "expires", "expires_on", "mailed"]

    def clean_people(self) -> list[Recipient]:
        """The people, read line by line."""
        try:
            return link_keeping.recipients(self.cleaned_data["people"])
        except InvalidInput as wrong:
            raise forms.ValidationError(wrong.errors["people"]) from wrong


class LinkFilter(forms.Form):
    """Which links a list shows."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100)
    state = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("Every state")), *LinkState.choices])
    page = forms.ModelChoiceField(
        BookingPage._base_manager.none(), label=_("Page"), required=False, empty_label=_("All pages")
    )
    #: Those made from this instant on: what a batch has just made.
    since = forms.DateTimeField(required=False, validators=[validate_near], widget=forms.HiddenInput)

    def __init__(self, *args: Any, pages: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        page: Any = self.fields["page"]
        if pages is None:
            del self.fields["page"]
        else:
            page.queryset = pages
