"""Whose turn it is: the page's heads, and the colleagues who are asked one after the other.

The next one is the colleague who is free, was not asked about this time yet, and would get it by the fair order. When
nobody is left, or the start is so near that nobody could answer, the page's heads decide: its staff who are owners,
administrators or schedulers; where it has none, the organisation's. A personal page has its owner and nobody above.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from bookings.models import Approval, Booking, BookingPage, Service, StaffMember
from bookings.services import approvals, follow_up, handover, reassignment
from bookings.services.approvals import Person
from tenants import acting, outbox
from tenants.models import ADMINISTRATORS, Membership, Role
from tenants.outbox import Wish
from tenants.services import audit

#: Roles of those who decide for others.
HEADS = (*ADMINISTRATORS, Role.SCHEDULER)
#: Nobody is asked who would have less time than this to answer.
SHORTEST_TURN = timedelta(minutes=10)


def are_taken_for(booking: Booking) -> bool:
    """Whether colleagues are asked in turn who takes `booking`."""
    return booking.service.approval == Service.Approval.ASSIGNMENT


def pass_on(booking: Booking, *, now: datetime) -> None:
    """Has the next colleague asked in a job of its own, once the question that waited is settled."""
    key = f"approval.next:{booking.pk}:{booking.sequence}:{booking.staff_member_id}"
    wish = Wish(kind="approval.next", dedupe_key=key, payload={"booking": str(booking.pk)})
    outbox.ensure(tenant=booking.tenant, wish=wish, now=now)


def leave(member: StaffMember, *, now: datetime, by: str) -> None:
    """Takes the turns from a colleague who was taken off the page; `by` (a name) did that. In its transaction."""
    kind, waits = Approval.Kind.ASSIGNMENT, Approval.State.WAITING
    questions = Approval.objects.filter(staff_member=member, kind=kind, is_owner=False, state=waits)
    for question in questions.select_related("booking__tenant"):
        if question.booking is not None:
            approvals.settle(booking=question.booking, now=now, by=by)
            pass_on(question.booking, now=now)


def next_one(booking: Booking, *, now: datetime) -> Approval | None:
    """Asks the next colleague to take `booking`, or the heads. Returns the colleague's question.

    In the caller's transaction, with the booking and its possible colleagues locked.
    """
    answer_by = approvals.time_to_answer(booking, now)
    asked = {member.pk for member in asked_before(booking)}
    free = [member for member in reassignment.candidates(booking, now) if member.pk not in asked]
    if not free or answer_by - now < SHORTEST_TURN:
        escalate(booking, now=now)
        return None
    before, chosen = booking.staff_member, free[0]
    handover.give(booking, to=chosen, now=now)
    audit.record(
        tenant=booking.tenant, actor=acting.SYSTEM, action="booking.passedOn", target=booking, now=now,
        before={"staffMember": str(before.pk)}, after={"staffMember": str(chosen.pk)},
    )  # fmt: skip
    approval = approvals.question(
        kind=Approval.Kind.ASSIGNMENT, booking=booking, member=chosen, person=Person.of(chosen), answer_by=answer_by,
        now=now,
    )  # fmt: skip
    follow_up.approval_asked(approval, now=now)
    return approval


def escalate(booking: Booking, *, now: datetime) -> list[Approval]:
    """Asks the page's heads to decide, unless they were asked; those who are asked anyway are left out."""
    questions = Approval.objects.filter(booking=booking, sequence=booking.sequence)
    if questions.filter(is_owner=True).exists():
        return []
    kind = Approval.Kind.ASSIGNMENT if are_taken_for(booking) else Approval.Kind.BOOKING
    waiting = {email.lower() for email in approvals.waiting(booking).values_list("asked_email", flat=True)}
    answer_by = min(now + booking.service.answer_within, booking.starts_at)
    if kind == Approval.Kind.ASSIGNMENT:
        approvals.close_at(booking, closes_at=answer_by, now=now)
    found = [
        approvals.question(
            kind=kind, booking=booking, member=booking.staff_member, person=person, answer_by=answer_by, now=now,
            is_owner=True,
        )
        for person in heads(booking.page)
        if person.email.lower() not in waiting
    ]  # fmt: skip
    if found:
        audit.record(
            tenant=booking.tenant, actor=acting.SYSTEM, action="booking.escalated", target=booking, now=now,
            after={"asked": [approval.asked_name for approval in found]},
        )  # fmt: skip
    for approval in found:
        follow_up.approval_escalated(approval, now=now)
    return found


def heads(page: BookingPage) -> list[Person]:
    """Who decides for a page when those who were asked do not; each mail address once."""
    if page.is_personal:
        return []
    staff = StaffMember.objects.filter(page=page, role__in=HEADS, removed_at=None, status=StaffMember.Status.ACTIVE)
    people = [Person.of(member) for member in staff]
    if not people:
        members = Membership.objects.filter(tenant=page.tenant, role__in=HEADS, user__is_active=True)
        users = [membership.user for membership in members.select_related("user").order_by("created_at")]
        people = [Person(user.get_full_name(), user.email, user.language, user.time_zone) for user in users]
    return list({person.email.lower(): person for person in people}.values())


def asked_before(booking: Booking) -> list[StaffMember]:
    """The colleagues who were asked about this very time, in their order."""
    questions = Approval.objects.filter(
        booking=booking, sequence=booking.sequence, kind=Approval.Kind.ASSIGNMENT, is_owner=False
    )
    return [question.staff_member for question in questions.select_related("staff_member").order_by("asked_at")]


def because(member: StaffMember, *, by: str, gave: bool, before: Iterable[StaffMember]) -> str:
    """The sentence of the fairness ledger: who took it or gave it, after whom."""
    others: Sequence[str] = [asked.display_name for asked in before if asked.pk != member.pk]
    after = f" after {', '.join(others)} had been asked" if others else ""
    return f"{by} gave it to {member.display_name}{after}." if gave else f"{member.display_name} accepted it{after}."
