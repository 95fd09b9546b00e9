"""How much each of the organisation's booking calendars is used (S0.21)."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.models import BookingPage
from bookings.services import usage
from bookings.services.usage import Usage
from bookings.views.organisation.desk import organisation_page, show
from bookings.views.staff import sheets
from tenants.access import MemberRequest
from tenants.fields import validate_near

PER_PAGE = 50
#: What is counted unless other days are asked for.
USUAL = timedelta(days=365)
HEAD = (
    "calendar", "address", "kind", "state", "bookings", "cancelled", "noShows", "staff", "lastBooked", "lastMeeting",
)  # fmt: skip


class UsageFilter(forms.Form):
    """Which calendars, in which days of the reader's zone."""

    q = forms.CharField(label=_("Name or address"), required=False, max_length=254)
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("All")), *BookingPage.Kind.choices])
    show = forms.ChoiceField(
        label=_("Show"), required=False,
        choices=[("", _("By name")), ("latest", _("Last booked first")), ("unused", _("Never booked"))],
    )  # fmt: skip
    first = forms.DateField(
        label=_("From"), required=False, validators=[validate_near], widget=forms.DateInput(attrs={"type": "date"})
    )
    last = forms.DateField(
        label=_("Until"), required=False, validators=[validate_near], widget=forms.DateInput(attrs={"type": "date"})
    )

    def clean(self) -> dict[str, Any]:
        """The first day comes first."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("first") and cleaned.get("last") and cleaned["first"] > cleaned["last"]:
            self.add_error("last", _("The end must come after the start."))
        return cleaned


@organisation_page
def index(request: MemberRequest) -> HttpResponse | StreamingHttpResponse:
    """Every calendar with its numbers; `?format=csv`: all of them as a file."""
    now, data = timezone.now(), request.GET.copy()
    today = now.astimezone(zoneinfo.ZoneInfo(request.user.time_zone)).date()
    data["last"] = data.get("last") or (today + USUAL).isoformat()
    data["first"] = data.get("first") or (today - USUAL).isoformat()
    form = UsageFilter(data)
    found, period = asked(form, request.user.time_zone)
    if request.GET.get("format") == "csv":
        rows = (line(one, now) for one in usage.of(found.iterator(chunk_size=500), **period))
        return sheets.streamed("usage", HEAD, rows, tenant=request.tenant)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("p"))
    kept = request.GET.copy()
    kept.pop("p", None)
    rows_shown = [(one, one.page.state(now)) for one in usage.of(page.object_list, **period)]
    context = {"form": form, "page": page, "rows": rows_shown, "kept": kept.urlencode()}
    return show(request, "organisation/usage.html", context, tab="usage")


def asked(form: UsageFilter, zone: str) -> tuple[Any, dict[str, datetime]]:
    """The calendars and the period that the filter asks for; none where it makes no sense."""
    if not form.is_valid():
        epoch = datetime(2000, 1, 1, tzinfo=UTC)
        return usage.calendars().none(), {"starts_at": epoch, "ends_at": epoch}
    wanted, local = form.cleaned_data, zoneinfo.ZoneInfo(zone)
    starts_at = datetime.combine(wanted["first"], time.min, local).astimezone(UTC)
    ends_at = datetime.combine(wanted["last"] + timedelta(days=1), time.min, local).astimezone(UTC)
    choice = wanted["show"]
    found = usage.calendars(
        kind=wanted["kind"], search=wanted["q"], unused=choice == "unused", by_use=choice == "latest"
    )
    return found, {"starts_at": starts_at, "ends_at": ends_at}


def line(one: Usage, now: datetime) -> tuple[Any, ...]:
    """One calendar as a row of the file; instants as ISO 8601, UTC."""
    page = one.page
    state = "inTrash" if page.deleted_at else str(page.state(now))
    return (
        page.display_name, page.mailbox.address, page.kind, state, one.bookings, one.cancelled, one.no_shows, one.staff,
        *(at.astimezone(UTC).isoformat() if at else "" for at in (one.last_booked_at, one.last_starts_at)),
    )  # fmt: skip
