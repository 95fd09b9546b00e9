"""Reports: what was booked, kept, missed and cancelled, as pictures, tables and a file."""

from __future__ import annotations

import zoneinfo
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings import staff_access
from bookings.models import BookingPage, Service, StaffMember
from bookings.services import reports
from bookings.views import clock
from bookings.views.staff import charts, sheets
from bookings.views.staff.desk import show, staff_page
from tenants.access import MemberRequest
from tenants.fields import validate_near

#: What is shown unless asked otherwise.
USUAL = timedelta(days=90)


class ReportForm(forms.Form):
    """Which days, and which bookings."""

    first = forms.DateField(
        label=gettext_lazy("From"), required=False, validators=[validate_near],
        widget=forms.DateInput(attrs={"type": "date"}),
    )  # fmt: skip
    last = forms.DateField(
        label=gettext_lazy("Until"), required=False, validators=[validate_near],
        widget=forms.DateInput(attrs={"type": "date"}),
    )  # fmt: skip
    page = forms.ModelChoiceField(
        BookingPage._base_manager.none(), label=gettext_lazy("Page"), required=False,
        empty_label=gettext_lazy("All pages"),
    )  # fmt: skip
    service = forms.ModelChoiceField(
        Service._base_manager.none(), label=gettext_lazy("Service"), required=False,
        empty_label=gettext_lazy("All services"),
    )  # fmt: skip
    staff = forms.ModelChoiceField(
        StaffMember._base_manager.none(), label=gettext_lazy("With"), required=False,
        empty_label=gettext_lazy("Everybody"),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """The first day comes first."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("first") and cleaned.get("last") and cleaned["first"] > cleaned["last"]:
            self.add_error("last", _("The end must come after the start."))
        return cleaned


@staff_page(methods=["GET", "HEAD"])
def index(request: MemberRequest) -> HttpResponse:
    """The report that was asked for; what makes no sense in the question is said beside it."""
    form, found = asked(request)
    query = request.GET.urlencode()
    context: dict[str, Any] = {"form": form, "found": found, "query": query, "zone": request.user.time_zone}
    if found is not None:
        context |= {
            "lead": clock.duration(rounded(found.lead)) if found.lead is not None else "",
            "weeks": charts.of_weeks(found.weeks, _("Week of %(week)s: %(n)d")),
            "hours": charts.of_hours(found.hours, [str(WEEKDAYS_ABBR[day]) for day in range(7)]),
            "hour_rows": hour_rows(found),
            "tables": [
                (_("By service"), _("Service"), found.services),
                (_("By colleague"), _("Name"), found.staff),
            ],
        }
    return show(request, "staff/reports.html", context, section="reports")


@staff_page(methods=["GET", "HEAD"])
def download(request: MemberRequest) -> HttpResponse:
    """The same numbers as a file."""
    _form, found = asked(request)
    head = ["table", "label", "bookings", "kept", "noShows", "cancelled", "noShowPercent", "cancelledPercent"]
    rows = [
        (name, label, line.total, line.kept, line.no_shows, line.gone, line.no_show_rate, line.gone_rate)
        for name, label, line in (reports.tables(found) if found else ())
    ]
    return sheets.answer("report", head, rows)


def asked(request: MemberRequest) -> tuple[ReportForm, reports.Report | None]:
    """The filled-in question and its answer; None where the question makes no sense."""
    seen = staff_access.bookings(request)
    data = request.GET.copy()
    form = ReportForm(data)
    choices: Any = form.fields
    ids = seen.order_by()
    choices["page"].queryset = BookingPage.objects.filter(pk__in=ids.values("page"))
    choices["service"].queryset = Service.objects.filter(pk__in=ids.values("service"))
    choices["staff"].queryset = StaffMember.objects.filter(pk__in=ids.values("staff_member"))
    if not form.is_valid():
        return form, None
    wanted = form.cleaned_data
    zone = zoneinfo.ZoneInfo(request.user.time_zone)
    first, last = stretch(wanted["first"], wanted["last"], timezone.now().astimezone(zone))
    for field, name in (("page", "page"), ("service", "service"), ("staff", "staff_member")):
        if wanted[field]:
            seen = seen.filter(**{name: wanted[field]})
    for name, day in (("first", first), ("last", last)):
        if not data.get(name):
            data[name] = day.isoformat()
    return form, reports.report(seen, first_date=first, last_date=last, zone=zone)


def stretch(first: date | None, last: date | None, now: datetime) -> tuple[date, date]:
    """The days asked for; the last ninety unless told."""
    last = last or max(now.date(), first or now.date())
    return first or last - USUAL + timedelta(days=1), last


def rounded(lead: timedelta) -> timedelta:
    """To what is worth saying: hours, from two days on days."""
    unit = timedelta(hours=1) if lead < timedelta(days=2) else timedelta(days=1)
    return max(round(lead / unit) * unit, timedelta(0)) or timedelta(minutes=round(lead / timedelta(minutes=1)))


def hour_rows(found: reports.Report) -> list[tuple[str, list[int]]]:
    """The hours as a table: a row for each, with seven numbers."""
    hours = sorted({hour for _day, hour in found.hours})
    return [(f"{hour:02}:00", [found.hours.get((day, hour), 0) for day in range(7)]) for hour in hours]
