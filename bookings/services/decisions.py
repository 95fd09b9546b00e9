"""Answers to the question whether a booking takes place: the first one counts, and one transaction does all of it.

| answer                         | the booking           | others                                          |
|--------------------------------|-----------------------|-------------------------------------------------|
| a host or a head approves      | confirmed             | rivals that hold nothing are declined, or asked |
|                                |                       | of the next colleague                           |
| a host or a head rejects       | declined              | its time is free                                |
| a colleague accepts it         | confirmed, theirs     | rivals as above                                 |
| a colleague says no            | waits                 | the next one is asked, in the end the heads     |
| a head gives it to a colleague | confirmed, that one's | rivals as above                                 |
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from bookings.models import Approval, Assignment, Booking, StaffMember
from bookings.services import approvals, follow_up, handover, occupancy, reassignment, rivals, turns, waiting
from tenants.acting import Actor
from tenants.errors import DomainError
from tenants.services import audit, claims


class TooLate(DomainError):
    """The time that was asked for has begun."""

    code = "tooLate"
    status = 409
    detail = _("The time that was asked for has begun. It can no longer be confirmed.")


def approve(*, approval: Approval, now: datetime, actor: Actor, by: str, to: StaffMember | None = None) -> Booking:
    """Confirms the booking that `approval` asks about; `by` is the name people read afterwards.

    A request that holds nothing takes its time now. `to`: the colleague whom a head gives it to; None: whoever was
    asked last. Raises AlreadyDecided, TooLate, reassignment.NotFree, and Taken where the time went to another.
    """
    with claims.ledger():
        booking = open_request(approval)
        if booking.starts_at <= now:
            raise TooLate
        if to is not None and to.pk != booking.staff_member_id:
            if to not in reassignment.candidates(booking, now):
                raise reassignment.NotFree
            handover.give(booking, to=to, now=now)
        occupancy.occupy(booking, now=now)
        if approval.kind == Approval.Kind.ASSIGNMENT:
            _credit(booking, approval, by, now)
        _conclude(booking, Booking.Status.CONFIRMED)
        _answer(approval, Approval.State.APPROVED, by, now)
        _record(booking, "booking.approved", actor, now)
        _tell_rivals(booking, by, now, actor)
        follow_up.approved(booking, now=now)
    return booking


def reject(*, approval: Approval, now: datetime, actor: Actor, by: str, reason: str = "") -> Booking:
    """Declines the booking, or hands the question to the next colleague where a colleague says no.

    The customer reads `reason` with a decline; a colleague's no is for the page's heads. Raises AlreadyDecided.
    """
    with claims.ledger():
        booking = open_request(approval)
        own_turn = approval.kind == Approval.Kind.ASSIGNMENT and not approval.is_owner
        if own_turn:
            _close(approval, Approval.State.REJECTED, by, now, reason)
            _record(booking, "booking.assignmentRefused", actor, now, reason)
            turns.next_one(booking, now=now)
        else:
            _answer(approval, Approval.State.REJECTED, by, now, reason)
            decline(booking, now=now, actor=actor, reason=reason)
    return booking


def decline(booking: Booking, *, now: datetime, actor: Actor, reason: str = "") -> None:
    """Ends a request with a no that its customer is told, with alternatives. In the caller's transaction."""
    _end(booking, Booking.Status.DECLINED, now=now, actor=actor, reason=reason)
    _record(booking, "booking.declined", actor, now, reason)
    follow_up.declined(booking, now=now)


def expire(booking: Booking, *, now: datetime, actor: Actor) -> None:
    """Ends a request that nobody answered; customer and staff are told. In the caller's transaction."""
    approvals.waiting(booking).update(state=Approval.State.EXPIRED, decided_at=now)
    _end(booking, Booking.Status.EXPIRED, now=now, actor=actor)
    _record(booking, "booking.expired", actor, now)
    follow_up.expired(booking, now=now)


def open_request(approval: Approval) -> Booking:
    """The booking that `approval` asks about, with everybody who could get it locked. Raises AlreadyDecided.

    `approval` is read anew: what the caller holds is then as it is in the database.
    """
    if approval.booking_id is None:
        raise ValueError("This question is about no booking.")
    booking = handover.locked(approval.booking_id)
    approval.refresh_from_db(fields=["state", "sequence", "reason", "decided_at", "decided_by"])
    if approval.state != Approval.State.WAITING or not booking.is_pending or approval.sequence != booking.sequence:
        raise approvals.AlreadyDecided
    return booking


def _conclude(booking: Booking, status: str) -> None:
    booking.status = status
    booking.sequence += 1
    booking.save()


def _end(booking: Booking, status: str, *, now: datetime, actor: Actor, reason: str = "") -> None:
    was_held = occupancy.is_held(booking)
    occupancy.vacate(booking, now=now)
    booking.cancelled_at, booking.cancelled_by, booking.cancel_reason = now, actor.kind, reason[:500]
    _conclude(booking, status)
    if was_held:
        waiting.time_freed(booking=booking, starts_at=booking.starts_at, now=now)


def _answer(approval: Approval, state: str, by: str, now: datetime, reason: str = "") -> None:
    """Keeps the answer; nobody else has to give one."""
    _close(approval, state, by, now, reason)
    if approval.booking is not None:
        approvals.settle(booking=approval.booking, now=now, by=by)


def _close(approval: Approval, state: str, by: str, now: datetime, reason: str) -> None:
    approval.state, approval.decided_at = state, now
    approval.decided_by, approval.reason = by[:254], reason[:500]
    approval.save(update_fields=["state", "decided_at", "decided_by", "reason"])


def _credit(booking: Booking, approval: Approval, by: str, now: datetime) -> None:
    """The line in the fairness ledger."""
    refused = turns.asked_before(booking)
    Assignment.objects.create(
        tenant=booking.tenant, page=booking.page, booking=booking, staff_member=booking.staff_member,
        how=Assignment.How.REASSIGNED if approval.is_owner else Assignment.How.ACCEPTED, at=now,
        reason=turns.because(booking.staff_member, by=by, gave=approval.is_owner, before=refused),
    )  # fmt: skip


def _tell_rivals(booking: Booking, by: str, now: datetime, actor: Actor) -> None:
    """What can no longer take place is declined at once; a colleague's turn goes to the next in a job of its own."""
    for rival in rivals.of(booking):
        approvals.settle(booking=rival, now=now, by=by)
        if turns.are_taken_for(rival):
            turns.pass_on(rival, now=now)
        else:
            decline(rival, now=now, actor=actor)


def _record(booking: Booking, action: str, actor: Actor, now: datetime, reason: str = "") -> None:
    after: dict[str, Any] = {"status": str(booking.status), "staffMember": str(booking.staff_member_id)}
    audit.record(
        tenant=booking.tenant, actor=actor, action=action, target=booking, now=now, reason=reason[:500],
        before={"status": str(Booking.Status.PENDING)}, after=after,
    )  # fmt: skip
