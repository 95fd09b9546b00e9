"""Requests that ask for one time of one person without holding it: only one of them can be confirmed."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q

from bookings.models import Booking
from bookings.models.service import LONGEST_SERVICE
from tenants.models import Claim


def of(booking: Booking) -> list[Booking]:
    """The other requests that cannot take place any more once `booking` is confirmed, first come first.

    They ask for one of the same people, on whichever page, at a time that overlaps with buffers, and hold nothing.
    Those that would share the same session are no rivals.
    """
    held = Claim.objects.filter(owner_id=OuterRef("pk"), active=True)
    near = LONGEST_SERVICE + timedelta(days=1)
    requests = (
        Booking.objects.filter(
            _of_the_same_people(booking), tenant=booking.tenant, status=Booking.Status.PENDING,
            session=None,            starts_at__lt=booking.ends_at + near, ends_at__gt=booking.starts_at - near,
        )
        .exclude(pk=booking.pk)
        .exclude(Exists(held))
        .select_related("tenant", "page__mailbox", "page__tenant", "service", "staff_member__mailbox")
        .order_by("created_at")
        .distinct()
    )  # fmt: skip
    return [rival for rival in requests if _overlap(booking, rival) and not _share(booking, rival)]


def _of_the_same_people(booking: Booking) -> Q:
    members = [host.pk for host in booking.hosts]
    mailboxes = [host.mailbox_id for host in booking.hosts if host.mailbox_id]
    return (
        Q(staff_member__in=members)
        | Q(staff_member__mailbox__in=mailboxes)
        | Q(colleagues__in=members)
        | Q(colleagues__mailbox__in=mailboxes)
    )


def _overlap(one: Booking, other: Booking) -> bool:
    return (
        one.starts_at - one.buffer_before < other.ends_at + other.buffer_after
        and other.starts_at - other.buffer_before < one.ends_at + one.buffer_after
    )


def _share(one: Booking, other: Booking) -> bool:
    return one.service_id == other.service_id and one.service.seats > 1 and one.starts_at == other.starts_at
