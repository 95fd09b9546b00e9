"""What happened: bookings counted by outcome, service, colleague, week, hour and how long ahead they were made.

| number     | what it counts                                                                  |
|------------|---------------------------------------------------------------------------------|
| bookings   | those that start in the days asked for, whatever became of them                 |
| kept       | confirmed, completed, or still waiting for approval                             |
| no-shows   | marked so; the rate is of those that took place or should have                  |
| cancelled  | cancelled, declined or never answered; the rate is of all                       |
| lead time  | from making the booking to its start; of all, by classes and as the average     |

Days, weeks (from Monday) and hours are those of the reader's zone. Every report takes the same number of queries,
however many bookings there are: the database counts.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Q, QuerySet
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay, TruncDate
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bookings.models import Booking

#: The longest stretch one report covers.
MOST_DAYS = 731
DAY = timedelta(days=1)
#: Classes of lead time: from, up to (without), words.
LEADS: tuple[tuple[timedelta, timedelta | None, Promise], ...] = (
    (timedelta(0), DAY, _("less than a day")),
    (DAY, 3 * DAY, _("1 to 2 days")),
    (3 * DAY, 7 * DAY, _("3 to 6 days")),
    (7 * DAY, 14 * DAY, _("1 to 2 weeks")),
    (14 * DAY, 30 * DAY, _("2 to 4 weeks")),
    (30 * DAY, None, _("longer")),
)


@dataclass(frozen=True, slots=True)
class Line:
    """Bookings of one kind. Rates are whole per cents."""

    label: str | Promise
    total: int = 0
    no_shows: int = 0
    gone: int = 0

    @property
    def kept(self) -> int:
        """Those that took place or are to."""
        return self.total - self.no_shows - self.gone

    @property
    def no_show_rate(self) -> int:
        """Of those that took place or should have."""
        there = self.total - self.gone
        return round(100 * self.no_shows / there) if there else 0

    @property
    def gone_rate(self) -> int:
        """Of all."""
        return round(100 * self.gone / self.total) if self.total else 0


@dataclass(frozen=True, slots=True)
class Report:
    """All of it, for pictures, tables and files."""

    first_date: date
    last_date: date
    total: Line
    lead: timedelta | None
    leads: list[Line]
    services: list[Line]
    staff: list[Line]
    weeks: list[tuple[date, Line]]
    #: Weekday (0: Monday) and hour of the start → bookings that were kept or not come to.
    hours: dict[tuple[int, int], int]


def report(rows: QuerySet[Booking], *, first_date: date, last_date: date, zone: zoneinfo.ZoneInfo) -> Report:
    """Counts `rows` that start from `first_date` to `last_date` (days of `zone`, both included; at most MOST_DAYS)."""
    last_date = min(last_date, first_date + timedelta(days=MOST_DAYS - 1))
    starts_at = datetime.combine(first_date, time.min, zone).astimezone(UTC)
    ends_at = datetime.combine(last_date + DAY, time.min, zone).astimezone(UTC)
    found = rows.filter(starts_at__gte=starts_at, starts_at__lt=ends_at).order_by()  # an order would count row by row
    total, lead, leads = _totals(found)
    return Report(
        first_date=first_date,
        last_date=last_date,
        total=total,
        lead=lead,
        leads=leads,
        services=_lines(found, "service__title"),
        staff=_lines(found, "staff_member__display_name"),
        weeks=_weeks(found, first_date, last_date, zone),
        hours=_hours(found, zone),
    )


def _counts() -> dict[str, Any]:
    return {
        "all": Count("pk"),
        "missed": Count("pk", filter=Q(status=Booking.Status.NO_SHOW)),
        "lost": Count("pk", filter=Q(status__in=Booking.GONE)),
    }


def _totals(found: QuerySet[Booking]) -> tuple[Line, timedelta | None, list[Line]]:
    """Everything, the average lead time, and bookings by class of lead time. One query."""
    ahead = ExpressionWrapper(F("starts_at") - F("created_at"), output_field=DurationField())
    classes = {
        f"lead_{number}": Count("pk", filter=_led(least, most)) for number, (least, most, _w) in enumerate(LEADS)
    }
    row = found.aggregate(lead=Avg(ahead), **_counts(), **classes)
    lines = [Line(label=words, total=row[f"lead_{number}"]) for number, (_l, _m, words) in enumerate(LEADS)]
    total = Line(label=_("All"), total=row["all"], no_shows=row["missed"], gone=row["lost"])
    return total, max(row["lead"], timedelta(0)) if row["lead"] is not None else None, lines


def _led(least: timedelta, most: timedelta | None) -> Q:
    """Made so long before the start; what was entered afterwards counts as at once."""
    within = Q() if not least else Q(starts_at__gte=F("created_at") + least)
    return within if most is None else within & Q(starts_at__lt=F("created_at") + most)


def _lines(found: QuerySet[Booking], name: str) -> list[Line]:
    """Bookings by a name, the most first. A deleted service keeps the name it had."""
    rows = found.values(name).annotate(**_counts()).order_by("-all", name)
    return [Line(label=row[name], total=row["all"], no_shows=row["missed"], gone=row["lost"]) for row in rows]


def _weeks(found: QuerySet[Booking], first: date, last: date, zone: zoneinfo.ZoneInfo) -> list[tuple[date, Line]]:
    """Every week of the stretch, the empty ones too."""
    on = TruncDate("starts_at", tzinfo=zone)
    days: Iterable[Any] = found.annotate(on=on).values("on").annotate(**_counts()).order_by("on")
    monday, last_monday = _monday(first), _monday(last)
    sums = {}
    while monday <= last_monday:
        sums[monday] = [0, 0, 0]
        monday += 7 * DAY
    for row in days:
        week = sums[_monday(row["on"])]
        for place, name in enumerate(("all", "missed", "lost")):
            week[place] += row[name]
    return [(week, Line(str(week), *numbers)) for week, numbers in sums.items()]


def _hours(found: QuerySet[Booking], zone: zoneinfo.ZoneInfo) -> dict[tuple[int, int], int]:
    rows = (
        found.exclude(status__in=Booking.GONE)
        .annotate(day=ExtractIsoWeekDay("starts_at", tzinfo=zone), hour=ExtractHour("starts_at", tzinfo=zone))
        .values("day", "hour")
        .annotate(count=Count("pk"))
        .order_by("day", "hour")
    )
    return {(row["day"] - 1, row["hour"]): row["count"] for row in rows}


def _monday(on: date) -> date:
    return on - on.weekday() * DAY


def tables(found: Report) -> Iterable[tuple[str, str, Line]]:
    """Every line with the name of its table, for a file."""
    parts: list[tuple[str, Callable[[], Iterable[tuple[str, Line]]]]] = [
        ("total", lambda: [(str(found.total.label), found.total)]),
        ("service", lambda: [(str(line.label), line) for line in found.services]),
        ("staff", lambda: [(str(line.label), line) for line in found.staff]),
        ("week", lambda: [(week.isoformat(), line) for week, line in found.weeks]),
        ("leadTime", lambda: [(str(line.label), line) for line in found.leads]),
    ]
    for name, lines in parts:
        for label, line in lines():
            yield name, label, line
