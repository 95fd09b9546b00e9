"""Looks again at bookings that were made while Outlook could not be read, once it was.

| Outlook says now                                           | the booking                                            |
|------------------------------------------------------------|--------------------------------------------------------|
| nothing at its time                                        | was FREE; nobody is told                               |
| something at its time, buffers included                    | CLASH: the hosts concerned are told by mail and choose |
| … and later no more, because the event was moved           | FREE                                                   |
| something exactly there, while our own event is on its way | waits on: that may be ours                             |
| another of the hosts' calendars still cannot be read       | waits on                                               |

A host moves it, cancels it, or keeps it: then nobody asks again. What is over or gone is not looked at.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from bookings.availability import calendar
from bookings.models import Booking, StaffMember
from bookings.services import changing, outage
from tenants import outbox
from tenants.acting import SYSTEM, Actor
from tenants.errors import DomainError
from tenants.models import BusyPeriod, Job, Mailbox
from tenants.outbox import Wish
from tenants.services import audit, busy_times

Recheck = Booking.Recheck
MAIL = "mail.clash"


class NoClash(DomainError):
    """There is nothing to decide (any more)."""

    code = "noClash"
    status = 409
    detail = _("This booking clashes with nothing any more.")


@busy_times.once_read
def wish(mailbox: Mailbox, now: datetime) -> None:
    """Wishes to look again at the bookings that wait for this calendar, in the transaction of its read."""
    if waiting(mailbox.pk).exists():
        outbox.ensure(
            tenant=mailbox.tenant, now=now,
            wish=Wish(
                kind="booking.recheck", dedupe_key=f"recheck:{mailbox.pk}", payload={"mailbox": str(mailbox.pk)}
            ),
        )  # fmt: skip


def waiting(mailbox_id: uuid.UUID) -> QuerySet[Booking]:
    """The bookings with a host of this mailbox that wait, or clash."""
    beside = Booking.colleagues.through.objects.filter(staffmember__mailbox=mailbox_id)
    rows = Booking.objects.filter(recheck__in=(Recheck.WAITS, Recheck.CLASH), page__deleted_at=None)
    return rows.filter(Q(staff_member__mailbox=mailbox_id) | Q(is_collective=True, pk__in=beside.values("booking")))


def clashing(bookings: QuerySet[Booking], now: datetime) -> QuerySet[Booking]:
    """Those of `bookings` that somebody has to decide about, the next first."""
    return (
        bookings.filter(recheck=Recheck.CLASH, ends_at__gt=now).exclude(status__in=Booking.GONE).order_by("starts_at")
    )


@outbox.handles("booking.recheck")
def recheck(job: Job, now: datetime) -> None:
    """Looks at every booking that waits for a calendar."""
    for booking in waiting(uuid.UUID(job.payload["mailbox"])).order_by("starts_at", "pk"):
        look(booking, now=now)


def look(booking: Booking, *, now: datetime) -> None:
    """Compares one booking with what Outlook says now, under the lock of its row."""
    with transaction.atomic():
        current = changing.row(booking)
        if current.recheck not in (Recheck.WAITS, Recheck.CLASH):
            return
        if current.is_cancelled or current.ends_at <= now:
            return _note(current, Recheck.NONE, now)
        if outage.behind(current.hosts, now):
            return
        found = events(current, current.hosts)
        others = [event for event in found if not _may_be_ours(current, event)]
        if others and current.recheck != Recheck.CLASH:
            _clash(current, others, now)
        elif not found:
            was = current.recheck
            _note(current, Recheck.FREE, now)
            _record(current, "booking.rechecked", SYSTEM, now, before=was)


def events(booking: Booking, hosts: Sequence[StaffMember]) -> list[BusyPeriod]:
    """What Outlook has at the booking's time, buffers included, in the calendars of `hosts` that count."""
    starts_at, ends_at = booking.starts_at - booking.buffer_before, booking.ends_at + booking.buffer_after
    found = calendar.outlook_events(booking.tenant, outage.counted(hosts), starts_at, ends_at)
    return list(found.order_by("starts_at", "pk"))


def _may_be_ours(booking: Booking, event: BusyPeriod) -> bool:
    """Whether it can be the booking's own event, made by a try that never heard of its success."""
    if (event.starts_at, event.ends_at) != (booking.starts_at, booking.ends_at):
        return False
    pushes = Job.objects.filter(dedupe_key__startswith=f"push:{booking.session_id or booking.pk}:")
    return pushes.exclude(state=Job.State.DONE).exists()


def _clash(booking: Booking, found: Sequence[BusyPeriod], now: datetime) -> None:
    was = booking.recheck
    _note(booking, Recheck.CLASH, now)
    # Times only: what people call their appointments is theirs.
    times = [{"startsAt": one.starts_at.isoformat(), "endsAt": one.ends_at.isoformat()} for one in found]
    _record(booking, "booking.clashed", SYSTEM, now, before=was, events=times)
    theirs = {event.mailbox_id for event in found}
    for host in booking.hosts:
        if host.mailbox_id in theirs:
            key = f"mail:{booking.pk}:{booking.sequence}:clash:{host.pk}"
            payload = {"booking": str(booking.pk), "sequence": booking.sequence, "host": str(host.pk)}
            wish = Wish(kind=MAIL, dedupe_key=key, payload=payload)
            outbox.ensure(tenant=booking.tenant, wish=wish, now=now)


def keep(*, booking: Booking, now: datetime, actor: Actor) -> Booking:
    """Lets the booking stand although it clashes; the customer is told nothing. Raises NoClash."""
    with transaction.atomic():
        current = changing.row(booking)
        if current.recheck != Recheck.CLASH or current.is_cancelled:
            raise NoClash
        _note(current, Recheck.NONE, now)
        _record(current, "booking.clashKept", actor, now, before=Recheck.CLASH)
    return current


def _note(booking: Booking, found: str, now: datetime) -> None:
    booking.recheck, booking.rechecked_at = found, now
    booking.save(update_fields=["recheck", "rechecked_at", "updated_at"])


def _record(booking: Booking, action: str, actor: Actor, now: datetime, *, before: str, **after: object) -> None:
    audit.record(
        tenant=booking.tenant, actor=actor, action=action, target=booking, now=now, before={"recheck": str(before)},
        after={"recheck": str(booking.recheck), **after},
    )  # fmt: skip
