"""Why a time is not offered, with what the database knows."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bookings.models import DateOverride, TimeOff
from bookings.services import explanations, offers
from tenants.models import BusyPeriod, BusyRead, Tenant
from tests import factories
from tests.factories import NOW, at

pytestmark = pytest.mark.django_db


def codes(page, service, instant):
    found = explanations.explain_instant(page=page, service=service, at=instant, now=NOW)
    return [reason.code for reason in found.reasons], " ".join(reason.text for reason in found.reasons)


def test_a_free_time_is_said_to_be_offered(contoso: Tenant) -> None:
    page, service, _ = factories.personal_page(contoso)
    found, text = codes(page, service, at("2026-11-24 09:00"))
    assert found == ["offered"]
    assert "10:00 is offered" in text  # in the page's zone


def test_an_outlook_event_is_named_with_the_age_of_the_reading(contoso: Tenant) -> None:
    page, service, owner = factories.personal_page(contoso)
    outlook(contoso, owner, "Standup")
    BusyRead.objects.create(tenant=contoso, mailbox=owner.mailbox, read_at=NOW - timedelta(minutes=3))
    found, text = codes(page, service, at("2026-11-24 09:00"))
    assert found == ["busyOutlook"]
    assert "“Standup”" in text and "read 3 min ago" in text


def test_a_private_event_is_not_named(contoso: Tenant) -> None:
    page, service, owner = factories.personal_page(contoso)
    outlook(contoso, owner, "Dentist", is_private=True)
    found, text = codes(page, service, at("2026-11-24 09:00"))
    assert found == ["busyOutlook"] and "Dentist" not in text


def test_the_buffer_of_another_booking_is_explained(contoso: Tenant) -> None:
    page, service, _ = factories.personal_page(contoso, buffer_after=timedelta(minutes=10))
    factories.book(page, service, at("2026-11-24 09:00"))
    found, text = codes(page, service, at("2026-11-24 09:30"))
    assert found == ["bufferConflict"] and "Ana Pérez" in text


def test_a_booking_on_another_page_of_the_same_person_stays_unnamed(contoso: Tenant) -> None:
    page, service, owner = factories.personal_page(contoso)
    clinic = factories.BusinessPageFactory(tenant=contoso)
    factories.StaffMemberFactory(page=clinic, mailbox=owner.mailbox)
    factories.book(clinic, factories.ServiceFactory(page=clinic), at("2026-11-24 09:00"))
    found, text = codes(page, service, at("2026-11-24 09:00"))
    assert found == ["busyBooking"] and "Ana" not in text


def test_time_off_and_a_date_with_its_own_hours_are_told_apart(contoso: Tenant) -> None:
    page, service, owner = factories.personal_page(contoso)
    TimeOff.objects.create(
        tenant=contoso, page=page, staff_member=owner, reason="Holiday", starts_at=at("2026-11-24 00:00"),
        ends_at=at("2026-11-25 00:00"),
    )  # fmt: skip
    DateOverride.objects.create(tenant=contoso, page=page, on_date=date(2026, 11, 26), intervals=[])
    assert codes(page, service, at("2026-11-24 09:00"))[0] == ["timeOff"]
    assert codes(page, service, at("2026-11-26 09:00"))[0] == ["dateOverride"]


@pytest.mark.row("S1.36")
def test_the_explanation_agrees_with_what_is_offered(contoso: Tenant) -> None:
    page, service, owner = factories.personal_page(contoso, buffer_before=timedelta(minutes=15))
    outlook(contoso, owner, "Standup")
    factories.book(page, service, at("2026-11-24 13:00"))
    for quarter in range(96):
        instant = at("2026-11-24 00:00") + timedelta(minutes=15 * quarter)
        offered = bool(offers.free_staff(page=page, service=service, staff=[owner], starts_at=instant, now=NOW))
        found = explanations.explain_instant(page=page, service=service, at=instant, now=NOW)
        assert found.offered == offered, instant


def outlook(tenant, owner, title, **more):
    return BusyPeriod.objects.create(
        tenant=tenant, mailbox=owner.mailbox, event_id=title, title=title, starts_at=at("2026-11-24 08:45"),
        ends_at=at("2026-11-24 09:15"), **more,
    )  # fmt: skip
