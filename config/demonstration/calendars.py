"""What already stands in the Outlook calendars of the sandbox, relative to this week.

Everything lies before 15:00 in the organisation's zone, so that the sample bookings of the afternoon stay clear of it.

| event                                    | shows                                             |
|------------------------------------------|---------------------------------------------------|
| Standup, Monday to Friday 09:15          | a series; one occurrence moved, one cancelled     |
| Team lunch, Thursday 12:00               | a series in two weeks' steps                      |
| Client workshop, Tuesday                 | a single event that blocks                        |
| Budget round, to be confirmed, Wednesday | tentative                                         |
| Dentist, Friday                          | private: its title is told to nobody              |
| Company day, next Wednesday              | a whole day, free: it does not block              |
| Training, Friday in a week               | a whole day out of office                         |
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from tenants.sandbox import calendar, seed, store
from tenants.sandbox.models import DirectoryUser, Event

STANDUP = "Standup"
_WORKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday"]


class Week:
    """The calendar of one mailbox in the week of a Monday."""

    def __init__(self, mailbox: DirectoryUser, monday: date, zone_name: str) -> None:
        self.mailbox, self.monday, self.zone_name = mailbox, monday, zone_name

    def at(self, day: int, hour: int, minute: int = 0) -> datetime:
        """An instant: `day` days after the Monday, on the wall clock."""
        local = datetime.combine(self.monday + timedelta(days=day), time(hour, minute), ZoneInfo(self.zone_name))
        return local.astimezone(UTC)

    def add(self, subject: str, start_at: datetime, minutes: int, **more: Any) -> Event:
        """One event, or a series."""
        return seed.create_event(
            mailbox=self.mailbox, subject=subject, start_at=start_at, end_at=start_at + timedelta(minutes=minutes),
            time_zone=self.zone_name, **more,
        )  # fmt: skip

    def whole_day(self, subject: str, day: int, show_as: str) -> Event:
        """An event without hours."""
        midnight = datetime.combine(self.monday + timedelta(days=day), time.min, UTC)
        return self.add(subject, midnight, 24 * 60, is_all_day=True, show_as=show_as)


def fill(mailbox: DirectoryUser, zone_name: str, now: datetime, *, variant: int) -> None:
    """This week's events and the next, once for every week. `variant` shifts them, so that people differ."""
    today = now.astimezone(ZoneInfo(zone_name)).date()
    week = Week(mailbox, today - timedelta(days=today.weekday()), zone_name)
    shift = variant % 3
    _series(week, now)
    for start in (0, 7):
        week.add("Client workshop", week.at(start + 1, 10 + shift), 120)
        week.add("Budget round, to be confirmed", week.at(start + 2, 11 + shift), 60, show_as="tentative")
        week.add("Dentist", week.at(start + 4, 10 + shift), 60, sensitivity="private")
    week.whole_day("Company day", 9, "free")
    week.whole_day("Training", 11 + 7 * shift, "oof")


def _series(week: Week, now: datetime) -> None:
    """The series, if the mailbox has none yet, with one occurrence moved and one cancelled."""
    if Event.objects.filter(mailbox=week.mailbox, subject=STANDUP).exists():
        return
    standup = week.add(STANDUP, week.at(0, 9, 15), 15, recurrence=_weekly(week.monday, _WORKDAYS, every=1))
    week.add(
        "Team lunch", week.at(3, 12), 60, recurrence=_weekly(week.monday + timedelta(days=3), ["thursday"], every=2)
    )
    with transaction.atomic():
        store.begin(week.mailbox)
        moved = store.occurrence_of(standup, week.monday + timedelta(days=8))
        dropped = store.occurrence_of(standup, week.monday + timedelta(days=9))
        if moved is not None:
            calendar.update(moved, {"start": _wall(week, 8, 13), "end": _wall(week, 8, 13, 30)}, now)
        if dropped is not None:
            calendar.delete(dropped, now)


def _weekly(first: date, days: list[str], *, every: int) -> dict[str, Any]:
    return {
        "pattern": {"type": "weekly", "interval": every, "daysOfWeek": days, "firstDayOfWeek": "monday"},
        "range": {"type": "noEnd", "startDate": first.isoformat()},
    }


def _wall(week: Week, day: int, hour: int, minute: int = 0) -> dict[str, str]:
    local = datetime.combine(week.monday + timedelta(days=day), time(hour, minute))
    return {"dateTime": local.isoformat(), "timeZone": week.zone_name}
