"""Durations as text."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tenants.scheduling import durations


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("PT30M", 30), ("PT1H30M", 90), ("P1D", 1440), ("P1DT1H", 1500), ("P1W", 10080), ("PT0S", 0), ("PT90M", 90),
     ("0:05:00", 5), ("1:00:00", 60), ("365 days, 0:00:00", 525_600), ("1 day, 1:00:00", 1500), ("PT60.000S", 1)],
)  # fmt: skip
def test_every_spelling_is_read(text: str, minutes: int) -> None:
    assert durations.parse(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P1DT", "1", "30", "PT-5M", "-PT5M", "PT0.5S", "P1Y", "PT1H ", "P٣D", "x"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(durations.InvalidDuration):
        durations.parse(text)


@pytest.mark.parametrize("text", ["PT0S", "PT15M", "PT1H", "PT1H30M", "P1D", "P1DT2H3M4S"])
def test_what_is_written_is_read_again(text: str) -> None:
    assert durations.iso(durations.parse(text)) == text
