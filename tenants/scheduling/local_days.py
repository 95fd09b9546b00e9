"""Local days of a time zone as instants, and instants as local text.

A local day is the set of instants whose wall clock shows that date. It is described by *spans*: pieces of constant
offset, in order.

| day                         | spans (UTC)                                  | why                           |
|-----------------------------|----------------------------------------------|-------------------------------|
| 2026-06-01 in Europe/Berlin | 31 May 22:00 - 1 Jun 22:00 at +2 h           | plain: one span of 24 h       |
| 2026-03-29 in Europe/Berlin | 23:00 - 01:00 at +1 h, 01:00 - 22:00 at +2 h | 23 h, 02:00-03:00 is missing  |
| 2026-10-25 in Europe/Berlin | 22:00 - 01:00 at +2 h, 01:00 - 23:00 at +1 h | 25 h, 02:00-03:00 comes twice |
| 2011-12-30 in Pacific/Apia  | none                                         | the day was left out          |

Time is *repeated* where the clock was put back and shows what it has shown before (`fold=1`): on 2026-10-25 in Berlin
01:00-02:00 UTC.

Instants are UTC epoch seconds, offsets seconds east of Greenwich, dates `datetime.date`. A day is worked out once per
zone and kept. An offset that comes and goes again within two days would be missed; no zone has had one since 1970.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tenants.scheduling.intervals import Interval

DAY = 86_400
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
# Clocks on Earth run between UTC-12 and UTC+14; a date line change may make it a full day.
FURTHEST_OFFSET = 16 * 3_600


class Span(NamedTuple):
    """A piece of a local day with one offset: `[start, end)` in epoch seconds, `offset` in seconds."""

    start: int
    end: int
    offset: int


class LocalDay(NamedTuple):
    """One date of a zone. `start` and `end` bound its spans; both are 0 when the zone left the date out."""

    date: date
    start: int
    end: int
    spans: tuple[Span, ...]
    repeated: tuple[Interval, ...]


def epoch_day(day: date) -> int:
    """Return the date as the number of days since 1 January 1970."""
    return day.toordinal() - EPOCH_ORDINAL


def epoch_midnight(day: date) -> int:
    """Return the epoch second at which the date begins in UTC."""
    return epoch_day(day) * DAY


def offset_at(instant: int, zone: ZoneInfo) -> int:
    """Return the zone's offset at the instant, in seconds east of Greenwich."""
    offset = datetime.fromtimestamp(instant, zone).utcoffset() or timedelta()
    return offset.days * DAY + offset.seconds


@lru_cache(maxsize=16_384)
def local_day(zone: ZoneInfo, day: date) -> LocalDay:
    """Return the spans of one date in a zone."""
    midnight = epoch_midnight(day)
    pieces = _constant_offsets(zone, midnight - FURTHEST_OFFSET - DAY, midnight + FURTHEST_OFFSET + DAY)
    spans: list[Span] = []
    repeated: list[Interval] = []
    offset_before = pieces[0].offset
    for start, end, offset in pieces:
        first, last = max(start, midnight - offset), min(end, midnight + DAY - offset)
        if first < last:
            spans.append(Span(first, last, offset))
            second_pass_ends = min(last, start + offset_before - offset)
            if first < second_pass_ends:
                repeated.append((first, second_pass_ends))
        offset_before = offset
    if not spans:
        return LocalDay(day, 0, 0, (), ())
    return LocalDay(day, spans[0].start, spans[-1].end, tuple(spans), tuple(repeated))


def local_days(zone: ZoneInfo, first: date, last: date) -> Iterator[LocalDay]:
    """Yield the days from `first` to `last`, both included; dates the zone left out are passed over."""
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        day = local_day(zone, date.fromordinal(ordinal))
        if day.spans:
            yield day


def local_date(instant: int, zone: ZoneInfo) -> date:
    """Return the date the zone's calendar shows at the instant."""
    return datetime.fromtimestamp(instant, zone).date()


def window(zone: ZoneInfo, first: date, last: date) -> Interval:
    """Return the period from the start of one date to the end of another; `(0, 0)` when none of the dates exists."""
    days = list(local_days(zone, first, last))
    return (min(day.start for day in days), max(day.end for day in days)) if days else (0, 0)


def dates_touching(zone: ZoneInfo, start: int, end: int) -> tuple[date, date]:
    """Return the first and the last date that `[start, end)` touches in the zone.

    Both are the date of `start` when the window has no length. Where clocks are put back across a midnight the
    neighbouring dates interleave, so every date with time in the window counts.
    """
    edges = [start, max(start, end - 1)]
    dates = [local_date(instant, zone) for instant in edges]
    for day in local_days(zone, min(dates) - timedelta(days=1), max(dates) + timedelta(days=1)):
        if any(span.start < end and span.end > start for span in day.spans):
            dates.append(day.date)
    return min(dates), max(dates)


def repeated_time(zone: ZoneInfo, first: date, last: date) -> list[Interval]:
    """Return the periods of the dates in which the clock shows a time for the second time, sorted."""
    return sorted(period for day in local_days(zone, first, last) for period in day.repeated)


def iso(instant: int, zone: ZoneInfo) -> str:
    """Return the instant as ISO 8601 local text with offset, such as `2026-12-01T09:00:00+01:00`."""
    offset = _utc_day_offset(zone, instant // DAY)
    return iso_with_offset(instant, offset_at(instant, zone) if offset is None else offset)


def iso_with_offset(instant: int, offset: int) -> str:
    """Return the instant as ISO 8601 text at an offset that the caller knows."""
    day, second = divmod(instant + offset, DAY)
    return f"{date_text(day)}{TIME_TEXTS[second]}{offset_text(offset)}"


@lru_cache(maxsize=4_096)
def date_text(days_since_epoch: int) -> str:
    """Return the date as ISO text, given in days since 1 January 1970."""
    return date.fromordinal(days_since_epoch + EPOCH_ORDINAL).isoformat()


@lru_cache(maxsize=1_024)
def offset_text(offset: int) -> str:
    """Return an offset in seconds as ISO text: `+01:00`, `-09:30`; seconds only where there are some."""
    minutes, seconds = divmod(abs(offset), 60)
    text = f"{'-' if offset < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"
    return f"{text}:{seconds:02}" if seconds else text


class _TimeTexts(dict[int, str]):
    """Seconds since local midnight as `T09:00:00`; each text is made once."""

    def __missing__(self, second: int) -> str:
        text = f"T{second // 3_600:02}:{second // 60 % 60:02}:{second % 60:02}"
        self[second] = text
        return text


TIME_TEXTS = _TimeTexts()


@lru_cache(maxsize=8_192)
def _utc_day_offset(zone: ZoneInfo, utc_day: int) -> int | None:
    """Return the offset that holds all through a day of UTC, or None when it changes on that day."""
    pieces = _constant_offsets(zone, utc_day * DAY, (utc_day + 1) * DAY)
    return pieces[0].offset if len(pieces) == 1 else None


def _constant_offsets(zone: ZoneInfo, start: int, end: int) -> list[Span]:
    """Cut `[start, end)` where the zone's offset changes; pieces in order."""
    pieces: list[Span] = []
    middle = (start + end) // 2
    piece_start, offset = start, offset_at(start, zone)
    for before, after in ((start, middle), (middle, end - 1)):
        offset_after = offset_at(after, zone)
        if offset_after != offset:
            change = _change_between(before, after, zone, offset)
            pieces.append(Span(piece_start, change, offset))
            piece_start, offset = change, offset_after
    pieces.append(Span(piece_start, end, offset))
    return pieces


def _change_between(before: int, after: int, zone: ZoneInfo, offset_before: int) -> int:
    """Return the first instant in `(before, after]` at which the zone has left the offset it had."""
    while after - before > 1:
        middle = (before + after) // 2
        if offset_at(middle, zone) == offset_before:
            before = middle
        else:
            after = middle
    return after
