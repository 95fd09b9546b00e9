"""Arithmetic on lists of periods.

A period is a pair `(start, end)` of UTC epoch seconds, half-open: it holds `start` and not `end`. A list of periods is
*normal* when it is sorted, every period has a length, and no two overlap. Two periods may touch: every function here
keeps touching periods apart except `merge`, because the working hours of one day and the next, or of a morning and an
afternoon, each carry a grid of their own.

| a       | b        | merge(a + b)      | subtract(a, b)    | intersect(a, b) |
|---------|----------|-------------------|-------------------|-----------------|
| (0, 10) | (10, 20) | (0, 20)           | (0, 10)           |                 |
| (0, 10) | (5, 20)  | (0, 20)           | (0, 5)            | (5, 10)         |
| (0, 30) | (10, 20) | (0, 30)           | (0, 10), (20, 30) | (10, 20)        |
| (0, 10) | (20, 30) | (0, 10), (20, 30) | (0, 10)           |                 |

All functions but `merge` expect normal lists and answer with normal lists. Cost is one walk over what they are given;
`clip` and `overlapping` find their place by bisection, so that what lies outside the window costs nothing.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

Interval = tuple[int, int]
Intervals = Sequence[Interval]


def merge(periods: Iterable[Interval]) -> list[Interval]:
    """Sort periods and join those that overlap or touch; periods without length vanish."""
    merged: list[Interval] = []
    last_start = last_end = 0
    for start, end in sorted(periods):
        if end <= start:
            continue
        if merged and start <= last_end:
            if end > last_end:
                last_end = end
                merged[-1] = (last_start, end)
        else:
            last_start, last_end = start, end
            merged.append((start, end))
    return merged


def subtract(periods: Intervals, taken: Intervals) -> list[Interval]:
    """Return what is left of `periods` when everything in `taken` is cut out."""
    left: list[Interval] = []
    position, count = 0, len(taken)
    for start, end in periods:
        while position < count and taken[position][1] <= start:
            position += 1
        ahead = position
        while ahead < count and taken[ahead][0] < end:
            cut_start, cut_end = taken[ahead]
            if cut_start > start:
                left.append((start, cut_start))
            start = cut_end
            ahead += 1
        if start < end:
            left.append((start, end))
    return left


def intersect(first: Intervals, second: Intervals) -> list[Interval]:
    """Return the time that lies in both lists."""
    common: list[Interval] = []
    i = j = 0
    while i < len(first) and j < len(second):
        start = max(first[i][0], second[j][0])
        end = min(first[i][1], second[j][1])
        if start < end:
            common.append((start, end))
        if first[i][1] <= second[j][1]:
            i += 1
        else:
            j += 1
    return common


def overlapping(periods: Intervals, start: int, end: int) -> Intervals:
    """Return the periods that overlap `[start, end)`, whole and uncut; none when the window has no length."""
    if end <= start:
        return periods[:0]
    return periods[_first_ending_after(periods, start) : bisect_left(periods, (end,))]


def clip(periods: Intervals, start: int, end: int) -> list[Interval]:
    """Return what lies in the window `[start, end)`, cut at its edges."""
    return [(max(start, from_), min(end, until)) for from_, until in overlapping(periods, start, end)]


def first_overlap(periods: Intervals, start: int, end: int) -> Interval | None:
    """Return the earliest period that overlaps `[start, end)`, or None."""
    position = _first_ending_after(periods, start)
    if position < len(periods) and periods[position][0] < end and start < end:
        return periods[position]
    return None


def covering(periods: Intervals, instant: int) -> Interval | None:
    """Return the period that holds the instant, or None."""
    return first_overlap(periods, instant, instant + 1)


def _first_ending_after(periods: Intervals, instant: int) -> int:
    """Return the index of the first period whose end lies after the instant."""
    position = bisect_left(periods, (instant,))
    if position and periods[position - 1][1] > instant:
        return position - 1
    return position
