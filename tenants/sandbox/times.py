"""Graph's dateTimeTimeZone (Graph: dateTimeTimeZone): wall-clock time plus a Windows or IANA zone name."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tenants.scheduling import windows_zones

from .errors import GraphError, bad_request, invalid

FRACTION = re.compile(r"(\.\d{6})\d+")
NEVER = "0001-01-01T00:00:00Z"


def zone(name: str) -> ZoneInfo:
    """The zone of this Windows or IANA name; 400 for a name that nobody knows."""
    try:
        return windows_zones.resolve(str(name))
    except windows_zones.UnknownTimeZone:
        message = f"A valid TimeZone value must be specified. This value is not supported: '{name}'."
        raise GraphError(400, "TimeZoneNotSupportedException", message) from None


def parse_naive(text: Any) -> datetime:
    """An ISO time with up to seven decimals, with or without an offset."""
    try:
        return datetime.fromisoformat(FRACTION.sub(r"\1", text))
    except (TypeError, ValueError):
        raise invalid(f"The value '{text}' is not a valid date and time.") from None


def read(value: Any) -> tuple[datetime, str]:
    """A dateTimeTimeZone as an instant in UTC and the name of its zone."""
    if not isinstance(value, dict) or "dateTime" not in value:
        raise invalid("A start and an end need a dateTime and a timeZone.")
    name = value.get("timeZone") or "UTC"
    local = parse_naive(value["dateTime"])
    where = zone(name)
    return (local if local.tzinfo else local.replace(tzinfo=where)).astimezone(UTC), name


def read_parameter(text: str | None, name: str) -> datetime:
    """startDateTime and endDateTime of a view: their offset counts, without one they are UTC."""
    if not text:
        message = f"This request requires a time window by StartDateTime and EndDateTime; {name} is missing."
        raise GraphError(400, "ErrorInvalidParameter", message)
    try:
        moment = datetime.fromisoformat(FRACTION.sub(r"\1", text.replace(" ", "+")))
    except ValueError:
        raise bad_request(f"The value '{text}' of parameter '{name}' is invalid.") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def wall_clock(moment: datetime, zone_name: str, *, floating: bool = False) -> dict[str, str]:
    """The instant as Graph answers it: in that zone, seven decimals. A floating time keeps its clock."""
    local = moment.astimezone(UTC) if floating else moment.astimezone(zone(zone_name))
    return {"dateTime": f"{local:%Y-%m-%dT%H:%M:%S.%f}0", "timeZone": zone_name}


def stamp(moment: datetime | None) -> str:
    """An instant as a DateTimeOffset in UTC; the year 1 where there is none."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z" if moment else NEVER
