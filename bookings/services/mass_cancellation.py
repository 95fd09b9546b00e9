"""Cancels everything that is booked ahead by one sender, without a mail to anybody for each (spam).

| who                  | is told                                                          |
|----------------------|------------------------------------------------------------------|
| the sender           | nothing                                                          |
| each host            | one digest of what was cancelled, when all of it is              |
| Outlook              | every event goes, as for any cancellation                        |
| who waits for a time | what became free is offered to them                              |

It runs in the worker, `BATCH` bookings at a time, so that thousands of them neither outlive a lease nor hold anything
up. A run that dies is repeated: what is cancelled bears the instant of the command, and is found by it again.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.models import Booking, StaffMember, WaitingEntry
from bookings.notifications import when
from bookings.services import cancellation, changing, follow_up, senders, waiting
from tenants import outbox
from tenants.acting import Actor
from tenants.links import hash_token
from tenants.models import Job, Tenant
from tenants.outbox import Wish
from tenants.services import audit

BATCH = 200
#: A digest lists so many; the rest is a number.
LISTED = 50


def ahead(pattern: str, *, now: datetime) -> QuerySet[Booking]:
    """What this address, or anybody of this `@domain`, has booked ahead, requests included, soonest first."""
    rows = Booking.objects.filter(_from(pattern), starts_at__gt=now).exclude(status__in=Booking.GONE)
    return rows.select_related("page", "service", "staff_member").order_by("starts_at")


def start(*, tenant: Tenant, pattern: str, now: datetime, actor: Actor, block: bool, note: str = "") -> int:
    """Has the worker cancel all of it; `block` keeps the sender out from now on. Returns how many there are.

    Raises InvalidInput (`pattern`).
    """
    pattern = senders.cleaned_pattern(pattern)
    with transaction.atomic():
        count = ahead(pattern, now=now).count()
        if block:
            senders.block(tenant=tenant, pattern=pattern, now=now, actor=actor, note=note)
        audit.record(
            tenant=tenant, actor=actor, action="sender.allCancelled", target=tenant, label=pattern, now=now,
            after={"bookings": count, "blocked": block}, reason=note[:200],
        )  # fmt: skip
        outbox.write(tenant=tenant, wishes=[_wish(pattern, now, actor, batch=0)], now=now)
    return count


@outbox.handles("senders.cancelAll")
def cancel_all(job: Job, now: datetime) -> None:
    """One batch; after the last one the hosts hear of it."""
    pattern, at = job.payload["pattern"], datetime.fromisoformat(job.payload["at"])
    actor = Actor(**job.payload["actor"])
    booked_by_then = ahead(pattern, now=now).filter(created_at__lte=at)
    batch = list(booked_by_then[: BATCH + 1])
    for booking in batch[:BATCH]:
        try:
            cancellation.cancel(booking=booking, now=at, actor=actor, quiet=True)
        except changing.NoLongerChangeable:
            continue  # its customer was quicker
    if len(batch) > BATCH:
        wish = _wish(pattern, at, actor, batch=job.payload["batch"] + 1)
        outbox.ensure(tenant=job.tenant, wish=wish, now=now)
        return
    for entry in WaitingEntry.objects.filter(_from(pattern), state__in=waiting.OPEN).select_related("tenant"):
        waiting.leave(entry=entry, now=now, actor=actor)
    _tell_hosts(job.tenant, pattern, at, now)


def _tell_hosts(tenant: Tenant, pattern: str, at: datetime, now: datetime) -> None:
    """One mail to every colleague who loses bookings, on whichever pages they were."""
    cancelled = Booking.objects.filter(_from(pattern), cancelled_at=at, status=Booking.Status.CANCELLED)
    lost: dict[str, list[Booking]] = defaultdict(list)
    hosts: dict[str, StaffMember] = {}
    rows = cancelled.select_related("staff_member", "page").prefetch_related("colleagues").order_by("starts_at")
    for booking in rows:
        for host in booking.hosts:
            hosts.setdefault(host.email.lower(), host)
            lost[host.email.lower()].append(booking)
    for address, host in hosts.items():
        with translation.override(host.language):
            follow_up.digest(
                tenant=tenant, to=host.email, to_name=host.display_name, language=host.language, now=now,
                key=f"{_key(pattern, at)}:{host.pk}", sender=tenant.name,
                **_digest(pattern, lost[address], host),
            )  # fmt: skip


def _digest(pattern: str, lost: list[Booking], host: StaffMember) -> dict[str, Any]:
    """Subject, sentence and rows, in the active language and the host's zone."""
    count = len(lost)
    subject = ngettext(
        "%(n)d booking by %(sender)s was cancelled", "%(n)d bookings by %(sender)s were cancelled", count
    )
    facts = {"n": count, "sender": pattern}
    rows = [(when.short(row.starts_at, host.time_zone), f"{row.title}, {row.customer_name}") for row in lost[:LISTED]]
    if count > LISTED:
        rows.append((_("and"), _("%(n)d more") % {"n": count - LISTED}))
    intro = _("An administrator cancelled everything that was booked from this address. Nobody else was told by mail.")
    return {"subject": subject % facts, "intro": intro, "rows": rows}


def _from(pattern: str) -> Q:
    return Q(customer_email__iendswith=pattern) if pattern.startswith("@") else Q(customer_email__iexact=pattern)


def _key(pattern: str, at: datetime) -> str:
    """Names one command, however long the sender's address is."""
    return f"cancelAll:{hash_token(pattern)[:32]}:{at.timestamp()}"


def _wish(pattern: str, at: datetime, actor: Actor, *, batch: int) -> Wish:
    return Wish(
        kind="senders.cancelAll",
        dedupe_key=f"{_key(pattern, at)}:{batch}",
        payload={
            "pattern": pattern, "at": at.isoformat(), "batch": batch,
            "actor": {"kind": actor.kind, "label": actor.label, "source": actor.source},
        },
    )  # fmt: skip
