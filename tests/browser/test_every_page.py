"""Every page of the site's own list of addresses that an owner can open: axe, a telephone's width, the keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as configured
from django.test import Client
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from bookings.models import Approval, Booking, PrivateLink, TimeOffer, WaitingEntry
from config.demonstration import seed
from tenants.models import Tenant, User
from tests.isolation.addresses import filled
from tests.isolation.furnished import furnished

pytestmark = [pytest.mark.browser, pytest.mark.looks, pytest.mark.slow]

#: What is for eyes and hands and cannot be reached by Tab: inside the calendar, arrows move.
UNREACHABLE = """() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary')].filter(
  (one) => one.tabIndex < 0 && !one.disabled && one.checkVisibility({visibilityProperty: true})
  && !one.closest('.calendar, [aria-hidden=true], [inert]')).map((one) => one.outerHTML.slice(0, 160))"""
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def own_addresses(contoso: Tenant) -> Iterator[str]:
    """Addresses whose secret stands in a mail."""
    with scope(tenant=contoso):
        booking = Booking.objects.filter(status="confirmed", starts_at__gt=timezone.now()).earliest("starts_at")
        yield from (booking.manage_url + more for more in ("", "/cancel", "/reschedule"))
        yield from (f"/approve/{row.token}" for row in Approval.objects.all()[:2])
        yield from (f"/waiting/{row.token}" for row in WaitingEntry.objects.all()[:1])
        yield from (f"/offer/{row.token}" for row in TimeOffer.objects.all()[:1])
        yield from (f"/bookwithme/link/{row.token}" for row in PrivateLink.objects.all()[:1])


def pages(contoso: Tenant, client: Client) -> list[str]:
    """The addresses that answer the signed-in owner with a page."""
    with scope(tenant=contoso):
        values = furnished(contoso, timezone.now())
    inside = [path for path, _with_id in filled(values) if not path.startswith(("/api/", "/sandbox/", "/outbox/"))]
    found = []
    for path in [*inside, *own_addresses(contoso)]:
        path = path.removeprefix(configured.SITE_URL)
        answer = client.get(path)
        if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"):
            found.append(path)
    return found


def test_every_page_of_the_list_of_addresses(
    transactional_db: None, live_server: Any, calm: Any, client: Client, settings: Any
) -> None:
    settings.SITE_URL = live_server.url
    with scopes_disabled():
        seed.run(timezone.now())
        contoso = Tenant.objects.get(name="Contoso")
    client.force_login(User.objects.get(email="olivia.keller@contoso.com"))
    addresses = pages(contoso, client)
    assert len(addresses) > 50, addresses
    name = configured.SESSION_COOKIE_NAME
    calm.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
    calm.set_viewport_size({"width": 390, "height": 844})
    calm.emulate_media(reduced_motion="reduce")
    wrong: list[Any] = []
    for path in addresses:
        calm.goto(live_server.url + path)
        found = Axe().run(calm).response["violations"]
        wrong += [(path, rule["id"], [node["html"][:160] for node in rule["nodes"]]) for rule in found]
        wrong += [(path, "not by keyboard", html) for html in calm.evaluate(UNREACHABLE)]
        if calm.evaluate(TOO_WIDE) > 0:
            wrong.append((path, "scrolls sideways"))
    assert wrong == []
