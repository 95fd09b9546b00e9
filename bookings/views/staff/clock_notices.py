"""What is said about a day on which clocks change."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from datetime import date, timedelta

from django.utils.translation import gettext as _

from bookings.availability import clock_changes
from bookings.availability.clock_changes import Change
from bookings.views import zones
from bookings.views.clock import Clock, duration
from tenants.scheduling.weekly_hours import wall_text

_DAY = 86_400


def notices(day: date, zone: zoneinfo.ZoneInfo, hosts: Sequence[zoneinfo.ZoneInfo], clock: Clock) -> list[str]:
    """The sentences about `day`: for the visitor's own `zone`, and for the zones of the `hosts` where they differ."""
    sentences = [_own(change, zone) for change in clock_changes.between(zone, day, day)]
    if clock_changes.left_out(zone, day):
        names = {"place": zones.city(zone), "day": clock.day(day, year=True)}
        sentences.append(_("In %(place)s there was no %(day)s: the calendar went on to the day after.") % names)
    for host in hosts:
        sentences += [_theirs(change, host, zone) for change in clock_changes.between(host, day, day)]
    return sentences


def _own(change: Change, zone: zoneinfo.ZoneInfo) -> str:
    names = {
        "place": zones.city(zone), "before": _clock(change.before), "after": _clock(change.after),
        "length": duration(timedelta(seconds=change.lasts)),
    }  # fmt: skip
    if change.by >= _DAY:
        return _("In %(place)s the day before was left out: the calendar went on by a whole day.") % names
    if change.by > 0:
        return _(
            "In %(place)s the clocks go forward from %(before)s to %(after)s: the times between do not exist, and the "
            "day has %(length)s."
        ) % names  # fmt: skip
    return _(
        "In %(place)s the clocks go back from %(before)s to %(after)s: the times between come twice, only the first is "
        "offered, and the day has %(length)s."
    ) % names  # fmt: skip


def _theirs(change: Change, host: zoneinfo.ZoneInfo, visitor: zoneinfo.ZoneInfo) -> str:
    names = {
        "place": zones.city(host), "visitor": zones.city(visitor), "by": duration(timedelta(seconds=abs(change.by))),
    }  # fmt: skip
    if change.by > 0:
        return _("In %(place)s the clocks go forward by %(by)s: from then on visitors in %(visitor)s find the same "
                 "working hours %(by)s earlier.") % names  # fmt: skip
    return _("In %(place)s the clocks go back by %(by)s: from then on visitors in %(visitor)s find the same working "
             "hours %(by)s later.") % names  # fmt: skip


def _clock(second: int) -> str:
    """The wall clock; what lies a day before or after is shown as its clock shows it."""
    return "24:00" if second == _DAY else wall_text(second % _DAY)
