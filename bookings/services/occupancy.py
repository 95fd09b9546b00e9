"""What a booking occupies: the time of everybody who takes part, or one seat of a shared session.

| booking                                        | occupies                                       |
|------------------------------------------------|------------------------------------------------|
| of one or several staff                        | the time of each, buffers included: claims     |
| of a service with seats                        | a seat; the session has the claim              |
| a request that does not hold its time          | nothing, until it is approved                  |
| cancelled, declined, expired                   | nothing                                        |

Every function runs in the caller's transaction, with `keys` locked.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from bookings.models import Booking
from bookings.services import sessions
from tenants.models import Claim
from tenants.services import claims
from tenants.services.claims import Wanted


def wanted(booking: Booking) -> list[Wanted]:
    """The time of everybody who takes part, buffers included."""
    starts_at, ends_at = booking.starts_at - booking.buffer_before, booking.ends_at + booking.buffer_after
    return [Wanted(key=host.claim_key, starts_at=starts_at, ends_at=ends_at) for host in booking.hosts]


def keys(booking: Booking) -> set[uuid.UUID]:
    """What has to be locked before the booking changes: its hosts, and its service where bookings are counted."""
    counted = {booking.service_id} if booking.service.is_limited else set()
    return {host.claim_key for host in booking.hosts} | counted


def is_held(booking: Booking) -> bool:
    """Whether the booking occupies anything: a request that does not hold its time does not."""
    if booking.is_cancelled:
        return False
    return booking.session_id is not None or Claim.objects.filter(owner_id=booking.pk).exists()


def occupy(booking: Booking, *, now: datetime) -> None:
    """Takes what the booking needs at its time, unless it has it. Raises Taken.

    A seat is written to the booking's `session`, which the caller saves with the rest.
    """
    if booking.session_id is not None or Claim.objects.filter(owner_id=booking.pk).exists():
        return  # it has it, also where the service got or lost its seats meanwhile
    if booking.service.seats > 1 and not booking.is_collective:
        booking.session = sessions.join(
            service=booking.service, member=booking.staff_member, starts_at=booking.starts_at, now=now
        )
        booking.ends_at = booking.session.ends_at
    else:
        claims.take(tenant=booking.tenant, owner_id=booking.pk, wanted=wanted(booking), now=now)


def vacate(booking: Booking, *, now: datetime) -> None:
    """Gives back what the booking occupies. The booking still names the session that it no longer has a seat in."""
    if booking.session is not None:
        sessions.leave(session=booking.session, now=now)
    claims.release(owner_id=booking.pk)
