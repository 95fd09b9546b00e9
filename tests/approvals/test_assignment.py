"""Colleagues are asked in turn whether a booking is theirs: no or silence asks the next one, in the end the heads."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bookings.models import Approval, Assignment, Booking, StaffMember
from bookings.services import approvals, decisions, reassignment, rescheduling
from bookings.services import staff as staff_members
from tenants import acting
from tenants.models import BusyPeriod, Claim, Job, Role, Tenant
from tests import factories
from tests.approvals.scene import NINE, STAFF, TEN, asking, later, mails, questions, request, run
from tests.factories import NOW


def refuse(approval: Approval, hours: float = 1, reason: str = "") -> None:
    decisions.reject(approval=approval, now=later(hours), actor=STAFF, by=approval.asked_name, reason=reason)


def open_question(booking: Booking) -> Approval:
    [question] = questions(booking, state=Approval.State.WAITING)
    return question


def holder(booking: Booking) -> object:
    """Whose time is held."""
    return Claim.objects.get(owner_id=booking.pk).key_id


def test_one_colleague_is_asked_and_yes_makes_it_theirs(contoso: Tenant) -> None:
    page, service, members = asking(contoso, approval="assignment", staff=3)
    booking = request(page, service)
    question = open_question(booking)
    assert (question.kind, question.staff_member) == ("assignment", booking.staff_member)
    assert booking.staff_member in members and len(mails("approvalAsked")) == 1
    decisions.approve(approval=question, now=later(1), actor=STAFF, by=question.asked_name)
    booking.refresh_from_db()
    assert booking.status == Booking.Status.CONFIRMED and len(mails("confirmed")) == 2
    line = Assignment.objects.get(how=Assignment.How.ACCEPTED)
    assert (line.booking, line.staff_member) == (booking, booking.staff_member)


def test_a_no_asks_the_next_colleague_and_moves_the_held_time(contoso: Tenant) -> None:
    page, service, members = asking(contoso, approval="assignment", staff=3)
    booking = request(page, service)
    asked: list[StaffMember] = []
    for number in range(3):
        question = open_question(booking)
        asked.append(question.staff_member)
        booking.refresh_from_db()
        assert booking.is_pending and booking.staff_member == question.staff_member
        assert holder(booking) == question.staff_member.claim_key
        if number < 2:
            refuse(question, number + 1, "On leave")
    assert {member.pk for member in asked} == {member.pk for member in members}
    decisions.approve(approval=open_question(booking), now=later(4), actor=STAFF, by="Third")
    line = Assignment.objects.get(how=Assignment.How.ACCEPTED)
    assert asked[0].display_name in line.reason and asked[1].display_name in line.reason
    assert not mails("reassigned") and not mails("declined") and len(mails("requested")) == 1


def test_silence_asks_the_next_and_the_late_answer_of_the_first_does_not_count(contoso: Tenant) -> None:
    page, service, _ = asking(contoso, approval="assignment", staff=2)
    booking = request(page, service)
    first = open_question(booking)
    assert run("approval.due", later(24)) == 1
    second = open_question(booking)
    first.refresh_from_db()
    assert first.state == Approval.State.EXPIRED and second.staff_member != first.staff_member
    assert second.answer_by == later(48)
    with pytest.raises(approvals.AlreadyDecided):
        decisions.approve(approval=first, now=later(25), actor=STAFF, by="First")
    booking.refresh_from_db()
    assert booking.is_pending and booking.staff_member == second.staff_member


@pytest.mark.parametrize("in_the_way", ["booking", "outlook", "does not give it", "has not agreed"])
def test_only_colleagues_who_give_it_and_are_free_are_asked(contoso: Tenant, in_the_way: str) -> None:
    page, service, members = asking(contoso, approval="assignment", staff=3)
    boss = factories.StaffMemberFactory(page=page, role=Role.ADMINISTRATOR)
    booking = request(page, service)
    others = [member for member in members if member != booking.staff_member]
    for other in others:
        if in_the_way == "booking":
            free = factories.ServiceFactory(page=page, members=[other])
            factories.book(page, free, NINE)
        elif in_the_way == "outlook":
            BusyPeriod.objects.create(
                tenant=contoso, mailbox=other.mailbox, event_id=f"e{other.pk}", starts_at=NINE,
                ends_at=NINE + timedelta(minutes=5), show_as="busy",
            )  # fmt: skip
        elif in_the_way == "does not give it":
            service.staff.remove(other)
        else:
            StaffMember.objects.filter(pk=other.pk).update(status=StaffMember.Status.PENDING)
    refuse(open_question(booking))
    question = open_question(booking)
    assert (question.is_owner, question.asked_email) == (True, boss.email)


def test_when_nobody_is_left_the_heads_give_it_to_whom_they_choose(contoso: Tenant) -> None:
    page, service, members = asking(contoso, approval="assignment", staff=2)
    boss = factories.StaffMemberFactory(page=page, role=Role.OWNER)
    booking = request(page, service)
    refuse(open_question(booking), 1)
    refuse(open_question(booking), 2)
    question = open_question(booking)
    assert (question.asked_email, len(mails("approvalEscalated"))) == (boss.email, 1)
    booking.refresh_from_db()
    other = next(member for member in members if member.pk != booking.staff_member_id)
    with pytest.raises(reassignment.NotFree):
        decisions.approve(approval=question, now=later(3), actor=STAFF, by="Boss", to=boss)
    decisions.approve(approval=question, now=later(3), actor=STAFF, by="Boss", to=other)
    booking.refresh_from_db()
    assert (booking.status, booking.staff_member) == (Booking.Status.CONFIRMED, other)
    assert holder(booking) == other.claim_key
    assert Assignment.objects.filter(staff_member=other, reason__startswith="Boss gave it").count() == 1


def test_a_head_may_decline_and_the_customer_hears_why(contoso: Tenant) -> None:
    page, service, _ = asking(contoso, approval="assignment")
    factories.StaffMemberFactory(page=page, role=Role.OWNER)
    booking = request(page, service)
    refuse(open_question(booking), 1, "I am ill")
    decisions.reject(
        approval=open_question(booking), now=later(2), actor=STAFF, by="Boss", reason="We are closed that day"
    )
    booking.refresh_from_db()
    assert (booking.status, booking.cancel_reason) == (Booking.Status.DECLINED, "We are closed that day")
    assert not Claim.objects.exists()


def test_heads_who_do_not_answer_let_it_expire(contoso: Tenant) -> None:
    page, service, _ = asking(contoso, approval="assignment")
    factories.StaffMemberFactory(page=page, role=Role.OWNER)
    booking = request(page, service)
    refuse(open_question(booking), 1)
    assert run("approval.over", later(24.9)) == 0
    assert run("approval.over", later(25)) == 1
    booking.refresh_from_db()
    assert booking.status == Booking.Status.EXPIRED and len(mails("expired")) == 2


def test_a_start_that_is_near_goes_to_the_heads_at_once(contoso: Tenant) -> None:
    page, service, _ = asking(contoso, approval="assignment", staff=3)
    boss = factories.StaffMemberFactory(page=page, role=Role.OWNER)
    start = NOW + timedelta(hours=2)
    booking = request(page, service, start)
    decisions.reject(
        approval=open_question(booking), now=start - timedelta(minutes=19), actor=STAFF, by="First"
    )  # fmt: skip
    question = open_question(booking)
    assert (question.asked_email, question.answer_by) == (boss.email, start)


def test_a_request_that_holds_nothing_takes_its_time_when_it_is_accepted(contoso: Tenant) -> None:
    page, service, _ = asking(contoso, approval="assignment", staff=2, pending_holds=False)
    booking = request(page, service)
    assert not Claim.objects.exists()
    refuse(open_question(booking))
    assert not Claim.objects.exists()
    question = open_question(booking)
    decisions.approve(approval=question, now=later(2), actor=STAFF, by="Second")
    assert holder(booking) == question.staff_member.claim_key


def test_a_manager_who_hands_a_request_over_asks_that_colleague(contoso: Tenant) -> None:
    page, service, members = asking(contoso, approval="assignment", staff=2)
    booking = request(page, service)
    other = next(member for member in members if member.pk != booking.staff_member_id)
    reassignment.reassign(booking=booking, to=other, now=later(1), actor=STAFF)
    question = open_question(booking)
    assert (question.staff_member, question.state) == (other, Approval.State.WAITING)
    booking.refresh_from_db()
    assert booking.is_pending


@pytest.mark.parametrize("approval", ["assignment", "host"])
def test_a_confirmed_booking_that_is_handed_over_is_the_colleagues_only_with_their_word(
    contoso: Tenant, approval: str
) -> None:
    page, service, members = asking(contoso, approval=approval, staff=2)
    booking = request(page, service)
    decisions.approve(approval=open_question(booking), now=later(1), actor=STAFF, by="First")
    booking.refresh_from_db()
    other = next(member for member in members if member.pk != booking.staff_member_id)
    reassignment.reassign(booking=booking, to=other, now=later(2), actor=STAFF)
    booking.refresh_from_db()
    question = open_question(booking)
    assert booking.is_pending and question.staff_member == other and holder(booking) == other.claim_key
    told = [job.payload["reader"] for job in mails("requested") if job.payload["sequence"] == booking.sequence]
    assert told == ["customer"] and [job.payload["reader"] for job in mails("reassigned")] == ["former"]
    decisions.approve(approval=question, now=later(3), actor=STAFF, by="Second")
    booking.refresh_from_db()
    assert booking.status == Booking.Status.CONFIRMED and booking.staff_member == other


def test_who_takes_a_confirmed_booking_over_has_said_yes_by_that(contoso: Tenant) -> None:
    page, service, members = asking(contoso, staff=2)
    booking = request(page, service)
    decisions.approve(approval=open_question(booking), now=later(1), actor=STAFF, by="First")
    booking.refresh_from_db()
    other = next(member for member in members if member.pk != booking.staff_member_id)
    own = acting.Actor(kind="person", label=other.email, source="web")
    reassignment.reassign(booking=booking, to=other, now=later(2), actor=own)
    booking.refresh_from_db()
    assert booking.status == Booking.Status.CONFIRMED and booking.staff_member == other
    assert not questions(booking, state=Approval.State.WAITING)


def test_a_job_that_runs_twice_asks_nobody_twice(contoso: Tenant) -> None:
    page, service, _ = asking(contoso, approval="assignment", staff=3)
    booking = request(page, service)
    run("approval.due", later(24))
    Job.objects.filter(kind="approval.due", due_at__lte=later(24)).update(state=Job.State.PENDING)
    run("approval.due", later(24.1))
    assert len(questions(booking)) == 2


def test_a_customer_who_moves_it_may_get_who_was_asked_before(contoso: Tenant) -> None:
    page, service, _ = asking(contoso, approval="assignment", staff=2)
    booking = request(page, service)
    first = open_question(booking).staff_member
    refuse(open_question(booking))
    rescheduling.reschedule(
        booking=booking, starts_at=TEN, now=later(2), actor=acting.visitor(booking.customer_email)
    )  # fmt: skip
    refuse(open_question(booking), 3)
    assert open_question(booking).staff_member == first


def test_who_is_taken_off_the_page_takes_nothing_over_and_the_next_is_asked(contoso: Tenant) -> None:
    page, service, _ = asking(contoso, approval="assignment", staff=2)
    booking = request(page, service)
    first = open_question(booking)
    staff_members.remove(member=first.staff_member, now=later(1), actor=STAFF)
    with pytest.raises(approvals.AlreadyDecided):
        decisions.approve(approval=first, now=later(1), actor=STAFF, by=first.asked_name)
    assert run("approval.next", later(1)) == 1
    second = open_question(booking)
    assert second.staff_member != first.staff_member
    assert holder(booking) == second.staff_member.claim_key
