"""Bookings in the staff area: who sees which, and how one is cancelled."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from bookings.models import Booking
from tenants.models import AuditEvent, BusyRead, Job, Role, Tenant
from tests import factories
from tests.factories import NOW, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_day")]


@pytest.fixture
def the_day():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def booking(contoso: Tenant) -> Booking:
    page, service, _ = factories.clinic(contoso)
    return factories.book(page, service, at("2026-11-23 09:00"))


@pytest.mark.parametrize(
    ("role", "sees", "cancels"),
    [
        (Role.OWNER, True, True),
        (Role.SCHEDULER, True, True),
        (Role.VIEWER, True, False),
        (Role.TEAM_MEMBER, False, False),
    ],
)
def test_who_sees_and_cancels_the_bookings_of_a_business_page(
    sign_in, client: Client, booking: Booking, role: str, sees: bool, cancels: bool
) -> None:
    sign_in(role)
    assert ("Ana Pérez" in client.get(reverse("staff:bookings")).content.decode()) is sees
    detail = client.get(reverse("staff:booking", args=[booking.pk]))
    assert (detail.status_code == 200) is sees
    assert ("Cancel the booking" in detail.content.decode()) is cancels
    client.post(reverse("staff:booking_cancel", args=[booking.pk]), {"reason": "The doctor is ill."})
    booking.refresh_from_db()
    assert booking.is_cancelled is cancels


def test_the_staff_member_sees_and_cancels_their_own(sign_in, client: Client, booking: Booking) -> None:
    member = sign_in()
    booking.staff_member.mailbox.user = member.user
    booking.staff_member.mailbox.save()
    assert "Ana Pérez" in client.get(reverse("staff:dashboard")).content.decode()
    shown = client.post(reverse("staff:booking_cancel", args=[booking.pk]), {"reason": "I am ill."}, follow=True)
    assert "I am ill." in shown.content.decode()
    event = AuditEvent.objects.get(action="booking.cancelled")
    assert (event.actor, event.reason) == (member.user.email, "I am ill.")


def test_what_is_cancelled_or_over_is_refused_with_a_sentence(sign_in, client: Client, booking: Booking) -> None:
    sign_in(Role.OWNER)
    cancel = reverse("staff:booking_cancel", args=[booking.pk])
    client.post(cancel)
    assert "can no longer be changed" in client.post(cancel, follow=True).content.decode()


def test_the_list_can_be_searched_and_filtered(sign_in, client: Client, booking: Booking) -> None:
    sign_in(Role.OWNER)
    bookings = reverse("staff:bookings")
    for question, found in (
        ({"q": "ana"}, True), ({"q": "zoe"}, False), ({"when": "past"}, False), ({"when": "all"}, True),
        ({"status": "cancelled"}, False), ({"page": booking.page_id}, True),
    ):  # fmt: skip
        assert ("Ana Pérez" in client.get(bookings, question).content.decode()) is found, question


def test_administrators_read_what_is_broken_and_others_do_not(sign_in, client: Client, contoso: Tenant) -> None:
    Job.objects.create(
        tenant=contoso, kind="outlook.push", dedupe_key="x", due_at=NOW, state=Job.State.PARKED,
        remedy="Renew the client secret.",
    )  # fmt: skip
    sign_in(Role.ADMINISTRATOR)
    assert "Renew the client secret." in client.get(reverse("staff:dashboard")).content.decode()
    sign_in()
    assert "Renew the client secret." not in client.get(reverse("staff:dashboard")).content.decode()


def test_the_age_of_the_outlook_copy_is_told(sign_in, client: Client, mailbox_of) -> None:
    mailbox = mailbox_of(sign_in(syncs_calendar=True))
    assert "It has not been read yet." in client.get(reverse("staff:dashboard")).content.decode()
    BusyRead.objects.create(tenant=mailbox.tenant, mailbox=mailbox, read_at=NOW - timedelta(hours=3))
    assert "Free times may have changed since then." in client.get(reverse("staff:dashboard")).content.decode()
