"""What staff do to a booking: move, hand over, mark, book again, download; and everything that is said about it."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from bookings.models import Assignment, Booking, BookingPage, Service, StaffMember
from tenants.models import AuditEvent, Job, Role, Tenant
from tests import factories
from tests.factories import NOW, at

pytestmark = pytest.mark.django_db
Clinic = tuple[BookingPage, Service, list[StaffMember]]


@pytest.fixture(autouse=True)
def the_day():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def clinic(contoso: Tenant) -> Clinic:
    return factories.clinic(contoso, staff=2)


@pytest.fixture
def booking(clinic: Clinic) -> Booking:
    page, service, _members = clinic
    return factories.book(page, service, at("2026-11-24 09:00"))


def moved(client: Client, booking: Booking, to: str, **more: Any):
    address = reverse("staff:booking_move", args=[booking.pk])
    answer = client.post(address, {"at": to, "reason": "Ill"} | more)
    booking.refresh_from_db()
    return answer


def test_a_booking_moves_to_an_offered_time_and_its_own_time_is_no_hindrance(
    client: Client, sign_in, booking: Booking
) -> None:
    sign_in(Role.SCHEDULER)
    address = reverse("staff:booking_move", args=[booking.pk])
    shown = client.get(address).content.decode()
    assert "at=2026-11-24T08%3A30Z" in shown and "at=2026-11-24T09%3A00Z" in shown
    confirm = client.get(address, {"at": "2026-11-25T10:00Z"}).content.decode()
    assert "Wednesday 25 November 2026" in confirm and 'value="2026-11-25T10:00Z"' in confirm
    booking.refresh_from_db()
    assert booking.starts_at == at("2026-11-24 09:00")  # looking changes nothing
    assert moved(client, booking, "2026-11-25T10:00Z").status_code == 302
    assert booking.starts_at == at("2026-11-25 10:00")
    event = AuditEvent.objects.get(action="booking.rescheduled")
    assert event.reason == "Ill"
    assert Job.objects.filter(kind="mail.booking", payload__template="rescheduled").count() == 2
    detail = client.get(reverse("staff:booking", args=[booking.pk])).content.decode()
    assert "Moved" in detail and "It was Tue, 24 Nov, 10:00 before." in detail


def test_staff_move_outside_of_hours_but_never_onto_somebody_else(
    client: Client, sign_in, booking: Booking, clinic: Clinic
) -> None:
    page, service, _members = clinic
    sign_in(Role.SCHEDULER)
    address = reverse("staff:booking_move", args=[booking.pk])
    assert "Whatever the page’s hours and limits." in client.get(address, {"free": "2026-11-24T21:15"}).content.decode()
    assert moved(client, booking, "2026-11-24T20:15Z").status_code == 409
    assert moved(client, booking, "2026-11-24T20:15Z", freely="yes").status_code == 302
    assert booking.starts_at == at("2026-11-24 20:15")
    factories.book(page, service, at("2026-11-25 09:00"), staff_id=booking.staff_member_id)
    refused = moved(client, booking, "2026-11-25T09:00Z", freely="yes")
    assert refused.status_code == 409 and "Near it are:" in refused.content.decode()
    assert booking.starts_at == at("2026-11-24 20:15")


def test_cut_off_and_switches_bind_customers_and_not_staff(client: Client, sign_in, booking: Booking) -> None:
    Booking.objects.update(customer_may_move=False, change_cutoff=timedelta(days=30))
    sign_in(Role.SCHEDULER)
    moved(client, booking, "2026-11-25T10:00Z")
    assert booking.starts_at == at("2026-11-25 10:00")


def test_a_booking_is_handed_over_to_a_free_colleague_with_a_line_in_the_ledger(
    client: Client, sign_in, booking: Booking, clinic: Clinic
) -> None:
    sign_in(Role.SCHEDULER)
    (other,) = [member for member in clinic[2] if member != booking.staff_member]
    address = reverse("staff:booking_reassign", args=[booking.pk])
    shown = client.get(address).content.decode()
    assert str(other.pk) in shown and f'value="{booking.staff_member_id}"' not in shown
    client.post(address, {"to": str(other.pk), "reason": "On leave"})
    booking.refresh_from_db()
    assert booking.staff_member == other
    assert Assignment.objects.filter(booking=booking, how="reassigned", reason="On leave").exists()
    detail = client.get(reverse("staff:booking", args=[booking.pk])).content.decode()
    assert "Handed over" in detail and "On leave" in detail and "Why this colleague" in detail


def test_nobody_gets_it_who_is_busy_or_a_stranger(
    client: Client, sign_in, booking: Booking, clinic: Clinic, contoso: Tenant
) -> None:
    page, service, members = clinic
    (other,) = [member for member in members if member != booking.staff_member]
    factories.book(page, service, at("2026-11-24 09:00"), staff_id=other.pk)
    _elsewhere, _service, (stranger,) = factories.clinic(contoso)
    sign_in(Role.SCHEDULER)
    address = reverse("staff:booking_reassign", args=[booking.pk])
    assert "Nobody is free then" in client.get(address).content.decode()
    for to in (other, stranger):
        assert "cannot take the booking" in client.post(address, {"to": str(to.pk)}, follow=True).content.decode()
    before = booking.staff_member_id
    booking.refresh_from_db()
    assert booking.staff_member_id == before


def test_what_became_of_it_is_marked_and_taken_back(client: Client, sign_in, booking: Booking) -> None:
    sign_in(Role.SCHEDULER)
    outcome = reverse("staff:booking_outcome", args=[booking.pk])
    assert "has not begun yet" in client.post(outcome, {"status": "noShow"}, follow=True).content.decode()
    with time_machine.travel(at("2026-11-24 09:10"), tick=False):
        shown = client.get(reverse("staff:booking", args=[booking.pk])).content.decode()
        assert "Did not come" in shown and "Cancel the booking" not in shown
        for status in ("noShow", "completed", "confirmed"):
            client.post(outcome, {"status": status})
            booking.refresh_from_db()
            assert booking.status == status
        client.post(outcome, {"status": "cancelled"})
        booking.refresh_from_db()
        assert booking.status == "confirmed"


def test_everything_about_a_booking_is_said(client: Client, sign_in, booking: Booking) -> None:
    Booking.objects.update(
        answers=[{"question": "x", "label": "Which eye?", "answer": "Left"}], guests=["guest@example.net"],
        price_text="CHF 90", consented_at=NOW, consent_text="You may call me.", campaign="autumn", customer_phone="+41",
    )  # fmt: skip
    sign_in(Role.VIEWER)
    shown = client.get(reverse("staff:booking", args=[booking.pk])).content.decode()
    for text in (
        "Which eye?", "Left", "guest@example.net", "CHF 90", "You may call me.", "Campaign: autumn", "First visit",
        "move and cancel", "America/New_York", "Why this colleague", "Booked", "Mails",
    ):  # fmt: skip
        assert text in shown, text
    assert "Book again" not in shown and reverse("staff:booking_move", args=[booking.pk]) not in shown


@pytest.mark.parametrize("name", ["booking_move", "booking_reassign", "booking_outcome"])
def test_viewers_and_strangers_change_nothing(client: Client, sign_in, booking: Booking, name: str) -> None:
    address = reverse(f"staff:{name}", args=[booking.pk])
    for role in (Role.VIEWER, Role.TEAM_MEMBER):
        sign_in(role)
        assert client.post(address, {"at": "2026-11-25T10:00Z", "status": "completed"}).status_code == 404
    before = Booking.objects.get()
    assert (before.starts_at, before.status) == (at("2026-11-24 09:00"), "confirmed")


def test_a_colleague_of_a_booking_that_needs_everybody_sees_and_moves_it(
    client: Client, sign_in, contoso: Tenant
) -> None:
    page, service, members = factories.clinic(contoso, staff=2, staffing="all")
    booking = factories.book(page, service, at("2026-11-24 09:00"))
    member = sign_in()
    second = booking.colleagues.get()
    second.mailbox.user = member.user
    second.mailbox.save()
    listed = client.get(reverse("staff:bookings")).content.decode()
    assert listed.count("Ana Pérez") == 1
    shown = client.get(reverse("staff:booking", args=[booking.pk])).content.decode()
    assert all(host.display_name in shown for host in members) and "Hand over" not in shown
    moved(client, booking, "2026-11-24T10:00Z")
    assert booking.starts_at == at("2026-11-24 10:00")


def test_the_list_is_narrowed_to_one_colleague(client: Client, sign_in, contoso: Tenant) -> None:
    page, service, (first, second) = factories.clinic(contoso, staff=2)
    both = factories.ServiceFactory(page=page, title="Together", staffing="all")
    factories.book(page, service, at("2026-11-24 09:00"), staff_id=first.pk)
    factories.book(page, both, at("2026-11-24 11:00"))
    sign_in(Role.OWNER)
    found = client.get(reverse("staff:bookings"), {"staff": str(second.pk)}).context["bookings"]
    assert [booking.title for booking in found] == ["Together"]
    assert len(client.get(reverse("staff:bookings"), {"staff": str(first.pk)}).context["bookings"]) == 2
    _elsewhere, _service, (stranger,) = factories.clinic(contoso)
    answer = client.get(reverse("staff:bookings"), {"staff": str(stranger.pk)})
    assert "Select a valid choice" in answer.content.decode()


def test_the_list_is_a_file_too_with_its_filters(client: Client, sign_in, booking: Booking) -> None:
    Booking.objects.update(customer_name="=HYPERLINK()")
    sign_in(Role.OWNER)
    file = reverse("staff:bookings_file")
    answer = client.get(file)
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (row["start"], row["customer"]) == ("2026-11-24T10:00:00+01:00", "'=HYPERLINK()")
    assert list(csv.DictReader(io.StringIO(client.get(file, {"when": "past"}).content.decode("utf-8-sig")))) == []
    sign_in()
    assert "HYPERLINK" not in client.get(file).content.decode()
