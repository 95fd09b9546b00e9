"""A customer's own booking: seen by GET, changed by POST, by nobody but the holder of its link."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from icalendar import Calendar

from bookings.models import Booking
from bookings.services import cancellation
from tenants import acting
from tenants.models import Claim, Job, Tenant
from tests.factories import NOW, at, book, personal_page
from tests.pages.reading import alternatives, form, links, text, times

START = at("2026-11-24 09:00")


@pytest.fixture
def booking(contoso: Tenant) -> Booking:
    page, service, _owner = personal_page(contoso, is_online=True)
    return book(page, service, START)


def path_of(booking: Booking) -> str:
    return f"/manage/{booking.manage_token}"


@pytest.mark.row("S4.4")
def test_the_booking_is_shown_in_its_customers_zone(booking: Booking, visitor: Client) -> None:
    answer = visitor.get(path_of(booking))
    said = text(answer)
    assert "Tuesday 24 November 2026" in said
    assert "4:00 am – 4:30 am" in said
    assert "New York (UTC-05:00)" in said
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Robots-Tag"] == "noindex, nofollow"


def test_an_unknown_link_is_not_found(booking: Booking, visitor: Client) -> None:
    for path in (f"/manage/{booking.pk}", f"/manage/{booking.manage_token_hash}", f"{path_of(booking)}x"):
        for below in ("", "/cancel", "/reschedule", "/calendar.ics"):
            assert visitor.get(path + below).status_code == 404


def test_looking_never_changes_anything(booking: Booking, visitor: Client) -> None:
    jobs = Job.objects.count()
    query = "?time=2026-11-25T09:00Z&reason=x&instead=2026-11-25T09:00Z"
    for _ in range(20):
        for below in ("", "/cancel", "/reschedule", "/calendar.ics"):
            visitor.get(f"{path_of(booking)}{below}{query}")
            visitor.head(f"{path_of(booking)}{below}{query}")
    now = Booking.objects.get()
    assert (now.status, now.starts_at, now.sequence) == (Booking.Status.CONFIRMED, START, 0)
    assert Job.objects.count() == jobs


def test_the_overview_takes_no_form(booking: Booking, visitor: Client) -> None:
    assert visitor.post(path_of(booking)).status_code == 405


@pytest.mark.row("S4.4")
def test_a_customer_cancels_with_a_reason(booking: Booking, visitor: Client) -> None:
    asked = visitor.get(f"{path_of(booking)}/cancel")
    assert "cannot be undone" in text(asked)
    answer = visitor.post(f"{path_of(booking)}/cancel", {"reason": "Fell ill"})
    assert (answer.status_code, answer["Location"]) == (303, path_of(booking))
    now = Booking.objects.get()
    assert (now.status, now.cancel_reason, now.cancelled_by) == (Booking.Status.CANCELLED, "Fell ill", "visitor")
    assert not Claim.objects.filter(owner_id=booking.pk, active=True).exists()
    said = text(visitor.get(path_of(booking)))
    assert "This booking is cancelled" in said
    assert "Move it" not in said and "can change the booking" not in said
    assert visitor.get(f"{path_of(booking)}/reschedule")["Location"] == path_of(booking)


def test_cancelling_twice_is_cancelling_once(booking: Booking, visitor: Client) -> None:
    jobs = [visitor.post(f"{path_of(booking)}/cancel") and Job.objects.count() for _ in range(2)]
    assert jobs[0] == jobs[1]
    assert visitor.post(f"{path_of(booking)}/cancel").status_code == 303


def test_a_reason_that_is_too_long_is_asked_for_again(booking: Booking, visitor: Client) -> None:
    assert visitor.post(f"{path_of(booking)}/cancel", {"reason": "x" * 501}).status_code == 422
    assert Booking.objects.get().status == Booking.Status.CONFIRMED


@pytest.mark.row("S4.4")
def test_a_customer_moves_the_booking_with_links_and_forms_alone(booking: Booking, visitor: Client) -> None:
    path = f"{path_of(booking)}/reschedule"
    day = visitor.get(f"{path}?tz=Europe/Zurich&date=2026-11-24")
    assert "2026-11-24T09:00Z" in times(day), "its own time counts as free"
    confirm = visitor.get(links(day, "time")[0])
    assert "Confirm the new time" in text(confirm)
    answer = visitor.post(path, form(confirm))
    assert (answer.status_code, answer["Location"]) == (303, f"{path_of(booking)}?moved")
    now = Booking.objects.get()
    assert (now.starts_at, now.sequence) == (at("2026-11-24 08:00"), 1)
    assert "Your booking has moved" in text(visitor.get(answer["Location"]))


def test_moving_opens_in_the_customers_own_zone(booking: Booking, visitor: Client) -> None:
    assert "New York (UTC-05:00)" in text(visitor.get(f"{path_of(booking)}/reschedule"))


def test_a_time_taken_while_moving_offers_others(booking: Booking, visitor: Client) -> None:
    book(booking.page, booking.service, at("2026-11-25 09:00"))
    answer = visitor.post(f"{path_of(booking)}/reschedule", {"time": "2026-11-25T09:00Z"})
    assert answer.status_code == 409
    offered = alternatives(answer)
    assert len(offered) == 3
    moved = visitor.post(f"{path_of(booking)}/reschedule", {"time": "2026-11-25T09:00Z", "instead": offered[0]})
    assert moved.status_code == 303


def test_a_time_gone_before_confirming_shows_the_picker(booking: Booking, visitor: Client) -> None:
    book(booking.page, booking.service, at("2026-11-25 09:00"))
    answer = visitor.get(f"{path_of(booking)}/reschedule?time=2026-11-25T09:00Z")
    assert "no longer free" in text(answer)


def test_a_meeting_that_has_begun_stays_as_it_is(booking: Booking, visitor: Client) -> None:
    with time_machine.travel(START + timedelta(minutes=1), tick=False):
        assert "has begun" in text(visitor.get(path_of(booking)))
        assert visitor.post(f"{path_of(booking)}/cancel").status_code == 409
        assert visitor.post(f"{path_of(booking)}/reschedule", {"time": "2026-11-25T09:00Z"}).status_code == 409
    with time_machine.travel(START + timedelta(days=1), tick=False):
        assert "is over" in text(visitor.get(path_of(booking)))
    assert Booking.objects.get().status == Booking.Status.CONFIRMED


def test_the_join_link_stands_there_as_soon_as_it_is_known(booking: Booking, visitor: Client) -> None:
    assert "comes by mail" in text(visitor.get(path_of(booking)))
    Booking.objects.update(join_url="https://teams.microsoft.com/l/meetup-join/19%3a1")
    assert "https://teams.microsoft.com/l/meetup-join/19%3a1" in visitor.get(path_of(booking)).content.decode()


def test_the_booking_goes_into_any_calendar(booking: Booking, visitor: Client) -> None:
    answer = visitor.get(f"{path_of(booking)}/calendar.ics")
    assert answer["Content-Type"].startswith("text/calendar")
    event = Calendar.from_ical(answer.content).walk("VEVENT")[0]
    assert str(event["UID"]) == booking.ical_uid
    body = visitor.get(path_of(booking)).content.decode()
    assert "20261124T090000Z%2F20261124T093000Z" in body
    assert "startdt=2026-11-24T09%3A00%3A00Z" in body
    web = [part for part in body.split('"') if part.startswith(("https://calendar.google", "https://outlook"))]
    assert len(web) == 2
    assert all(booking.manage_token not in address for address in web), "the link that acts is told to nobody"


def test_cancelled_by_the_host_it_says_so_too(booking: Booking, visitor: Client) -> None:
    cancellation.cancel(booking=booking, now=NOW, actor=acting.SYSTEM)
    answer = visitor.get(f"{path_of(booking)}/cancel")
    assert (answer.status_code, answer["Location"]) == (302, path_of(booking))


def test_the_page_costs_few_queries(booking: Booking, visitor: Client, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(3):
        visitor.get(path_of(booking))
    with django_assert_max_num_queries(8):
        visitor.get(f"{path_of(booking)}/reschedule")
