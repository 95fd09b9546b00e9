"""Out of office: who is away on the days looked at, until when, and who can be booked instead (FEATURES 34)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q

from bookings.models import StaffMember, TimeOff
from bookings.services import entitled
from bookings.views.desk import Desk


def notice(desk: Desk, *, through: date | None = None) -> dict[str, Any]:
    """Who is away, until when, and the way to the colleague; empty where nobody is.

    Only of the one person there is to book, where a colleague is named, and customers may know of the staff. `through`:
    the last day of a month that has no free time at all; else only the day looked at counts. At most one query.
    """
    if len(desk.members) != 1 or desk.moving is not None or desk.page.hides_staff:
        return {}
    member, zone = desk.members[0], desk.choice.zone
    day = desk.choice.day or desk.now.astimezone(zone).date()
    starts_at = max(datetime.combine(day, time.min, zone), desk.now)
    ends_at = max(starts_at, datetime.combine(through or day, time.min, zone)) + timedelta(days=1)
    absence = (
        TimeOff.objects.filter(
            Q(staff_member=member) | Q(staff_member=None), page=desk.page, redirect_to__isnull=False,
            redirect_to__removed_at=None, redirect_to__page__deleted_at=None, starts_at__lt=ends_at,
            ends_at__gt=starts_at,
        )
        .select_related("redirect_to__page__mailbox", "redirect_to__page__tenant")
        .order_by("-ends_at")
        .first()
    )  # fmt: skip
    if absence is None or absence.redirect_to is None:
        return {}
    colleague = absence.redirect_to
    return {
        "who": member.display_name, "until": _until(desk, absence.ends_at), "colleague": colleague.display_name,
        "url": _address(desk, colleague),
    }  # fmt: skip


def _until(desk: Desk, ends_at: datetime) -> str:
    """The last whole day away where the host lives; in the middle of a day, the instant as the visitor reads it."""
    there = ends_at.astimezone(desk.host_zone)
    if there.time() == time.min:
        return desk.clock.day((there - timedelta(days=1)).date(), year=True)
    here = ends_at.astimezone(desk.choice.zone)
    return f"{desk.clock.day(here.date(), year=True)}, {desk.clock.time(here)}"


def _address(desk: Desk, colleague: StaffMember) -> str:
    """Where the colleague is booked: for the same service here, else on the page the colleague belongs to."""
    if desk.service.staff_choice and any(member.pk == colleague.pk for member in desk.team):
        return f"{desk.path}{replace(desk.choice, staff_id=colleague.pk).query()}"
    page = colleague.page
    is_open = page.pk != desk.page.pk and entitled.is_open(page, desk.now)
    # Whoever came by a private link is shown nothing else (S4.15).
    return page.path if is_open and desk.link is None else ""
