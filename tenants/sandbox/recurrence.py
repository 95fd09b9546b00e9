"""Recurring series (Graph: recurrencePattern, recurrenceRange), expanded on the wall clock of their zone.

| Graph | rule |
|---|---|
| daily, interval | every n days |
| weekly, daysOfWeek, firstDayOfWeek | every n weeks on those days |
| absoluteMonthly, dayOfMonth | that day; the last of a month that is too short |
| relativeMonthly, index, daysOfWeek | first, second, third, fourth or last of those days |
| absoluteYearly, relativeYearly | the same, in one month |
| range endDate, numbered, noEnd | last date included, number of occurrences, for ever |
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from dateutil import rrule

from . import times
from .errors import invalid

DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
INDEXES = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
TYPES = ["daily", "weekly", "absoluteMonthly", "relativeMonthly", "absoluteYearly", "relativeYearly"]
RANGES = ["endDate", "numbered", "noEnd"]
FREQUENCIES: dict[str, Literal[0, 1, 2, 3]] = {
    "daily": rrule.DAILY,
    "weekly": rrule.WEEKLY,
    "Monthly": rrule.MONTHLY,
    "Yearly": rrule.YEARLY,
}


def choice(value: Any, allowed: list[str], name: str) -> str:
    """The allowed value in Microsoft's spelling, however it was written."""
    for candidate in allowed:
        if isinstance(value, str) and candidate.lower() == value.lower():
            return candidate
    raise invalid(f"The value '{value}' of property '{name}' is not supported.")


def normalise(recurrence: Any, *, starts_on: date, zone_name: str) -> dict[str, Any]:
    """A patternedRecurrence checked and completed as the service would; raises 400 where it does not hold."""
    parts = [recurrence.get(name) for name in ("pattern", "range")] if isinstance(recurrence, dict) else [None]
    if not all(isinstance(part, dict) for part in parts):
        raise invalid("A recurrence needs a pattern and a range.")
    return {
        "pattern": _pattern(recurrence["pattern"]),
        "range": _range(recurrence["range"], starts_on=starts_on, zone_name=zone_name),
    }


def _number(value: Any, low: int, high: int, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise invalid(f"The value '{value}' of property '{name}' is out of range.")
    return value


def _pattern(pattern: dict[str, Any]) -> dict[str, Any]:
    kind = choice(pattern.get("type"), TYPES, "type")
    days = pattern.get("daysOfWeek") or []
    if not isinstance(days, list):
        raise invalid("The value of property 'daysOfWeek' is not a list.")
    days = [choice(day, DAYS, "daysOfWeek") for day in days]
    if kind in ("weekly", "relativeMonthly", "relativeYearly") and not days:
        raise invalid("The pattern needs daysOfWeek.")
    return {
        "type": kind,
        "interval": _number(pattern.get("interval", 1), 1, 999, "interval"),
        "month": _number(pattern.get("month") or 0, 1 if kind.endswith("Yearly") else 0, 12, "month"),
        "dayOfMonth": _number(
            pattern.get("dayOfMonth") or 0, 1 if kind.startswith("absolute") else 0, 31, "dayOfMonth"
        ),
        "daysOfWeek": days,
        "firstDayOfWeek": choice(pattern.get("firstDayOfWeek") or "sunday", DAYS, "firstDayOfWeek"),
        "index": choice(pattern.get("index") or "first", list(INDEXES), "index"),
    }


def _range(limits: dict[str, Any], *, starts_on: date, zone_name: str) -> dict[str, Any]:
    kind = choice(limits.get("type"), RANGES, "range.type")
    if limits.get("startDate", starts_on.isoformat()) != starts_on.isoformat():
        raise invalid("The recurrence range must start on the date of the event.")
    ends_on = "0001-01-01"
    if kind == "endDate":
        ends_on = times.parse_naive(limits.get("endDate")).date().isoformat()
        if ends_on < starts_on.isoformat():
            raise invalid("The recurrence range ends before it starts.")
    number = _number(limits.get("numberOfOccurrences") or 0, 1 if kind == "numbered" else 0, 999, "numberOfOccurrences")
    return {
        "type": kind,
        "startDate": starts_on.isoformat(),
        "endDate": ends_on,
        "recurrenceTimeZone": limits.get("recurrenceTimeZone") or zone_name,
        "numberOfOccurrences": number if kind == "numbered" else 0,
    }


def _rule(recurrence: dict[str, Any], first: datetime) -> rrule.rrule:
    pattern, limits = recurrence["pattern"], recurrence["range"]
    kind = pattern["type"]
    frequency = FREQUENCIES[kind.removeprefix("absolute").removeprefix("relative")]
    options: dict[str, Any] = {"dtstart": first, "interval": pattern["interval"]}
    weekdays = [DAYS.index(day) for day in pattern["daysOfWeek"]]
    if kind == "weekly":
        options |= {"byweekday": weekdays, "wkst": DAYS.index(pattern["firstDayOfWeek"])}
    if kind.startswith("absolute"):
        day = pattern["dayOfMonth"]
        options |= {"bymonthday": list(range(min(day, 28), day + 1)), "bysetpos": -1}
    if kind.startswith("relative"):
        options |= {"byweekday": weekdays, "bysetpos": INDEXES[pattern["index"]]}
    if kind.endswith("Yearly"):
        options["bymonth"] = pattern["month"]
    if limits["type"] == "endDate":
        options["until"] = datetime.combine(date.fromisoformat(limits["endDate"]), time.max)
    if limits["type"] == "numbered":
        options["count"] = limits["numberOfOccurrences"]
    return rrule.rrule(frequency, **options)


def series_zone(recurrence: dict[str, Any], *, floating: bool) -> ZoneInfo:
    """Where the clock of the series hangs; all-day series float."""
    return ZoneInfo("UTC") if floating else times.zone(recurrence["range"]["recurrenceTimeZone"])


def occurrences(
    recurrence: dict[str, Any],
    start_at: datetime,
    end_at: datetime,
    window: tuple[datetime, datetime],
    *,
    floating: bool = False,
) -> list[tuple[date, datetime, datetime]]:
    """Day of the original start, start and end in UTC, of every occurrence that touches the half-open window."""
    where = series_zone(recurrence, floating=floating)
    first = start_at.astimezone(where).replace(tzinfo=None)
    length = end_at.astimezone(where).replace(tzinfo=None) - first
    margin = length + timedelta(days=1)
    low = window[0].astimezone(where).replace(tzinfo=None) - margin
    high = window[1].astimezone(where).replace(tzinfo=None) + timedelta(days=1)
    found = []
    for local in _rule(recurrence, first).between(low, high, inc=True):
        starts = local.replace(tzinfo=where).astimezone(UTC)
        ends = (local + length).replace(tzinfo=where).astimezone(UTC)
        if starts < window[1] and (ends > window[0] or starts == ends >= window[0]):
            found.append((local.date(), starts, ends))
    return found


def occurrence_on(
    recurrence: dict[str, Any], start_at: datetime, end_at: datetime, day: date, *, floating: bool = False
) -> tuple[datetime, datetime] | None:
    """Start and end of the occurrence of that day, None when the pattern has none."""
    where = series_zone(recurrence, floating=floating)
    midnight = datetime.combine(day, time.min, tzinfo=where)
    window = (midnight.astimezone(UTC), (midnight + timedelta(days=1)).astimezone(UTC))
    for found, starts, ends in occurrences(recurrence, start_at, end_at, window, floating=floating):
        if found == day:
            return starts, ends
    return None


def neighbours(
    recurrence: dict[str, Any], start_at: datetime, day: date, *, floating: bool = False
) -> tuple[date | None, date | None]:
    """Days of the occurrences before and after that of `day`."""
    where = series_zone(recurrence, floating=floating)
    rule = _rule(recurrence, start_at.astimezone(where).replace(tzinfo=None))
    before = rule.before(datetime.combine(day, time.min))
    after = rule.after(datetime.combine(day, time.max))
    return before and before.date(), after and after.date()


def ends_at(
    recurrence: dict[str, Any], start_at: datetime, end_at: datetime, *, floating: bool = False
) -> datetime | None:
    """End of the last occurrence, None for a series without end."""
    if recurrence["range"]["type"] == "noEnd":
        return None
    where = series_zone(recurrence, floating=floating)
    first = start_at.astimezone(where).replace(tzinfo=None)
    last = max(_rule(recurrence, first), default=first)
    return last.replace(tzinfo=where).astimezone(UTC) + (end_at - start_at) + timedelta(hours=2)
