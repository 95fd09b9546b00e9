"""Forms at addresses that act for their holder, in a real browser: it decides what it tells of where a form stood."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bookings.models import Booking
from bookings.services import offers, private_links
from tenants import acting
from tests.factories import book, personal_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def booked(site: Any) -> Booking:
    """A booking at the first time on offer."""
    page, service, _owner = personal_page(site)
    now = timezone.now()
    free = offers.nearest(page=page, service=service, starts_at=now + timedelta(days=2), now=now)
    return book(page, service, free[0], now=now)


@pytest.mark.row("S4.4")
def test_a_visitor_cancels(site: Any, live_server: Any, calm: Any) -> None:
    booking = booked(site)
    calm.goto(f"{live_server.url}/manage/{booking.manage_token}/cancel")
    calm.locator("form:has(textarea[name=reason]) button").click()
    calm.wait_for_url(f"**/manage/{booking.manage_token}")
    booking.refresh_from_db()
    assert booking.is_cancelled


@pytest.mark.row("S4.4")
def test_a_visitor_moves_a_booking(site: Any, live_server: Any, calm: Any) -> None:
    booking = booked(site)
    calm.goto(f"{live_server.url}/manage/{booking.manage_token}/reschedule")
    calm.locator("a.time").last.click()
    calm.wait_for_url("**time=*")
    calm.locator("#book").click()
    calm.wait_for_url("**?moved")
    before = booking.starts_at
    booking.refresh_from_db()
    assert (booking.sequence, booking.starts_at != before) == (1, True)


@pytest.mark.row("S4.11")
def test_a_visitor_books_over_a_private_link(site: Any, live_server: Any, calm: Any) -> None:
    _page, service, _owner = personal_page(site, is_public=False)
    link = private_links.create(service=service, now=timezone.now(), actor=acting.SYSTEM, max_uses=1)
    calm.goto(f"{live_server.url}/bookwithme/link/{link.token}?tz=Europe/London")
    calm.locator("a.day").nth(1).click()
    calm.wait_for_url("**date=*")
    calm.locator("a.time").first.click()
    calm.wait_for_url("**time=*")
    calm.fill("#id_name", "Ana Pérez")
    calm.fill("#id_email", "ana@example.net")
    calm.locator("#book").click()
    calm.wait_for_url("**/manage/*")
    assert Booking.objects.get().link == link
