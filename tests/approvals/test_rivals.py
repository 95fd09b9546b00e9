"""Requests that hold nothing may ask for one time; confirming one tells the others."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bookings.models import Approval, Booking
from bookings.services import decisions, rivals
from tenants.models import Claim, Tenant
from tenants.services.claims import Taken
from tests import factories
from tests.approvals.scene import BEN, NINE, STAFF, TEN, asking, later, mails, questions, request, run
from tests.factories import ServiceFactory, StaffMemberFactory


def confirm(booking: Booking) -> Booking:
    return decisions.approve(approval=questions(booking)[-1], now=later(1), actor=STAFF, by="Bea")


def test_confirming_one_declines_the_others_with_alternatives(contoso: Tenant) -> None:
    page, service, _ = asking(contoso, pending_holds=False)
    ana, ben = request(page, service), request(page, service, customer=BEN)
    assert rivals.of(ana) == [ben] and rivals.of(ben) == [ana]
    confirm(ana)
    ben.refresh_from_db()
    assert ben.status == Booking.Status.DECLINED and Claim.objects.get().owner_id == ana.pk
    assert questions(ben)[0].state == Approval.State.SETTLED
    [told] = mails("declined")
    assert told.payload["booking"] == str(ben.pk)


def test_only_those_that_overlap_for_the_same_person_are_rivals(contoso: Tenant) -> None:
    page, service, [doctor, other] = asking(
        contoso, pending_holds=False, staff=2, buffer_after=timedelta(minutes=10), slot_interval=timedelta(minutes=10)
    )
    ana = request(page, service, staff_id=doctor.pk)
    beside = request(page, service, customer=BEN, staff_id=other.pk)
    after = request(page, service, NINE + timedelta(minutes=40), customer=BEN, staff_id=doctor.pk)
    within_buffer = request(page, service, NINE + timedelta(minutes=30), customer=BEN, staff_id=doctor.pk)
    assert rivals.of(ana) == [within_buffer]
    confirm(ana)
    for booking, status in ((beside, "pendingApproval"), (after, "pendingApproval"), (within_buffer, "declined")):
        booking.refresh_from_db()
        assert booking.status == status


def test_the_same_person_on_another_page_is_the_same_person(contoso: Tenant) -> None:
    page, service, [doctor] = asking(contoso, pending_holds=False)
    elsewhere = factories.BusinessPageFactory(tenant=contoso, display_name="Second clinic")
    again = StaffMemberFactory(page=elsewhere, mailbox=doctor.mailbox)
    there = ServiceFactory(page=elsewhere, members=[again], approval="host", pending_holds=False)
    ana, ben = request(page, service), request(elsewhere, there, customer=BEN)
    confirm(ana)
    ben.refresh_from_db()
    assert ben.status == Booking.Status.DECLINED


def test_a_time_taken_meanwhile_is_refused_and_the_request_can_still_be_declined(contoso: Tenant) -> None:
    page, service, [doctor] = asking(contoso, pending_holds=False)
    ana = request(page, service)
    at_once = ServiceFactory(page=page, members=[doctor])
    factories.book(page, at_once, NINE, customer=BEN)
    with pytest.raises(Taken):
        confirm(ana)
    ana.refresh_from_db()
    assert ana.is_pending and questions(ana)[0].state == Approval.State.WAITING
    decisions.reject(approval=questions(ana)[0], now=later(2), actor=STAFF, by="Bea", reason="Taken")
    ana.refresh_from_db()
    assert ana.status == Booking.Status.DECLINED
    assert Claim.objects.count() == 1


def test_a_rival_that_colleagues_are_asked_for_in_turn_goes_to_the_next_one(contoso: Tenant) -> None:
    page, service, [doctor, other] = asking(contoso, approval="assignment", pending_holds=False, staff=2)
    ana = request(page, service, staff_id=doctor.pk)
    ben = request(page, service, customer=BEN, staff_id=doctor.pk)
    confirm(ana)
    ben.refresh_from_db()
    assert ben.is_pending and not questions(ben, state=Approval.State.WAITING)
    assert run("approval.next", later(1)) == 1
    [question] = questions(ben, state=Approval.State.WAITING)
    assert question.staff_member == other
    assert run("approval.next", later(2)) == 0


def test_requests_that_share_a_session_are_no_rivals(contoso: Tenant) -> None:
    page, service, _ = asking(contoso, seats=2, pending_holds=False)
    ana, ben = request(page, service), request(page, service, customer=BEN)
    assert rivals.of(ana) == []
    confirm(ana)
    confirm(ben)
    for booking in (ana, ben):
        booking.refresh_from_db()
        assert booking.status == Booking.Status.CONFIRMED
    assert ana.session == ben.session and ana.session is not None and ana.session.seats_taken == 2


def test_a_request_that_holds_its_time_has_no_rivals(contoso: Tenant) -> None:
    page, service, _ = asking(contoso)
    ana = request(page, service)
    request(page, service, TEN, customer=BEN)
    assert rivals.of(ana) == []
