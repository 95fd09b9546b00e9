"""Durations as text.

| Text                                      | Written by                                                |
|-------------------------------------------|-----------------------------------------------------------|
| `PT30M`, `PT1H30M`, `P1D`, `PT0S`         | ISO 8601: our own API, Microsoft, and what we always write |
| `0:05:00`, `365 days, 0:00:00`            | Microsoft's Python client, which prints its `timedelta`   |
"""

import re
from datetime import timedelta

_ISO = re.compile(
    r"P(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,5})D)?"
    r"(?P<time>T(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,8})M)?(?:(?P<seconds>\d{1,9})(?:\.0+)?S)?)?",
    re.ASCII,
)
_CLOCK = re.compile(
    r"(?:(?P<days>\d{1,5}) days?, )?(?P<hours>\d{1,3}):(?P<minutes>\d\d):(?P<seconds>\d\d)(?:\.0+)?", re.ASCII
)


class InvalidDuration(ValueError):
    """Text that is no duration, or one that is negative or not of whole seconds."""


def parse(text: str) -> timedelta:
    """Return the duration; weeks, days, hours, minutes and whole seconds. Raise InvalidDuration."""
    match = _ISO.fullmatch(text) or _CLOCK.fullmatch(text)
    parts = {name: int(value) for name, value in match.groupdict().items() if value and name != "time"} if match else {}
    if match is None or not parts or match.groupdict().get("time") == "T":
        raise InvalidDuration(f"“{text}” is no duration; use ISO 8601, such as PT30M.")
    return timedelta(**parts)


def iso(duration: timedelta) -> str:
    """Return ISO 8601 text of a duration of whole seconds: `PT1H30M`, `P1D`, `PT0S`."""
    minutes, seconds = divmod(duration.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    clock = "".join(f"{value}{unit}" for value, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if value)
    days = f"{duration.days}D" if duration.days else ""
    if not days and not clock:
        return "PT0S"
    return f"P{days}T{clock}" if clock else f"P{days}"
