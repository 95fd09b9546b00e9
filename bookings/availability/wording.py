"""The sentences of `explain`, and the labelled busy periods they speak of.

A sentence names what is in the way and where that is known from: "11:00 is not offered: it is within the 10-minute
buffer after “Standup”, from Outlook, read 3 min ago."
"""

from datetime import date, datetime
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from bookings.availability.caps import Span
from tenants.scheduling.intervals import Interval, Intervals
from tenants.scheduling.words import gettext, gettext_noop, ngettext

Source = Literal["outlook", "booking", "timeOff", "pending", "session", "fullSession", "hold", "timeOffer"]
#: What a period without a label is called, and where it is known from; the others: `_origin`.
_WORDS: dict[Source, tuple[str, str]] = {
    "booking": (gettext_noop("another booking"), gettext_noop("a booking here")),
    "pending": (gettext_noop("another request"), gettext_noop("a request here that waits for approval")),
    "session": (gettext_noop("a shared time"), gettext_noop("a shared time here")),
    "fullSession": (gettext_noop("a shared time"), gettext_noop("a shared time here")),
    "hold": (gettext_noop("a kept time"), gettext_noop("kept for somebody who is booking it now")),
    "timeOffer": (gettext_noop("a kept time"), gettext_noop("offered to somebody on the waiting list")),
    "timeOff": (gettext_noop("the absence"), gettext_noop("time off")),
}


class LabelledBusy(NamedTuple):
    """A busy period with its origin. Instants are epoch seconds.

    `[start, end)` is what it takes from the host, a booking's own buffers included; `core` is the appointment without
    them and is left out when they are the same. `read_at` is when Outlook was read. An empty label stays unnamed. A
    `fullSession` is a shared time of the very service that is asked about, without a seat left.
    """

    start: int
    end: int
    label: str
    source: Source
    read_at: int | None = None
    core: Interval | None = None


def clock(instant: int, zone: ZoneInfo) -> str:
    """Return the wall clock as `HH:MM`."""
    return datetime.fromtimestamp(instant, zone).strftime("%H:%M")


def day(instant: int, zone: ZoneInfo) -> str:
    """Return the date as `1 December 2026`."""
    local = datetime.fromtimestamp(instant, zone)
    month = f"{local:%B}"
    names = {"day": local.day, "month": gettext(month), "year": local.year}
    return gettext("%(day)d %(month)s %(year)d") % names


def length(seconds: int) -> str:
    """Return a duration in the largest unit that holds it whole: `10 minutes`, `1 hour`, `2 days`."""
    if seconds >= 86_400 and seconds % 86_400 == 0:
        n = seconds // 86_400
        return ngettext("%(n)d day", "%(n)d days", n) % {"n": n}
    if seconds >= 3_600 and seconds % 3_600 == 0:
        n = seconds // 3_600
        return ngettext("%(n)d hour", "%(n)d hours", n) % {"n": n}
    if seconds >= 60 and seconds % 60 == 0:
        n = seconds // 60
        return ngettext("%(n)d minute", "%(n)d minutes", n) % {"n": n}
    minutes, rest = divmod(seconds, 60)
    if minutes:
        return gettext("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": rest}
    return gettext("%(n)d seconds") % {"n": rest}


def periods(opened: Intervals, zone: ZoneInfo) -> str:
    """Return periods of one day as `09:00-12:30 and 13:00-17:00`; a midnight at the end is `24:00`."""
    return listed([f"{clock(start, zone)}-{_closing(end, zone)}" for start, end in opened])


def offered(at: str, name: str, several: bool) -> str:
    """Say that a time is on offer."""
    text = gettext("%(at)s is offered with %(name)s.") if several else gettext("%(at)s is offered.")
    return text % {"at": at, "name": name}


def refused(at: str, why: str, name: str = "") -> str:
    """Say that a time is not on offer, at all or with one person, and why."""
    text = (
        gettext("%(at)s is not offered with %(name)s: %(why)s.") if name else gettext("%(at)s is not offered: %(why)s.")
    )
    return text % {"at": at, "why": why, "name": name}


def repeated() -> str:
    """Say that the clock shows this time for the second time."""
    return gettext("the clocks are put back and this time comes twice; only the first one is offered")


def too_soon(start: int, now: int, lead: int) -> str:
    """Say that the lead time is not over."""
    if start < now:
        return gettext("it is in the past")
    return gettext("it is less than %(length)s ahead, the shortest notice") % {"length": length(lead)}


def too_far(horizon: int, advance: int, zone: ZoneInfo) -> str:
    """Say that the booking horizon is nearer."""
    names = {"length": length(advance), "day": day(horizon, zone), "time": clock(horizon, zone)}
    return gettext("it is more than %(length)s ahead; the last time to book is %(day)s, %(time)s") % names


def full(span: Span, most: int) -> str:
    """Say which cap is reached."""
    if span == "day":
        text = ngettext(
            "this day has %(n)d booking, the most it may have",
            "this day has %(n)d bookings, the most it may have",
            most,
        )
    elif span == "week":
        text = ngettext(
            "this week has %(n)d booking, the most it may have",
            "this week has %(n)d bookings, the most it may have",
            most,
        )
    else:
        text = ngettext(
            "this month has %(n)d booking, the most it may have",
            "this month has %(n)d bookings, the most it may have",
            most,
        )
    return text % {"n": most}


def stale(read_at: int | None, now: int) -> str:
    """Say that Outlook's times are too old."""
    if read_at is None:
        return gettext("the Outlook calendar was never read, so nobody knows whether this time is free")
    return gettext("the times %(origin)s, are too old to rely on") % {"origin": _read(read_at, now)}


def cannot(names: list[str]) -> str:
    """Say who is missing where everybody is needed."""
    return gettext("everybody is needed, and %(names)s cannot") % {"names": listed(names)}


def holiday(name: str) -> str:
    """Say which public holiday it is."""
    return gettext("it is a public holiday, “%(name)s”") % {"name": name}


def other_hours(hours: str) -> str:
    """Say what is open on a date that has hours of its own."""
    if not hours:
        return gettext("this date is closed, which has hours of its own")
    return gettext("only %(hours)s is open on this date, which has hours of its own") % {"hours": hours}


def closed(on: date) -> str:
    """Say that a weekday has no working hours."""
    weekday = f"{on:%A}"
    return gettext("there are no working hours on %(weekday)ss") % {"weekday": gettext(weekday)}


def does_not_fit(duration: int, open_until: int, zone: ZoneInfo) -> str:
    """Say that working hours end too early."""
    names = {"length": length(duration), "time": _closing(open_until, zone)}
    return gettext("%(length)s do not fit before working hours end at %(time)s") % names


def not_on_grid(interval: int, piece: Interval, earlier: int, zone: ZoneInfo) -> str:
    """Say where the grid lies."""
    near = [clock(instant, zone) for instant in (earlier, earlier + interval) if instant < piece[1]]
    text = ngettext(
        "meetings start every %(length)s from %(from)s on; nearest is %(near)s",
        "meetings start every %(length)s from %(from)s on; nearest are %(near)s",
        len(near),
    )
    return text % {"length": length(interval), "from": clock(piece[0], zone), "near": listed(near)}


def overlap(period: LabelledBusy, now: int, zone: ZoneInfo) -> str:
    """Say what the meeting would overlap."""
    begin, end = period.core or (period.start, period.end)
    if period.source == "timeOff":
        names = {"label": period.label, "time": clock(end, zone), "day": day(end, zone)}
        if period.label:
            return gettext("it is within time off “%(label)s”, until %(time)s on %(day)s") % names
        return gettext("it is within time off, until %(time)s on %(day)s") % names
    names = {"what": _named(period), "begin": clock(begin, zone), "end": clock(end, zone)}
    names["origin"] = _origin(period, now)
    return gettext("it overlaps %(what)s (%(begin)s-%(end)s), %(origin)s") % names


def in_buffer(period: LabelledBusy, buffer: int, side: Literal["before", "after"], now: int) -> str:
    """Say that the free time before or after an appointment is too short."""
    names = {"length": _adjective(buffer), "what": _named(period), "origin": _origin(period, now)}
    if side == "before":
        return gettext("it is within the %(length)s buffer before %(what)s, %(origin)s") % names
    return gettext("it is within the %(length)s buffer after %(what)s, %(origin)s") % names


def listed(texts: list[str]) -> str:
    """Return names as a sentence lists them: `a`, `a and b` or `a, b and c`."""
    if len(texts) < 2:
        return "".join(texts)
    return gettext("%(first)s and %(last)s") % {"first": ", ".join(texts[:-1]), "last": texts[-1]}


def _closing(instant: int, zone: ZoneInfo) -> str:
    """Return the wall clock of an end, with midnight as `24:00`."""
    text = clock(instant, zone)
    return "24:00" if text == "00:00" else text


def _adjective(seconds: int) -> str:
    """Return a duration as in "10-minute"."""
    if seconds % 3_600 == 0 and seconds:
        return gettext("%(n)d-hour") % {"n": seconds // 3_600}
    if seconds % 60 == 0:
        return gettext("%(n)d-minute") % {"n": seconds // 60}
    return gettext("%(n)d-second") % {"n": seconds}


def _named(period: LabelledBusy) -> str:
    """Return the label in quotes, or a word in its place."""
    if period.label:
        return gettext("“%(label)s”") % {"label": period.label}
    if period.source == "outlook":
        return gettext("an event")
    return gettext(_WORDS[period.source][0])


def _origin(period: LabelledBusy, now: int) -> str:
    """Say where a period is known from, and how fresh that is."""
    if period.source != "outlook":
        return gettext(_WORDS[period.source][1])
    if period.read_at is None:
        return gettext("from Outlook")
    return _read(period.read_at, now)


def _read(read_at: int, now: int) -> str:
    """Say how long ago Outlook was read."""
    minutes = max(0, now - read_at) // 60
    if minutes < 1:
        return gettext("from Outlook, read just now")
    if minutes < 120:
        return gettext("from Outlook, read %(n)d min ago") % {"n": minutes}
    if minutes < 2_880:
        return gettext("from Outlook, read %(n)d h ago") % {"n": minutes // 60}
    return gettext("from Outlook, read %(n)d days ago") % {"n": minutes // 1_440}
