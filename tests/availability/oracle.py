"""Slow and obvious versions of what the engine computes, minute by minute, from the wall clock alone."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from bookings.availability.caps import Caps
from bookings.availability.rules import Host, Rules
from tenants.scheduling.intervals import Interval, merge
from tenants.scheduling.local_days import dates_touching, repeated_time
from tenants.scheduling.weekly_hours import WeeklyHours, expand

MINUTE = 60
HOUR = 3_600
DAY = 86_400

# A zone, and a date on or beside a change of its clocks. Zones without changes stand for quiet weeks.
NIGHTS = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Pacific/Apia", date(2021, 4, 4)),
    ("America/St_Johns", date(2010, 11, 7)),
    ("America/Santiago", date(2026, 4, 5)),
    ("America/Santiago", date(2026, 9, 6)),
    ("Asia/Kolkata", date(2026, 6, 1)),
    ("UTC", date(2026, 6, 1)),
]
ZONES = sorted({name for name, _ in NIGHTS})

quarter_hours = st.integers(0, 96).map(lambda quarter: quarter * 15 * MINUTE)
any_day = st.lists(quarter_hours, max_size=8, unique=True).map(
    lambda edges: tuple(zip(sorted(edges)[::2], sorted(edges)[1::2], strict=False))
)
usual_day = st.sampled_from(
    [
        ((0, DAY),),
        ((0, 90 * MINUTE), (90 * MINUTE, 4 * HOUR), (5 * HOUR, 8 * HOUR)),
        ((9 * HOUR, 12 * HOUR), (13 * HOUR, 17 * HOUR)),
        ((0, 2 * HOUR), (22 * HOUR, DAY)),
    ]
)
wall_days = usual_day | any_day
weeks = st.lists(wall_days, min_size=7, max_size=7).map(lambda days: WeeklyHours(tuple(days)))
rules = st.builds(
    Rules,
    duration=st.sampled_from([15, 30, 45, 60, 90, 200]).map(lambda minutes: minutes * MINUTE),
    interval=st.sampled_from([10, 15, 30, 45, 60]).map(lambda minutes: minutes * MINUTE),
    buffer_before=st.sampled_from([0, 5, 10, 30]).map(lambda minutes: minutes * MINUTE),
    buffer_after=st.sampled_from([0, 5, 10, 30]).map(lambda minutes: minutes * MINUTE),
    minimum_lead=st.sampled_from([0, 60, 600]).map(lambda minutes: minutes * MINUTE),
    maximum_advance=st.sampled_from([12 * HOUR, 2 * DAY, 30 * DAY]),
)


def utc(text: str) -> int:
    """Epoch seconds of `2026-03-29 01:00`, read as UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def local(text: str, zone: ZoneInfo) -> int:
    """Epoch seconds of the first time the clock of the zone shows `2026-03-29 01:00`."""
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())


def wall(instant: int, zone: ZoneInfo) -> datetime:
    """The wall clock at an instant, by way of UTC."""
    return datetime.fromtimestamp(instant, UTC).astimezone(zone)


def is_open(instant: int, hours: WeeklyHours, overrides: Mapping[date, Sequence[Interval]], zone: ZoneInfo) -> bool:
    """Whether the wall time lies in an interval of its date."""
    at = wall(instant, zone)
    second = at.hour * HOUR + at.minute * MINUTE + at.second
    return any(start <= second < end for start, end in overrides.get(at.date(), hours.days[at.weekday()]))


def is_repeated(instant: int, zone: ZoneInfo) -> bool:
    """Whether the clock shows a time it has shown before."""
    return wall(instant, zone).fold == 1


def holds(periods: Sequence[Interval], instant: int) -> bool:
    """Whether an instant lies in one of the periods."""
    return any(start <= instant < end for start, end in periods)


def offers(rules_: Rules, host: Host, start: int, now: int) -> bool:
    """Whether a host offers a start, by trying every minute the meeting and its buffers would take."""
    return (
        (any(begin == start for begin, _ in host.sessions) or _could_begin(rules_, host, start))
        and now + rules_.minimum_lead <= start <= now + rules_.maximum_advance
        and not holds(host.repeated, start)
        and not holds(rules_.full, start)
    )


def _could_begin(rules_: Rules, host: Host, start: int) -> bool:
    """Whether nothing runs yet and the host has time for it."""
    anchors = [begin for begin, end in host.open if begin <= start < end]
    meeting = range(start, start + rules_.duration, MINUTE)
    taken = range(start - rules_.buffer_before, start + rules_.duration + rules_.buffer_after, MINUTE)
    return (
        bool(anchors)
        and (start - anchors[0]) % rules_.interval == 0
        and all(holds(host.open, minute) for minute in meeting)
        and not any(holds(host.busy, minute) for minute in taken)
    )


def seats(rules_: Rules, hosts: Sequence[Host], start: int, now: int) -> int:
    """How many customers may still come at a start, counted host by host."""
    left = 0
    for host in hosts:
        if offers(rules_, host, start, now):
            running = [places for begin, places in host.sessions if begin == start]
            left += running[0] if running else rules_.seats
    return left


def reached(caps: Caps, starts: Sequence[int], instant: int, zone: ZoneInfo) -> bool:
    """Whether a cap forbids one more start at the instant, counting what the calendar on the wall says."""
    at, booked = wall(instant, zone).date(), [wall(start, zone).date() for start in starts]
    same_day = sum(day == at for day in booked)
    same_week = sum(day.isocalendar()[:2] == at.isocalendar()[:2] for day in booked)
    same_month = sum((day.year, day.month) == (at.year, at.month) for day in booked)
    pairs = ((caps.day, same_day), (caps.week, same_week), (caps.month, same_month))
    return any(most and count >= most for most, count in pairs)


@st.composite
def scenes(draw: st.DrawFn) -> tuple[Host, ZoneInfo, int, int]:
    """A host around a night of changing clocks, a zone to look from, and the bounds of some three days."""
    name, night = draw(st.sampled_from(NIGHTS))
    owner, other = ZoneInfo(name), ZoneInfo(draw(st.sampled_from(ZONES)))
    begin = int(datetime(night.year, night.month, night.day, tzinfo=UTC).timestamp()) - DAY
    end = begin + 3 * DAY
    first, last = dates_touching(owner, begin - DAY, end + DAY)
    length = st.sampled_from([5, 15, 60, 150, 600]).map(lambda minutes: minutes * MINUTE)
    starts = st.integers(0, 3 * DAY // (5 * MINUTE)).map(lambda steps: begin + steps * 5 * MINUTE)
    busy = merge((start, start + taken) for start, taken in draw(st.lists(st.tuples(starts, length), max_size=10)))
    overrides = draw(st.dictionaries(st.just(night) | st.just(night + timedelta(days=1)), wall_days, max_size=2))
    opened = expand(draw(weeks), overrides, owner, first, last)
    host = Host(id="host", open=opened, busy=busy, repeated=repeated_time(owner, first, last))
    return host, other, begin, end


@st.composite
def teams(draw: st.DrawFn) -> tuple[list[Host], Rules, int, int]:
    """Up to three hosts of one night, some with running sessions, the rules of a shared type, and the bounds."""
    first, _, begin, end = draw(scenes())
    shared = replace(draw(rules), seats=draw(st.integers(1, 4)), full=draw(_stretches(begin)))
    hosts = []
    for number in range(draw(st.integers(1, 3))):
        other, _, its_begin, _ = draw(scenes()) if number else (first, None, begin, None)
        moved = [(start + begin - its_begin, until + begin - its_begin) for start, until in other.open]
        away = draw(_stretches(begin))
        steps = draw(st.lists(st.integers(0, 3 * DAY // (5 * MINUTE)), max_size=4, unique=True))
        sessions = tuple((begin + step * 5 * MINUTE, draw(st.integers(1, 5))) for step in sorted(steps))
        runs = [(start, start + shared.duration) for start, _ in sessions]
        busy = merge([*other.busy, *runs, *away]) if shared.seats > 1 else other.busy
        hosts.append(
            replace(
                other, id=f"host{number}", open=moved, busy=busy, repeated=first.repeated,
                sessions=sessions if shared.seats > 1 else (),
            )
        )  # fmt: skip
    return hosts, shared, begin, end


def _stretches(begin: int) -> st.SearchStrategy[list[Interval]]:
    """Whole days and nights, as caps make them."""
    hours = st.integers(0, 72)
    return st.lists(st.tuples(hours, st.integers(1, 30)), max_size=2).map(
        lambda pairs: merge((begin + start * HOUR, begin + (start + length) * HOUR) for start, length in pairs)
    )
