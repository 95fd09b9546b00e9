"""Deletes a booking calendar into the trash, and brings it back (decision 3 of the requirements; S0.7).

| a calendar that …          | its rows     | its claims, its events in Outlook       | told by mail                  |
|----------------------------|--------------|-----------------------------------------|-------------------------------|
| is deleted                 | stay, hidden | stay: a booking of it still takes place | nobody                        |
| … and cancels its bookings | stay, hidden | those of what was ahead are given back  | customers; hosts by a digest  |
| is restored                | as they were | events that vanished are put back       | nobody                        |
| stays for `trash_days`     | are purged   | are given back (`purge`)                | who had a booking ahead still |

Deleting and restoring lock the time of everybody on the page, as booking does: a booking in flight is either there
before, and stays, or is refused (`trashed`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from bookings.models import BookingPage, Hold, StaffMember
from bookings.services import closing, revival
from tenants import outbox
from tenants.acting import Actor
from tenants.errors import DomainError, NotFound
from tenants.models import Claim, Mailbox
from tenants.services import audit, claims

#: Exchange's names of the same acts on a scheduling mailbox.
DELETED, RESTORED = "Remove-Mailbox", "Undo-SoftDeletedMailbox"


class AlreadyDeleted(DomainError):
    """The calendar lies in the trash already."""

    code = "alreadyDeleted"
    status = 409
    detail = _("This booking calendar lies in the trash already.")


class NotInTrash(DomainError):
    """The calendar was restored, or never deleted."""

    code = "notInTrash"
    status = 409
    detail = _("This booking calendar does not lie in the trash. Perhaps somebody restored it before you.")


class PurgeBegun(DomainError):
    """The calendar's time in the trash is over, or somebody had it purged: there is no way back."""

    code = "purgeBegun"
    status = 409
    detail = _("This booking calendar is being purged and cannot be restored any more.")


def contents() -> QuerySet[BookingPage]:
    """What lies in the trash of the scope's organisation, the latest first."""
    pages = BookingPage.with_deleted.filter(deleted_at__isnull=False)
    return pages.select_related("mailbox", "tenant").order_by("-deleted_at", "pk")


def delete(*, page: BookingPage, now: datetime, actor: Actor, cancels: bool = False, reason: str = "") -> BookingPage:
    """Puts `page` into the trash for the organisation's `trash_days`.

    `cancels`: what lies ahead is cancelled by the worker, and each customer told, with `reason`; else it stays as it
    is. Times that are kept for open forms are free at once. Raises AlreadyDeleted.
    """
    with claims.ledger():
        current = locked(page)
        if current.deleted_at is not None:
            raise AlreadyDeleted
        _end_holds(current)
        current.deleted_at, current.deleted_by = now, actor.label[:254]
        current.purge_at = now + timedelta(days=current.tenant.trash_days)
        current.save(update_fields=["deleted_at", "deleted_by", "purge_at"])
        ahead = closing.ahead(current, now=now).count()
        record(
            current, "page.deleted", DELETED, now=now, actor=actor, reason=reason[:500],
            before={"displayName": current.display_name},
            after={"purgeAt": current.purge_at.isoformat(), "bookingsAhead": ahead, "cancelled": cancels},
        )  # fmt: skip
        if cancels and ahead:
            wish = closing.wish(current, at=now, actor=actor, reason=reason)
            outbox.ensure(tenant=current.tenant, wish=wish, now=now)
    return current


def restore(*, page: BookingPage, now: datetime, actor: Actor) -> BookingPage:
    """Brings `page` back with everything it had; the worker then looks after its Outlook events and what it missed.

    Raises NotInTrash, PurgeBegun, and NotFound where it was purged.
    """
    with claims.ledger():
        current = locked(page)
        if current.deleted_at is None:
            raise NotInTrash
        if is_being_purged(current, now):
            raise PurgeBegun
        since, by = current.deleted_at, current.deleted_by
        current.deleted_at, current.deleted_by, current.purge_at = None, "", None
        current.save(update_fields=["deleted_at", "deleted_by", "purge_at"])
        record(
            current, "page.restored", RESTORED, now=now, actor=actor,
            before={"deletedAt": since.isoformat(), "deletedBy": by}, after={"displayName": current.display_name},
        )  # fmt: skip
        outbox.ensure(tenant=current.tenant, wish=revival.wish(current, since=since, at=now), now=now)
    return current


def is_being_purged(page: BookingPage, now: datetime) -> bool:
    """Whether a page in the trash is past the point of no return."""
    return page.purge_at is not None and page.purge_at <= now


def locked(page: BookingPage) -> BookingPage:
    """The page as it is now, in the trash or not, locked with the time of all its people. Raises NotFound.

    In the caller's `claims.ledger`. The people's time comes first, as everywhere.
    """
    members = StaffMember.objects.filter(page=page.pk).only("pk", "mailbox_id")
    claims.lock(tenant=page.tenant, keys={member.claim_key for member in members})
    list(BookingPage.with_deleted.select_for_update(no_key=True).filter(pk=page.pk).values_list("pk"))
    current = BookingPage.with_deleted.select_related("mailbox", "tenant").filter(pk=page.pk).first()
    if current is None:
        raise NotFound
    return current


def record(page: BookingPage, action: str, cmdlet: str, *, now: datetime, actor: Actor, **facts: Any) -> None:
    """The audit event of a calendar's deletion, restoration or purge; it leads to the mailbox, as its creation does."""
    owner: BookingPage | Mailbox = page if page.is_personal else page.mailbox
    audit.record(
        tenant=page.tenant, actor=actor, action=action, cmdlet="" if page.is_personal else cmdlet, target=owner,
        now=now, label=page.mailbox.address, **facts,
    )  # fmt: skip


def _end_holds(page: BookingPage) -> None:
    holds = list(Hold.objects.filter(service__page=page).values_list("pk", flat=True))
    Claim.objects.filter(owner_id__in=holds).delete()
    Hold.objects.filter(pk__in=holds).delete()
