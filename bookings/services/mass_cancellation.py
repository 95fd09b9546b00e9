"""Cancels many bookings at once: those a person selected, or everything that one sender has booked ahead (spam).

Of selected ones every customer hears, as of any cancellation, and each host by one digest of all. Of a sender's:

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
from collections.abc import Iterable, Sequence
from datetime import datetime

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
from tenants.errors import DomainError
from tenants.links import hash_token
from tenants.models import Job, Tenant
from tenants.outbox import Wish
from tenants.services import audit

BATCH = 200
#: A digest lists so many; the rest is a number.
LISTED = 50


def ahead(pattern: str, *, now: datetime) -> QuerySet[Booking]:
    """What this address, or anybody of this `@domain`, has booked ahead, requests included, soonest first."""
    rows = Booking.objects.filter(_from(pattern), starts_at__gt=now, page__deleted_at=None)
    rows = rows.exclude(status__in=Booking.GONE)
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
    entries = WaitingEntry.objects.filter(_from(pattern), state__in=waiting.OPEN, service__page__deleted_at=None)
    for entry in entries.select_related("tenant"):
        waiting.leave(entry=entry, now=now, actor=actor)
    _tell_hosts_of_sender(job.tenant, pattern, at, now)


def selected(
    *, tenant: Tenant, bookings: Sequence[Booking], now: datetime, actor: Actor, reason: str = ""
) -> list[tuple[Booking, DomainError]]:  # fmt: skip
    """Cancels each of these that can be; returns the others, with why. One alone is cancelled as any other."""
    done, refused, many = [], [], len(bookings) > 1
    for booking in bookings:
        try:
            done.append(cancellation.cancel(booking=booking, now=now, actor=actor, reason=reason, digested=many))
        except DomainError as why:
            refused.append((booking, why))
    if many:
        key = f"cancelSelected:{hash_token(actor.label)[:32]}:{now.timestamp()}"
        tell_hosts(tenant, done, key, now, reason=reason)
    return refused


def _tell_hosts_of_sender(tenant: Tenant, pattern: str, at: datetime, now: datetime) -> None:
    cancelled = Booking.objects.filter(_from(pattern), cancelled_at=at, status=Booking.Status.CANCELLED)
    rows = cancelled.select_related("staff_member", "page").prefetch_related("colleagues").order_by("starts_at")
    tell_hosts(tenant, rows, _key(pattern, at), now, sender=pattern)


def tell_hosts(
    tenant: Tenant, rows: Iterable[Booking], key: str, now: datetime, *, sender: str = "", reason: str = ""
) -> None:  # fmt: skip
    """One mail to every colleague who loses bookings, on whichever pages they were."""
    lost: dict[str, list[Booking]] = defaultdict(list)
    hosts: dict[str, StaffMember] = {}
    for booking in rows:
        for host in booking.hosts:
            hosts.setdefault(host.email.lower(), host)
            lost[host.email.lower()].append(booking)
    for address, host in hosts.items():
        with translation.override(host.language):
            subject, intro = _words(len(lost[address]), sender, reason)
            clock = _("Times are in %(zone)s.") % {"zone": host.time_zone}
            follow_up.digest(
                tenant=tenant, to=host.email, to_name=host.display_name, language=host.language, now=now,
                key=f"{key}:{host.pk}", sender=tenant.name, subject=subject, intro=f"{intro} {clock}",
                rows=_rows(lost[address], host),
            )  # fmt: skip


def _words(count: int, sender: str, reason: str) -> tuple[str, str]:
    """Subject and sentence, in the active language."""
    if sender:
        subject = ngettext(
            "%(n)d booking by %(sender)s was cancelled", "%(n)d bookings by %(sender)s were cancelled", count
        ) % {"n": count, "sender": sender}  # fmt: skip
        return subject, _(
            "An administrator cancelled everything that was booked from this address. Nobody else was told by mail."
        )
    subject = ngettext("%(n)d booking was cancelled", "%(n)d bookings were cancelled", count) % {"n": count}
    intro = _("An administrator cancelled several bookings together. The customers were told by mail.")
    return subject, f"{intro} {_('Reason: %(reason)s') % {'reason': reason}}" if reason else intro


def _rows(lost: Sequence[Booking], host: StaffMember) -> list[tuple[str, str]]:
    """Every booking that went, on the host's clock."""
    rows = [(when.short(row.starts_at, host.time_zone), f"{row.title}, {row.customer_name}") for row in lost[:LISTED]]
    return [*rows, (_("and"), _("%(n)d more") % {"n": len(lost) - LISTED})] if len(lost) > LISTED else rows


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
