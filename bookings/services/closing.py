"""Cancels what lies ahead on a booking calendar that was deleted: the outbox's `calendar.close`.

Each customer is told as of any cancellation, each host by one digest when all of it is done. It runs in the worker,
`BATCH` bookings at a time; a run that dies is repeated: what is cancelled bears the instant of the deletion. Where the
calendar was restored meanwhile it ends: what is not cancelled by then stays.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from bookings.models import Booking, BookingPage
from bookings.services import cancellation, changing, mass_cancellation
from tenants import outbox
from tenants.acting import Actor
from tenants.models import Job
from tenants.outbox import Wish

BATCH = 100


def ahead(page: BookingPage, *, now: datetime) -> QuerySet[Booking]:
    """What is booked on `page` and has not begun, requests included, soonest first."""
    rows = Booking.objects.filter(page=page, starts_at__gt=now).exclude(status__in=Booking.GONE)
    return rows.select_related("tenant", "page", "service", "staff_member__mailbox", "session").order_by("starts_at")


def wish(page: BookingPage, *, at: datetime, actor: Actor, reason: str = "", batch: int = 0) -> Wish:
    """Has the worker cancel what lies ahead on a page that was deleted at `at`, and tell everybody."""
    return Wish(
        kind="calendar.close", dedupe_key=f"{_key(page, at)}:{batch}",
        payload={
            "page": str(page.pk), "at": at.isoformat(), "reason": reason[:500], "batch": batch,
            "actor": {"kind": actor.kind, "label": actor.label, "source": actor.source},
        },
    )  # fmt: skip


@outbox.handles("calendar.close")
def close(job: Job, now: datetime) -> None:
    """One batch; the next one has a job of its own."""
    page = BookingPage.with_deleted.select_related("tenant").filter(pk=job.payload["page"]).first()
    at, reason = datetime.fromisoformat(job.payload["at"]), job.payload["reason"]
    actor = Actor(**job.payload["actor"])
    if page is None:
        return
    if page.deleted_at is not None and cancel_batch(page, at=at, now=now, actor=actor, reason=reason):
        following = wish(page, at=at, actor=actor, reason=reason, batch=job.payload["batch"] + 1)
        outbox.ensure(tenant=job.tenant, wish=following, now=now)
        return
    tell_hosts(page, at=at, now=now, reason=reason)


def cancel_batch(page: BookingPage, *, at: datetime, now: datetime, actor: Actor, reason: str) -> bool:
    """Cancels up to `BATCH` of what lies ahead, as of `at`. Returns whether any may be left."""
    batch = list(ahead(page, now=now)[:BATCH])
    for booking in batch:
        try:
            cancellation.cancel(
                booking=booking, now=at, actor=actor, reason=reason, digested=True, in_trash=True
            )  # fmt: skip
        except changing.NoLongerChangeable:
            continue  # somebody was quicker
    return len(batch) == BATCH


def tell_hosts(page: BookingPage, *, at: datetime, now: datetime, reason: str) -> None:
    """One mail to each colleague who lost bookings by it; called again, the same."""
    rows = Booking.objects.filter(page=page, cancelled_at=at, status=Booking.Status.CANCELLED)
    lost = rows.select_related("staff_member", "page").prefetch_related("colleagues").order_by("starts_at")
    why: Any = reason or format_lazy(_("The booking calendar “{name}” was deleted."), name=page.display_name)
    mass_cancellation.tell_hosts(page.tenant, lost, _key(page, at), now, reason=why)


def digest_key(page: BookingPage) -> str:
    """How the keys of all digests about the page's deletion begin."""
    return f"mail:digest:closed:{page.pk}:"


def _key(page: BookingPage, at: datetime) -> str:
    return f"closed:{page.pk}:{at.timestamp()}"
