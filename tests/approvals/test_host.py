"""A booking that waits for its host: confirmed or declined by the first answer, reminded, escalated, expired."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bookings.models import Approval, Booking
from bookings.services import approvals, cancellation, decisions, rescheduling, waiting
from tenants import acting
from tenants.models import AuditEvent, Claim, Job, Role, Tenant
from tests import factories
from tests.approvals.scene import BEN, DAY, NINE, STAFF, TEN, asking, later, mails, questions, request, run
from tests.factories import ANA, NOW

HER = acting.visitor(ANA.email)


def confirm(approval: Approval, **changes: object) -> Booking:
    arguments: dict[str, object] = {"now": later(1), "actor": STAFF, "by": approval.asked_name} | changes
    return decisions.approve(approval=approval, **arguments)  # type: ignore[arg-type]


def test_a_request_waits_holds_its_time_and_asks_the_host(contoso: Tenant) -> None:
    page, service, [doctor] = asking(contoso)
    booking = request(page, service)
    assert (booking.status, Claim.objects.count()) == (Booking.Status.PENDING, 1)
    [question] = questions(booking)
    assert (question.kind, question.asked_email, question.staff_member) == ("booking", doctor.email, doctor)
    assert question.answer_by == NOW + DAY and question.token not in question.token_hash
    assert len(mails("approvalAsked")) == 1 and len(mails("requested")) == 1
    assert not mails("confirmed") and not Job.objects.filter(kind="outlook.push").exists()


def test_the_hosts_yes_confirms_and_tells_everybody(contoso: Tenant) -> None:
    page, service, _ = asking(contoso)
    booking = request(page, service)
    [question] = questions(booking)
    confirmed = confirm(question)
    question.refresh_from_db()
    assert (confirmed.status, confirmed.sequence) == (Booking.Status.CONFIRMED, 1)
    assert (question.state, question.decided_at) == (Approval.State.APPROVED, later(1))
    assert len(mails("confirmed")) == 2
    assert AuditEvent.objects.filter(action="booking.approved", actor=STAFF.label).count() == 1


def test_a_no_declines_with_the_reason_and_frees_the_time(contoso: Tenant) -> None:
    page, service, _ = asking(contoso)
    booking = request(page, service)
    [question] = questions(booking)
    decisions.reject(approval=question, now=later(1), actor=STAFF, by="Bea", reason="Away that day")
    booking.refresh_from_db()
    assert (booking.status, booking.cancel_reason) == (Booking.Status.DECLINED, "Away that day")
    assert not Claim.objects.exists() and len(mails("declined")) == 1
    assert request(page, service, customer=BEN).is_pending


@pytest.mark.parametrize("ends_by", ["no", "silence"])
def test_a_time_that_comes_to_nothing_is_offered_to_who_waits(contoso: Tenant, ends_by: str) -> None:
    page, service, _ = asking(contoso, waiting_list=True)
    booking = request(page, service)
    day = NINE.date()
    waiting.join(service=service, customer=BEN, first_date=day, last_date=day, now=NOW, actor=acting.visitor(BEN.email))
    if ends_by == "no":
        decisions.reject(approval=questions(booking)[0], now=later(1), actor=STAFF, by="Bea")
    else:
        run("approval.over", later(48))
    assert Job.objects.filter(kind="waiting.freed").count() == 1


@pytest.mark.parametrize("second", ["approve", "reject"])
def test_the_first_answer_counts_and_a_second_one_changes_nothing(contoso: Tenant, second: str) -> None:
    page, service, _ = asking(contoso)
    booking = request(page, service)
    [question] = questions(booking)
    confirm(question)
    jobs = Job.objects.count()
    with pytest.raises(approvals.AlreadyDecided):
        getattr(decisions, second)(approval=question, now=later(2), actor=STAFF, by="Bea")
    booking.refresh_from_db()
    assert (booking.status, Job.objects.count()) == (Booking.Status.CONFIRMED, jobs)


def test_all_hosts_are_asked_and_the_first_answer_settles_the_others(contoso: Tenant) -> None:
    page, service, _members = asking(contoso, staff=3, staffing="all")
    booking = request(page, service)
    first, second, third = questions(booking)
    confirm(second, by="Second")
    for other in (first, third):
        other.refresh_from_db()
        assert (other.state, other.decided_by) == (Approval.State.SETTLED, "Second")
    booking.refresh_from_db()
    assert booking.status == Booking.Status.CONFIRMED


def test_no_answer_reminds_the_host_and_asks_the_pages_heads_once(contoso: Tenant) -> None:
    page, service, [doctor] = asking(contoso)
    boss = factories.StaffMemberFactory(page=page, role=Role.SCHEDULER)
    booking = request(page, service)
    assert run("approval.due", later(23.9)) == 0
    assert run("approval.due", later(24)) == 1
    own, escalated = questions(booking)
    assert own.reminded_at == later(24) and own.state == Approval.State.WAITING
    assert (escalated.asked_email, escalated.is_owner, escalated.staff_member) == (boss.email, True, doctor)
    assert escalated.token_hash != own.token_hash
    assert (len(mails("approvalReminded")), len(mails("approvalEscalated"))) == (1, 1)
    Job.objects.filter(kind="approval.due").update(state=Job.State.PENDING)
    run("approval.due", later(25))
    assert len(questions(booking)) == 2 and len(mails("approvalReminded")) == 1
    confirm(escalated, now=later(30))
    own.refresh_from_db()
    assert own.state == Approval.State.SETTLED


def test_a_page_without_heads_asks_the_organisations(contoso: Tenant) -> None:
    page, service, _ = asking(contoso)
    chief = factories.member(contoso, Role.OWNER)
    factories.member(contoso, Role.VIEWER)
    booking = request(page, service)
    run("approval.due", later(24))
    assert [question.asked_email for question in questions(booking, is_owner=True)] == [chief.user.email]


def test_after_twice_the_time_the_request_expires(contoso: Tenant) -> None:
    page, service, _ = asking(contoso)
    booking = request(page, service)
    run("approval.due", later(24))
    assert run("approval.over", later(47.9)) == 0
    assert run("approval.over", later(48)) == 1
    booking.refresh_from_db()
    assert booking.status == Booking.Status.EXPIRED and not Claim.objects.exists()
    assert {question.state for question in questions(booking)} == {Approval.State.EXPIRED}
    assert len(mails("expired")) == 2
    with pytest.raises(approvals.AlreadyDecided):
        confirm(questions(booking)[0], now=later(49))


def test_a_near_start_halves_the_time_and_ends_the_request_when_it_begins(contoso: Tenant) -> None:
    page, service, _ = asking(contoso)
    start = NOW + timedelta(hours=4)
    booking = request(page, service, start)
    assert questions(booking)[0].answer_by == later(2)
    run("approval.due", later(2))
    assert run("approval.over", later(3.9)) == 0
    assert run("approval.over", start) == 1
    booking.refresh_from_db()
    assert booking.status == Booking.Status.EXPIRED


def test_nobody_confirms_what_has_begun(contoso: Tenant) -> None:
    page, service, _ = asking(contoso)
    booking = request(page, service)
    with pytest.raises(decisions.TooLate):
        confirm(questions(booking)[0], now=NINE)
    booking.refresh_from_db()
    assert booking.is_pending


def test_a_cancelled_request_asks_nobody_any_more(contoso: Tenant) -> None:
    page, service, _ = asking(contoso)
    booking = request(page, service)
    cancellation.cancel(booking=booking, now=later(1), actor=HER)
    assert questions(booking)[0].state == Approval.State.SETTLED
    run("approval.due", later(24))
    run("approval.over", later(48))
    booking.refresh_from_db()
    assert booking.status == Booking.Status.CANCELLED and not mails("approvalReminded") and not mails("expired")


def test_a_customers_move_asks_anew_and_the_old_question_is_settled(contoso: Tenant) -> None:
    page, service, _ = asking(contoso)
    booking = request(page, service)
    old = questions(booking)[0]
    confirm(old)
    moved = rescheduling.reschedule(booking=booking, starts_at=TEN, now=later(2), actor=HER)
    assert moved.is_pending and len(mails("approvalAsked")) == 2
    new = questions(booking)[-1]
    assert (new.sequence, new.state) == (moved.sequence, Approval.State.WAITING)
    again = rescheduling.reschedule(booking=booking, starts_at=TEN, now=later(3), actor=HER)
    assert len(questions(booking)) == 2 and again.is_pending
    assert confirm(new, now=later(4)).status == Booking.Status.CONFIRMED


def test_an_old_question_decides_nothing_about_a_booking_that_moved(contoso: Tenant) -> None:
    page, service, _ = asking(contoso)
    booking = request(page, service)
    old = questions(booking)[0]
    rescheduling.reschedule(booking=booking, starts_at=TEN, now=later(2), actor=HER)
    with pytest.raises(approvals.AlreadyDecided):
        confirm(old, now=later(3))
    booking.refresh_from_db()
    assert booking.is_pending
    run("approval.over", later(49.5))
    booking.refresh_from_db()
    assert booking.is_pending, "the end of the first question is not the end of the second"


def test_staff_who_move_an_approved_booking_ask_nobody(contoso: Tenant) -> None:
    page, service, _ = asking(contoso)
    booking = request(page, service)
    confirm(questions(booking)[0])
    moved = rescheduling.reschedule(booking=booking, starts_at=TEN, now=later(2), actor=STAFF)
    assert moved.status == Booking.Status.CONFIRMED and len(questions(booking)) == 1


@pytest.mark.parametrize(("before", "after"), [(1, 5), (5, 1)])
def test_a_request_is_confirmed_although_its_service_got_or_lost_its_seats(
    contoso: Tenant, before: int, after: int
) -> None:
    page, service, _members = asking(contoso, seats=before)
    booking = request(page, service)
    service.seats = after
    service.save()
    assert confirm(questions(booking)[0]).status == Booking.Status.CONFIRMED
    assert Claim.objects.filter(active=True).count() == 1
