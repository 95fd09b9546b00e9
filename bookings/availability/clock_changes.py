"""When a zone's clocks are put forward or back.

| zone and date                  | change                                   | the date lasts |
|--------------------------------|------------------------------------------|----------------|
| Europe/Berlin 2026-03-29       | from 02:00 to 03:00                      | 23 h           |
| Europe/Berlin 2026-10-25       | from 03:00 back to 02:00                 | 25 h           |
| Australia/Lord_Howe 2026-04-05 | from 02:00 back to 01:30                 | 24 h 30 min    |
| America/Santiago 2026-09-06    | from 00:00 to 01:00                      | 23 h           |
| Pacific/Apia 2011-12-31        | from 00:00 to 00:00: 30 December was not | 24 h           |

Instants are UTC epoch seconds.
"""

from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tenants.scheduling import local_days


class Change(NamedTuple):
    """A change of the clocks on the local date `on`: at `instant` they go from `before` to `after`.

    Both are seconds since the midnight at which `on` began on the clock; `before` may lie on the day before or after.
    `by` is how far they are put forward, negative when they are put back; `lasts` how long the date is, in seconds.
    """

    on: date
    instant: int
    before: int
    after: int
    by: int
    lasts: int


def between(zone: ZoneInfo, first: date, last: date) -> list[Change]:
    """The changes on the dates from `first` to `last`, both included, in order."""
    day = timedelta(days=1)
    spans = sorted(span for found in local_days.local_days(zone, first - day, last + day) for span in found.spans)
    changes = []
    for earlier, later in pairwise(spans):
        if earlier.offset == later.offset:
            continue
        on = local_days.local_date(later.start, zone)
        if first <= on <= last:
            midnight = local_days.epoch_midnight(on)
            begin, end = local_days.window(zone, on, on)
            before, after = (later.start + offset - midnight for offset in (earlier.offset, later.offset))
            changes.append(Change(on, later.start, before, after, later.offset - earlier.offset, end - begin))
    return changes


def left_out(zone: ZoneInfo, day: date) -> bool:
    """Whether the zone's calendar has no such date."""
    return not local_days.local_day(zone, day).spans
