"""Weekly hours, dates, time off, and the answer to "why is this time not offered"."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.test import Client
from django.urls import reverse

from bookings.models import BookingPage, DateOverride, TimeOff

pytestmark = pytest.mark.django_db
WEEK = {"time_zone": "America/New_York", "mon": "9-12, 13:30-17:00", "tue": "09:00-12:00"}


@pytest.fixture
def own_page(sign_in, client: Client) -> BookingPage:
    sign_in()
    client.post(reverse("staff:activate"))
    return BookingPage.objects.get()


def test_a_day_has_several_periods_in_a_zone_of_its_own(own_page: BookingPage, client: Client) -> None:
    client.post(reverse("staff:hours", args=[own_page.pk]), WEEK)
    own_page.refresh_from_db()
    assert own_page.time_zone == "America/New_York"
    assert own_page.weekly_hours["mon"] == [["09:00", "12:00"], ["13:30", "17:00"]]
    assert own_page.weekly_hours["wed"] == []


@pytest.mark.parametrize("typed", ["9-8", "noon", "09:00-12:00, 11:00-13:00", "25:00-26:00", "09:00"])
def test_hours_that_cannot_be_meant_are_explained(own_page: BookingPage, client: Client, typed: str) -> None:
    answer = client.post(reverse("staff:hours", args=[own_page.pk]), WEEK | {"wed": typed})
    assert "field__error" in answer.content.decode() and "Wednesday" in answer.content.decode()
    own_page.refresh_from_db()
    assert own_page.time_zone == "Europe/Zurich"


def test_a_date_with_other_hours_comes_and_goes(own_page: BookingPage, client: Client) -> None:
    client.post(reverse("staff:date_add", args=[own_page.pk]), {"on_date": "2099-12-24", "intervals": "09:00-12:00"})
    row = DateOverride.objects.get()
    assert (row.on_date, row.intervals) == (date(2099, 12, 24), [["09:00", "12:00"]])
    client.post(reverse("staff:date_remove", args=[own_page.pk, row.pk]))
    assert not DateOverride.objects.exists()


def test_time_off_is_typed_on_the_pages_own_clock(own_page: BookingPage, client: Client) -> None:
    off = {"starts_at": "2099-07-01T08:00", "ends_at": "2099-07-02T18:00", "reason": "Sailing"}
    client.post(reverse("staff:time_off_add", args=[own_page.pk]), off)
    row = TimeOff.objects.get()
    assert row.starts_at == datetime(2099, 7, 1, 6, tzinfo=UTC)
    assert "Sailing" in client.get(reverse("staff:hours", args=[own_page.pk])).content.decode()
    backwards = client.post(reverse("staff:time_off_add", args=[own_page.pk]), off | {"ends_at": "2099-06-01T08:00"})
    assert "The end must come after the start." in backwards.content.decode()


def test_the_owner_reads_why_a_time_is_not_offered(own_page: BookingPage, client: Client) -> None:
    service = own_page.services.first()
    question = {"service": service.pk, "at": "2099-07-04T10:00"}  # a Saturday, and far ahead
    shown = client.get(reverse("staff:explain", args=[own_page.pk]), question).content.decode()
    assert "there are no working hours on Saturdays" in shown
    assert "180 days ahead" in shown
