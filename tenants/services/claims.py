"""The one way to occupy a person or a space.

    with claims.ledger():                       # a transaction; an overlap the database refuses becomes Taken
        claims.lock(tenant=…, keys=[…])         # the rows of the claimed things, in the order of their ids
        …                                       # check availability, choose
        claims.take(tenant=…, owner_id=…, wanted=[Wanted(key, starts_at, ends_at)], now=now)

Locking first keeps a herd from deadlocking; the check gives the friendly answer; the constraint `NoOverlap` holds
even for whoever comes past this module.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Count, DateTimeField, Q, QuerySet, Subquery, UUIDField
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from tenants.errors import DomainError
from tenants.models import LONGEST_CLAIM, Claim, Claimable, Tenant
from tenants.prepared import Prepared, of


class Taken(DomainError):
    """Somebody else has it by now."""

    code = "slotTaken"
    status = 409
    detail = _("This time has just been taken.")


@dataclass(frozen=True, slots=True)
class Wanted:
    """`key` is to be occupied during `[starts_at, ends_at)`, UTC, buffers included."""

    key: uuid.UUID
    starts_at: datetime
    ends_at: datetime


#: SQLite lets one transaction write and has the others sleep and ask again: a process's threads queue here instead.
_TURN = threading.Lock()


@contextmanager
def ledger() -> Iterator[None]:
    """A transaction in which an overlap that the database refuses is raised as Taken."""
    takes_turns = connection.vendor == "sqlite" and not connection.in_atomic_block
    try:
        with _TURN if takes_turns else nullcontext(), transaction.atomic():
            yield
    except IntegrityError as refused:
        if "claim_no_overlap" in str(refused):
            raise Taken from refused
        raise


def register(*, tenant: Tenant, key: uuid.UUID) -> None:
    """Makes `key` claimable; again is fine."""
    Claimable.objects.bulk_create([Claimable(id=key, tenant=tenant)], ignore_conflicts=True)


def lock(*, tenant: Tenant, keys: Iterable[uuid.UUID]) -> None:
    """Waits until no other transaction holds any of `keys`, then holds them until this one ends.

    On SQLite the transaction itself (BEGIN IMMEDIATE) is that lock.
    """
    wanted = sorted(set(keys))
    if wanted and not _LOCKED.rows(
        len(wanted), tenant=tenant.pk, **{f"key{number}": key for number, key in enumerate(wanted)}
    ):
        for key in wanted:
            register(tenant=tenant, key=key)
        list(_rows(Q(pk__in=wanted)).values_list("pk"))


def _rows(keys: Q) -> QuerySet[Claimable]:
    return Claimable.objects.select_for_update(no_key=True).filter(keys).order_by("pk")


def _all_or_none(count: int) -> QuerySet[Any]:
    """The rows of so many keys, locked in their order; none where one of them has yet to be registered.

    To lock some of them and register the others then would be another order, and two bookings could deadlock.
    """
    keys = reduce(or_, (Q(pk=of(f"key{number}", UUIDField())) for number in range(count)))
    known = Claimable.objects.filter(keys, tenant=_TENANT).order_by().values("tenant").annotate(found=Count("pk"))
    return _rows(keys).filter(Exact(Subquery(known.values("found")), count), tenant=_TENANT).values_list("pk")


_TENANT = of("tenant", UUIDField())
_LOCKED = Prepared(_all_or_none)


def _overlapping(number: int) -> Q:
    start, end, latest = (of(f"{name}{number}", DateTimeField()) for name in ("start", "end", "latest"))
    return Q(key=of(f"key{number}", UUIDField()), starts_at__lt=end, ends_at__gt=start, ends_at__lt=latest)


_RIVALS = Prepared(
    lambda count: Claim.objects.filter(
        reduce(or_, map(_overlapping, range(count))), active=True, tenant=_TENANT
    ).values_list("pk", "expires_at")
)


def take(
    *, tenant: Tenant, owner_id: uuid.UUID, wanted: Sequence[Wanted], now: datetime, expires_at: datetime | None = None
) -> list[Claim]:
    """Occupies all of `wanted` for `owner_id`, or raises Taken and occupies nothing. The keys are locked before.

    Holds that have lapsed by `now` give way. `expires_at` makes these claims holds.
    """
    _check_lengths(wanted)
    periods = {
        f"{name}{number}": value
        for number, w in enumerate(wanted)
        for name, value in (
            ("key", w.key), ("start", w.starts_at), ("end", w.ends_at), ("latest", w.ends_at + LONGEST_CLAIM),
        )
    }  # fmt: skip
    rivals = _RIVALS.rows(len(wanted), tenant=tenant.pk, **periods)
    if any(expires_at is None or expires_at > now for _, expires_at in rivals):
        raise Taken
    if rivals:
        Claim.objects.filter(pk__in=[pk for pk, _ in rivals]).delete()
    claims = [
        Claim(tenant=tenant, key_id=w.key, starts_at=w.starts_at, ends_at=w.ends_at, owner_id=owner_id,
              expires_at=expires_at)
        for w in wanted
    ]  # fmt: skip
    return Claim.objects.bulk_create(claims)


def release(*, owner_id: uuid.UUID) -> int:
    """Gives back everything `owner_id` occupies. Returns how many claims that were."""
    return Claim.objects.filter(owner_id=owner_id).delete()[0]


def move(*, tenant: Tenant, owner_id: uuid.UUID, wanted: Sequence[Wanted], now: datetime) -> list[Claim]:
    """Gives back what `owner_id` has and occupies `wanted` instead: both or neither, in the running transaction."""
    release(owner_id=owner_id)
    return take(tenant=tenant, owner_id=owner_id, wanted=wanted, now=now)


def _check_lengths(wanted: Sequence[Wanted]) -> None:
    for w in wanted:
        if not w.starts_at < w.ends_at <= w.starts_at + LONGEST_CLAIM:
            raise ValueError(f"A claim takes from one instant up to 31 days: {w.starts_at} to {w.ends_at}.")
