"""Every page of the site's own list of addresses that an owner can open: axe, a telephone's width, the keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as configured
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from bookings.models import Approval, Booking, PrivateLink, TimeOffer, WaitingEntry
from config.demonstration import seed
from tenants.models import Tenant, User
from tests.isolation.addresses import filled
from tests.isolation.furnished import furnished
from tests.isolation.test_every_address import a_row_of

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
        is_page = answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html")
        if is_page and answer.getvalue().lstrip().lower().startswith(b"<!doctype"):  # not a part that a page fetches
            found.append(path)
    return found


@pytest.fixture
def owner(transactional_db: None, live_server: Any, client: Client, context: Any, settings: Any) -> Client:
    """The demonstration's organisation, whose owner is signed in, in the browser too."""
    settings.SITE_URL = live_server.url
    with scopes_disabled():
        seed.run(timezone.now())
    client.force_login(User.objects.get(email="olivia.keller@contoso.com"))
    name = configured.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
    return client


def findings(browser: Any, site_url: str, addresses: list[str]) -> Iterator[Any]:
    """What is wrong with these pages on a telephone."""
    browser.set_viewport_size({"width": 390, "height": 844})
    browser.emulate_media(reduced_motion="reduce")
    for path in addresses:
        browser.goto(site_url + path)
        for rule in Axe().run(browser).response["violations"]:
            yield path, rule["id"], [node["html"][:160] for node in rule["nodes"]]
        yield from ((path, "not by keyboard", html) for html in browser.evaluate(UNREACHABLE))
        if browser.evaluate(TOO_WIDE) > 0:
            yield path, "scrolls sideways"


def test_every_page_of_the_list_of_addresses(owner: Client, live_server: Any, calm: Any) -> None:
    addresses = pages(Tenant.objects.get(name="Contoso"), owner)
    assert len(addresses) > 50, addresses
    assert list(findings(calm, live_server.url, addresses)) == []


def test_every_list_and_form_of_the_admin(owner: Client, live_server: Any, page: Any) -> None:
    contoso = Tenant.objects.get(name="Contoso")
    with scope(tenant=contoso):
        furnished(contoso, timezone.now())
    addresses = [reverse("admin:index")]
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        addresses += [reverse(f"{name}_changelist"), reverse(f"{name}_add")]
        if row := a_row_of(contoso, model):
            addresses += [reverse(f"{name}_{view}", args=[row.pk]) for view in ("change", "delete")]
    opened = [path for path in addresses if owner.get(path).status_code == 200]
    assert len(opened) > 30, opened
    assert [found for found in findings(page, live_server.url, opened) if found[1] != "not by keyboard"] == []
