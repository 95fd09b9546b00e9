"""Times as a reader's eye expects them: in the reader's zone, with its name and offset, in the active language.

| language | day                      | short                 | offset      |
|----------|--------------------------|-----------------------|-------------|
| en       | Monday 30 November 2026  | Mon 30 Nov 2026 09:00 | UTC+01:00   |
| de       | Montag, 30. November 2026| Mo, 30. Nov 2026 09:00| UTC+01:00   |

Hours are the wall clock's, 00:00 to 23:59, so that nobody has to read AM for PM in a mail.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.translation import get_language

_DAY = {"en": "l j F Y", "de": "l, j. F Y"}
_SHORT = {"en": "D j M Y H:i", "de": "D, j. M Y H:i"}


class Local(NamedTuple):
    """A period in one zone: `Monday 30 November 2026, 09:00–09:30` and `Europe/Zurich, UTC+01:00`."""

    text: str
    zone: str

    def __str__(self) -> str:
        return f"{self.text} ({self.zone})"


def period(starts_at: datetime, ends_at: datetime, zone: str) -> Local:
    """The period on the clocks of `zone` (an IANA name). It names both days, and both offsets, where they differ."""
    start, end = (instant.astimezone(ZoneInfo(zone)) for instant in (starts_at, ends_at))
    begins = f"{day(start)}, {start:%H:%M}"
    text = f"{begins}–{end:%H:%M}" if start.date() == end.date() else f"{begins} – {day(end)}, {end:%H:%M}"
    offsets = " → ".join(dict.fromkeys((offset(start), offset(end))))
    return Local(text, offsets if offsets == zone else f"{zone}, {offsets}")


def day(local: date) -> str:
    """The date, or that of a local time, with its weekday."""
    return formats.date_format(local, _format(_DAY, "DATE_FORMAT"))


def short(instant: datetime, zone: str) -> str:
    """The instant on the clocks of `zone`, short enough for a subject."""
    return formats.date_format(instant.astimezone(ZoneInfo(zone)), _format(_SHORT, "DATETIME_FORMAT"))


def offset(local: datetime) -> str:
    """The distance from UTC: `UTC+01:00`, and `UTC` where there is none."""
    text = local.strftime("%z")
    return "UTC" if text in ("+0000", "-0000") else f"UTC{text[:3]}:{text[3:5]}"


def same_clock(one: str, other: str, *instants: datetime) -> bool:
    """Whether two zones show the same time at all these instants."""
    return all(
        instant.astimezone(ZoneInfo(one)).utcoffset() == instant.astimezone(ZoneInfo(other)).utcoffset()
        for instant in instants
    )


def _format(table: dict[str, str], otherwise: str) -> str:
    return table.get((get_language() or "en").partition("-")[0]) or formats.get_format(otherwise)
