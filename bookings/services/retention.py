"""Erases customers' data when the organisation's days for it (`Tenant.personal_data_days`) are over, night by night.

| what                              | its days begin with        | becomes                                 |
|-----------------------------------|----------------------------|-----------------------------------------|
| a booking, whatever became of it  | its end                    | anonymised (`erasure`)                  |
| a place in a waiting list         | the last day of the wish   | deleted                                 |
| a private link that opens no more | its end, or its revocation | loses the name and the address          |
| the audit trail about a customer  | the last of their bookings | has a pseudonym in the customer's place |

In the worker, `BATCH` bookings in each transaction: `personalData.expire`. Calendars in the trash count too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django_scopes import scope

from bookings.models import Booking, PrivateLink, TimeOffer, WaitingEntry
from bookings.services import erasure
from tenants import acting, outbox
from tenants.models import Job, Membership, Tenant
from tenants.outbox import Wish
from tenants.services import audit, claims

ACTION = "personalData.expired"
BATCH = 25


def erase_due(now: datetime) -> int:
    """Has the worker erase what is due, in all organisations that want it. Returns in how many something is."""
    begun = 0
    for tenant in Tenant.objects.filter(personal_data_days__isnull=False):
        with scope(tenant=tenant):
            if any(rows.exists() for rows in _due(tenant, now)):
                outbox.ensure(tenant=tenant, wish=_wish(), now=now)
                begun += 1
    return begun


@outbox.handles("personalData.expire")
def expire(job: Job, now: datetime) -> None:
    """One batch, and the wish for the next while there is one."""
    tenant = Tenant.objects.get(pk=job.tenant_id)
    if tenant.personal_data_days is None:  # switched off meanwhile
        return
    bookings, entries, links = _due(tenant, now)
    rows = bookings.select_related("tenant", "page", "service", "staff_member__mailbox", "session")
    batch = list(rows.prefetch_related("colleagues__mailbox").order_by("ends_at")[:BATCH])
    with transaction.atomic():
        counts: dict[str, int] = _erase(tenant, batch, now)
        waited = list(entries[:BATCH])
        for offer in TimeOffer.objects.filter(entry__in=waited):
            claims.release(owner_id=offer.pk)
        gone = {entry.pk for entry in waited}
        counts["waiting"] = WaitingEntry.objects.filter(pk__in=gone).delete()[1].get("bookings.WaitingEntry", 0)
        counts["links"] = links.update(email="", label="")
        if any(counts.values()):
            erasure.forget(gone, texts=())
            audit.record(
                tenant=tenant, actor=acting.SYSTEM, action=ACTION, target=tenant, now=now,
                after={"days": tenant.personal_data_days, **{name: n for name, n in counts.items() if n}},
            )  # fmt: skip
    if len(batch) == BATCH or len(waited) == BATCH:
        outbox.ensure(tenant=tenant, wish=_wish(), now=now)


def _due(tenant: Tenant, now: datetime) -> tuple[QuerySet[Booking], QuerySet[WaitingEntry], QuerySet[PrivateLink]]:
    """What is to be erased now."""
    before = now - timedelta(days=tenant.personal_data_days or 0)
    ended = Q(expires_at__lt=before) | Q(revoked_at__lt=before)
    return (
        Booking.objects.filter(ends_at__lt=before, erased_at=None),
        WaitingEntry.objects.filter(last_date__lt=before.date()),
        PrivateLink.objects.filter(ended).exclude(email=""),
    )


def _erase(tenant: Tenant, bookings: Sequence[Booking], now: datetime) -> dict[str, int]:
    """Anonymises these, and takes out of the audit trail who has no booking left."""
    about: dict[str, list[Booking]] = defaultdict(list)
    names: dict[str, set[str]] = defaultdict(set)
    for booking in bookings:
        about[booking.customer_email.lower()].append(booking)
        names[booking.customer_email.lower()].add(booking.customer_name)
    counts = erasure.anonymise(bookings, now=now)
    for address, rows in about.items():
        if not _is_still_known(tenant, address):
            counts["auditEvents"] += audit.pseudonymise(
                tenant=tenant, address=address, names=names[address], about={row.pk for row in rows}
            )
    return dict(+counts)


def _is_still_known(tenant: Tenant, address: str) -> bool:
    """Whether the trail has to go on speaking of this person: a booking or a place in a list is left, or a role."""
    return (
        Booking.objects.filter(customer_email__iexact=address).exists()
        or WaitingEntry.objects.filter(customer_email__iexact=address).exists()
        or Membership.objects.filter(tenant=tenant, user__email__iexact=address).exists()
    )


def _wish() -> Wish:
    return Wish(kind="personalData.expire", dedupe_key="personalData.expire")
