"""Slow and obvious versions of what the engine computes, minute by minute, from the wall clock alone."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

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
    anchors = [begin for begin, end in host.open if begin <= start < end]
    meeting = range(start, start + rules_.duration, MINUTE)
    taken = range(start - rules_.buffer_before, start + rules_.duration + rules_.buffer_after, MINUTE)
    return (
        bool(anchors)
        and (start - anchors[0]) % rules_.interval == 0
        and all(holds(host.open, minute) for minute in meeting)
        and not any(holds(host.busy, minute) for minute in taken)
        and now + rules_.minimum_lead <= start <= now + rules_.maximum_advance
        and not holds(host.repeated, start)
    )


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
