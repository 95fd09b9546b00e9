"""Days and times as the visitor reads them: names by language, 12 or 24 hours by what their browser prefers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.http import HttpRequest
from django.utils.dates import MONTHS, WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import get_language, gettext

#: Englishes whose clocks have twelve hours; plain `en` is what most browsers in the United States send.
_TWELVE_HOURS = {"en", "en-us", "en-ca", "en-au", "en-nz", "en-in", "en-ph", "en-sg"}


@dataclass(frozen=True, slots=True)
class Clock:
    """How one visitor reads days and times."""

    language: str
    twelve_hours: bool

    def time(self, at: datetime) -> str:
        """`9:30 am` or `09:30`; `at` is in the reader's zone."""
        if self.twelve_hours:
            return f"{at.hour % 12 or 12}:{at.minute:02} {'am' if at.hour < 12 else 'pm'}"
        return f"{at.hour:02}:{at.minute:02}"

    def times(self, start: datetime, end: datetime) -> str:
        """`09:30 – 10:00`, with the day where the end is on another one."""
        last = self.time(end) if start.date() == end.date() else f"{self.time(end)}, {self.day(end.date())}"
        return f"{self.time(start)} – {last}"

    def day(self, on: date, *, year: bool = False) -> str:
        """`Tuesday 1 December` or `Dienstag, 1. Dezember`, with the year where asked for."""
        german = self.language == "de"
        text = f"{WEEKDAYS[on.weekday()]}{', ' if german else ' '}{on.day}{'.' if german else ''} {MONTHS[on.month]}"
        return f"{text} {on.year}" if year else text

    def month(self, on: date) -> str:
        """`December 2026`."""
        return f"{MONTHS[on.month]} {on.year}"

    def weekdays(self) -> list[tuple[str, str]]:
        """Short and full names, Monday first."""
        return [(str(WEEKDAYS_ABBR[n])[:2], str(WEEKDAYS[n])) for n in range(7)]


def of(request: HttpRequest) -> Clock:
    """The clock of who asks: twelve hours for Englishes that read them, else twenty-four."""
    language = (get_language() or "en").partition("-")[0]
    preferred = request.headers.get("Accept-Language", "en").partition(",")[0].partition(";")[0].strip().lower()
    return Clock(language, language == "en" and preferred in _TWELVE_HOURS)


def duration(length: timedelta) -> str:
    """`45 min`, `1 h 30 min`, `2 days`."""
    minutes = int(length.total_seconds()) // 60
    if minutes % 1440 == 0 and minutes:
        days = minutes // 1440
        return gettext("1 day") if days == 1 else gettext("%(n)d days") % {"n": days}
    hours, rest = divmod(minutes, 60)
    parts = [gettext("%(n)d h") % {"n": hours}] if hours else []
    return " ".join([*parts, gettext("%(n)d min") % {"n": rest}] if rest or not hours else parts)
