"""Which times are offered: the one answer that page, API, Microsoft's endpoint and the booking itself share.

A host offers a start when all of these hold. `offered` is the same computation with a window of one second.

| Rule          | Holds when                                                                                          |
|---------------|-----------------------------------------------------------------------------------------------------|
| grid          | the start is a whole number of intervals after the start of the open piece it lies in, in real time |
| open          | `[start, start + duration)` is open; it may run from one open piece into the next when they touch   |
| free          | `[start - buffer before, start + duration + buffer after)` overlaps nothing busy                    |
| lead, horizon | `now + minimum lead <= start <= now + maximum advance`                                              |
| once          | the start is not in repeated time (when clocks are put back, only the first 02:30 is offered)       |
| caps          | the start is in no day, week or month that is full                                                  |

A shared time that already runs with the host and has seats left is offered at its own start: only lead, horizon, once
and caps are asked of it, for the host is busy with itself. Where everybody is needed, a start is offered when every
host offers it.

The grid belongs to the working hours, not to gaps between appointments, so that a busy period takes starts away and
moves none:

| Working hours                 | Interval | Busy        | 60 minutes are offered at                            |
|-------------------------------|----------|-------------|------------------------------------------------------|
| 09:00-12:00                   | 60 min   |             | 09:00 10:00 11:00                                    |
| 09:00-12:00                   | 60 min   | 09:10-09:20 | 10:00 11:00                                          |
| 09:00-12:00                   | 30 min   | 10:30-11:00 | 09:00 09:30 11:00                                    |
| 09:00-10:30, 10:30-12:00      | 60 min   |             | 09:00 10:00 10:30; the second piece has its own grid |
| 22:15-24:00, then 00:00-02:00 | 60 min   |             | 22:15 23:15 00:00 01:00; each day has its own grid   |

Cost: what lies in the window is walked once, what lies outside is skipped by bisection.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import repeat
from zoneinfo import ZoneInfo

from bookings.availability.rules import Host, Rules, Slot
from tenants.scheduling.intervals import Interval, Intervals, covering, overlapping
from tenants.scheduling.local_days import TIME_TEXTS, date_text, epoch_day, iso, local_days, offset_text

__all__ = ["TextDay", "TextSlot", "days", "iso", "offered", "slots", "text_days"]

# The start and the end as ISO 8601 text with offset, the ids of the hosts, and the seats left.
TextSlot = tuple[str, str, tuple[str, ...], int]
TextDay = tuple[date, list[TextSlot]]


def slots(rules: Rules, hosts: Sequence[Host], *, window_start: int, window_end: int, now: int) -> list[Slot]:
    """Return the times on offer that start in `[window_start, window_end)`, sorted by start.

    The hosts' open time must be expanded over whole local days, from the day on which the window begins to the day on
    which the last meeting ends. A start at the very end of `maximum_advance` counts.
    """
    if rules.seats > 1:
        return _shared(rules, hosts, window_start, window_end, now)
    if len(hosts) == 1:
        starts = _starts(rules, hosts[0], window_start, window_end, now)
        return _as_slots(starts, rules.duration, repeat((hosts[0].id,), len(starts)))
    teams: dict[int, int] = {}
    for position, host in enumerate(hosts):
        bit = 1 << position
        for start in _starts(rules, host, window_start, window_end, now):
            teams[start] = teams.get(start, 0) | bit
    everybody = (1 << len(hosts)) - 1
    starts = sorted(start for start, team in teams.items() if not rules.collective or team == everybody)
    ids = {team: tuple(host.id for n, host in enumerate(hosts) if team >> n & 1) for team in set(teams.values())}
    return _as_slots(starts, rules.duration, [ids[teams[start]] for start in starts])


def offered(rules: Rules, host: Host, start: int, now: int) -> bool:
    """Tell whether the host offers this very instant: the check that a booking repeats under lock.

    Where everybody is needed it must hold for each of them.
    """
    return bool(_starts(rules, host, start, start + 1, now))


def days(
    slots_list: Sequence[Slot], zone: ZoneInfo, first_date: date, last_date: date
) -> list[tuple[date, list[Slot]]]:
    """Group slots by the date on which they start in `zone`, usually the visitor's.

    Every date of the range is there, with an empty list when nothing is offered; a date the zone left out is not.
    """
    grouped: list[tuple[date, list[Slot]]] = []
    for day in local_days(zone, first_date, last_date):
        own: list[Slot] = []
        for span in day.spans:
            own += _between(slots_list, span.start, span.end)
        grouped.append((day.date, own))
    return grouped


def text_days(slots_list: Sequence[Slot], zone: ZoneInfo, first_date: date, last_date: date) -> list[TextDay]:
    """Group slots as `days` does, with starts and ends as ISO 8601 text in the zone: the answer of the API."""
    rendered: list[TextDay] = []
    times = TIME_TEXTS
    for day in local_days(zone, first_date, last_date):
        texts: list[TextSlot] = []
        ordinal = epoch_day(day.date)
        for from_, until, offset in day.spans:
            midnight = ordinal * 86_400 - offset
            prefix, suffix = date_text(ordinal), offset_text(offset)
            texts += [
                (
                    f"{prefix}{times[start - midnight]}{suffix}",
                    f"{prefix}{times[end - midnight]}{suffix}" if end < until else iso(end, zone),
                    host_ids,
                    seats_left,
                )
                for start, end, host_ids, seats_left in _between(slots_list, from_, until)
            ]
        rendered.append((day.date, texts))
    return rendered


def _between(slots_list: Sequence[Slot], start: int, end: int) -> Sequence[Slot]:
    """Return the slots that start in `[start, end)`."""
    return slots_list[bisect_left(slots_list, (start,)) : bisect_left(slots_list, (end,))]


def _as_slots(starts: list[int], duration: int, teams: Iterable[tuple[str, ...]]) -> list[Slot]:
    """Give starts their ends and hosts."""
    return list(map(Slot, starts, [start + duration for start in starts], teams))


def _shared(rules: Rules, hosts: Sequence[Host], window_start: int, window_end: int, now: int) -> list[Slot]:
    """Return the times of a meeting type with seats: those left in what runs, and all of what could begin."""
    found: dict[int, tuple[tuple[str, ...], int]] = {}
    for host in hosts:
        running = dict(host.sessions)
        for start in _starts(rules, host, window_start, window_end, now):
            ids, seats = found.get(start, ((), 0))
            found[start] = ((*ids, host.id), seats + running.get(start, rules.seats))
    return [Slot(start, start + rules.duration, *found[start]) for start in sorted(found)]


def _starts(rules: Rules, host: Host, window_start: int, window_end: int, now: int) -> list[int]:
    """Return the starts one host offers in `[window_start, window_end)`, sorted."""
    earliest = max(window_start, now + rules.minimum_lead)
    latest = min(window_end, now + rules.maximum_advance + 1)
    if earliest >= latest:
        return []
    busy = overlapping(host.busy, earliest - rules.buffer_before, latest + rules.duration + rules.buffer_after)
    starts = _free_starts(_grids(rules, host.open, earliest, latest), busy, rules)
    if host.sessions:
        starts = sorted({*starts, *(start for start, _ in host.sessions if earliest <= start < latest)})
    for never in (host.repeated, rules.full):
        if overlapping(never, earliest, latest):
            starts = [start for start in starts if covering(never, start) is None]
    return starts


def _grids(rules: Rules, opened: Intervals, earliest: int, latest: int) -> list[Interval]:
    """Return, for each open piece, the first start on its grid and the instant before which its last start must lie."""
    grids: list[Interval] = []
    next_start = run_end = -1
    for start, end in reversed(overlapping(opened, earliest, latest + rules.duration)):
        if end != next_start:
            run_end = end
        next_start = start
        first = start if start >= earliest else earliest + (start - earliest) % rules.interval
        until = min(end, latest, run_end - rules.duration + 1)
        if first < until:
            grids.append((first, until))
    grids.reverse()
    return grids


def _free_starts(grids: list[Interval], busy: Intervals, rules: Rules) -> list[int]:
    """Walk grids and busy periods side by side and keep the starts whose time, with buffers, is free."""
    interval, before, after = rules.interval, rules.buffer_before, rules.duration + rules.buffer_after
    found: list[int] = []
    position, count = 0, len(busy)
    for first, until in grids:
        while position < count and busy[position][1] + before <= first:
            position += 1
        while first < until and position < count:
            busy_start, busy_end = busy[position]
            taken_from = busy_start - after + 1
            if taken_from >= until:
                break
            found.extend(range(first, taken_from, interval))
            first = max(first, busy_end + before + (first - busy_end - before) % interval)
            position += 1
        found.extend(range(first, until, interval))
        position -= position > 0
    return found
