"""The script of S1 against a running server: unchanged but for the host."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django_scopes import scope

from bookings.models import BookingPage, Service
from bookings.services import pages, services
from tenants import acting
from tenants.models import Mailbox, Tenant
from tests.bookings_service.script import Replay, replay
from tests.factories import MailboxFactory, TenantFactory

pytestmark = pytest.mark.django_db(transaction=True)
OOO = "BOOKINGSAVAILABILITYSTATUS_OUT_OF_OFFICE"
LONG_AGO = datetime(2026, 1, 5, 8, tzinfo=UTC)


class Scene:
    """Ana's mailbox in Contoso, and the script that asks about it."""

    def __init__(self, server: Any) -> None:
        self.host = urlsplit(server.url).netloc
        self.tenant: Tenant = TenantFactory(name="Contoso", domain="contoso.com")
        with scope(tenant=self.tenant):
            self.mailbox: Mailbox = MailboxFactory(tenant=self.tenant, address="ana@contoso.com")

    def activate(self, at: datetime = LONG_AGO) -> BookingPage:
        with scope(tenant=self.tenant):
            return pages.activate_personal(mailbox=self.mailbox, now=at, actor=acting.SYSTEM)

    def run(self) -> Replay:
        local = datetime(2027, 6, 23, 9, 30)
        return replay(self.host, str(self.mailbox.exchange_guid), str(self.tenant.directory_id), local)


@pytest.fixture
def ana(live_server: Any) -> Scene:
    """Ana, whose page nobody has opened yet."""
    return Scene(live_server)


@pytest.mark.row("S1.13", "S1.14", "S1.15", "S1.16", "S1.17", "S1.18", "S1.22", "S1.29", "S1.32")
def test_a_fresh_page_counts_as_set_up_and_has_the_three_default_types(ana: Scene) -> None:
    ana.activate()
    seen = ana.run()
    assert seen.configured
    assert set(seen.services) == {"service", "count", "nextSkipToken"} and seen.services["count"] == 3
    assert [(s["title"], s["defaultDuration"], s["isLocationOnline"]) for s in seen.services["service"]] == [
        ("60 minutes meeting", "PT1H", False),
        ("30 minutes meeting", "PT30M", True),
        ("15 minutes meeting", "PT15M", True),
    ]
    [person] = seen.availability["staffAvailabilityResponse"]
    statuses = [item["status"].removeprefix("BOOKINGSAVAILABILITYSTATUS_") for item in person["availabilityItems"]]
    assert statuses == ["OUT_OF_OFFICE", "AVAILABLE", "OUT_OF_OFFICE", "OUT_OF_OFFICE", "AVAILABLE"]


@pytest.mark.row("S1.26")
def test_a_page_that_was_never_opened_fails(ana: Scene) -> None:
    assert not ana.run().configured


@pytest.mark.row("S1.33")
def test_a_page_that_was_just_opened_fails_for_a_few_minutes(ana: Scene) -> None:
    ana.activate(datetime.now(UTC))
    assert not ana.run().configured


@pytest.mark.row("S1.21", "S1.25", "S1.27", "S1.28")
def test_a_page_whose_types_were_all_deleted_is_still_set_up(ana: Scene) -> None:
    page = ana.activate()
    with scope(tenant=ana.tenant):
        for service in Service.objects.filter(page=page):
            services.archive(service=service, now=LONG_AGO + timedelta(days=1), actor=acting.SYSTEM)
    seen = ana.run()
    assert seen.configured and seen.services == {"service": [], "count": 0, "nextSkipToken": ""}
    items = seen.availability["staffAvailabilityResponse"][0]["availabilityItems"]
    assert [(item["status"], item["startDateTime"]["dateTime"]) for item in items] == [
        (OOO, "2027-06-23T00:00:00"),
        (OOO, "2027-06-24T00:00:00"),
    ]
    assert items[0]["startDateTime"]["timeZone"].startswith("(UTC+01:00) Amsterdam, Berlin, Bern")
