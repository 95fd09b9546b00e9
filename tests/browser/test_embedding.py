"""A booking page inside a page of another site, in a real browser that gives our cookies to nobody there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from bookings.models import Booking, PrivateLink
from bookings.services import private_links
from tenants import acting
from tests.browser.conftest import shot
from tests.factories import personal_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Elsewhere = Callable[[str], str]


class Contact(BaseHTTPRequestHandler):
    """A page of somebody else, with an address in a frame."""

    def __init__(self, framed: str, *args: Any) -> None:
        self.framed = framed
        super().__init__(*args)

    def do_GET(self) -> None:
        frame = f'<iframe src="{self.framed}" width="100%" height="900"></iframe>'
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(f"<!doctype html><title>Contact</title><h1>Contact</h1>{frame}".encode())

    def log_message(self, *args: Any) -> None:
        """Says nothing."""


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    """Starts another site that shows an address in a frame; its own address. For a browser it is not our site."""
    servers: list[ThreadingHTTPServer] = []

    def start(framed: str) -> str:
        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), partial(Contact, framed)))
        Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def named(tenant: Any, origin: str) -> None:
    """The organisation lets that site show its pages."""
    tenant.frame_ancestors = [origin]
    tenant.full_clean()
    tenant.save()


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def visiting(browser: Any, request: Any) -> Iterator[Any]:
    """A browser with and without JavaScript."""
    made = browser.new_context(java_script_enabled=request.param, locale="en-US", timezone_id="Europe/London")
    yield made
    made.close()


def test_a_visitor_books_and_cancels_inside_another_site(
    site: Any, live_server: Any, visiting: Any, elsewhere: Elsewhere
) -> None:
    page, _service, _owner = personal_page(site)
    origin = elsewhere(f"{live_server.url}{page.path}?embed")
    named(site, origin)
    outer = visiting.new_page()
    inner = outer.frame_locator("iframe")
    refused: list[str] = []
    outer.on("console", lambda said: refused.append(said.text) if said.type == "error" else None)
    outer.goto(f"{origin}/contact")
    inner.get_by_role("link", name="Consultation").click()
    inner.locator("a.day").nth(2).click()
    inner.locator("a.time").first.click()
    inner.locator("#id_name").fill("Ana Pérez")
    inner.locator("#id_email").fill("ana@example.net")
    assert inner.locator(".site-header, .site-footer").count() == 0
    shot(outer, "embedded-details")
    book(inner)
    expect(inner.get_by_role("heading", name="You are booked")).to_be_visible()
    assert outer.url == f"{origin}/contact" and Booking.objects.get().status == Booking.Status.CONFIRMED
    shot(outer, "embedded-booked")
    inner.get_by_role("link", name="Cancel the booking").click()
    inner.locator("form:has(textarea[name=reason]) button").click()
    expect(inner.get_by_text("cancelled").first).to_be_visible()
    assert Booking.objects.get().is_cancelled and outer.url == f"{origin}/contact"
    assert inner.locator(".site-header, .site-footer").count() == 0
    assert refused == []


def book(inner: Any) -> None:
    """Sends the form, and once more where it was filled in faster than people read."""
    inner.locator("#book").click()
    done = inner.get_by_role("heading", name="You are booked")
    expect(done.or_(inner.locator("[role=alert]")).first).to_be_visible()
    if not done.is_visible():
        inner.locator("#book").click()


@pytest.mark.parametrize("query", ["?embed", ""])
def test_a_site_that_is_not_named_shows_nothing(
    site: Any, live_server: Any, page: Any, elsewhere: Elsewhere, query: str
) -> None:
    own_page, _service, _owner = personal_page(site)
    named(site, "https://www.contoso.com")
    page.goto(elsewhere(f"{live_server.url}{own_page.path}{query}"))
    page.wait_for_load_state("networkidle")
    assert page.frame_locator("iframe").get_by_role("link", name="Consultation").count() == 0


def test_a_browser_that_shows_a_private_link_says_so(site: Any, live_server: Any, calm: Any) -> None:
    _page, service, _owner = personal_page(site, is_public=False)
    link = private_links.create(service=service, now=timezone.now(), actor=acting.SYSTEM)
    with calm.expect_response(f"**/bookwithme/link/{link.token}/opened") as told:
        calm.goto(f"{live_server.url}/bookwithme/link/{link.token}")
    assert told.value.status == 204
    assert PrivateLink.objects.get().first_opened_at is not None
