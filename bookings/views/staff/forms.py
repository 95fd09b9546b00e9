"""What staff fill in. The rules stand in the models and services; here are words, widgets and units."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bookings.models import BookingPage, Service, StaffMember
from bookings.services import hours
from tenants.fields import validate_near
from tenants.forms import DayHoursField, MinutesField, TimeZoneChoice
from tenants.models import Mailbox, Role
from tenants.scheduling.weekly_hours import DAY_KEYS

DAY_LABELS = {
    "mon": _("Monday"), "tue": _("Tuesday"), "wed": _("Wednesday"), "thu": _("Thursday"), "fri": _("Friday"),
    "sat": _("Saturday"), "sun": _("Sunday"),
}  # fmt: skip


class PageForm(forms.ModelForm):
    """Business information, or the few words on a personal page."""

    class Meta:
        model = BookingPage
        fields = ["display_name", "description", "phone", "email", "website", "postal_address", "language"]
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}

    def _post_clean(self) -> None:
        """The service validates."""


class NewPageForm(PageForm):
    """A business page with its first people and its first service."""

    people = forms.ModelMultipleChoiceField(
        Mailbox._base_manager.none(), label=_("Who takes bookings"), required=False, widget=forms.CheckboxSelectMultiple
    )
    service_title = forms.CharField(label=_("First service"), max_length=120, required=False)
    service_duration = MinutesField(label=_("Its duration"), min_value=5, required=False, initial=timedelta(minutes=30))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people: Any = self.fields["people"]
        people.queryset = Mailbox.objects.filter(kind=Mailbox.Kind.USER)


class HoursForm(forms.Form):
    """Weekly hours in their own time zone."""

    time_zone = TimeZoneChoice(label=_("Time zone"))
    mon, tue, wed, thu, fri, sat, sun = (DayHoursField(label=DAY_LABELS[day]) for day in DAY_KEYS)

    @classmethod
    def showing(cls, zone: str, hours: dict[str, list[list[str]]], data: Any = None) -> HoursForm:
        """The form with these hours in it."""
        return cls(data, initial={"time_zone": zone} | {day: hours.get(day, []) for day in DAY_KEYS})

    @property
    def hours(self) -> dict[str, list[list[str]]]:
        """The hours as models keep them."""
        return {day: self.cleaned_data[day] for day in DAY_KEYS}

    @property
    def days(self) -> list[forms.BoundField]:
        """The fields of the seven days."""
        return [self[day] for day in DAY_KEYS]


MEMBER_FIELDS = (
    "display_name", "email", "role", "weight", "language", "uses_business_hours", "calendar_counts", "time_zone",
)  # fmt: skip


class MemberForm(HoursForm):
    """A person of a business page: what they may, and hours of their own."""

    display_name = forms.CharField(label=_("Name"), max_length=120)
    email = forms.EmailField(label=_("Mail address"))
    role = forms.ChoiceField(label=_("Role on this page"), choices=Role.choices)
    weight = forms.IntegerField(
        label=_("Share of bookings"), min_value=1, max_value=100, required=False,
        help_text=_("Against the others: 2 gets twice as many “anyone” bookings as 1."),
    )  # fmt: skip
    language = forms.ChoiceField(
        label=_("Language of mails"), choices=[("en", "English"), ("de", "Deutsch")], required=False
    )
    uses_business_hours = forms.BooleanField(label=_("Works the page's hours"), required=False)
    calendar_counts = forms.BooleanField(label=_("Outlook events make busy"), required=False)

    @classmethod
    def of(cls, member: StaffMember, data: Any = None) -> MemberForm:
        """The form of this person."""
        days = {day: member.weekly_hours.get(day, []) for day in DAY_KEYS}
        return cls(data, initial={name: getattr(member, name) for name in MEMBER_FIELDS} | days)

    @property
    def changes(self) -> dict[str, Any]:
        """The model's fields; a number or language that was left out stays as it is."""
        given = {name: self.cleaned_data[name] for name in MEMBER_FIELDS}
        kept = {name: value for name, value in given.items() if value not in (None, "") or name == "display_name"}
        return kept | {"weekly_hours": self.hours}


class NewMemberForm(forms.Form):
    """Somebody of the organisation by mailbox, or somebody from outside by name and address."""

    mailbox = forms.ModelChoiceField(
        Mailbox._base_manager.none(), label=_("Colleague"), required=False, empty_label=_("Somebody from outside")
    )
    display_name = forms.CharField(label=_("Name"), max_length=120, required=False)
    email = forms.EmailField(label=_("Mail address"), required=False)

    def __init__(self, *args: Any, page: BookingPage, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        taken = page.staff_members.filter(removed_at=None, mailbox__isnull=False).values("mailbox")
        mailbox: Any = self.fields["mailbox"]
        mailbox.queryset = Mailbox.objects.filter(kind=Mailbox.Kind.USER).exclude(pk__in=taken)

    def clean(self) -> dict[str, Any]:
        """One of the two is needed."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not cleaned.get("mailbox") and not (cleaned.get("display_name") and cleaned.get("email")):
            raise forms.ValidationError(_("Choose a colleague, or enter a name and a mail address."))
        return cleaned


class DateForm(forms.Form):
    """Other hours on one date."""

    on_date = forms.DateField(
        label=_("Date"), validators=[validate_near], widget=forms.DateInput(attrs={"type": "date"})
    )
    intervals = DayHoursField(label=_("Hours"), help_text=_("Such as 09:00-12:00. Empty: closed on this date."))
    note = forms.CharField(label=_("Note"), max_length=120, required=False)


def instant_field(label: Any) -> forms.DateTimeField:
    """A wall-clock time in the zone that is active when the form is cleaned."""
    return forms.DateTimeField(
        label=label, validators=[validate_near],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip


class StandInField(forms.ModelChoiceField):
    """A colleague, with where that person is booked."""

    def label_from_instance(self, obj: Any) -> str:
        """`Ben Meier`, or `Ben Meier, own page`."""
        return _("%(name)s, own page") % {"name": obj} if obj.page.is_personal else str(obj)


class TimeOffForm(forms.Form):
    """A period away of a person, or of the whole page (`member` None)."""

    starts_at = instant_field(_("From"))
    ends_at = instant_field(_("Until"))
    reason = forms.CharField(label=_("Reason"), max_length=120, required=False)
    redirect_to = StandInField(
        StaffMember._base_manager.none(), label=_("Meanwhile book"), required=False, empty_label=_("Nobody"),
        help_text=_("Visitors are told who is away, until when, and who can see them instead."),
    )  # fmt: skip

    def __init__(self, *args: Any, page: BookingPage, member: StaffMember | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if member is None and not page.is_personal:
            del self.fields["redirect_to"]  # a closure is everybody's
            return
        stand_in: Any = self.fields["redirect_to"]
        stand_in.queryset = hours.stand_ins(page, member)


class ExplainForm(forms.Form):
    """Which time, of what."""

    service = forms.ModelChoiceField(Service._base_manager.none(), label=_("Meeting type"), empty_label=None)
    at = instant_field(_("Time"))

    def __init__(self, *args: Any, page: BookingPage, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        service: Any = self.fields["service"]
        service.queryset = page.services.filter(archived_at=None)
        if not page.is_personal:
            service.label = _("Service")


class CancelForm(forms.Form):
    """Why a booking is cancelled."""

    reason = forms.CharField(
        label=_("Reason"), max_length=500, required=False, help_text=_("The customer reads this."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


class BookingFilter(forms.Form):
    """Which bookings a list shows."""

    WHEN = [("upcoming", _("Upcoming")), ("past", _("Past")), ("all", _("All"))]

    when = forms.ChoiceField(label=_("When"), choices=WHEN, required=False)
    page = forms.ModelChoiceField(
        BookingPage._base_manager.none(), label=_("Page"), required=False, empty_label=_("All pages")
    )
    staff = forms.ModelChoiceField(
        StaffMember._base_manager.none(), label=_("With"), required=False, empty_label=_("Everybody")
    )
    status = forms.ChoiceField(label=_("Status"), required=False)
    q = forms.CharField(label=_("Search"), required=False, max_length=100)
