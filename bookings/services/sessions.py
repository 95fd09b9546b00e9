"""Shared times: customers' bookings each take one seat of a session, which alone occupies its staff member.

| the booking that …       | does to the session                                                                 |
|--------------------------|-------------------------------------------------------------------------------------|
| comes first              | begins it: the session claims the staff member's time, with the service's buffers   |
| comes later              | takes a seat by one conditional UPDATE, refused when all are taken                  |
| goes                     | gives its seat back                                                                 |
| goes last                | ends it: its claim is released; the next booking begins another one                 |

A session keeps the length, the buffers and the seats that the service had when it began. Every function runs in the
caller's transaction, with the staff member's time locked.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db.models import F

from bookings.models import GroupSession, Service, StaffMember
from bookings.services import follow_up
from tenants.services import claims
from tenants.services.claims import Taken, Wanted


def with_seats(*, service: Service, staff: Sequence[StaffMember], starts_at: datetime) -> set[uuid.UUID]:
    """The ids of those of `staff` with whom a session of `service` runs at `starts_at` that has seats left."""
    open_ones = GroupSession.objects.filter(
        service=service, staff_member__in=staff, starts_at=starts_at, ended_at=None, seats_taken__lt=F("capacity")
    )
    return set(open_ones.values_list("staff_member_id", flat=True))


def join(*, service: Service, member: StaffMember, starts_at: datetime, now: datetime) -> GroupSession:
    """Takes one seat with `member` at `starts_at`, in a session that is begun where none runs. Raises Taken."""
    session = GroupSession.objects.filter(
        service=service, staff_member=member, starts_at=starts_at, ended_at=None
    ).first()
    if session is None:
        session = _begin(service, member, starts_at, now)
    seats = GroupSession.objects.filter(pk=session.pk, ended_at=None, seats_taken__lt=F("capacity"))
    if not seats.update(seats_taken=F("seats_taken") + 1, sequence=F("sequence") + 1):
        raise Taken
    session.refresh_from_db(fields=["seats_taken", "sequence"])
    follow_up.session_changed(session, now=now)
    return session


def leave(*, session: GroupSession, now: datetime) -> bool:
    """Gives one seat back. Returns whether that was the last one taken, and the session is over."""
    taken = GroupSession.objects.filter(pk=session.pk, ended_at=None, seats_taken__gt=0)
    taken.update(seats_taken=F("seats_taken") - 1, sequence=F("sequence") + 1)
    is_over = bool(GroupSession.objects.filter(pk=session.pk, ended_at=None, seats_taken=0).update(ended_at=now))
    if is_over:
        claims.release(owner_id=session.pk)
    session.refresh_from_db(fields=["seats_taken", "sequence", "ended_at"])
    follow_up.session_changed(session, now=now)
    return is_over


def _begin(service: Service, member: StaffMember, starts_at: datetime, now: datetime) -> GroupSession:
    session = GroupSession.objects.create(
        tenant=service.tenant, service=service, staff_member=member, starts_at=starts_at,
        ends_at=starts_at + service.duration, buffer_before=service.buffer_before, buffer_after=service.buffer_after,
        capacity=service.seats,
    )  # fmt: skip
    wanted = Wanted(
        key=member.claim_key,
        starts_at=starts_at - session.buffer_before,
        ends_at=session.ends_at + session.buffer_after,
    )
    claims.take(tenant=service.tenant, owner_id=session.pk, wanted=[wanted], now=now)
    return session
