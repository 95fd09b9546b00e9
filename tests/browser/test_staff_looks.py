"""The staff area as a person and as axe see it: every page of it in three widths, light and dark."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from bookings.models import Booking, Reminder, TimeOff
from bookings.services import managed_types, offers, questions, services
from bookings.services.intake import Details
from tenants import acting
from tenants.models import Mailbox, Role
from tests.browser.conftest import shot
from tests.browser.test_screenshots import SIGHTS, without_findings
from tests.factories import PersonalPageFactory, StaffMemberFactory, book, clinic, member

pytestmark = [pytest.mark.browser, pytest.mark.looks, pytest.mark.slow]


def furnished(tenant: Any) -> dict[str, str]:
    """A clinic in use, and the addresses of its staff area."""
    now, act = timezone.now(), {"now": timezone.now(), "actor": acting.SYSTEM}
    page, service, members = clinic(tenant, staff=3, title="Physiotherapy", colour="green", approval="host")
    page.display_name = "Lakeside Clinic"
    page.save()
    for person, name in zip(members, ("Mara Bianchi", "Jonas Weber", "Lea Rossi"), strict=True):
        person.display_name = name
        person.save()
    own = PersonalPageFactory(tenant=tenant, mailbox=members[0].mailbox)
    StaffMemberFactory(page=own, mailbox=members[0].mailbox)
    eye = questions.create(page=page, label="Which side?", kind="choice", options=["Left", "Right"], **act)
    questions.create(page=page, label="Insurance number", kind="text", **act)
    services.change(service=service, asked={eye: True}, daily_limit=6, change_cutoff=timedelta(hours=24), **act)
    Reminder.objects.create(tenant=tenant, service=service, distance=timedelta(days=1), text="Bring your card.")
    first = offers.nearest(page=page, service=service, starts_at=now + timedelta(days=3), now=now, count=1)[0]
    given: dict[str, Any] = {"now": now, "details": Details(answers={str(eye.pk): "Left"})}
    asked = book(page, service, first, **given)
    services.change(service=service, approval="none", **act)
    managed_types.hand_out(service=service, pages=[own], **act)
    made = [book(page, service, first + timedelta(days=n), **given) for n in range(1, 6)]
    for number, booking in enumerate(made[2:]):
        past = booking.starts_at - timedelta(days=14 + 7 * number)
        status = ("completed", "noShow", "cancelled")[number]
        Booking.objects.filter(pk=booking.pk).update(
            starts_at=past,
            ends_at=past + timedelta(minutes=30),
            created_at=past - timedelta(days=2 * number),
            status=status,
        )
    TimeOff.objects.create(
        tenant=tenant, page=page, staff_member=members[0], starts_at=now, ends_at=now + timedelta(days=2),
        reason="Course", redirect_to=members[1],
    )  # fmt: skip
    base, one = f"/staff/pages/{page.pk}", f"/staff/pages/{page.pk}/types/{service.pk}"
    return {
        "overview": "/staff/", "bookings": "/staff/bookings/?when=all", "booking": f"/staff/bookings/{made[0].pk}/",
        "asked": f"/staff/bookings/{asked.pk}/", "move": f"/staff/bookings/{made[0].pk}/move/?at={stamp(made[0])}",
        "reassign": f"/staff/bookings/{made[0].pk}/reassign/", "what": "/staff/bookings/new/",
        "when": f"/staff/bookings/new/?service={service.pk}",
        "who": f"/staff/bookings/new/?service={service.pk}&at={stamp(made[1])}",
        "reports": f"/staff/reports/?last={(now + timedelta(days=20)).date()}", "page": f"{base}/",
        "service": f"{one}/", "reminders": f"{one}/reminders/", "team": f"{one}/team/",
        "questions": f"{base}/questions/", "people": f"{base}/people/", "member": f"{base}/people/{members[0].pk}/",
        "absences": f"{base}/people/{members[0].pk}/away/", "fairness": f"{base}/fairness/",
    }  # fmt: skip


def stamp(booking: Booking) -> str:
    """An instant as addresses carry it."""
    return f"{booking.starts_at:%Y-%m-%dT%H:%M}Z"


def sign_in(calm: Any, live_server: Any, client: Any, tenant: Any) -> None:
    """The browser is a scheduler's."""
    grace = member(tenant, Role.ADMINISTRATOR, name="Grace Hopper", email="grace@contoso.com")
    Mailbox.objects.create(
        tenant=tenant, kind="user", display_name="Grace Hopper", address="grace@contoso.com", user=grace.user,
        time_zone="Europe/Zurich",
    )  # fmt: skip
    client.force_login(grace.user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    calm.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])


@pytest.mark.parametrize(("width", "height", "scheme"), SIGHTS)
def test_every_page_of_the_staff_area_is_accessible(
    site: Any, live_server: Any, calm: Any, client: Any, width: int, height: int, scheme: str
) -> None:
    addresses = furnished(site)
    sign_in(calm, live_server, client, site)
    calm.set_viewport_size({"width": width, "height": height})
    calm.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    for name, address in addresses.items():
        calm.goto(live_server.url + address)
        assert calm.locator("h1").count() == 1, name
        calm.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        shot(calm, f"staff-{name}-{width}-{scheme}")
        without_findings(calm)
        wide = calm.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name} scrolls sideways by {wide} px"
