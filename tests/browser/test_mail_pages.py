"""The pages about mails in a browser: own words with their preview, and a booking's delivery log."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as configured
from django.utils import timezone

from bookings.models import MailTemplate
from tenants import outbox
from tenants.models import Job, Message, Role
from tests.browser.conftest import shot
from tests.browser.test_screenshots import without_findings
from tests.factories import book, clinic, member

pytestmark = [pytest.mark.browser, pytest.mark.looks, pytest.mark.slow]


@pytest.fixture
def desk(site: Any, live_server: Any, calm: Any, client: Any) -> Any:
    """An administrator's browser."""
    client.force_login(member(site, Role.ADMINISTRATOR).user)
    cookie = client.cookies[configured.SESSION_COOKIE_NAME].value
    calm.context.add_cookies([{"name": configured.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    return calm


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_mail_pages_are_accessible(site: Any, live_server: Any, desk: Any, width: int, scheme: str) -> None:
    desk.set_viewport_size({"width": width, "height": 844})
    desk.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    start = timezone.now().replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=3)
    page, service, _members = clinic(site)
    booking = book(page, service, start, now=timezone.now())
    outbox.run([str(pk) for pk in Job.objects.filter(kind="mail.booking").values_list("pk", flat=True)])
    failed = Message.objects.filter(to=booking.customer_email).first()
    assert failed is not None
    Message.objects.filter(pk=failed.pk).update(state="failed", last_error="550 No such user here", sent_at=None)
    for name, path in (
        ("mails", "/organisation/mails/"), ("mail", "/organisation/mails/confirmed-customer/en/"),
        ("booking-mails", f"/staff/bookings/{booking.pk}/"), ("overview-mails", "/staff/"),
    ):  # fmt: skip
        desk.goto(live_server.url + path)
        shot(desk, f"{name}-{width}-{scheme}")
        without_findings(desk)
        assert desk.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} is too wide"


def test_the_preview_shows_the_words_as_they_stand_in_the_form(site: Any, live_server: Any, desk: Any) -> None:
    desk.goto(f"{live_server.url}/organisation/mails/confirmed-customer/en/")
    frame = desk.frame_locator("iframe")
    frame.get_by_text("your booking is confirmed").wait_for()
    desk.get_by_label("Opening").fill("Welcome, {customer}!")
    desk.get_by_role("button", name="Preview").click()
    frame.get_by_text("Welcome, Ana Pérez!").wait_for()
    desk.get_by_role("button", name="As plain text").click()
    frame.get_by_text("Sent with Daybook for Contoso.").wait_for()
    assert desk.get_by_label("Opening").input_value() == "Welcome, {customer}!"
    assert not MailTemplate.objects.exists()
