"""Weekly working hours as wall-clock rules, and what they mean on the time line.

An instant is open if and only if its local wall time, in the zone of the person whose hours these are, lies in an
interval of its local date. Hours are never stored as instants; they are expanded day by day, so that 09:00 stays 09:00
all year.

| Rule        | Night                                    | Open                                   |
|-------------|------------------------------------------|----------------------------------------|
| 09:00-17:00 | any                                      | 8 hours from the local 09:00           |
| 02:30-05:00 | Berlin 2026-03-29, 02:00-03:00 missing   | 03:00-05:00, two hours                 |
| 01:00-04:00 | Berlin 2026-10-25, 02:00-03:00 twice     | one piece of four hours                |
| 01:00-02:30 | the same night                           | 01:00-02:30, and 02:00-02:30 once more |
| 01:00-04:00 | Lord Howe 2026-04-05, half an hour twice | one piece of three and a half hours    |
| any         | Apia 2011-12-30                          | never: the date was left out           |

Time that the clock shows for the second time is open but is no time to start at; `local_days.repeated_time` lists it.

Every expanded piece carries the grid of its own interval: two pieces that touch (a morning and an afternoon, or 24:00
and the next day's 00:00) are not joined.

Wall-clock times inside are seconds since local midnight, 0 to 86,400; as text they are `HH:MM`, an end may be `24:00`.
Hours past midnight are written as two intervals, `22:00-24:00` and the next day's `00:00-02:00`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Self
from zoneinfo import ZoneInfo

from tenants.scheduling.intervals import Interval
from tenants.scheduling.local_days import DAY, LocalDay, epoch_midnight, local_days
from tenants.scheduling.words import gettext, gettext_noop

DAY_KEYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

WallIntervals = tuple[Interval, ...]
Overrides = Mapping[date, WallIntervals]

_TIME = re.compile(r"([01]\d|2[0-4]):([0-5]\d)", re.ASCII)


class InvalidHours(ValueError):
    """Working hours that cannot be meant; the text is a sentence for whoever typed them."""


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """The open intervals of each weekday, Monday first, in seconds since local midnight, sorted."""

    days: tuple[WallIntervals, ...]

    def __post_init__(self) -> None:
        if len(self.days) != len(DAY_KEYS):
            raise InvalidHours(gettext("Working hours need seven days."))
        for name, intervals in zip(DAY_NAMES, self.days, strict=True):
            _check(intervals, name)

    @classmethod
    def parse(cls, data: object) -> Self:
        """Read `{"mon": [["09:00", "12:30"]], ...}`; a missing day is closed. Raise InvalidHours."""
        if not isinstance(data, Mapping):
            raise InvalidHours(gettext("Working hours must be given by weekday."))
        unknown = [key for key in data if key not in DAY_KEYS]
        if unknown:
            names = {"word": unknown[0], "days": ", ".join(DAY_KEYS)}
            raise InvalidHours(gettext("“%(word)s” is no weekday; use %(days)s.") % names)
        named = zip(DAY_KEYS, DAY_NAMES, strict=True)
        return cls(tuple(parse_intervals(data.get(key, ()), name=name) for key, name in named))

    def dump(self) -> dict[str, list[list[str]]]:
        """Return the shape that `parse` reads, with all seven days."""
        return {key: dump_intervals(intervals) for key, intervals in zip(DAY_KEYS, self.days, strict=True)}


def parse_intervals(data: object, *, name: str = gettext_noop("This day")) -> WallIntervals:
    """Read `[["09:00", "12:30"], ...]` into sorted seconds since midnight. Raise InvalidHours, naming the day."""
    if not isinstance(data, Sequence) or isinstance(data, str):
        raise _refused(name, gettext("give a list of intervals such as 09:00-17:00"))
    intervals = tuple(sorted(_parse_interval(entry, name) for entry in data))
    _check(intervals, name)
    return intervals


def dump_intervals(intervals: WallIntervals) -> list[list[str]]:
    """Return wall-clock intervals as pairs of `HH:MM`."""
    return [[wall_text(start), wall_text(end)] for start, end in intervals]


def wall_text(second: int) -> str:
    """Return seconds since local midnight as `HH:MM`; the end of the day is `24:00`."""
    return f"{second // 3_600:02}:{second // 60 % 60:02}"


def expand(
    hours: WeeklyHours, overrides: Overrides, zone: ZoneInfo, first_date: date, last_date: date
) -> list[Interval]:
    """Return the open time of the dates, both included, as sorted pieces in UTC epoch seconds.

    `overrides` replaces the hours of single dates; an empty entry closes the date. `zone` is the zone the hours are
    meant in. The pieces are disjoint; touching ones stay apart, because each carries the grid of its own interval.
    """
    opened: list[Interval] = []
    ordered = True
    for day in local_days(zone, first_date, last_date):
        intervals = overrides.get(day.date)
        if intervals is None:
            intervals = hours.days[day.date.weekday()]
        if intervals:
            pieces = _pieces(day, intervals)
            ordered = ordered and not (opened and pieces and pieces[0] < opened[-1])
            opened += pieces
    return opened if ordered else sorted(opened)


@lru_cache(maxsize=16_384)
def _pieces(day: LocalDay, intervals: WallIntervals) -> tuple[Interval, ...]:
    """Return the instants of one local day whose wall time lies in an interval, sorted."""
    if len(day.spans) == 1 and day.end - day.start == DAY:
        return tuple((day.start + start, day.start + end) for start, end in intervals)
    midnight = epoch_midnight(day.date)
    found: list[Interval] = []
    for wall_start, wall_end in intervals:
        pieces: list[Interval] = []
        for span in day.spans:
            start = max(span.start, midnight + wall_start - span.offset)
            end = min(span.end, midnight + wall_end - span.offset)
            if start < end and pieces and pieces[-1][1] == start:
                pieces[-1] = (pieces[-1][0], end)
            elif start < end:
                pieces.append((start, end))
        found += pieces
    return tuple(sorted(found))


def _parse_interval(entry: object, name: str) -> Interval:
    """Read one `["09:00", "12:30"]`."""
    if not isinstance(entry, Sequence) or isinstance(entry, str) or len(entry) != 2:
        raise _refused(name, gettext("an interval needs a start and an end, such as 09:00-17:00"))
    start, end = (_parse_time(text, name) for text in entry)
    return start, end


def _parse_time(text: object, name: str) -> int:
    """Read `HH:MM` into seconds since midnight; `24:00` is the end of the day."""
    match = _TIME.fullmatch(text) if isinstance(text, str) else None
    second = int(match[1]) * 3_600 + int(match[2]) * 60 if match else DAY + 1
    if second > DAY:
        why = gettext("“%(time)s” is no time of day; use HH:MM from 00:00 to 24:00") % {"time": text}
        raise _refused(name, why)
    return second


def _check(intervals: WallIntervals, name: str) -> None:
    """Refuse intervals that are reversed, out of the day, unsorted or overlapping."""
    for start, end in intervals:
        if not 0 <= start < end <= DAY:
            raise _refused(name, gettext("%(period)s must end after it begins") % {"period": _text((start, end))})
    for earlier, later in pairwise(intervals):
        if later[0] < earlier[1]:
            names = {"one": _text(earlier), "other": _text(later)}
            raise _refused(name, gettext("%(one)s and %(other)s overlap") % names)


def _refused(name: str, why: str) -> InvalidHours:
    """Return what to raise about one day."""
    return InvalidHours(f"{gettext(name)}: {why}.")


def _text(interval: Interval) -> str:
    """Return `09:00-12:30`."""
    return f"{wall_text(interval[0])}-{wall_text(interval[1])}"


_NINE_TO_FIVE: WallIntervals = ((9 * 3_600, 17 * 3_600),)
DEFAULT = WeeklyHours((_NINE_TO_FIVE,) * 5 + ((),) * 2)
