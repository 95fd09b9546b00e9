"""Waiting list, offered times, blocked senders and webhooks in a browser: pictures for eyes, and the rules of axe."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as configured
from django.utils import timezone

from bookings.models import TimeOffer, WaitingEntry
from bookings.services import cancellation, senders, time_offers
from bookings.waiting_list import offer_freed
from tenants import acting
from tenants.models import Job, Role, WebhookDelivery, WebhookEndpoint
from tenants.services import webhooks
from tests.browser.conftest import shot
from tests.browser.test_screenshots import without_findings
from tests.factories import book, clinic, member
from tests.waiting.conftest import Scene

pytestmark = [pytest.mark.browser, pytest.mark.looks, pytest.mark.slow]


@pytest.fixture
def scene(site: Any) -> Scene:
    """A doctor, and a list for her consultations."""
    page, service, members = clinic(site, waiting_list=True, title="Consultation with ultrasound", price_text="CHF 120")
    page.display_name, members[0].display_name = "Lakeside Clinic", "Dr. Anna Vogel"
    page.save(), members[0].save()
    return Scene(page, service, members[0])


def signed_in(calm: Any, live_server: Any, client: Any, tenant: Any) -> None:
    """An administrator's browser."""
    client.force_login(member(tenant, Role.ADMINISTRATOR).user)
    cookie = client.cookies[configured.SESSION_COOKIE_NAME].value
    calm.context.add_cookies([{"name": configured.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_waiting_pages_are_accessible(
    scene: Scene, live_server: Any, calm: Any, client: Any, width: int, scheme: str
) -> None:
    calm.set_viewport_size({"width": width, "height": 844})
    calm.emulate_media(color_scheme=scheme, reduced_motion="reduce")

    def look(name: str, path: str = "") -> None:
        if path:
            calm.goto(live_server.url + path)
        shot(calm, f"{name}-{width}-{scheme}")
        without_findings(calm)
        assert calm.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} is too wide"

    now = timezone.now()
    start = now.replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=3)
    booking = book(scene.page, scene.service, start, now=now)
    days = {"first_date": start.date(), "last_date": start.date()}
    ben = scene.waits("ben", now=now, **days)
    scene.waits("cleo", now=now + timedelta(seconds=1), **days)
    service_path = f"{scene.page.path}service/{scene.service.pk}"
    look("waiting-join", f"{service_path}?waiting")
    calm.get_by_role("button", name="Join the waiting list").click()
    calm.locator(".field__error").first.wait_for()
    look("waiting-errors")
    calm.fill("#id_name", "Dora Klein")
    calm.fill("#id_email", "dora@example.net")
    calm.get_by_role("button", name="Join the waiting list").press("Enter")
    calm.get_by_role("heading", name="You are on the list").wait_for()
    look("waiting-joined")
    assert WaitingEntry.objects.filter(customer_email="dora@example.net").exists()
    look("waiting-place", f"/waiting/{ben.token}")
    cancellation.cancel(booking=booking, now=now, actor=acting.visitor("ana@example.net"))
    offer_freed(Job.objects.get(kind="waiting.freed"), now)
    offer = TimeOffer.objects.get()
    look("waiting-offered", f"/waiting/{ben.token}")
    calm.get_by_role("link", name="See the time").click()
    look("offer")
    signed_in(calm, live_server, client, scene.page.tenant)
    look("staff-waiting", f"/staff/pages/{scene.page.pk}/waiting/")
    look("blocked-empty", "/organisation/blocked/")
    senders.block(tenant=scene.page.tenant, pattern="@spam.example", now=now, actor=acting.SYSTEM, note="Watches")
    look("blocked", "/organisation/blocked/")
    again = book(scene.page, scene.service, start + timedelta(hours=2), now=now)
    look("blocked-cancel", "/organisation/blocked/cancel/?pattern=@example.net")
    calm.goto(f"{live_server.url}/offer/{offer.token}")
    calm.get_by_role("button", name="Book this time").press("Enter")
    calm.wait_for_url("**/manage/*")
    look("offer-used", f"/offer/{offer.token}")
    cancellation.cancel(booking=again, now=now, actor=acting.visitor("ana@example.net"))
    again.refresh_from_db()
    beside = time_offers.for_gone(again, now)[0]
    book(scene.page, scene.service, beside.starts_at, now=now)
    look("offer-gone", f"/offer/{beside.token}")
    TimeOffer.objects.update(expires_at=now)
    look("offer-over", f"/offer/{beside.token}")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_pages_of_webhooks_are_accessible(
    site: Any, live_server: Any, calm: Any, client: Any, width: int, scheme: str
) -> None:
    calm.set_viewport_size({"width": width, "height": 844})
    calm.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    signed_in(calm, live_server, client, site)
    calm.goto(f"{live_server.url}/organisation/webhooks/")
    shot(calm, f"webhooks-empty-{width}-{scheme}")
    without_findings(calm)
    calm.fill("#id_url", "https://hooks.example.com/services/daybook/bookings/of/lakeside")
    calm.get_by_role("button", name="Add").press("Enter")
    calm.get_by_role("heading", name="The secret").wait_for()
    endpoint = WebhookEndpoint.objects.get()
    now = timezone.now()
    for event in webhooks.EVENTS[:3]:
        webhooks.tell(tenant=site, event=event, body={}, now=now)
    WebhookDelivery.objects.filter(event="booking.created").update(state="delivered", status_code=204, attempts=1)
    failed = {"state": "failed", "status_code": 500, "attempts": 20, "last_error": "The address answered 500."}
    WebhookDelivery.objects.filter(event="booking.confirmed").update(**failed)
    shot(calm, f"webhook-secret-{width}-{scheme}")
    without_findings(calm)
    for name, path in (("webhook", f"{endpoint.pk}/"), ("webhooks", "")):
        calm.goto(f"{live_server.url}/organisation/webhooks/{path}")
        shot(calm, f"{name}-{width}-{scheme}")
        without_findings(calm)
        assert calm.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} is too wide"
