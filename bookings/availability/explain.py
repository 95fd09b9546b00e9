"""Why a time is or is not offered, in sentences for the page's owner.

The answer yes or no is `slots.offered`; this module finds the reasons on its own, and a test holds that both always
agree. Every rule that fails is named, not only the first.

| Code                         | The time is not offered because                                          |
|------------------------------|--------------------------------------------------------------------------|
| `offered`                    | it is                                                                    |
| `noStaff`                    | nobody is assigned to the meeting type                                   |
| `tooSoon`, `tooFar`          | it starts before the lead time is over, or beyond the booking horizon    |
| `limitReached`               | as many are booked in its day, week or month as may be                   |
| `calendarStale`              | the person's Outlook was read too long ago to rely on                    |
| `dateOverride`               | it is outside the hours set for this date alone                          |
| `holiday`                    | it is a public holiday                                                   |
| `closed`                     | the person has no working hours on this weekday                          |
| `outsideHours`               | it is outside the working hours of a day that has some                   |
| `doesNotFit`                 | it starts in working hours and would end after them                      |
| `notOnGrid`                  | meetings start at other minutes                                          |
| `repeatedHour`               | the clocks are put back, and the time was there an hour before           |
| `timeOff`                    | the person is away                                                       |
| `busyOutlook`, `busyBooking` | the meeting itself would overlap an event in Outlook, or another booking |
| `bufferConflict`             | only the free time asked for around one of the two would overlap         |
| `sessionFull`                | all seats of the shared time that begins then are taken                  |
| `colleagueBusy`              | the person could, but everybody is needed and a colleague cannot         |

Another booking is also a time that is kept for somebody: a request that waits for approval, a form that is being filled
in, a time offered to the waiting list, a shared time of another service. The sentence says which.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from bookings.availability import slots, wording
from bookings.availability.caps import Full
from bookings.availability.rules import Host, Rules
from bookings.availability.wording import LabelledBusy, Source
from tenants.scheduling import intervals, local_days
from tenants.scheduling.intervals import Interval, Intervals
from tenants.scheduling.words import gettext

Code = Literal[
    "offered",
    "noStaff",
    "tooSoon",
    "tooFar",
    "limitReached",
    "calendarStale",
    "dateOverride",
    "holiday",
    "closed",
    "outsideHours",
    "doesNotFit",
    "notOnGrid",
    "repeatedHour",
    "timeOff",
    "busyOutlook",
    "busyBooking",
    "bufferConflict",
    "sessionFull",
    "colleagueBusy",
]
_OVERLAPS: dict[Source, Code] = {"outlook": "busyOutlook", "timeOff": "timeOff"}


class Reason(NamedTuple):
    """One reason: a code for programs, a sentence for people, and the host it is about; None for all of them.

    `why` is what the sentence gives as the reason, without the time and the person; empty for what is offered.
    """

    code: Code
    text: str
    host_id: str | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether the instant is offered, and why. There is always a reason."""

    offered: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledHost:
    """One host with what the bare lists of `Host` have forgotten.

    `zone` is the zone of the working hours, `overrides` the dates that have hours of their own, `holidays` the names of
    those that are closed as public holidays. `opened` must hold the whole local day of the instant. `sessions` are
    those of `Host`. `is_stale`: Outlook, last read at `read_at`, is too old to rely on.
    """

    host_id: str
    name: str
    zone: ZoneInfo
    opened: Intervals
    periods: Sequence[LabelledBusy]
    repeated: Intervals = ()
    overrides: Collection[date] = ()
    holidays: Mapping[date, str] = field(default_factory=dict)
    sessions: tuple[tuple[int, int], ...] = ()
    is_stale: bool = False
    read_at: int | None = None

    @property
    def bare(self) -> Host:
        """Return the host as `slots` takes it."""
        if self.is_stale:
            return Host(id=self.host_id, open=())
        busy = intervals.merge((period.start, period.end) for period in self.periods)
        return Host(id=self.host_id, open=self.opened, busy=busy, repeated=self.repeated, sessions=self.sessions)


def explain(
    rules: Rules, hosts: Sequence[LabelledHost], start: int, now: int, zone: ZoneInfo, limits: Sequence[Full] = ()
) -> Explanation:
    """Explain whether `start` (epoch seconds) is offered by any of the hosts, or by all where everybody is needed.

    Times in sentences are in `zone`, the reader's. `limits` are the caps that `rules.full` was made of. When somebody
    offers the time, the reasons of the others follow.
    """
    offering = [host for host in hosts if slots.offered(rules, host.bare, start, now)]
    is_offered = bool(offering) and (not rules.collective or len(offering) == len(hosts))
    at = wording.clock(start, zone)
    several = len(hosts) > 1
    reasons = list(_offers(offering, at, several, rules.collective)) if is_offered else []
    if not hosts:
        nobody = gettext("nobody is assigned to this meeting type")
        reasons.append(Reason("noStaff", wording.refused(at, nobody), why=nobody))
    for code, why in _window_reasons(rules, start, now, zone, limits):
        reasons.append(Reason(code, wording.refused(at, why), why=why))
    for host in hosts:
        for code, why in _host_reasons(rules, host, start, now, zone):
            reasons.append(Reason(code, wording.refused(at, why, host.name if several else ""), host.host_id, why))
    if offering and not is_offered:
        why = wording.cannot([host.name for host in hosts if host not in offering])
        for host in offering:
            reasons.append(Reason("colleagueBusy", wording.refused(at, why, host.name), host.host_id, why))
    return Explanation(is_offered, tuple(reasons))


def _offers(offering: Sequence[LabelledHost], at: str, several: bool, collective: bool) -> Iterator[Reason]:
    """Say with whom the time is on offer: with each, or with all together."""
    if collective and several:
        yield Reason("offered", wording.offered(at, wording.listed([host.name for host in offering]), several))
        return
    for host in offering:
        yield Reason("offered", wording.offered(at, host.name, several), host.host_id)


def _window_reasons(
    rules: Rules, start: int, now: int, zone: ZoneInfo, limits: Sequence[Full]
) -> Iterator[tuple[Code, str]]:
    """Find what is wrong with the instant for everybody."""
    if start < now + rules.minimum_lead:
        yield "tooSoon", wording.too_soon(start, now, rules.minimum_lead)
    if start > now + rules.maximum_advance:
        yield "tooFar", wording.too_far(now + rules.maximum_advance, rules.maximum_advance, zone)
    if intervals.covering(rules.full, start):
        known = [wording.full(limit.span, limit.most) for limit in limits if limit.start <= start < limit.end]
        for why in known or [gettext("as many are booked as may be")]:
            yield "limitReached", why


def _host_reasons(rules: Rules, host: LabelledHost, start: int, now: int, zone: ZoneInfo) -> Iterator[tuple[Code, str]]:
    """Find what keeps one host from offering the instant."""
    if host.is_stale:
        yield "calendarStale", wording.stale(host.read_at, now)
    if intervals.covering(host.repeated, start):
        yield "repeatedHour", wording.repeated()
    if any(begin == start for begin, _ in host.sessions):
        return
    piece = intervals.covering(host.opened, start)
    if piece is None:
        yield _closed(host, start, zone)
    else:
        yield from _in_hours(rules, host, piece, start, zone)
    for period in host.periods:
        if (
            period.start < period.end
            and period.start < start + rules.duration + rules.buffer_after
            and period.end > start - rules.buffer_before
        ):
            yield _taken(rules, period, start, now, zone)


def _closed(host: LabelledHost, start: int, zone: ZoneInfo) -> tuple[Code, str]:
    """Say in which way the instant is outside working hours."""
    day = local_days.local_date(start, host.zone)
    begin, end = local_days.window(host.zone, day, day)
    hours = wording.periods(intervals.merge(intervals.clip(host.opened, begin, end)), zone)
    if day in host.overrides:
        return "dateOverride", wording.other_hours(hours)
    if day in host.holidays:
        return "holiday", wording.holiday(host.holidays[day])
    if not hours:
        return "closed", wording.closed(day)
    return "outsideHours", gettext("the working hours of this day are %(hours)s") % {"hours": hours}


def _in_hours(
    rules: Rules, host: LabelledHost, piece: Interval, start: int, zone: ZoneInfo
) -> Iterator[tuple[Code, str]]:
    """Check the end of the meeting against the end of working hours, and its start against the grid."""
    open_until = next(end for begin, end in intervals.merge(host.opened) if begin <= start < end)
    if start + rules.duration > open_until:
        yield "doesNotFit", wording.does_not_fit(rules.duration, open_until, zone)
    past = (start - piece[0]) % rules.interval
    if past:
        yield "notOnGrid", wording.not_on_grid(rules.interval, piece, start - past, zone)


def _taken(rules: Rules, period: LabelledBusy, start: int, now: int, zone: ZoneInfo) -> tuple[Code, str]:
    """Say what takes the time: the busy period itself, or the buffer between the two."""
    begin, end = period.core or (period.start, period.end)
    if period.source == "fullSession" and begin == start:
        return "sessionFull", gettext("all seats are taken")
    if begin < start + rules.duration and end > start:
        return _OVERLAPS.get(period.source, "busyBooking"), wording.overlap(period, now, zone)
    if end <= start:
        return "bufferConflict", wording.in_buffer(period, rules.buffer_before + period.end - end, "after", now)
    return "bufferConflict", wording.in_buffer(period, rules.buffer_after + begin - period.start, "before", now)
