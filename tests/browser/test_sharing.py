"""Links, sharing and settings in a real browser: pictures in three widths, axe's rules, and the keyboard."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from bookings.models import PrivateLink
from bookings.services import link_keeping, offers, private_links
from tenants import acting
from tenants.models import Role
from tests.browser.conftest import shot
from tests.browser.test_screenshots import SIGHTS
from tests.factories import ServiceFactory, book, member, personal_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def private(site: Any, context: Any, live_server: Any) -> Any:
    """A private type of somebody who is signed in, with a link in every state."""
    site.frame_ancestors = ["https://www.contoso.com"]
    site.save()
    person = member(site, Role.OWNER, name="Anna Keller", email="anna@contoso.com").user
    page, service, _owner = personal_page(site, title="Second interview", is_public=False)
    ServiceFactory(page=page, title="Introduction")
    page.mailbox.user, page.display_name = person, "Anna Keller"
    page.mailbox.save()
    page.save()
    links_of(service)
    client = Client()
    client.force_login(person)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    return service


def links_of(service: Any) -> None:
    now = timezone.now()

    def new(label: str, **rules: Any) -> PrivateLink:
        return private_links.create(service=service, now=now, actor=acting.SYSTEM, label=label, **rules)

    sent = new("Candidate: Ben Ode", email="ben@example.net", max_uses=1)
    link_keeping.send(link=sent, now=now, actor=acting.SYSTEM)
    private_links.opened(link=sent, now=now)
    new("Team at Fabrikam", max_uses=5)
    new("Last season", expires_at=now - timedelta(days=2))
    private_links.revoke(link=new("Wrong address"), now=now, actor=acting.SYSTEM)
    used = new("Zoë Quill", max_uses=1)
    free = offers.nearest(page=service.page, service=service, starts_at=now + timedelta(days=3), now=now)
    book(service.page, service, free[0], link=used, now=now)


def addresses(service: Any) -> dict[str, str]:
    link = PrivateLink.objects.get(label="Candidate: Ben Ode")
    page, kind = [service.page_id], [service.page_id, service.pk]
    return {
        "links": reverse("staff:links"),
        "service-links": reverse("staff:service_links", args=kind),
        "link": reverse("staff:link", args=[*kind, link.pk]),
        "share": reverse("staff:page_share", args=page),
        "share-link": reverse("staff:link_share", args=[*kind, link.pk]),
        "page-settings": reverse("staff:page_details", args=page),
        "organisation": reverse("organisation:settings"),
        "used": f"/bookwithme/link/{PrivateLink.objects.get(label='Zoë Quill').token}",
        "unknown": "/bookwithme/link/no-such-link",
    }


@pytest.mark.looks
def test_every_page_is_accessible_and_fits(private: Any, live_server: Any, calm: Any) -> None:
    wrong: list[Any] = []
    for width, height, scheme in SIGHTS:
        calm.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        calm.set_viewport_size({"width": width, "height": height})
        for name, path in addresses(private).items():
            calm.goto(live_server.url + path)
            shot(calm, f"{name}-{width}-{scheme}")
            found = Axe().run(calm).response["violations"]
            wrong += [(name, width, rule["id"], [node["html"][:160] for node in rule["nodes"]]) for rule in found]
            if calm.evaluate("document.documentElement.scrollWidth") > width:
                wrong.append((name, width, "scrolls sideways"))
    assert wrong == []


def test_a_link_is_copied_and_withdrawn_with_the_keyboard(
    private: Any, live_server: Any, context: Any, calm: Any
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
    calm.goto(live_server.url + addresses(private)["service-links"])
    row = calm.locator(".link-row", has_text="Team at Fabrikam")
    row.get_by_role("link").focus()
    calm.keyboard.press("Tab")
    calm.keyboard.press("Enter")
    expect(row.get_by_role("button", name="Copied")).to_be_visible()
    link = PrivateLink.objects.get(label="Team at Fabrikam")
    assert calm.evaluate("navigator.clipboard.readText()") == link.url
    calm.keyboard.press("Tab")
    calm.keyboard.press("Enter")
    expect(row.get_by_text("Withdrawn")).to_be_visible()
    link.refresh_from_db()
    assert link.revoked_at is not None


def test_a_signature_is_copied_with_its_format(private: Any, live_server: Any, context: Any, calm: Any) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
    calm.goto(live_server.url + addresses(private)["share"])
    calm.get_by_role("button", name="Copy for Outlook").click()
    expect(calm.get_by_role("button", name="Copied")).to_be_visible()
    read = "navigator.clipboard.read().then((all) => all[0].getType('text/html')).then((part) => part.text())"
    assert 'href="' in calm.evaluate(read) and "Book a time with Anna Keller" in calm.evaluate(read)
