"""A visitor books in a real browser: with a mouse, with the keyboard alone, and without JavaScript."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from bookings.models import Booking
from bookings.views.choice import instant
from tests.browser.conftest import lapse
from tests.factories import book, clinic, personal_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def fill(page: Any) -> None:
    page.fill("#id_name", "Ana Pérez")
    page.fill("#id_email", "ana@example.net")


@pytest.mark.row("S4.1", "S4.10")
def test_a_visitor_books_and_only_parts_of_the_page_are_swapped(site: Any, live_server: Any, calm: Any) -> None:
    page, _service, _owner = personal_page(site)
    calm.goto(live_server.url + page.path)
    calm.get_by_role("link", name="Consultation").click()
    calm.wait_for_url("**tz=Europe/London**")
    calm.evaluate("window.stillHere = true")
    calm.get_by_role("link", name="Next month").click()
    calm.wait_for_url("**month=*")
    calm.locator("a.day").nth(2).click()
    calm.wait_for_url("**date=*")
    assert calm.locator("a.day[aria-current=date]").count() == 1
    calm.locator("a.time").first.click()
    calm.wait_for_url("**time=*")
    fill(calm)
    assert calm.evaluate("window.stillHere") is True
    calm.locator("#book").click()
    calm.wait_for_url("**/manage/*")
    assert calm.get_by_role("heading", name="You are booked").is_visible()
    assert Booking.objects.get().customer_time_zone == "Europe/London"


def test_the_back_button_returns_to_the_times(site: Any, live_server: Any, calm: Any) -> None:
    page, service, _owner = personal_page(site)
    calm.goto(f"{live_server.url}{page.path}/meetingtype/{service.pk}?tz=Europe/London")
    calm.locator("a.day").nth(1).click()
    calm.wait_for_url("**date=*")
    day = calm.locator("#times h2").inner_text()
    calm.locator("a.time").first.click()
    calm.wait_for_url("**time=*")
    calm.go_back()
    calm.locator("a.time").first.wait_for()
    assert calm.locator("#times h2").inner_text() == day


def test_a_visitor_books_with_the_keyboard_alone(site: Any, live_server: Any, calm: Any) -> None:
    page, service, _owner = personal_page(site)
    calm.goto(f"{live_server.url}{page.path}/meetingtype/{service.pk}?tz=Europe/London")
    press = calm.keyboard.press
    calm.locator("#next-month").focus()
    press("Enter")
    calm.wait_for_url("**month=*")
    expect(calm.locator("#next-month")).to_be_focused()
    press("Tab")
    press("ArrowRight")
    press("ArrowDown")
    press("Enter")
    calm.wait_for_url("**date=*")
    expect(calm.locator("#announce")).to_contain_text("times")
    for _ in range(60):
        if calm.evaluate("document.activeElement.classList.contains('time')"):
            break
        press("Tab")
    press("Enter")
    calm.wait_for_url("**time=*")
    expect(calm.locator("#details-title")).to_be_focused()
    press("Tab")
    calm.keyboard.type("Ana Pérez")
    press("Tab")
    calm.keyboard.type("ana@example.net")
    press("Enter")
    calm.wait_for_url("**/manage/*")
    assert Booking.objects.get().customer_name == "Ana Pérez"


def test_what_was_typed_survives_the_choice_of_another_time(site: Any, live_server: Any, calm: Any) -> None:
    page, service, _owner = personal_page(site)
    calm.goto(f"{live_server.url}{page.path}/meetingtype/{service.pk}?tz=Europe/London")
    calm.locator("a.day").nth(2).click()
    calm.wait_for_url("**date=*")
    calm.locator("a.time").first.click()
    calm.locator("#id_name").fill("Ana Pérez")
    calm.get_by_role("link", name="Choose another time").click()
    calm.locator("a.time").nth(1).click()
    expect(calm.locator("#id_name")).to_have_value("Ana Pérez")


def test_a_taken_time_offers_others_with_one_click(site: Any, live_server: Any, calm: Any) -> None:
    page, service, _members = clinic(site)
    calm.goto(f"{live_server.url}{page.path}service/{service.pk}?tz=Europe/London")
    calm.locator("a.day").nth(2).click()
    calm.wait_for_url("**date=*")
    calm.locator("a.time").nth(2).click()
    fill(calm)
    _book_meanwhile(page, service, calm)
    calm.locator("#book").click()
    calm.get_by_text("Nothing you entered is lost").wait_for()
    assert calm.locator("#id_name").input_value() == "Ana Pérez"
    calm.locator(".alternatives .button").first.click()
    calm.wait_for_url("**/manage/*")
    assert Booking.objects.count() == 2


def _book_meanwhile(page: Any, service: Any, browser: Any) -> None:
    at = instant(browser.locator("input[name=time]").input_value())
    assert at is not None
    lapse(browser)
    book(page, service, at, now=timezone.now())


def test_a_visitor_books_without_javascript(site: Any, live_server: Any, browser: Any) -> None:
    page, _service, _owner = personal_page(site)
    context = browser.new_context(java_script_enabled=False, locale="de-DE")
    tab = context.new_page()
    tab.goto(live_server.url + page.path)
    tab.get_by_role("link", name="Consultation").click()
    tab.locator("#next-month").click()
    tab.select_option("#tz", "America/New_York")
    tab.locator("noscript button, .preferences button").first.click()
    assert "tz=America%2FNew_York" in tab.url
    tab.locator("a.day").first.click()
    tab.locator("a.time").first.click()
    fill(tab)
    tab.locator("#book").click()
    tab.wait_for_url("**/manage/*")
    assert Booking.objects.get().customer_time_zone == "America/New_York"
    context.close()


def test_a_page_withdrawn_while_it_is_open_says_so(site: Any, live_server: Any, calm: Any) -> None:
    page, service, _owner = personal_page(site)
    calm.goto(f"{live_server.url}{page.path}/meetingtype/{service.pk}?tz=Europe/London")
    page.is_published = False
    page.save()
    calm.locator("a.day").nth(1).click()
    expect(calm.get_by_role("heading", name="There is nothing at this address")).to_be_visible()
