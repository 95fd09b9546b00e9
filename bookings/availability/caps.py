"""Which days, weeks and months of a service are full.

A cap is the most bookings that start in one day, in one week (from Monday) or in one month of the page's zone. What
counts is decided by the caller: every booking that takes place or waits for approval.

| caps              | bookings so far      | full                    |
|-------------------|----------------------|-------------------------|
| 2 a day           | Mon 09:00, Mon 15:00 | Monday                  |
| 2 a day           | Mon 09:00, Tue 15:00 | nothing                 |
| 2 a week          | Mon 09:00, Sun 23:30 | Monday to Sunday        |
| 2 a month         | 1 and 30 November    | November                |
| 1 a day, 2 a week | Mon 09:00, Tue 15:00 | both days, and the week |

Instants are UTC epoch seconds; a day lasts from one local midnight to the next, however long the clocks make it.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from tenants.scheduling import intervals, local_days
from tenants.scheduling.intervals import Interval

Span = Literal["day", "week", "month"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """The most bookings that start in each span; None for as many as there is time for."""

    day: int | None = None
    week: int | None = None
    month: int | None = None

    def __bool__(self) -> bool:
        return any((self.day, self.week, self.month))


class Full(NamedTuple):
    """A stretch `[start, end)` in which as many bookings start as may: `most` in one `span`."""

    start: int
    end: int
    span: Span
    most: int


def reach(caps: Caps, zone: ZoneInfo, start: int, end: int) -> Interval:
    """The period whose bookings have to be known to tell what is full in `[start, end)`."""
    stretches = [local_days.window(zone, first, last) for _, _, first, last in _spans(caps, zone, start, end)]
    known = [(begin, until) for begin, until in stretches if begin < until]
    return min(begin for begin, _ in known), max(until for _, until in known)


def full(caps: Caps, zone: ZoneInfo, start: int, end: int, starts: Sequence[int]) -> list[Full]:
    """What of `[start, end)` is full, given the sorted `starts` of all bookings within `reach`, days first."""
    found = []
    for span, most, first, last in _spans(caps, zone, start, end):
        begin, until = local_days.window(zone, first, last)
        if bisect_left(starts, until) - bisect_left(starts, begin) >= most and begin < until:
            found.append(Full(begin, until, span, most))
    return found


def merged(found: Sequence[Full]) -> list[Interval]:
    """The stretches in which nothing may start any more, as `Rules.full` takes them."""
    return intervals.merge((stretch.start, stretch.end) for stretch in found)


def _spans(caps: Caps, zone: ZoneInfo, start: int, end: int) -> Iterator[tuple[Span, int, date, date]]:
    """Every day, week and month that touches `[start, end)` and has a cap: which, how many, first and last date."""
    first, last = local_days.dates_touching(zone, start, end)
    if caps.day:
        for ordinal in range(first.toordinal(), last.toordinal() + 1):
            day = date.fromordinal(ordinal)
            yield "day", caps.day, day, day
    if caps.week:
        monday = first - timedelta(days=first.weekday())
        while monday <= last:
            yield "week", caps.week, monday, monday + timedelta(days=6)
            monday += timedelta(days=7)
    if caps.month:
        month = first.replace(day=1)
        while month <= last:
            following = (month + timedelta(days=31)).replace(day=1)
            yield "month", caps.month, month, following - timedelta(days=1)
            month = following
