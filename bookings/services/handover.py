"""The time of a request that waits for an answer: who could give it, and whose claim it is."""

from __future__ import annotations

import uuid
from datetime import datetime

from bookings.models import Booking, Service, StaffMember
from bookings.services import changing, occupancy, offers, order
from tenants.models import Tenant
from tenants.services import claims


def locked(booking_id: uuid.UUID) -> Booking:
    """The booking as it is now, locked with everybody who could get it until the transaction ends."""
    rows = Booking.objects.select_related("tenant", "page__mailbox", "page__tenant", "service", "staff_member__mailbox")
    before = rows.get(pk=booking_id)
    in_turn = before.service.approval == Service.Approval.ASSIGNMENT
    colleagues = {member.claim_key for member in offers.staff_for(before.service)} if in_turn else set()
    claims.lock(tenant=before.tenant, keys=occupancy.keys(before) | colleagues)
    return changing.row(before)


def give(booking: Booking, *, to: StaffMember, now: datetime) -> None:
    """Makes it the request of another colleague; a time that is held is held of them instead. Raises Taken."""
    held = occupancy.is_held(booking)
    occupancy.vacate(booking, now=now)
    booking.session, booking.staff_member = None, to
    if order.sender(booking.service, to) == Tenant.InvitationSender.DAYBOOK:  # else who sends it stays who sent it
        booking.invitation_sender = Tenant.InvitationSender.DAYBOOK
    if held:
        occupancy.occupy(booking, now=now)
    booking.save(update_fields=["staff_member", "session", "ends_at", "invitation_sender", "updated_at"])
