"""A calendar that is booked, deleted, restored and purged in the same moment: one after the other, never half."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from django_scopes import scope

from bookings.models import Booking, BookingPage
from bookings.services import purge, trash
from tenants import outbox
from tenants.models import AuditEvent, Claim, Job, Tenant
from tests.concurrency.together import all_at_once
from tests.factories import ANA, NOW, TenantFactory, at, book, clinic
from tests.trash.world import ACT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.row("S0.7")]


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def tenant() -> Tenant:
    made: Tenant = TenantFactory(name="Contoso", domain="contoso.com")
    return made


def test_bookings_in_flight_are_there_before_the_deletion_or_refused(tenant: Tenant) -> None:
    with scope(tenant=tenant):
        page, service, _members = clinic(tenant, staff=3)

    def act(number: int) -> object:
        if number == 5:
            return trash.delete(page=page, **ACT)
        return book(page, service, at(f"2026-11-{24 + number // 4} {9 + number % 4:02}:00"), customer=ANA)

    outcome = all_at_once(tenant, 16, act)
    with scope(tenant=tenant):
        made = Booking.objects.count()
        assert outcome["done"] == made + 1 and outcome["done"] + outcome["CalendarDeleted"] == 16, outcome
        event = AuditEvent.objects.get(action="page.deleted")
        assert event.after["bookingsAhead"] == made  # none came after it
        assert Claim.objects.count() == made


def test_one_of_many_restores_wins_and_a_purge_at_that_moment_is_whole_or_refused(tenant: Tenant) -> None:
    with scope(tenant=tenant):
        page, service, _members = clinic(tenant)
        book(page, service, at("2026-11-24 09:00"))
        trash.delete(page=page, **ACT)
    outcome = all_at_once(tenant, 10, lambda _number: trash.restore(page=page, **ACT))
    assert (outcome["done"], outcome["NotInTrash"]) == (1, 9)
    with scope(tenant=tenant):
        trash.delete(page=page, **ACT)

    def act(number: int) -> object:
        if number % 2:
            return trash.restore(page=page, **ACT)
        purge.begin(page=page, **ACT, name=page.display_name, tells=False)
        outbox.run([str(pk) for pk in Job.objects.filter(kind="calendar.purge").values_list("pk", flat=True)])
        return True

    outcome = all_at_once(tenant, 10, act)
    with scope(tenant=tenant):
        there = BookingPage.objects.filter(pk=page.pk).exists()
        purged = AuditEvent.objects.filter(action="page.purged").count()
        assert (there, purged) in ((True, 0), (False, 1)), outcome
        assert not any(name.startswith("fault") for name in outcome), outcome
        assert Booking.objects.count() == Claim.objects.count() == (1 if there else 0)
