"""One's page as visitors see it, as a person and as axe see it: a day on which clocks change, in three widths."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from bookings.availability import clock_changes
from tenants.models import Role
from tests.browser.conftest import shot
from tests.browser.test_screenshots import SIGHTS, without_findings
from tests.factories import book, clinic, member

pytestmark = [pytest.mark.browser, pytest.mark.looks, pytest.mark.slow]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def next_change(now: datetime) -> datetime:
    """Ten o'clock (UTC) of the next day on which Zurich's clocks change."""
    change = clock_changes.between(ZoneInfo("Europe/Zurich"), (now + DAY).date(), (now + 360 * DAY).date())[0]
    return datetime(change.on.year, change.on.month, change.on.day, 10, tzinfo=UTC)


@pytest.mark.parametrize(("width", "height", "scheme"), SIGHTS)
def test_a_day_with_its_reasons_is_read_in_every_width_and_reached_by_keyboard(
    site: Any, live_server: Any, calm: Any, client: Client, settings: Any, width: int, height: int, scheme: str
) -> None:
    page, service, people = clinic(
        site, staff=2, title="Physiotherapy", seats=4, duration=HOUR, maximum_advance=400 * DAY
    )
    for person, name in zip(people, ("Mara Bianchi", "Jonas Weber"), strict=True):
        person.display_name = name
        person.save()
    now = timezone.now()
    start = next_change(now)
    book(page, service, start, now=now)
    client.force_login(member(site, Role.OWNER).user)
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}
    calm.context.add_cookies([cookie | {"url": live_server.url}])
    calm.set_viewport_size({"width": width, "height": height})
    calm.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    calm.goto(f"{live_server.url}/staff/pages/{page.pk}/visitor/?zone=America/New_York&day={start.date()}")
    calm.get_by_text("In Zurich the clocks go").wait_for()
    shot(calm, f"visitor-view-{width}-{scheme}")
    without_findings(calm)
    assert calm.evaluate("document.documentElement.scrollWidth") <= width
    calm.get_by_role("link", name="Next month").focus()
    calm.keyboard.press("Enter")
    calm.wait_for_url("**day=*-01")
    assert calm.get_by_text("In Zurich the clocks go").count() == 0
