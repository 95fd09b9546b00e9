"""One's page as a visitor sees it: from any zone, on any day, with a reason for every time that is not offered."""

from __future__ import annotations

import calendar
import uuid
import zoneinfo
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bookings import staff_access
from bookings.availability import clock_changes, wording
from bookings.availability.explain import Explanation
from bookings.models import BookingPage, Service, StaffMember
from bookings.services import explanations, offers
from bookings.services.explanations import ExplainedDay
from bookings.views import choice as choices
from bookings.views import clock as clocks
from bookings.views import zones
from bookings.views.clock import Clock
from bookings.views.staff.clock_notices import notices
from bookings.views.staff.desk import staff_page
from bookings.views.staff.pages import show_page
from tenants.access import STAFF, MemberRequest
from tenants.fields import validate_near

_MONTHS = calendar.Calendar(firstweekday=calendar.MONDAY)


class VisitorForm(forms.Form):
    """What is looked at, from where, on which day."""

    service = forms.ModelChoiceField(Service._base_manager.none(), label=_("Meeting type"), empty_label=None)
    zone = forms.CharField(label=_("Visitor’s time zone"), widget=forms.Select)
    day = forms.DateField(
        label=_("Day"), validators=[validate_near], widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, page: BookingPage, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        service: Any = self.fields["service"]
        service.queryset = page.services.filter(archived_at=None).select_related("tenant")
        if not page.is_personal:
            service.label = _("Service")

    def clean_zone(self) -> zoneinfo.ZoneInfo:
        """The zone. Raises ValidationError where there is none of that name."""
        zone = zones.known(self.cleaned_data["zone"])
        if zone is None:
            raise forms.ValidationError(_("This time zone is not known."), code="zone")
        return zone


@staff_page(*STAFF, methods=["GET", "HEAD"])
def visitor_view(request: MemberRequest, page_id: uuid.UUID) -> HttpResponse:
    """A day of the page as visitors of a zone see it, and why each of its other times is not offered (S1.36)."""
    page, now = staff_access.page(request, page_id), timezone.now()
    form = VisitorForm(_asked(request, page, now), page=page)
    context: dict[str, Any] = {"form": form, "tab": "visitor", "zone_options": zones.options(now.date())}
    if form.is_valid():
        members = offers.staff_for(form.cleaned_data["service"])
        context |= _Look(page=page, clock=clocks.of(request), now=now, members=members, **form.cleaned_data).shown()
    zone = form.cleaned_data.get("zone") or zoneinfo.ZoneInfo(page.time_zone)
    noon = datetime.combine(form.cleaned_data.get("day") or now.date(), time(12), zone)
    context |= {"zone_name": zone.key, "zone_label": zones.label(zone, noon)}
    return show_page(request, page, "staff/visitor.html", context)


def _asked(request: MemberRequest, page: BookingPage, now: datetime) -> dict[str, str]:
    """What the address asks for; else the first service, today, in the page's zone."""
    first = page.services.filter(archived_at=None).values_list("pk", flat=True).first()
    zone = zones.known(request.GET.get("zone", "")) or zoneinfo.ZoneInfo(page.time_zone)
    usual = {"service": str(first or ""), "zone": page.time_zone, "day": now.astimezone(zone).date().isoformat()}
    return usual | {name: request.GET[name] for name in usual if request.GET.get(name)}


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at a page: what, from where, on which day."""

    page: BookingPage
    service: Service
    zone: zoneinfo.ZoneInfo
    day: date
    clock: Clock
    now: datetime
    members: list[StaffMember]

    def shown(self) -> dict[str, Any]:
        """Everything the template shows of it."""
        found = explanations.explain_day(
            page=self.page, service=self.service, day=self.day, zone=self.zone, now=self.now, staff=self.members
        )
        return {
            "service": self.service,
            "title": self.clock.day(self.day, year=True),
            "city": zones.city(self.zone),
            "times": [(self._clock(slot.start), slot.seats_left) for slot in found.slots],
            "stretches": self._stretches(found),
            "notices": notices(self.day, self.zone, self._hosts, self.clock),
            "month": self._month(),
            "public_url": self._public_url() if self.service.is_public else "",
        }

    @property
    def _hosts(self) -> list[zoneinfo.ZoneInfo]:
        """The zones of working hours, where they are not the visitor's."""
        own = [member.time_zone for member in self.members if not member.uses_business_hours]
        names = dict.fromkeys([self.page.time_zone, *own])
        return [zoneinfo.ZoneInfo(name) for name in names if name != self.zone.key]

    def _clock(self, instant: int) -> str:
        return self.clock.time(datetime.fromtimestamp(instant, self.zone))

    def _stretches(self, found: ExplainedDay) -> list[dict[str, Any]]:
        """The day's instants, those after each other with the same reasons as one stretch."""
        stretches = []
        for _key, group in groupby(found.instants, key=lambda pair: _sameness(*pair)):
            instants = list(group)
            start, end = (wording.clock(instants[n][0], self.zone) for n in (0, -1))
            explanation = instants[0][1]
            stretches.append(
                {
                    "when": start if len(instants) == 1 else f"{start} – {end}",
                    "offered": explanation.offered,
                    "reasons": self._sentences(explanation),
                }
            )
        return stretches

    def _sentences(self, explanation: Explanation) -> list[tuple[str, str]]:
        """What is said of an instant: whom it is about, empty for everybody, and what keeps them from offering it."""
        names = {str(member.pk): member.display_name for member in self.members}
        several = len(names) > 1
        about: dict[str, list[str]] = {}
        for reason in explanation.reasons:
            about.setdefault(reason.why, []).extend([names[reason.host_id]] if reason.host_id and several else [])
        with_whom = about.pop("", None)
        sentences = [(wording.listed(who) if len(who) < len(names) else "", why) for why, who in about.items()]
        if with_whom is None:
            return sentences
        whom = wording.listed(with_whom or list(names.values()))
        return [("", gettext("offered with %(name)s") % {"name": whom} if several else gettext("offered")), *sentences]

    def _month(self) -> dict[str, Any]:
        """The month as rows of days; those of other months are None."""
        month = self.day.replace(day=1)
        last = choices.next_month(month) - timedelta(days=1)
        offer = offers.offer(
            page=self.page, service=self.service, first_date=month, last_date=last, zone=self.zone, now=self.now,
            staff=self.members,
        )  # fmt: skip
        counts = {day: len(found) for day, found in offer.days}
        changing = {
            change.on for zone in (self.zone, *self._hosts) for change in clock_changes.between(zone, month, last)
        }
        weeks = _MONTHS.monthdatescalendar(month.year, month.month)
        return {
            "title": self.clock.month(month),
            "changes": bool(changing),
            "weekdays": self.clock.weekdays(),
            "weeks": [
                [self._cell(day, counts, changing) if day.month == month.month else None for day in week]
                for week in weeks
            ],
            "previous": self._url(choices.previous_month(month)),
            "next": self._url(choices.next_month(month)),
        }

    def _cell(self, day: date, counts: dict[date, int], changing: set[date]) -> dict[str, Any]:
        return {
            "number": day.day,
            "url": self._url(day),
            "label": self.clock.day(day),
            "count": counts.get(day, 0),
            "chosen": day == self.day,
            "today": day == self.now.astimezone(self.zone).date(),
            "changes": day in changing,
            "left_out": clock_changes.left_out(self.zone, day),
        }

    def _url(self, day: date) -> str:
        asked = {"service": str(self.service.pk), "zone": self.zone.key, "day": day.isoformat()}
        return f"{reverse('staff:visitor', args=[self.page.pk])}?{urlencode(asked)}"

    def _public_url(self) -> str:
        """Where a visitor finds this day of a public service."""
        name = "meeting_type" if self.page.is_personal else "business_service"
        path = reverse(name, kwargs={"address": self.page.address, "service_id": self.service.pk})
        return f"{path}?{urlencode({'tz': self.zone.key, 'date': self.day.isoformat()})}"


def _sameness(instant: int, explanation: Explanation) -> Any:
    """What must be equal for instants to be one stretch; an offered time stands alone."""
    alone = instant if explanation.offered else None
    return alone, tuple((reason.code, reason.host_id, reason.why) for reason in explanation.reasons)
