"""Instants as administrators give them for a range: a day or a time, in UTC unless an offset says otherwise (S0.17).

| given                       | first instant        | last instant                      |
|-----------------------------|----------------------|-----------------------------------|
| `2026-11-23`                | its midnight         | the last microsecond of that day  |
| `11/23/2026`                | the same: PowerShell's Get-Date takes it so             ||
| `2026-11-23T07:00`          | that instant, UTC    | that instant                      |
| `2026-11-23T07:00:00+01:00` | 06:00 UTC            | 06:00 UTC                         |
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta


def first(text: str) -> datetime:
    """Where a range that begins with `text` begins. Raises ValueError."""
    return _instant(text, timedelta(0))


def last(text: str) -> datetime:
    """Where a range that ends with `text` ends, included. Raises ValueError."""
    return _instant(text, timedelta(days=1) - timedelta.resolution)


def _instant(text: str, into_day: timedelta) -> datetime:
    """A date, at `into_day`, or a time."""
    for read in (date.fromisoformat, _american):
        try:
            return datetime.combine(read(text), time.min, UTC) + into_day
        except ValueError:
            continue
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError as far:
        raise ValueError(text) from far


def _american(text: str) -> date:
    """`MM/DD/YYYY`."""
    return datetime.strptime(text, "%m/%d/%Y").date()
