"""Pictures of a report as numbers for SVG: places and sizes as attributes, looks as classes. Pure arithmetic.

Everything lies in a box of WIDTH × HEIGHT units; weeks stand side by side, hours of the day run from left to right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from bookings.services.reports import Line

WIDTH, HEIGHT = 720, 200
#: Room for the numbers at the left and the words at the bottom.
LEFT, BOTTOM = 36, 24
#: Shades of the hours: 0 is none.
SHADES = 5


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle. `kind` is its class."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A line across, or a word at an axis."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """What the template draws."""

    bars: list[Bar] = field(default_factory=list)
    lines: list[Mark] = field(default_factory=list)
    words: list[Mark] = field(default_factory=list)
    rows: list[Mark] = field(default_factory=list)
    height: int = HEIGHT


def of_weeks(weeks: Sequence[tuple[date, Line]], label: str) -> Chart:
    """A column for every week: kept below, then not come to, then cancelled. `label` is `%(week)s: %(n)d`."""
    most = max((line.total for _week, line in weeks), default=0)
    step = _step(most)
    top = max(step * -(-most // step), step)
    scale, width = (HEIGHT - BOTTOM - 8) / top, (WIDTH - LEFT) / max(len(weeks), 1)
    chart = Chart(lines=[Mark(_floor() - value * scale, str(value)) for value in range(0, top + 1, step)])
    every = -(-len(weeks) // 9) or 1
    for number, (week, line) in enumerate(weeks):
        x, y = LEFT + number * width, float(_floor())
        for count, kind in ((line.kept, "kept"), (line.no_shows, "missed"), (line.gone, "gone")):
            if count:
                height = count * scale
                y -= height
                said = label % {"week": week.isoformat(), "n": count}
                chart.bars.append(
                    Bar(round(x + width * 0.15, 2), round(y, 2), round(width * 0.7, 2), round(height, 2), kind, said)
                )
        if number % every == 0:
            chart.words.append(Mark(round(x + width / 2, 2), f"{week.day}.{week.month}."))
    return chart


def of_hours(hours: Mapping[tuple[int, int], int], days: Sequence[str]) -> Chart:
    """A field for every hour of every weekday, the darker the more. `days` are seven names from Monday."""
    if not hours:
        return Chart(height=0)
    first, last = min(hour for _day, hour in hours), max(hour for _day, hour in hours)
    most, width, height = max(hours.values()), (WIDTH - 2 * LEFT) / (last - first + 1), 24
    chart = Chart(height=7 * height + BOTTOM)
    for day in range(7):
        chart.rows.append(Mark(day * height + 16, days[day]))
        for hour in range(first, last + 1):
            count = hours.get((day, hour), 0)
            shade = -(-count * SHADES // most)
            x = 2 * LEFT + (hour - first) * width
            said = f"{days[day]} {hour:02}:00: {count}"
            chart.bars.append(Bar(round(x, 2), day * height, round(width - 2, 2), height - 2, f"shade-{shade}", said))
    every = -(-(last - first + 1) // 12)
    chart.words.extend(
        Mark(round(2 * LEFT + (hour - first + 0.5) * width, 2), f"{hour:02}") for hour in range(first, last + 1, every)
    )
    return chart


def _floor() -> int:
    return HEIGHT - BOTTOM


def _step(most: int) -> int:
    """A round distance between lines, so that there are at most five."""
    size = 1
    while True:
        for factor in (1, 2, 5):
            if most <= 5 * factor * size:
                return factor * size
        size *= 10
