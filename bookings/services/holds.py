"""Keeps a time for a visitor while the form is filled in.

| a visitor's form                     | holds                                                                       |
|--------------------------------------|-----------------------------------------------------------------------------|
| asks for a time that is offered      | it, for `HOLD_FOR`; asked again, the same hold until the same minute        |
| asks for another time                | that one; what it held before is free at once                               |
| asks where `MOST_HOLDS` are held     | nothing: no crowd of forms keeps a page from being booked                   |
| asks for a time of a shared session  | nothing: seats are taken by booking                                         |
| books                                | nothing: the booking's own claims follow in the same transaction            |
| is left alone                        | until `HOLD_FOR` is over; the claims lapse and give way under the next lock |

A form is known by a random key of its own, stored hashed.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from bookings.models import BookingPage, Hold, Service, StaffMember
from bookings.services import fairness, offers
from tenants.links import hash_token
from tenants.models import Claim
from tenants.services import claims
from tenants.services.claims import Wanted

HOLD_FOR = timedelta(minutes=10)
#: Live holds on one page.
MOST_HOLDS = 10


class Kept(Protocol):
    """A time that was kept for somebody: a hold, or an offered time. Its id owns its claims."""

    pk: Any
    service_id: Any
    staff_member_id: Any
    starts_at: Any


def place(
    *, page: BookingPage, service: Service, starts_at: datetime, key: str, staff_id: uuid.UUID | None, now: datetime
) -> Hold | None:
    """Holds `starts_at` (UTC) for the form `key`, with one colleague or whoever is next. None where that is not to be.

    Only for a POST. The caller has checked that the visitor may book the service.
    """
    members = offers.staff_for(service, only=staff_id)
    if not members or service.seats > 1:
        return None
    try:
        with claims.ledger():
            return _place(page, service, members, starts_at, hash_token(key), now)
    except claims.Taken:
        return None


def _place(
    page: BookingPage, service: Service, members: Sequence[StaffMember], starts_at: datetime, key_hash: str,
    now: datetime,
) -> Hold | None:  # fmt: skip
    claims.lock(tenant=page.tenant, keys=[page.pk, *(member.claim_key for member in members)])
    earlier = Hold.objects.filter(key_hash=key_hash).first()
    if earlier is not None:
        same = (earlier.service_id, earlier.starts_at) == (service.pk, starts_at) and earlier.expires_at > now
        if same and earlier.staff_member_id in {member.pk for member in members}:
            return earlier
        _end([earlier.pk])
    _end(list(Hold.objects.filter(service__page=page, expires_at__lte=now).values_list("pk", flat=True)))
    if Hold.objects.filter(service__page=page).count() >= MOST_HOLDS:
        return None
    free = offers.free_staff(page=page, service=service, staff=members, starts_at=starts_at, now=now)
    if not free:
        return None
    together = service.staffing == Service.Staffing.ALL
    hosts = free if together else [free[0] if len(free) == 1 else fairness.choose(free, now=now).member]
    hold = Hold.objects.create(
        tenant=page.tenant, service=service, staff_member=hosts[0], starts_at=starts_at, expires_at=now + HOLD_FOR,
        key_hash=key_hash, created_at=now,
    )  # fmt: skip
    first, last = starts_at - service.buffer_before, starts_at + service.duration + service.buffer_after
    claims.take(
        tenant=page.tenant, owner_id=hold.pk, wanted=[Wanted(host.claim_key, first, last) for host in hosts], now=now,
        expires_at=hold.expires_at,
    )  # fmt: skip
    return hold


def find(key: str, service: Service, starts_at: datetime, now: datetime) -> Hold | None:
    """What the form `key` holds of exactly this time, if it does still."""
    return Hold.objects.filter(
        key_hash=hash_token(key), service=service, starts_at=starts_at, expires_at__gt=now
    ).first()  # fmt: skip


def release(key: str) -> bool:
    """Lets go of what the form `key` holds. Returns whether it held anything."""
    found = list(Hold.objects.filter(key_hash=hash_token(key)).values_list("pk", flat=True))
    with claims.ledger():
        _end(found)
    return bool(found)


def consume(kept: Kept) -> None:
    """In the transaction that books what was kept: its claims give way to the booking's own."""
    claims.release(owner_id=kept.pk)
    if isinstance(kept, Hold):
        kept.delete()


def _end(holds: Sequence[uuid.UUID]) -> None:
    if holds:
        Claim.objects.filter(owner_id__in=holds).delete()
        Hold.objects.filter(pk__in=holds).delete()
