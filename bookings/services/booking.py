"""Books a meeting: one transaction from the lock to the outbox."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db.models import Count, Max
from django.utils.translation import gettext_lazy as _

from bookings.availability import assign
from bookings.models import Booking, BookingPage, Hold, PrivateLink, Service, StaffMember
from bookings.services import follow_up, intake, offers, private_links
from bookings.services.intake import Customer, Details
from tenants.acting import Actor
from tenants.errors import DomainError
from tenants.links import hash_token, new_token
from tenants.models import Tenant
from tenants.services import audit, claims
from tenants.services.claims import Wanted

#: How far back bookings count when “anyone” is assigned fairly.
FAIRNESS_WINDOW = timedelta(days=7)
NO_DETAILS = Details()


class SlotTaken(claims.Taken):
    """The time was offered once and is gone; `extra["alternatives"]` are the nearest free times."""


class NotOffered(DomainError):
    """The time is not one this service is offered at; `extra["alternatives"]` are the nearest free times."""

    code = "notOffered"
    status = 409
    detail = _("This service is not offered at that time.")


class NoStaff(DomainError):
    """The person asked for does not give this service."""

    code = "noStaff"
    status = 409
    detail = _("This person does not take bookings for this service at the moment.")


def book(
    *, page: BookingPage, service: Service, starts_at: datetime, customer: Customer, now: datetime, actor: Actor,
    staff_id: uuid.UUID | None = None, link: PrivateLink | None = None, details: Details = NO_DETAILS,
    hold: Hold | None = None, freely: bool = False,
) -> Booking:  # fmt: skip
    """Books `service` at `starts_at` (UTC) for `customer` with one staff member, or with anyone who is free.

    Locks, checks the same predicate that offered the time, claims the staff member's time with buffers, uses up
    `link`, writes the audit event and the wishes for mails and Outlook: all of it or nothing. Of several colleagues
    the one who is to get it is locked alone, so that bookings with different people do not wait for each other; only
    when somebody was quicker is it settled under the lock of all. The caller has checked that the page is reachable
    and that the service is public or `link` is its own.

    Raises InvalidInput, NoStaff, SlotTaken and NotOffered (both with `alternatives`), LinkUsed.
    """
    given = intake.checked(page=page, service=service, customer=customer, details=details, actor=actor)
    members = offers.staff_for(service, only=staff_id)
    if not members:
        raise NoStaff
    commit = partial(
        _commit,
        page=page,
        service=service,
        starts_at=starts_at,
        customer=given.customer,
        now=now,
        actor=actor,
        link=link,
    )
    try:
        if len(members) == 1:
            return commit(members)
        favourite, because = _choose(page, service, members, starts_at, now)
        try:
            return commit([favourite], because=because)
        except claims.Taken:
            return commit(members)
    except claims.Taken as taken:
        raise refusal(page, service, members, starts_at, now) from taken


def _commit(
    members: Sequence[StaffMember], *, page: BookingPage, service: Service, starts_at: datetime, customer: Customer,
    now: datetime, actor: Actor, link: PrivateLink | None, because: str = "",
) -> Booking:  # fmt: skip
    """The transaction of a booking with one of `members`, `because` of what was known before. Raises Taken."""
    with claims.ledger():
        claims.lock(tenant=page.tenant, keys=[member.claim_key for member in members])
        member, reason = _choose(page, service, members, starts_at, now)
        booking = _create(page, service, member, starts_at, customer, now, actor, link)
        if link is not None:
            private_links.use(link=link, now=now)
        _record(booking, reason or because, now, actor)
        follow_up.booked(booking, now=now)
    return booking


def _choose(
    page: BookingPage, service: Service, members: Sequence[StaffMember], starts_at: datetime, now: datetime
) -> tuple[StaffMember, str]:
    """Who gets the booking, and the sentence that says why it is this colleague; empty where only one was free."""
    free = offers.free_staff(page=page, service=service, staff=members, starts_at=starts_at, now=now)
    if not free:
        raise claims.Taken
    if len(free) == 1:
        return free[0], ""
    chosen, because = assign.choose([str(member.pk) for member in free], _load(free, now))
    return next(member for member in free if str(member.pk) == chosen), because


def _load(members: Sequence[StaffMember], now: datetime) -> dict[str, tuple[int, int]]:
    """How many bookings each got lately, and when the last one (epoch seconds; 0: never)."""
    rows = (
        Booking.objects.filter(
            staff_member__in=members, created_at__gt=now - FAIRNESS_WINDOW, status=Booking.Status.CONFIRMED
        )
        .values_list("staff_member_id")
        .annotate(count=Count("*"), latest=Max("created_at"))
    )
    found = {str(pk): (count, int(last.timestamp())) for pk, count, last in rows}
    return {str(member.pk): found.get(str(member.pk), (0, 0)) for member in members}


def _create(
    page: BookingPage, service: Service, member: StaffMember, starts_at: datetime, customer: Customer, now: datetime,
    actor: Actor, link: PrivateLink | None,
) -> Booking:  # fmt: skip
    token = new_token()
    booking = Booking.objects.create(
        tenant=page.tenant, page=page, service=service, staff_member=member, link=link, title=service.title,
        starts_at=starts_at, ends_at=starts_at + service.duration, buffer_before=service.buffer_before,
        buffer_after=service.buffer_after, location=service.location, is_online=service.is_online,
        customer_name=customer.name, customer_email=customer.email, customer_phone=customer.phone,
        customer_notes=customer.notes, customer_time_zone=customer.time_zone, customer_language=customer.language,
        invitation_sender=_sender(page.tenant, member), manage_token_hash=hash_token(token), manage_token=token,
        source=actor.source, created_at=now,
    )  # fmt: skip
    claims.take(tenant=page.tenant, owner_id=booking.pk, wanted=wanted(booking), now=now)
    return booking


def wanted(booking: Booking) -> list[Wanted]:
    """What a booking occupies: everybody who takes part, buffers included."""
    starts_at, ends_at = booking.starts_at - booking.buffer_before, booking.ends_at + booking.buffer_after
    return [Wanted(key=host.claim_key, starts_at=starts_at, ends_at=ends_at) for host in booking.hosts]


def _sender(tenant: Tenant, member: StaffMember) -> str:
    """Outlook invites only from a mailbox that it keeps; else the one invitation is ours."""
    in_outlook = member.mailbox is not None and member.mailbox.syncs_calendar
    return tenant.invitation_sender if in_outlook else Tenant.InvitationSender.DAYBOOK


def _record(booking: Booking, because: str, now: datetime, actor: Actor) -> None:
    audit.record(
        tenant=booking.tenant, actor=actor, action="booking.created", target=booking, now=now,
        after={"startsAt": booking.starts_at.isoformat(), "staffMember": str(booking.staff_member_id)},
        reason=because,
    )  # fmt: skip


def refusal(
    page: BookingPage, service: Service, members: Sequence[StaffMember], starts_at: datetime, now: datetime,
    ignoring: Collection[uuid.UUID] = (),
) -> DomainError:  # fmt: skip
    """SlotTaken where only somebody else's booking or event is in the way, else NotOffered."""
    nearest = offers.nearest(page=page, service=service, staff=members, starts_at=starts_at, now=now, ignoring=ignoring)
    was_offered = offers.free_staff(
        page=page, service=service, staff=members, starts_at=starts_at, now=now, if_free=True
    )
    return SlotTaken(alternatives=nearest) if was_offered else NotOffered(alternatives=nearest)
