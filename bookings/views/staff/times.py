"""A week of times on offer for staff to choose from, and any other time that they type.

| parameter | means                                                        | without it                  |
|-----------|--------------------------------------------------------------|-----------------------------|
| `week`    | a day of the week shown, `2026-12-01`                        | the week to begin with      |
| `at`      | the instant chosen from the offer, `2026-12-01T08:00Z`       | none yet                    |
| `free`    | a wall-clock time of the member's own zone: whatever the     | none                        |
|           | page's hours and limits, as long as nobody is busy then      |                             |
"""

from __future__ import annotations

import uuid
import zoneinfo
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.models import BookingPage, Service, StaffMember
from bookings.services import offers
from bookings.views import choice as choices
from bookings.views import clock
from bookings.views.staff.forms import instant_field
from tenants.access import MemberRequest

WEEK = timedelta(days=7)
#: How far ahead weeks are shown.
FURTHEST = timedelta(days=730)


class FreeForm(forms.Form):
    """A time that nobody offers."""

    free = instant_field(gettext_lazy("Any other time"))


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the address says: an instant, and whether it was typed rather than offered."""

    at: datetime | None
    freely: bool
    form: FreeForm


def chosen(query: Any, now: datetime) -> Chosen:
    """Reads the choice; typed times are in the zone that is active."""
    if "free" in query:
        form = FreeForm({"free": query["free"]})
        return Chosen(form.cleaned_data["free"] if form.is_valid() else None, True, form)
    soon = (now + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
    return Chosen(choices.instant(query.get("at", "")), False, FreeForm(initial={"free": soon}))


def week(
    request: MemberRequest, *, page: BookingPage, service: Service, members: Sequence[StaffMember], now: datetime,
    kept: dict[str, str], ignoring: Collection[uuid.UUID] = (), start: datetime | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The days of a week with their times as addresses; `kept` stays in every address. Days of the member's zone.

    The week asked for, else the one of `start`, else the first that has a time.
    """
    zone = zoneinfo.ZoneInfo(request.user.time_zone)
    today, reader = timezone.localdate(now), clock.of(request)
    asked = _day(request.GET.get("week", ""))
    who: dict[str, Any] = {
        "page": page, "service": service, "staff": members, "zone": zone, "now": now, "ignoring": ignoring,
    }  # fmt: skip
    if asked is None and start is None:
        asked = offers.next_free_day(after=today - timedelta(days=1), **who)
    shown = min(max(asked or (timezone.localdate(start) if start else today), today), today + FURTHEST)
    monday = shown - timedelta(days=shown.weekday())
    found = offers.offer(first_date=max(monday, today), last_date=monday + WEEK - timedelta(days=1), **who)
    base = f"?{urlencode(kept)}&" if kept else "?"

    def link(slot: Any) -> tuple[str, str, bool]:
        at = datetime.fromtimestamp(slot.start, zone)
        return reader.time(at), f"{base}{urlencode({'at': choices.as_text(at)})}", at == start

    return {
        "title": f"{reader.day(monday)} – {reader.day(monday + WEEK - timedelta(days=1))}",
        "days": [
            (date_format(day, "l"), date_format(day, _("j M")), [link(slot) for slot in slots])
            for day, slots in found.days
        ],
        "previous": f"{base}week={max(monday - WEEK, today).isoformat()}" if monday > today else "",
        "next": f"{base}week={(monday + WEEK).isoformat()}" if monday + WEEK < today + FURTHEST else "",
        "zone": zone.key,
        "kept": list(kept.items()),
        "is_empty": not found.slots,
    }


def said(request: HttpRequest, at: datetime, length: timedelta) -> str:
    """`Tuesday 1 December 2026, 09:00 – 09:30` on the member's clock."""
    start, end = timezone.localtime(at), timezone.localtime(at + length)
    reader = clock.of(request)
    return f"{reader.day(start.date(), year=True)}, {reader.times(start, end)}"


def nearest(request: HttpRequest, found: Sequence[datetime], kept: dict[str, str]) -> list[tuple[str, str]]:
    """Other times, in words and as addresses."""
    reader = clock.of(request)
    local = [timezone.localtime(at) for at in found]
    return [
        (f"{reader.day(at.date())}, {reader.time(at)}", f"?{urlencode(kept | {'at': choices.as_text(at)})}")
        for at in local
    ]


def _day(text: str) -> date | None:
    found = choices.instant(f"{text}T12:00Z")
    return datetime.combine(found.date(), time.min).date() if found else None
