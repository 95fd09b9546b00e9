"""The sentences of `explain`, and the labelled busy periods they speak of.

A sentence names what is in the way and where that is known from: "11:00 is not offered: it is within the 10-minute
buffer after “Standup”, from Outlook, read 3 min ago."
"""

from datetime import datetime
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from tenants.scheduling.intervals import Interval, Intervals

Source = Literal["outlook", "booking", "timeOff"]

REPEATED = "the clocks are put back and this time comes twice; only the first one is offered"


class LabelledBusy(NamedTuple):
    """A busy period with its origin. Instants are epoch seconds.

    `[start, end)` is what it takes from the host, a booking's own buffers included; `core` is the appointment without
    them and is left out when they are the same. `read_at` is when Outlook was read. An empty label stays unnamed.
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
    return f"{local.day} {local:%B %Y}"


def length(seconds: int) -> str:
    """Return a duration in the largest unit that holds it whole: `10 minutes`, `1 hour`, `2 days`."""
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size and seconds % size == 0:
            count = seconds // size
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{seconds // 60} min {seconds % 60} s" if seconds >= 60 else f"{seconds} seconds"


def periods(opened: Intervals, zone: ZoneInfo) -> str:
    """Return periods of one day as `09:00-12:30 and 13:00-17:00`; a midnight at the end is `24:00`."""
    texts = [f"{clock(start, zone)}-{_closing(end, zone)}" for start, end in opened]
    return " and ".join(filter(None, [", ".join(texts[:-1]), *texts[-1:]]))


def offered(at: str, name: str, several: bool) -> str:
    """Say that a time is on offer."""
    return f"{at} is offered with {name}." if several else f"{at} is offered."


def too_soon(start: int, now: int, lead: int) -> str:
    """Say that the lead time is not over."""
    if start < now:
        return "it is in the past"
    return f"it is less than {length(lead)} ahead, the shortest notice"


def too_far(horizon: int, advance: int, zone: ZoneInfo) -> str:
    """Say that the booking horizon is nearer."""
    return f"the furthest to book is {length(advance)} ahead, now {day(horizon, zone)}, {clock(horizon, zone)}"


def does_not_fit(duration: int, open_until: int, zone: ZoneInfo) -> str:
    """Say that working hours end too early."""
    return f"{length(duration)} do not fit before working hours end at {_closing(open_until, zone)}"


def not_on_grid(interval: int, piece: Interval, earlier: int, zone: ZoneInfo) -> str:
    """Say where the grid lies."""
    near = [clock(instant, zone) for instant in (earlier, earlier + interval) if instant < piece[1]]
    return (
        f"meetings start every {length(interval)} from {clock(piece[0], zone)} on; "
        f"nearest {'is' if len(near) == 1 else 'are'} {' and '.join(near)}"
    )


def overlap(period: LabelledBusy, now: int, zone: ZoneInfo) -> str:
    """Say what the meeting would overlap."""
    begin, end = period.core or (period.start, period.end)
    if period.source == "timeOff":
        called = f" “{period.label}”" if period.label else ""
        return f"it is within time off{called}, until {clock(end, zone)} on {day(end, zone)}"
    return f"it overlaps {_named(period)} ({clock(begin, zone)}-{clock(end, zone)}), {_origin(period, now)}"


def in_buffer(period: LabelledBusy, buffer: int, side: Literal["before", "after"], now: int) -> str:
    """Say that the free time before or after an appointment is too short."""
    return f"it is within the {_adjective(buffer)} buffer {side} {_named(period)}, {_origin(period, now)}"


def _closing(instant: int, zone: ZoneInfo) -> str:
    """Return the wall clock of an end, with midnight as `24:00`."""
    text = clock(instant, zone)
    return "24:00" if text == "00:00" else text


def _adjective(seconds: int) -> str:
    """Return a duration as in "10-minute"."""
    if seconds % 3_600 == 0 and seconds:
        return f"{seconds // 3_600}-hour"
    return f"{seconds // 60}-minute" if seconds % 60 == 0 else f"{seconds}-second"


def _named(period: LabelledBusy) -> str:
    """Return the label in quotes, or a word in its place."""
    if period.label:
        return f"“{period.label}”"
    return {"outlook": "an event", "booking": "another booking", "timeOff": "the absence"}[period.source]


def _origin(period: LabelledBusy, now: int) -> str:
    """Say where a period is known from, and how fresh that is."""
    if period.source != "outlook":
        return "a booking here" if period.source == "booking" else "time off"
    if period.read_at is None:
        return "from Outlook"
    minutes = max(0, now - period.read_at) // 60
    if minutes < 1:
        return "from Outlook, read just now"
    if minutes < 120:
        return f"from Outlook, read {minutes} min ago"
    return (
        f"from Outlook, read {minutes // 60} h ago"
        if minutes < 2_880
        else f"from Outlook, read {minutes // 1_440} days ago"
    )
