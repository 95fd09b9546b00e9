"""What every change of a booking begins with: its row locked as it is now, and whether its customer may.

| a visitor changes                              | refused with        |
|------------------------------------------------|---------------------|
| what is over, has begun                        | NoLongerChangeable  |
| what customers of the service may not change   | NotAllowedToChange  |
| at or after the cut-off                        | TooLateToChange     |
| on a page that lies in the trash               | CalendarDeleted     |

Switches and cut-off are those of the moment of booking, whatever became of the service. Staff and the organisation's
programs are bound by the first and the last line only.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext_lazy as _

from bookings.models import Booking
from bookings.services import occupancy, trashed
from tenants.acting import Actor
from tenants.errors import DomainError
from tenants.services import claims


class NoLongerChangeable(DomainError):
    """The booking is cancelled or has begun."""

    code = "noLongerChangeable"
    status = 409
    detail = _("This booking can no longer be changed.")


class TooLateToChange(DomainError):
    """The customer's time for changes is over; `extra["lockedFrom"]` says since when."""

    code = "tooLateToChange"
    status = 409
    detail = _("It is too late to change this booking here. Please get in touch instead.")


class NotAllowedToChange(DomainError):
    """Customers do not make this change themselves."""

    code = "notAllowedToChange"
    status = 409
    detail = _("This booking cannot be changed here. Please get in touch instead.")


def lock(booking: Booking, *, now: datetime, also: Iterable[uuid.UUID] = (), in_trash: bool = False) -> Booking:
    """The booking as it is now, locked with its hosts' time and the keys `also` until the transaction ends.

    Everything that is said about it is loaded. `in_trash`: also where its page is being deleted. Raises
    NoLongerChangeable and CalendarDeleted.
    """
    while True:
        begun = transaction.savepoint()
        claims.lock(tenant=booking.tenant, keys={*occupancy.keys(booking), *also})
        current = row(booking, in_trash=in_trash)
        if current.staff_member_id == booking.staff_member_id:
            transaction.savepoint_commit(begun)
            break
        # Handed over meanwhile: other keys, which must not be locked after these.
        transaction.savepoint_rollback(begun)
        booking = current
    if current.is_cancelled or current.starts_at <= now:
        raise NoLongerChangeable
    return current


def row(booking: Booking, *, in_trash: bool = False) -> Booking:
    """The booking's row as it is now, locked until the transaction ends. Raises CalendarDeleted unless `in_trash`.

    Locked first and read then: PostgreSQL drops a row from a locking query whose joins a rival changed meanwhile.
    """
    list(Booking.objects.select_for_update().filter(pk=booking.pk).values_list("pk"))
    current = Booking.objects.select_related(
        "tenant", "page__mailbox", "page__tenant", "service", "staff_member__mailbox", "session"
    ).get(pk=booking.pk)
    if not in_trash:
        trashed.check_read(current.page, current)
    if current.is_collective:
        prefetch_related_objects([current], "colleagues__mailbox")
    return current


def check_customer(booking: Booking, *, actor: Actor, now: datetime, may: bool) -> None:
    """Raises why a visitor makes this change no longer, or never did. `may` is the booking's switch for it."""
    if actor.kind != "visitor":
        return
    if not may:
        raise NotAllowedToChange
    if now >= booking.locked_from:
        raise TooLateToChange(lockedFrom=booking.locked_from)
