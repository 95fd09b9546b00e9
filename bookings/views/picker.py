"""Day and time as the template shows them: a month, the times of a day, the zones, and the way on from nothing."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from django.utils.text import get_text_list
from django.utils.translation import gettext

from bookings.availability.rules import Slot
from bookings.models import StaffMember
from bookings.views import away, zones
from bookings.views import choice as choices
from bookings.views import clock as clocks
from bookings.views.desk import Desk

_MONTHS = calendar.Calendar(firstweekday=calendar.MONDAY)


def whole(desk: Desk) -> dict[str, Any]:
    """Calendar and times; without any time in the month, the next free day."""
    days = dict(desk.month().days)
    chosen = desk.choice.day if desk.choice.day in days else None
    chosen = chosen or next((day for day, found in days.items() if found), None)
    return {
        "calendar": _calendar(desk, days, chosen),
        "times": _times(desk, chosen, days.get(chosen, []) if chosen else []),
        "away": away.notice(desk, through=None if chosen else max(days, default=None)),
        **preferences(desk),
    }


def times_only(desk: Desk, day: date) -> dict[str, Any]:
    """The times of one day."""
    found = dict(desk.offer(day, day).days)
    return {"times": _times(desk, day, found.get(day, []))}


def preferences(desk: Desk) -> dict[str, Any]:
    """Zone and person, to choose from."""
    zone, day = desk.choice.zone, desk.choice.day
    return {
        "zone": zone.key,
        "zone_label": zones.label(zone, desk.now),
        "zone_options": zones.options(desk.now.astimezone(UTC).date()),
        "host_zone": "" if same_clock(desk, desk.now) else zones.label(desk.host_zone, desk.now),
        "team": [(str(m.pk), m.display_name, m.pk == desk.choice.staff_id) for m in desk.team]
        if desk.may_choose_staff
        else [],
        "staff_id": desk.choice.staff_id or "",
        "kept": [("date", day.isoformat()) if day else ("month", f"{desk.choice.month:%Y-%m}"), *desk.choice.carried],
    }


def same_clock(desk: Desk, at: datetime) -> bool:
    """Whether visitor and host read the same time at that instant."""
    return at.astimezone(desk.choice.zone).utcoffset() == at.astimezone(desk.host_zone).utcoffset()


def summary(desk: Desk, at: datetime | None = None) -> dict[str, Any]:
    """What, when, where, with whom."""
    service = desk.service
    facts: dict[str, Any] = {
        "title": service.title,
        "description": service.description,
        "duration": clocks.duration(service.duration),
        "is_online": service.is_online,
        "location": service.location,
        "price": service.price_text,
        "host": desk.page.display_name,
        "initials": initials(desk.page.display_name),
        "person": _people(desk),
        "anyone": desk.may_choose_staff and len(desk.members) > 1,
        "seats": service.seats if service.seats > 1 else 0,
        "private": desk.link is not None,
    }
    return facts | (when(desk, at) if at else {})


def _people(desk: Desk) -> str:
    """With whom, where that is known: the one person there is, or everybody who takes part."""
    if desk.page.is_personal or desk.page.hides_staff or not (desk.needs_everybody or len(desk.members) == 1):
        return ""
    return together(desk.members)


def together(people: Sequence[StaffMember]) -> str:
    """`Ana, Ben and Carla`."""
    return get_text_list([member.display_name for member in people], gettext("and"))


def when(desk: Desk, at: datetime) -> dict[str, str]:
    """The chosen time in the visitor's zone, and in the host's where it differs."""
    start, end = at.astimezone(desk.choice.zone), (at + desk.service.duration).astimezone(desk.choice.zone)
    there = at.astimezone(desk.host_zone)
    other_day = f"{desk.clock.day(there.date())}, " if there.date() != start.date() else ""
    host = "" if same_clock(desk, at) else f"{other_day}{desk.clock.time(there)}"
    return {
        "day": desk.clock.day(start.date(), year=True),
        "times": desk.clock.times(start, end),
        "zone": zones.label(desk.choice.zone, at),
        "host_time": host,
        "host_zone": zones.city(desk.host_zone),
        "change": f"{desk.path}{desk.choice.query(date=start.date().isoformat())}",
    }


def initials(name: str) -> str:
    """The first letters of the first and the last word."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


def _calendar(desk: Desk, days: dict[date, list[Slot]], chosen: date | None) -> dict[str, Any]:
    month, base = desk.choice.month, f"{desk.path}{desk.choice.query(date='')}"
    today = desk.now.astimezone(desk.choice.zone).date()
    first, last = today.replace(day=1), desk.latest.astimezone(desk.choice.zone).date().replace(day=1)
    weeks = [
        [
            {
                "number": day.day,
                "url": f"{base}{day.isoformat()}" if days.get(day) else "",
                "label": desk.clock.day(day),
                "chosen": day == chosen,
                "today": day == today,
            }
            if day.month == month.month
            else None
            for day in week
        ]
        for week in _MONTHS.monthdatescalendar(month.year, month.month)
    ]
    return {
        "title": desk.clock.month(month),
        "weekdays": desk.clock.weekdays(),
        "weeks": weeks,
        "previous": _month_url(desk, choices.previous_month(month)) if month > first else "",
        "next": _month_url(desk, choices.next_month(month)) if month < last else "",
    }


def _times(desk: Desk, day: date | None, found: Sequence[Slot]) -> dict[str, Any]:
    zone, clock = desk.choice.zone, desk.clock
    base = f"{desk.path}{desk.choice.query(time='')}"
    rows = []
    for slot in found:
        at = datetime.fromtimestamp(slot.start, zone)
        seats = slot.seats_left if desk.service.seats > 1 else 0
        rows.append({"label": clock.time(at), "url": f"{base}{choices.as_text(at)}", "seats": seats})
    noon = datetime.combine(day, time(12), zone) if day else desk.now
    shown: dict[str, Any] = {"day": clock.day(day) if day else "", "rows": rows, "zone": zones.label(zone, noon)}
    if desk.service.waiting_list and desk.moving is None:
        shown["wait_url"] = f"{desk.path}{desk.choice.query(waiting='', **({'date': day.isoformat()} if day else {}))}"
    if not rows:
        shown["next_day"], shown["next_url"] = _next_free(desk, day)
    return shown


def _next_free(desk: Desk, day: date | None) -> tuple[str, str]:
    month_end = choices.next_month(desk.choice.month)
    after = day or date.fromordinal(month_end.toordinal() - 1)
    found = desk.next_free_day(after)
    if found is None:
        return "", ""
    return desk.clock.day(found, year=True), f"{desk.path}{desk.choice.query(date=found.isoformat())}"


def _month_url(desk: Desk, month: date) -> str:
    return f"{desk.path}{desk.choice.query(month=f'{month:%Y-%m}')}"
