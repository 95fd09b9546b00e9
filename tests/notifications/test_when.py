"""Times as readers see them, in the weeks in which clocks change and across midnight."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import translation

from bookings.models import StaffMember
from bookings.notifications import when
from bookings.services.booking import Customer
from tenants import acting
from tenants.models import Message, Tenant
from tests import factories
from tests.factories import at


@pytest.mark.parametrize(
    ("starts", "zone", "text", "named"),
    [
        # Between the change in America (14 March 2027) and in Europe (28 March 2027).
        ("2027-03-12 15:00", "America/New_York", "Friday 12 March 2027, 10:00–10:30", "America/New_York, UTC-05:00"),
        ("2027-03-15 15:00", "America/New_York", "Monday 15 March 2027, 11:00–11:30", "America/New_York, UTC-04:00"),
        ("2027-03-15 15:00", "Europe/Zurich", "Monday 15 March 2027, 16:00–16:30", "Europe/Zurich, UTC+01:00"),
        ("2027-03-29 15:00", "Europe/Zurich", "Monday 29 March 2027, 17:00–17:30", "Europe/Zurich, UTC+02:00"),
        ("2027-03-29 15:00", "Asia/Kathmandu", "Monday 29 March 2027, 20:45–21:15", "Asia/Kathmandu, UTC+05:45"),
        ("2027-03-29 15:00", "UTC", "Monday 29 March 2027, 15:00–15:30", "UTC"),
        # The hour that comes twice: the offset tells which.
        (
            "2026-10-25 00:30", "Europe/Paris",
            "Sunday 25 October 2026, 02:30–02:00", "Europe/Paris, UTC+02:00 → UTC+01:00",
        ),
        ("2026-10-25 01:30", "Europe/Paris", "Sunday 25 October 2026, 02:30–03:00", "Europe/Paris, UTC+01:00"),
        (
            "2026-11-30 22:45", "Europe/Zurich",
            "Monday 30 November 2026, 23:45 – Tuesday 1 December 2026, 00:15", "Europe/Zurich, UTC+01:00",
        ),
    ],
)  # fmt: skip
def test_a_period_reads_as_the_readers_clock_shows_it(starts: str, zone: str, text: str, named: str) -> None:
    start = at(starts)
    local = when.period(start, start + timedelta(minutes=30), zone)
    assert (local.text, local.zone, str(local)) == (text, named, f"{text} ({named})")


@pytest.mark.parametrize(
    ("language", "day", "short"),
    [
        ("en", "Monday 30 November 2026", "Mon 30 Nov 2026 09:00"),
        ("de", "Montag, 30. November 2026", "Mo, 30. Nov 2026 09:00"),
        ("fr", "30 novembre 2026", "30 novembre 2026 09:00"),
    ],
)
def test_a_day_reads_as_the_language_writes_it(language: str, day: str, short: str) -> None:
    instant = at("2026-11-30 08:00")
    with translation.override(language):
        assert when.period(instant, instant, "Europe/Zurich").text.startswith(day)
        assert when.short(instant, "Europe/Zurich") == short


def test_two_zones_show_the_same_only_if_they_do_at_that_time() -> None:
    assert when.same_clock("Europe/Zurich", "Europe/Paris", at("2027-03-15 15:00"))
    assert when.same_clock("Europe/London", "UTC", at("2027-03-15 15:00"))
    assert not when.same_clock("Europe/London", "UTC", at("2027-03-29 15:00"))


@pytest.mark.row("S4.3")
def test_what_staff_book_is_told_on_the_clock_of_each_reader(contoso: Tenant, run: Callable[..., None]) -> None:
    page, service, [host] = factories.clinic(contoso)
    StaffMember.objects.filter(pk=host.pk).update(time_zone="America/New_York")
    zoe = Customer("Zoe", "zoe@example.net", "Pacific/Auckland")
    desk = acting.Actor(kind="person", label="desk@contoso.com", source="web")
    factories.book(page, service, at("2026-11-30 15:00"), customer=zoe, actor=desk)
    run()
    told = {message.to: message.text for message in Message.objects.all()}
    assert "When: Tuesday 1 December 2026, 04:00–04:30 (Pacific/Auckland, UTC+13:00)" in told[zoe.email]
    assert "When: Monday 30 November 2026, 10:00–10:30 (America/New_York, UTC-05:00)" in told[host.email]
    assert len(told) == 2 and all(" UTC)" not in text for text in told.values())
