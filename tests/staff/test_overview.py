"""The overview: today, what waits for me, what ends soon, and what needs mending; each member sees their own."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from bookings.models import BookingPage, WaitingEntry
from bookings.services import private_links
from tenants import acting
from tenants.models import BusyRead, Role, Tenant
from tests import factories
from tests.factories import NOW, at

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def the_day():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def clinic(contoso: Tenant) -> BookingPage:
    """A page with a request that waits, a link that ends soon, a customer who waits, and a calendar not read."""
    page, service, (ana, _ben) = factories.clinic(contoso, staff=2, approval="host", waiting_list=True)
    factories.book(page, service, at("2026-11-23 09:00"), staff_id=ana.pk)
    secret = factories.ServiceFactory(page=page, title="Board", is_public=False)
    for label, days in (("Ends soon", 3), ("Ends late", 30)):
        private_links.create(
            service=secret, now=NOW, actor=acting.SYSTEM, label=label, expires_at=NOW + timedelta(days=days)
        )
    WaitingEntry.objects.create(
        tenant=contoso, service=service, first_date=NOW.date(), last_date=NOW.date() + timedelta(days=9),
        customer_name="Zoe", customer_email="zoe@example.net", customer_time_zone="UTC", token_hash="x", token="x",
        created_at=NOW,
    )  # fmt: skip
    ana.mailbox.syncs_calendar = True
    ana.mailbox.display_name = "Dr. Late"
    ana.mailbox.save()
    BusyRead.objects.create(
        tenant=contoso, mailbox=ana.mailbox, read_at=NOW - timedelta(hours=5), time_zone="UTC", failed_at=NOW
    )
    return page


def test_who_looks_after_pages_sees_all_that_waits(client: Client, sign_in, clinic: BookingPage) -> None:
    sign_in(Role.SCHEDULER)
    shown = client.get(reverse("staff:dashboard")).content.decode()
    for text in (
        "Waiting for an answer", "Ana Pérez", "Ends soon", "1 customer", "Dr. Late", "read 5", "Book for a customer",
        "Business pages", "Clinic",
    ):  # fmt: skip
        assert text in shown, text
    assert "Ends late" not in shown


def test_the_host_sees_the_own_request_and_none_of_the_others_worries(
    client: Client, sign_in, clinic: BookingPage
) -> None:
    member = sign_in()
    host = clinic.staff_members.order_by("position").first()
    host.mailbox.user = member.user
    host.mailbox.save()
    shown = client.get(reverse("staff:dashboard")).content.decode()
    assert "Waiting for an answer" in shown and "Waiting for approval" in shown  # the question, and the booking today
    assert "Ends soon" not in shown and "1 customer" not in shown and "Calendars that are not read" not in shown


@pytest.mark.parametrize("role", [Role.TEAM_MEMBER, Role.VIEWER])
def test_a_stranger_to_the_page_sees_nothing_of_it(client: Client, sign_in, clinic: BookingPage, role: str) -> None:
    sign_in(role)
    shown = client.get(reverse("staff:dashboard")).content.decode()
    for text in ("Waiting for an answer", "Ends soon", "1 customer", "Dr. Late", "Clinic"):
        assert text not in shown, text


def test_people_of_another_organisation_see_nothing(client: Client, sign_in, clinic: BookingPage) -> None:
    from django_scopes import scope

    other = factories.stranger()
    with scope(tenant=other):
        grace = factories.member(other, Role.OWNER)
    client.force_login(grace.user)
    shown = client.get(reverse("staff:dashboard")).content.decode()
    assert "Ana Pérez" not in shown and "Dr. Late" not in shown


def test_the_overview_does_not_ask_more_with_more_bookings(
    client: Client, sign_in, clinic: BookingPage, django_assert_max_num_queries
) -> None:
    service = clinic.services.get(title="Consultation")
    for hour in range(10, 15):
        factories.book(clinic, service, at(f"2026-11-23 {hour}:00"))
    sign_in(Role.OWNER)
    with django_assert_max_num_queries(40):
        client.get(reverse("staff:dashboard"))
