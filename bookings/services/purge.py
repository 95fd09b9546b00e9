"""Purges a booking calendar from the trash: irreversible, to the last row but the audit trail (S0.7, decision 3).

| step                          | in                       | what                                               |
|-------------------------------|--------------------------|----------------------------------------------------|
| its time is over, or a person | the night, or the button | no way back from here: `PurgeBegun`                |
| typed its name                |                          |                                                    |
| what lies ahead is cancelled  | the worker, in batches   | customers and hosts are told, unless that was      |
|                               |                          | declined; the job waits until those mails are gone |
| every row is deleted          | the worker, one          | the audit event counts them: the certificate       |
|                               | transaction              |                                                    |
| its events leave Outlook      | the worker afterwards    | `calendar_removal`; past meetings that Outlook     |
|                               |                          | invited to stay: else people would be told         |

A run that dies is repeated; after the transaction there is nothing left to repeat, the job itself is gone with it.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django_scopes import scope, scopes_disabled

from bookings import calendar_removal
from bookings.models import Booking, BookingPage, EventLink
from bookings.services import closing, provenance, traces, trash
from tenants import acting, outbox
from tenants.acting import Actor
from tenants.errors import InvalidInput, NotFound
from tenants.models import AuditEvent, Job, Message, Tenant
from tenants.outbox import RetryLater, Wish
from tenants.services import claims

ACTION = "page.purged"
#: How often the job looks whether the mails about cancelled bookings have gone: for about two and a half hours.
PATIENCE = 10
_WAITING = (Job.State.PENDING, Job.State.RUNNING)


def begin(*, page: BookingPage, now: datetime, actor: Actor, name: str | None = None, tells: bool = True) -> None:
    """Has the worker purge `page`; from now on it cannot be restored. `name` is what a person typed, None: the night.

    `tells`: customers whose bookings lie ahead are told by mail first. Raises InvalidInput (`name`), NotInTrash, and
    NotFound where it was purged already.
    """
    with claims.ledger():
        current = trash.locked(page)
        if current.deleted_at is None:
            raise trash.NotInTrash
        if name is not None and _read(name) != _read(current.display_name):
            raise InvalidInput({"name": [_("This is not its name. Type it exactly as it stands above.")]})
        wish = _wish(current, now, actor, tells)
        if Job.objects.filter(dedupe_key=wish.dedupe_key, state__in=_WAITING).exists():
            return
        current.purge_at = min(current.purge_at or now, now)
        current.save(update_fields=["purge_at"])
        if name is not None:
            ahead = closing.ahead(current, now=now).count()
            trash.record(
                current, "page.purgeAsked", "", now=now, actor=actor,
                after={"displayName": current.display_name, "bookingsAhead": ahead, "tells": tells},
            )  # fmt: skip
        outbox.ensure(tenant=current.tenant, wish=wish, now=now)


def _read(name: str) -> str:
    """A name as it looks on a page: blanks in one, accents however they are stored."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def due(now: datetime) -> int:
    """Begins with every calendar whose time in the trash is over, in all organisations. Returns how many."""
    with scopes_disabled():
        over = list(
            BookingPage.with_deleted.filter(purge_at__lte=now, deleted_at__isnull=False).select_related("tenant")
        )
    for page in over:
        with scope(tenant=page.tenant):
            begin(page=page, now=now, actor=acting.SYSTEM)
    return len(over)


@outbox.handles("calendar.purge")
def purge(job: Job, now: datetime) -> None:
    """One step; raises RetryLater while mails are on their way."""
    page = BookingPage.with_deleted.select_related("tenant", "mailbox").filter(pk=job.payload["page"]).first()
    if page is None or page.deleted_at is None:
        return
    at, actor = datetime.fromisoformat(job.payload["at"]), Actor(**job.payload["actor"])
    if job.payload["tells"]:
        if closing.cancel_batch(page, at=at, now=now, actor=actor, reason=""):
            outbox.ensure(tenant=job.tenant, wish=_wish(page, at, actor, tells=True), now=now)
            return
        closing.tell_hosts(page, at=at, now=now, reason="")
        if job.attempts < PATIENCE and _mails_wait(page):
            raise RetryLater("Mails about cancelled bookings are on their way.", after=_pause(job.attempts))
    _purge(page, now, actor)


def _purge(page: BookingPage, now: datetime, actor: Actor) -> None:
    with claims.ledger():
        current = trash.locked(page)
        if current.deleted_at is None:
            return
        found = traces.Traces(current)
        leaving = [link for link in found.events if link.deleted_at is None]
        removed = [link for link in leaving if not _stays_in_outlook(link, now)]
        before = {"displayName": current.display_name, "deletedBy": current.deleted_by,
                  "deletedAt": current.deleted_at.isoformat()}  # fmt: skip
        digest, counts = found.digest(), found.delete()
        if not current.is_personal:
            provenance.user_removed(page=current, now=now, actor=actor)
        outbox.write(tenant=current.tenant, wishes=[calendar_removal.wish(link) for link in removed], now=now)
        facts = {
            "counts": dict(sorted(counts.items())), "rows": digest, "outlookEvents": len(removed),
            "outlookEventsLeft": len(leaving) - len(removed), "purgedAt": now.isoformat(),
        }  # fmt: skip
        checksum = checksum_of(current.mailbox.address, before, facts)
        trash.record(
            current, ACTION, trash.DELETED, now=now, actor=actor, before=before, after=facts | {"checksum": checksum}
        )


def certificates() -> Any:
    """The audit events that certify a purge, the latest first."""
    return AuditEvent.objects.filter(action=ACTION).order_by("-at", "pk")


def certificate(event_id: Any) -> AuditEvent:
    """One of them. Raises NotFound."""
    found: AuditEvent | None = certificates().filter(pk=event_id).first()
    if found is None:
        raise NotFound
    return found


def is_genuine(event: AuditEvent) -> bool:
    """Whether the event still says what it said when it was written."""
    facts = {name: value for name, value in event.after.items() if name != "checksum"}
    return checksum_of(event.target, event.before, facts) == event.after.get("checksum")


def checksum_of(address: str, before: dict[str, Any], facts: dict[str, Any]) -> str:
    """SHA-256 over the certificate's facts as canonical JSON."""
    text = json.dumps([address, before, facts], sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _stays_in_outlook(link: EventLink, now: datetime) -> bool:
    """A meeting of the past whose attendees Outlook invited: deleting it would send them a cancellation."""
    booking = link.booking
    by_outlook = booking is not None and booking.invitation_sender == Tenant.InvitationSender.OUTLOOK
    return by_outlook and booking is not None and booking.ends_at <= now


def _mails_wait(page: BookingPage) -> bool:
    """Whether a mail about a booking of the page has yet to go, or an event has yet to be cancelled with a word."""
    digests = Message.objects.filter(dedupe_key__startswith=closing.digest_key(page), state=Message.State.QUEUED)
    if digests.exists():
        return True
    waiting = Job.objects.filter(state__in=_WAITING, kind__in=["mail.booking", "outlook.push"])
    wanted = {job.payload.get("booking") for job in waiting.only("payload")} - {None}
    gone = Booking.objects.filter(page=page, pk__in=wanted, status=Booking.Status.CANCELLED)
    return bool(wanted) and gone.exists()


def _pause(attempts: int) -> timedelta:
    return timedelta(seconds=min(5 * 2**attempts, 3600))


def _wish(page: BookingPage, at: datetime, actor: Actor, tells: bool) -> Wish:
    payload = {
        "page": str(page.pk), "at": at.isoformat(), "tells": tells,
        "actor": {"kind": actor.kind, "label": actor.label, "source": actor.source},
    }  # fmt: skip
    return Wish(kind="calendar.purge", dedupe_key=f"purge:{page.pk}", payload=payload)
