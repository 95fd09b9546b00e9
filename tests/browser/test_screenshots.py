"""Pictures of every page in three widths, light and dark, for eyes; what is asserted are the rules of axe."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from bookings.models import Service
from bookings.services import private_links
from bookings.views.choice import instant
from tenants import acting
from tests.browser.conftest import lapse, shot
from tests.factories import ServiceFactory, book, clinic, personal_page

pytestmark = [pytest.mark.browser, pytest.mark.looks, pytest.mark.slow]
#: Every width and both schemes, not each with each: the colours do not depend on the width.
SIGHTS = [(1280, 800, "light"), (768, 1024, "dark"), (390, 844, "light")]


def pictured(tenant: Any) -> dict[str, str]:
    """Addresses of pages as an organisation has them."""
    page, service, _owner = personal_page(
        tenant, title="Introduction", is_online=True,
        description="A first talk: what you need, and whether we are the right people for it.",
    )  # fmt: skip
    page.display_name = "Anna Keller"
    page.description = "Adviser for pensions and inheritance. I speak English, German and French."
    page.save()
    ServiceFactory(page=page, title="Full consultation", duration=timedelta(hours=1, minutes=30), position=1,
                   location="Bahnhofstrasse 12, Zurich", price_text="CHF 240")  # fmt: skip
    business, treatment, members = clinic(tenant, staff=3, title="Physiotherapy", description="Forty quiet minutes.")
    business.display_name, business.phone, business.email = "Lakeside Clinic", "+41 44 555 01 00", "hello@contoso.com"
    business.postal_address = "Seestrasse 4, 8002 Zurich"
    business.save()
    ServiceFactory(page=business, title="First visit", duration=timedelta(minutes=45), location="Seestrasse 4")
    for member, name in zip(members, ("Mara Bianchi", "Jonas Weber", "Lea Rossi"), strict=True):
        member.display_name = name
        member.save()
    never = ServiceFactory(page=page, title="Portfolio review", position=2, minimum_lead=timedelta(days=3))
    secret = ServiceFactory(page=page, title="Board meeting", is_public=False)
    link = private_links.create(service=secret, now=timezone.now(), actor=acting.SYSTEM)
    private_links.revoke(link=link, now=timezone.now(), actor=acting.SYSTEM)
    return {
        "personal": page.path, "picker": f"{page.path}/meetingtype/{service.pk}", "business": business.path,
        "staff": f"{business.path}service/{treatment.pk}", "gone": f"/bookwithme/link/{link.token}",
        "full": f"{page.path}/meetingtype/{never.pk}", "full_day": timezone.now().date().isoformat(),
        "missing": "/bookwithme/user/0123456789abcdef0123456789abcdef@contoso.com", "home": "/",
    }  # fmt: skip


def book_meanwhile(browser: Any) -> None:
    """Somebody else takes the time that is being booked."""
    at = instant(browser.locator("input[name=time]").input_value())
    service = Service.objects.get(title="Introduction")
    assert at is not None
    lapse(browser)
    book(service.page, service, at, now=timezone.now())


def without_findings(page: Any) -> None:
    """Fails with what axe finds."""
    found = Axe().run(page).response["violations"]
    assert [(rule["id"], [node["html"][:160] for node in rule["nodes"]]) for rule in found] == []


@pytest.mark.parametrize(("width", "height"), [(width, height) for width, height, _scheme in SIGHTS])
def test_every_page_is_accessible_in_three_widths_light_and_dark(
    site: Any, live_server: Any, calm: Any, width: int, height: int
) -> None:
    addresses = pictured(site)
    calm.set_viewport_size({"width": width, "height": height})

    def look(name: str) -> None:
        for scheme in ("light", "dark"):
            calm.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            shot(calm, f"{name}-{width}-{scheme}")
            without_findings(calm)

    for name in ("home", "personal", "business", "missing", "gone", "staff", "picker"):
        calm.goto(live_server.url + addresses[name])
        calm.wait_for_load_state("networkidle")
        look(name)
    calm.locator("a.day").nth(3).click()
    calm.locator(".calendar a.day[aria-current=date]").wait_for()
    calm.wait_for_load_state("networkidle")
    calm.locator("a.time").nth(2).click()
    calm.locator("#book").wait_for()
    look("details")
    calm.locator("#book").click()
    calm.locator(".field__error").first.wait_for()
    look("errors")
    calm.fill("#id_name", "Ana Pérez")
    calm.fill("#id_email", "ana@example.net")
    calm.locator("#book").click()
    calm.wait_for_url("**/manage/*")
    look("confirmation")
    calm.get_by_role("link", name="Cancel the booking").click()
    look("cancel")
    calm.get_by_role("link", name="Keep it").click()
    look("manage")
    calm.get_by_role("link", name="Move it").click()
    calm.locator("a.day").nth(3).click()
    calm.wait_for_url("**date=*")
    calm.locator("a.time").nth(4).wait_for()
    look("moving")
    calm.locator("a.time").nth(4).click()
    calm.locator("#book").wait_for()
    look("move")
    calm.goto(f"{live_server.url}{addresses['full']}?date={addresses['full_day']}&tz=Europe/London")
    look("full")
    taken = f"{live_server.url}{addresses['picker']}?tz=Europe/London"
    calm.goto(taken)
    calm.locator("a.day").nth(5).click()
    calm.wait_for_url("**date=*")
    calm.locator("a.time").nth(2).click()
    calm.fill("#id_name", "Ana Pérez")
    calm.fill("#id_email", "ana@example.net")
    book_meanwhile(calm)
    calm.locator("#book").click()
    calm.locator(".alternatives").wait_for()
    look("taken")
