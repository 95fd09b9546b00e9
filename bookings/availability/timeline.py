"""A person's day as contiguous items: what Microsoft's getStaffAvailability answers.

| The person is                           | Item             |
|-----------------------------------------|------------------|
| outside working hours, whatever else    | `outOfOffice`    |
| out of office by Outlook or by time off | `outOfOffice`    |
| working, in a group session with seats  | `slotsAvailable` |
| working, and busy                       | `busy`           |
| working, and free                       | `available`      |

Lead time, grid and buffers play no part. Working from 08:00 to 17:00 with events 09:00-13:00 and 14:00-16:00, asked
for a day from the morning of 23 June on (S1.24):

| Item          | From        | To          |
|---------------|-------------|-------------|
| `outOfOffice` | 23.06 00:00 | 23.06 08:00 |
| `available`   | 23.06 08:00 | 23.06 09:00 |
| `busy`        | 23.06 09:00 | 23.06 13:00 |
| `available`   | 23.06 13:00 | 23.06 14:00 |
| `busy`        | 23.06 14:00 | 23.06 16:00 |
| `available`   | 23.06 16:00 | 23.06 17:00 |
| `outOfOffice` | 23.06 17:00 | 24.06 00:00 |
| `outOfOffice` | 24.06 00:00 | 24.06 08:00 |

How far it reaches. The samples of S1.24 and S1.25 were asked from a moment of one day to the same moment of the next.
The answers begin at the first day's local midnight, are split at every local midnight, and hold items whole. The last
day is there from its midnight on even when nothing is offered (S1.25), and goes no further than the window asks: 24
June ends with the item that was running. Hence the rule: an item belongs to the answer when it starts before the
window ends, or when it is the first item of the day on which the window ends; no item is cut at the edge of the
window.

| Window ends on 24.06 at | Last item           |
|-------------------------|---------------------|
| 00:00, 07:30, 08:00     | 24.06 00:00 - 08:00 |
| 10:00                   | 24.06 08:00 - 17:00 |
"""

from bisect import bisect_left, bisect_right
from itertools import pairwise
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from tenants.scheduling import intervals, local_days
from tenants.scheduling.intervals import Interval, Intervals

Status = Literal["available", "busy", "slotsAvailable", "outOfOffice"]


class Item(NamedTuple):
    """One stretch of a person's time, `[start, end)` in UTC epoch seconds."""

    status: Status
    start: int
    end: int


def covered(window_start: int, window_end: int, zone: ZoneInfo) -> Interval:
    """Return the whole local days that a timeline of the window needs hours and busy times for."""
    first = local_days.local_date(window_start, zone)
    last = local_days.local_date(max(window_start, window_end), zone)
    return local_days.window(zone, first, last)


def timeline(
    *,
    opened: Intervals,
    busy: Intervals,
    window_start: int,
    window_end: int,
    zone: ZoneInfo,
    out_of_office: Intervals = (),
    free_seats: Intervals = (),
) -> list[Item]:
    """Return the items of one person: contiguous, from the first local midnight of `zone` on, split at every midnight.

    `opened` and `busy` must reach over `covered(...)`. `free_seats` are group sessions of the asked service that have
    places left; they count before `busy`.
    """
    first, last = covered(window_start, window_end, zone)
    working = intervals.subtract(intervals.merge(intervals.clip(opened, first, last)), out_of_office)
    midnights = _midnights(first, last, zone)
    items = [
        Item(status, start, end)
        for status, periods in _statuses(first, last, working, busy, free_seats)
        for period in intervals.merge(periods)
        for start, end in _split(period, midnights)
    ]
    items.sort(key=lambda item: item.start)
    edge = max(window_end, midnights[bisect_right(midnights, max(window_start, window_end)) - 1] + 1)
    return [item for item in items if item.start < edge]


def _statuses(
    first: int, last: int, working: Intervals, busy: Intervals, free_seats: Intervals
) -> list[tuple[Status, list[Interval]]]:
    """Share `[first, last)` out among the statuses."""
    seats = intervals.intersect(working, free_seats)
    rest = intervals.subtract(working, seats)
    return [
        ("outOfOffice", intervals.subtract([(first, last)], working)),
        ("slotsAvailable", seats),
        ("busy", intervals.intersect(rest, busy)),
        ("available", intervals.subtract(rest, busy)),
    ]


def _midnights(first: int, last: int, zone: ZoneInfo) -> list[int]:
    """Return the instants in `[first, last)` at which the date changes, `first` among them."""
    first_date, last_date = local_days.dates_touching(zone, first, last)
    spans = sorted(
        (span.start, day.date) for day in local_days.local_days(zone, first_date, last_date) for span in day.spans
    )
    changes = [first]
    for (_, before), (start, after) in pairwise(spans):
        if before != after and first < start < last:
            changes.append(start)
    return changes


def _split(period: Interval, cuts: list[int]) -> list[Interval]:
    """Cut a period at the instants that lie inside it."""
    start, end = period
    inside = cuts[bisect_right(cuts, start) : bisect_left(cuts, end)]
    return list(zip([start, *inside], [*inside, end], strict=True))
