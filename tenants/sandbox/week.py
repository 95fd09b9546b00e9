"""Laying out a week: days as columns, quarter hours as rows, overlapping events side by side. No clock, no requests.

| Class | Means |
|---|---|
| `from-N` | begins N quarter hours after the first hour shown |
| `for-N` | lasts N quarter hours, at least one |
| `lane-N` of `lanes-M` | the N-th of M columns within the day |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .models import Event

QUARTERS = 4
MOST_LANES = 4
USUAL_HOURS = (7, 19)


@dataclass
class Block:
    """An event, or the part of it that falls on one day: its clock there, its rows counted from midnight."""

    event: Event
    id: str
    starts: datetime
    ends: datetime
    first: int
    last: int
    lane: int = 1
    lanes: int = 1
    offset: int = 0

    @property
    def classes(self) -> str:
        return f"from-{self.first - self.offset} for-{self.last - self.first} lane-{self.lane} lanes-{self.lanes}"

    @property
    def is_short(self) -> bool:
        return self.last - self.first < 3


@dataclass
class Day:
    on: date
    is_today: bool
    all_day: list[Block] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)


@dataclass
class Week:
    """Seven days from a Monday, and the hours that are shown."""

    days: list[Day]
    hours: range

    @property
    def previous(self) -> date:
        return self.days[0].on - timedelta(days=7)

    @property
    def following(self) -> date:
        return self.days[0].on + timedelta(days=7)


def monday(day: date) -> date:
    """The Monday of that day's week."""
    return day - timedelta(days=day.weekday())


def bounds(first: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants at which the week begins and ends there."""
    starts = datetime.combine(first, time.min, tzinfo=zone)
    ends = datetime.combine(first + timedelta(days=7), time.min, tzinfo=zone)
    return starts.astimezone(UTC), ends.astimezone(UTC)


def lay_out(first: date, zone: ZoneInfo, events: Sequence[tuple[str, Event]], today: date) -> Week:
    """The week of the Monday `first` with these events, each given with its id."""
    days = [
        Day(first + timedelta(days=number), is_today=first + timedelta(days=number) == today) for number in range(7)
    ]
    for key, event in events:
        where = ZoneInfo("UTC") if event.is_all_day else zone
        starts, ends = event.start_at.astimezone(where), event.end_at.astimezone(where)
        for day in days:
            _place(day, key, event, starts, ends)
    for day in days:
        _share_width(day.blocks)
    blocks = [block for day in days for block in day.blocks]
    low = min([USUAL_HOURS[0], *(block.first // QUARTERS for block in blocks)])
    high = max([USUAL_HOURS[1], *(-(-block.last // QUARTERS) for block in blocks)])
    for block in blocks:
        block.offset = low * QUARTERS
    return Week(days, range(low, high))


def _place(day: Day, key: str, event: Event, starts: datetime, ends: datetime) -> None:
    begins = datetime.combine(day.on, time.min, tzinfo=starts.tzinfo)
    closes = datetime.combine(day.on + timedelta(days=1), time.min, tzinfo=starts.tzinfo)
    if starts >= closes or (ends <= begins and starts < begins):
        return
    first = _quarter(starts) if starts > begins else 0
    last = -(-(ends.hour * 60 + ends.minute) // 15) if ends < closes else 24 * QUARTERS
    clock = (starts.replace(tzinfo=None), ends.replace(tzinfo=None))
    block = Block(event, key, *clock, first, max(last, first + 1))
    (day.all_day if event.is_all_day else day.blocks).append(block)


def _quarter(moment: datetime) -> int:
    return moment.hour * QUARTERS + moment.minute // 15


def _share_width(blocks: list[Block]) -> None:
    """Give blocks that touch each other a lane each, as few as will do, four at most."""
    group: list[Block] = []
    for block in sorted(blocks, key=lambda one: (one.first, -one.last)):
        if group and block.first >= max(one.last for one in group):
            group = []
        group.append(block)
        taken = {one.lane for one in group[:-1] if one.last > block.first}
        block.lane = min((lane for lane in range(1, MOST_LANES + 1) if lane not in taken), default=MOST_LANES)
        lanes = max(one.lane for one in group)
        for one in group:
            one.lanes = lanes
