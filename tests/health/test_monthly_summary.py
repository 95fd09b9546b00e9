"""Once a month administrators read what was booked and what needs them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django_scopes import scope

from bookings.models import Booking
from bookings.services import monthly_summary
from tenants import mail
from tenants.models import AuditEvent, Connection, Job, Message, Role, Tenant
from tests import factories
from tests.factories import NOW, at

pytestmark = pytest.mark.django_db
FIRST = at("2026-12-01 06:30")


@pytest.fixture
def busy(contoso: Tenant) -> Tenant:
    Tenant.objects.update(created_at=NOW - timedelta(days=90))
    factories.member(contoso, Role.OWNER, email="olivia@contoso.com")
    page, service, _members = factories.clinic(contoso)
    made = [factories.book(page, service, at(f"2026-11-{day} 10:00")) for day in (24, 25, 26)]
    Booking.objects.filter(pk=made[0].pk).update(status="cancelled")
    Booking.objects.filter(pk=made[1].pk).update(status="noShow")
    factories.book(page, service, at("2026-12-02 10:00"))
    Connection.objects.create(
        tenant=contoso, client_secret="x", state="connected", secret_expires_on=FIRST.date() + timedelta(days=20)
    )
    Message.objects.all().delete()
    Job.objects.all().delete()
    return contoso


def test_it_goes_once_on_the_first_morning(busy: Tenant, run: Callable[..., None]) -> None:
    assert monthly_summary.send_due(at("2026-12-01 05:30")) == 0, "half past six in Zurich"
    assert monthly_summary.send_due(FIRST) == 1
    assert monthly_summary.send_due(FIRST + timedelta(days=29)) == 0
    run(kind=mail.KIND, now=FIRST)
    letter = Message.objects.get(template="monthlySummary")
    assert (letter.to, letter.state) == ("olivia@contoso.com", "sent")
    assert letter.subject == "Contoso in November 2026"
    for said in ("Bookings: 3", "Cancelled: 1", "Did not come: 1", "1 thing needs you", "ends in 20 days"):
        assert said in letter.text
    assert AuditEvent.objects.get(action=monthly_summary.SENT).reason == "2026-11"
    assert monthly_summary.send_due(at("2027-01-01 08:00")) == 1


def test_all_is_well_is_said_too(busy: Tenant) -> None:
    Connection.objects.update(secret_expires_on=FIRST.date() + timedelta(days=200))
    monthly_summary.send_due(FIRST)
    letter = Message.objects.get(template="monthlySummary")
    assert "Everything works, and nothing needs you." in letter.text


def test_a_young_organisation_and_one_that_switched_it_off_get_none(
    busy: Tenant, client: Client, sign_in: Callable[..., object]
) -> None:
    sign_in(Role.ADMINISTRATOR)
    client.post("/organisation/health/summary/", {"on": "no"})
    assert monthly_summary.send_due(FIRST) == 0
    client.post("/organisation/health/summary/", {"on": "yes"})
    Tenant.objects.update(created_at=FIRST)
    assert monthly_summary.send_due(FIRST) == 0


def test_strangers_read_nothing_of_it(busy: Tenant) -> None:
    fabrikam = factories.stranger()
    with scope(tenant=fabrikam):
        factories.member(fabrikam, Role.OWNER, email="fay@fabrikam.com")
        Tenant.objects.update(created_at=NOW - timedelta(days=90))
        monthly_summary.send_due(FIRST)
        assert "Bookings: 0" in Message.objects.get(template="monthlySummary").text
