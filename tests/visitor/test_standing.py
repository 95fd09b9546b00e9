"""A booking's own page: where it stands, what may be changed until when, and the sentence that says why not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django_scopes import scope

from bookings.models import Approval, Booking, Service
from bookings.services import decisions, outcomes
from bookings.services.intake import Details
from tenants import acting
from tenants.models import Message, Tenant
from tests.factories import NOW, at, book, clinic, personal_page, stranger
from tests.pages.reading import details, text
from tests.visitor.asking import SLOT, path_of

START = at("2026-11-24 09:00")
HOUR = timedelta(hours=1)


def booked(tenant: Tenant, *, details: Details | None = None, **service: Any) -> Booking:
    page, made, _members = clinic(tenant, **service)
    return book(page, made, START, **({"details": details} if details else {}))


def own(booking: Booking, below: str = "") -> str:
    return f"/manage/{booking.manage_token}{below}"


def test_a_request_says_that_nothing_is_booked_yet(contoso: Tenant, visitor: Client) -> None:
    page, service, _owner = personal_page(contoso, approval=Service.Approval.HOST)
    address = f"{path_of(service)}?{SLOT}"
    form = visitor.get(address)
    assert "Ask for this time" in text(form)
    assert f"Nothing is booked until {page.display_name} has confirmed it." in text(form)
    answer = visitor.post(address, details(visitor, address))
    assert Booking.objects.get().is_pending
    said = text(visitor.get(answer["Location"]))
    assert "Your request is on its way" in said
    assert "You are booked" not in said
    assert "Add to your calendar" not in said
    later = text(visitor.get(own(Booking.objects.get())))
    assert "Waiting for confirmation" in later
    assert "Withdraw the request" in later


@pytest.mark.parametrize("holds", [True, False])
def test_a_request_says_whether_its_time_is_kept(contoso: Tenant, visitor: Client, holds: bool) -> None:
    booking = booked(contoso, approval=Service.Approval.HOST, pending_holds=holds)
    said = text(visitor.get(own(booking)))
    assert ("The time is kept for you until then." in said) is holds
    assert ("others may ask for the same time" in said) is not holds
    asked = text(visitor.get(f"{path_of(booking.service)}?time=2026-11-25T09:00Z"))
    assert ("others may ask for the same time" in asked) is not holds


def test_while_colleagues_are_asked_in_turn_nobody_is_named(contoso: Tenant, visitor: Client) -> None:
    page, service, members = clinic(contoso, staff=2, approval=Service.Approval.ASSIGNMENT)
    said = text(visitor.get(own(book(page, service, START))))
    assert "Waiting for confirmation" in said
    assert not [member for member in members if member.display_name in said]


@pytest.mark.parametrize(("approve", "title"), [(True, "Consultation"), (False, "This request was declined")])
def test_an_answer_shows_on_the_requests_page(contoso: Tenant, visitor: Client, approve: bool, title: str) -> None:
    booking = booked(contoso, approval=Service.Approval.HOST)
    asked = Approval.objects.get(booking=booking)
    act: dict[str, Any] = {"approval": asked, "now": NOW + HOUR, "actor": acting.SYSTEM, "by": "Anna"}
    if approve:
        decisions.approve(**act)
    else:
        decisions.reject(**act, reason="We are closed that morning.")
    said = text(visitor.get(own(booking)))
    assert title in said
    assert ("Add to your calendar" in said) is approve
    assert ("We are closed that morning." in said) is not approve


def test_moving_an_approved_booking_asks_again_and_says_so(contoso: Tenant, visitor: Client) -> None:
    booking = booked(contoso, approval=Service.Approval.HOST)
    asked = Approval.objects.get(booking=booking)
    decisions.approve(approval=asked, now=NOW, actor=acting.SYSTEM, by="Anna")
    address = own(booking, "/reschedule?time=2026-11-25T09:00Z")
    assert "Ask for the new time" in text(visitor.get(address))
    answer = visitor.post(address, {"time": "2026-11-25T09:00Z"})
    assert "Your new time is asked for" in text(visitor.get(answer["Location"]))
    assert Booking.objects.get().is_pending


def test_a_booking_made_past_its_own_cut_off_names_no_moment_that_never_was(contoso: Tenant, visitor: Client) -> None:
    booking = booked(contoso, change_cutoff=90 * 24 * HOUR)
    said = text(visitor.get(own(booking)))
    assert "This booking is not changed here." in said and "Changes were possible" not in said


def test_the_cut_off_of_the_booking_is_shown_and_holds(contoso: Tenant, visitor: Client) -> None:
    booking = booked(contoso, change_cutoff=12 * HOUR)
    Service.objects.update(change_cutoff=timedelta(0))
    assert "Changes are possible until Monday 23 November 2026, 4:00 pm." in text(visitor.get(own(booking)))
    with time_machine.travel(START - 12 * HOUR, tick=False):
        said = text(visitor.get(own(booking)))
        assert "Changes were possible until Monday 23 November 2026, 4:00 pm." in said
        assert "Move it" not in said
        assert visitor.get(own(booking, "/cancel"))["Location"] == own(booking)
        assert visitor.get(own(booking, "/reschedule"))["Location"] == own(booking)
        for below, sent in (("/cancel", {"reason": "x"}), ("/reschedule", {"time": "2026-11-25T09:00Z"})):
            forced = visitor.post(own(booking, below), sent)
            assert forced.status_code == 409
            assert "Changes were possible until" in text(forced)
    now = Booking.objects.get()
    assert (now.status, now.starts_at) == (Booking.Status.CONFIRMED, START)


@pytest.mark.parametrize(
    ("switches", "there", "missing", "why"),
    [
        ({"customers_may_move": False}, "Cancel the booking", "Move it", "You can cancel and book again."),
        ({"customers_may_cancel": False}, "Move it", "Cancel the booking", "To cancel, please get in touch"),
        (
            {"customers_may_move": False, "customers_may_cancel": False}, "Something came up?", "Move it",
            "This booking is not changed here.",
        ),
    ],
)  # fmt: skip
def test_what_customers_may_not_change_is_not_offered_and_cannot_be_forced(
    contoso: Tenant, visitor: Client, switches: dict[str, bool], there: str, missing: str, why: str
) -> None:
    booking = booked(contoso, **switches)
    said = text(visitor.get(own(booking)))
    assert there in said
    assert missing not in said
    assert why in said
    if "customers_may_cancel" in switches:
        assert visitor.post(own(booking, "/cancel"), {"reason": "x"}).status_code == 409
    if "customers_may_move" in switches:
        moved = visitor.post(own(booking, "/reschedule"), {"time": "2026-11-25T09:00Z"})
        assert moved.status_code == 409
    now = Booking.objects.get()
    assert (now.status, now.starts_at) == (Booking.Status.CONFIRMED, START)


def test_a_service_may_want_to_know_why(contoso: Tenant, visitor: Client) -> None:
    booking = booked(contoso, reason_required=True)
    asked = visitor.get(own(booking, "/cancel")).content.decode()
    assert 'aria-required="true"' in asked
    answer = visitor.post(own(booking, "/cancel"), {"reason": "  "})
    assert answer.status_code == 422
    assert "Please say why you cancel." in text(answer)
    assert Booking.objects.get().status == Booking.Status.CONFIRMED
    assert visitor.post(own(booking, "/cancel"), {"reason": "Fell ill"}).status_code == 303


def test_everything_that_was_agreed_is_shown(contoso: Tenant, visitor: Client) -> None:
    booking = booked(
        contoso, guests_allowed=True, price_text="CHF 240", details=Details(guests=["ben@example.net"])
    )  # fmt: skip
    Service.objects.update(price_text="CHF 500")
    said = text(visitor.get(own(booking)))
    assert "CHF 240" in said
    assert "ben@example.net" in said
    assert "First visit" in said


def test_a_meeting_that_took_place_or_not_is_over_either_way(contoso: Tenant, visitor: Client) -> None:
    booking = booked(contoso)
    after = START + HOUR
    outcomes.mark(booking=booking, status=Booking.Status.NO_SHOW, now=after, actor=acting.SYSTEM)
    with time_machine.travel(after, tick=False):
        said = text(visitor.get(own(booking)))
    assert "This meeting is over." in said
    assert "Move it" not in said
    assert "Book again" in said


def test_a_request_nobody_answered_before_its_time_is_no_booking(contoso: Tenant, visitor: Client) -> None:
    booking = booked(contoso, approval=Service.Approval.HOST)
    with time_machine.travel(START + HOUR, tick=False):
        said = text(visitor.get(own(booking)))
    assert "Not confirmed" in said
    Booking.objects.update(status=Booking.Status.EXPIRED)
    assert "This request was not answered" in text(visitor.get(own(booking)))


def test_a_booking_of_another_organisation_shows_only_with_its_own_link(contoso: Tenant, visitor: Client) -> None:
    fabrikam = stranger()
    with scope(tenant=fabrikam):
        theirs = booked(fabrikam, reason_required=True)
    booked(contoso)
    said = text(visitor.get(own(theirs)))
    assert "Fabrikam" in said
    assert "Contoso" not in said


def test_a_customer_whom_no_mail_reaches_is_told_so_here(contoso: Tenant, visitor: Client) -> None:
    booking = booked(contoso)
    refused = Message.objects.create(
        tenant=contoso, message_id="1", dedupe_key="1", template="confirmed", to=booking.customer_email,
        about_id=booking.pk, state=Message.State.FAILED, last_error="550 No such user",
    )  # fmt: skip
    said = text(visitor.get(f"{own(booking)}?booked"))
    assert f"Our mail to {booking.customer_email} could not be delivered." in said
    assert "on its way" not in said and "550" not in said
    Message.objects.filter(pk=refused.pk).update(state=Message.State.SENT)
    assert "could not be delivered" not in text(visitor.get(own(booking)))
