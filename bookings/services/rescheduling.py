"""Moves a booking to another time: the claim moves in one transaction, mails and Outlook follow.

| who moves it              | needs approval | the booking then                                                  |
|---------------------------|----------------|-------------------------------------------------------------------|
| customer, program         | no             | stands at the new time                                            |
| customer, program         | yes            | waits for approval (again): who was asked before is asked no more |
| staff                     | either         | stands; one that waited waits on, asked about the new time        |
| anybody, to the same time | either         | is as it was                                                      |
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime

from bookings.models import Booking, Service, StaffMember
from bookings.services import approvals, changing, follow_up, occupancy, offers, outage, presence, waiting
from bookings.services import booking as bookings
from bookings.services.changing import NoLongerChangeable, NotAllowedToChange, TooLateToChange
from tenants.acting import Actor
from tenants.services import audit, claims

__all__ = ["NoLongerChangeable", "NotAllowedToChange", "TooLateToChange", "reschedule"]


def reschedule(
    *, booking: Booking, starts_at: datetime, now: datetime, actor: Actor, reason: str = "", freely: bool = False
) -> Booking:
    """Moves `booking` to `starts_at` (UTC), with the same staff and length; the same time changes nothing.

    The calendar file's sequence rises (RFC 5546 2.1.4). `freely`, for staff: see `booking.book`. Raises
    NoLongerChangeable, for customers NotAllowedToChange and TooLateToChange, NoStaff where one of the staff takes no
    bookings for the service any more, SlotTaken, NotOffered.
    """
    hosts: list[StaffMember] = [booking.staff_member]
    try:
        with claims.ledger():
            booking = changing.lock(booking, now=now)
            if booking.starts_at == starts_at:
                return booking
            changing.check_customer(booking, actor=actor, now=now, may=booking.customer_may_move)
            hosts = booking.hosts
            _check_offered(booking, hosts, starts_at, now, freely)
            _move(booking, starts_at, now, actor, reason)
    except claims.Taken as taken:
        ignoring = _ignoring(booking)
        raise bookings.refusal(
            booking.page, booking.service, hosts, starts_at, now, ignoring=ignoring, freely=freely
        ) from taken
    return booking


def _check_offered(
    booking: Booking, hosts: list[StaffMember], starts_at: datetime, now: datetime, freely: bool
) -> None:
    """Raises NoStaff, or Taken."""
    qualified = {member.pk for member in offers.staff_for(booking.service)}
    if not all(host.pk in qualified for host in hosts):
        raise bookings.NoStaff
    ask = presence.free if freely else offers.free_staff
    free = ask(
        page=booking.page, service=booking.service, staff=hosts, starts_at=starts_at, now=now,
        ignoring=_ignoring(booking),
    )  # fmt: skip
    if len(free) < len(hosts):
        raise claims.Taken


def _ignoring(booking: Booking) -> Collection[uuid.UUID]:
    """What does not stand in its own way: the booking, and a session in which it is alone."""
    alone = booking.session is not None and booking.session.seats_taken == 1
    return (booking.pk, booking.session_id) if alone and booking.session_id else (booking.pk,)


def _move(booking: Booking, starts_at: datetime, now: datetime, actor: Actor, reason: str) -> None:
    before, was_held = booking.starts_at, occupancy.is_held(booking)
    needs_approval = booking.service.approval != Service.Approval.NONE
    waits = booking.is_pending or (needs_approval and actor.kind in ("visitor", "apiClient"))
    waiting.time_freed(booking=booking, starts_at=before, now=now)
    occupancy.vacate(booking, now=now)
    booking.session = None
    booking.ends_at = starts_at + (booking.ends_at - before)
    booking.starts_at = starts_at
    booking.sequence += 1
    outage.mark(booking, booking.hosts, now)
    if booking.is_pending or not waits:
        keeps = was_held
    else:
        booking.status, keeps = Booking.Status.PENDING, booking.service.pending_holds
    if keeps:
        occupancy.occupy(booking, now=now)
    booking.save(
        update_fields=["starts_at", "ends_at", "sequence", "status", "session", "updated_at", *outage.FIELDS]
    )  # fmt: skip
    audit.record(
        tenant=booking.tenant, actor=actor, action="booking.rescheduled", target=booking, now=now,
        before={"startsAt": before.isoformat()},
        after={"startsAt": starts_at.isoformat(), "status": str(booking.status)}, reason=reason[:500],
    )  # fmt: skip
    _tell(booking, waits=waits, now=now, actor=actor)


def _tell(booking: Booking, *, waits: bool, now: datetime, actor: Actor) -> None:
    """Asks anew, or tells everybody of the new time."""
    if waits:
        approvals.settle(booking=booking, now=now, by=actor.label)
        approvals.ask(booking=booking, now=now, actor=actor)
        follow_up.requested(booking, now=now)
    else:
        follow_up.rescheduled(booking, now=now)
