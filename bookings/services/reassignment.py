"""Hands a booking over to a colleague: the time moves from one to the other, everybody concerned is told."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from bookings.models import Assignment, Booking, Service, StaffMember
from bookings.services import (
    approvals,
    changing,
    fairness,
    follow_up,
    occupancy,
    offers,
    order,
    outage,
    presence,
    waiting,
)
from bookings.services.fairness import Choice
from tenants.acting import Actor
from tenants.errors import DomainError
from tenants.models import Tenant
from tenants.services import audit, claims


class NotFree(DomainError):
    """The colleague does not give this service, or has no time then."""

    code = "colleagueNotFree"
    status = 409
    detail = _("This colleague cannot take the booking at that time.")


class NeedsEverybody(DomainError):
    """All of the service's staff take part: there is nobody to hand it over to."""

    code = "needsEverybody"
    status = 409
    detail = _("All colleagues of this service take part in the booking.")


def candidates(booking: Booking, now: datetime) -> list[StaffMember]:
    """Who could take `booking` as it is: colleagues who give its service, work then and are free; who is next first.

    Lead time, horizon and caps play no part: the booking is made already.
    """
    if booking.is_collective or booking.is_cancelled or booking.starts_at <= now:
        return []
    others = [member for member in offers.staff_for(booking.service) if member.pk != booking.staff_member_id]
    free = presence.free(
        page=booking.page, service=booking.service, staff=others, starts_at=booking.starts_at, now=now,
        length=booking.ends_at - booking.starts_at, ignoring=(booking.pk,), at_work=True,
    )  # fmt: skip
    return fairness.ranked(free, now=now)


def reassign(
    *, booking: Booking, to: StaffMember, now: datetime, actor: Actor, how: str = Assignment.How.REASSIGNED,
    reason: str = "",
) -> Booking:  # fmt: skip
    """Gives `booking` to the colleague `to`. The one who has it already changes nothing.

    Customer and both colleagues are told; of one that waits for approval nobody is, instead `to` is asked. A confirmed
    one of a service that needs approval waits again until `to` agrees, unless it was `to` who took it: it is theirs
    only with their word. The calendar file's sequence rises. Raises NoLongerChangeable, NotFree, NeedsEverybody.
    """
    try:
        with claims.ledger():
            booking = changing.lock(booking, now=now, also=[to.claim_key])
            if booking.staff_member_id == to.pk:
                return booking
            if booking.is_collective:
                raise NeedsEverybody
            if to.pk not in {member.pk for member in candidates(booking, now)}:
                raise NotFree
            _hand_over(booking, to, now, actor, how, reason)
    except claims.Taken as taken:
        raise NotFree from taken
    return booking


def _hand_over(booking: Booking, to: StaffMember, now: datetime, actor: Actor, how: str, reason: str) -> None:
    before, was_held, was_pending = booking.staff_member, occupancy.is_held(booking), booking.is_pending
    by_colleague = actor.kind == "person" and actor.label.casefold() == to.email.casefold()
    if booking.service.approval != Service.Approval.NONE and not by_colleague:
        booking.status = Booking.Status.PENDING
    waiting.time_freed(booking=booking, starts_at=booking.starts_at, now=now)
    occupancy.vacate(booking, now=now)
    booking.session = None
    booking.staff_member = to
    booking.sequence += 1
    if order.sender(booking.service, to) == Tenant.InvitationSender.DAYBOOK:
        booking.invitation_sender = Tenant.InvitationSender.DAYBOOK
    if was_held:
        occupancy.occupy(booking, now=now)
    outage.mark(booking, booking.hosts, now)
    changed = ["staff_member", "session", "ends_at", "sequence", "status", "invitation_sender", "updated_at"]
    booking.save(update_fields=[*changed, *outage.FIELDS])
    audit.record(
        tenant=booking.tenant, actor=actor, action="booking.reassigned", target=booking, now=now,
        before={"staffMember": str(before.pk)}, after={"staffMember": str(to.pk)}, reason=reason[:500],
    )  # fmt: skip
    fairness.record(booking, Choice(to, how=how, reason=reason or f"Handed over by {before.display_name}."), now=now)
    if booking.is_pending:
        approvals.settle(booking=booking, now=now, by=actor.label)
        approvals.ask(booking=booking, now=now, actor=actor)
    if was_pending or not booking.is_pending:
        follow_up.reassigned(booking, before=before, now=now)
    else:
        follow_up.requested(booking, now=now, before=before)
