"""Books a meeting: one transaction from the lock to the outbox.

| service                   | who gives it                                      | locked                           |
|---------------------------|---------------------------------------------------|----------------------------------|
| one of its staff          | who is chosen, else who is next by the fair order | that person; all, if just taken  |
| with seats                | the same; a running session goes before a new one | the same                         |
| all of its staff together | all of them                                       | all of them                      |
| that counts bookings      | as above                                          | as above, and the service itself |
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from bookings.models import Booking, BookingPage, PrivateLink, Service, StaffMember
from bookings.services import (
    approvals,
    fairness,
    follow_up,
    holds,
    intake,
    offers,
    presence,
    private_links,
    senders,
    trashed,
)
from bookings.services.fairness import Choice
from bookings.services.holds import Kept
from bookings.services.intake import Customer, Details
from bookings.services.occupancy import wanted
from bookings.services.order import Order, create
from tenants.acting import Actor
from tenants.errors import DomainError
from tenants.services import audit, claims

__all__ = ["Customer", "Details", "NoStaff", "NotOffered", "SlotTaken", "TooManyBookings", "book", "refusal", "wanted"]

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


class TooManyBookings(DomainError):
    """The customer has as many bookings of the service to come as one customer may have."""

    code = "tooManyBookings"
    status = 409
    detail = _("You have as many bookings here as one person may have at a time.")


def book(
    *, page: BookingPage, service: Service, starts_at: datetime, customer: Customer, now: datetime, actor: Actor,
    staff_id: uuid.UUID | None = None, link: PrivateLink | None = None, details: Details = NO_DETAILS,
    hold: Kept | None = None, freely: bool = False,
) -> Booking:  # fmt: skip
    """Books `service` at `starts_at` (UTC) for `customer` with one staff member, with anyone who is free, or with all.

    Locks, checks the same predicate that offered the time, claims the staff member's time with buffers, uses up
    `link`, writes the audit event and the wishes for mails and Outlook: all of it or nothing. Of several colleagues
    the one who is to get it is locked alone, so that bookings with different people do not wait for each other; only
    when somebody was quicker is it settled under the lock of all. The caller has checked that the page is reachable
    and that the service is public or `link` is its own.

    `hold`: a time that was kept for this customer (a Hold, or a TimeOffer); it is let go of. `freely`, for staff:
    hours, grid, lead, horizon and caps play no part, claims, Outlook and time off do. The booking is pending where the
    service needs approval and a visitor or a program books.

    Raises InvalidInput, Blocked, NoStaff, TooManyBookings, SlotTaken and NotOffered (both with `alternatives`),
    LinkUsed, CalendarDeleted.
    """
    given = intake.checked(page=page, service=service, customer=customer, details=details, actor=actor)
    if actor.kind != "person" and senders.is_blocked(page.tenant, given.customer.email):
        raise intake.Blocked
    qualified = offers.staff_for(service)
    together = service.staffing == Service.Staffing.ALL
    asked = [member for member in qualified if staff_id in (None, member.pk)]
    if not asked:
        raise NoStaff
    members = sorted(qualified, key=lambda member: member.pk != staff_id) if together else asked
    fits = hold is not None and (hold.service_id, hold.starts_at) == (service.pk, starts_at)
    order = Order(
        page=page, service=service, starts_at=starts_at, given=given, now=now, actor=actor, link=link,
        kept=hold if fits else None, freely=freely, is_chosen=staff_id is not None, has_others=len(qualified) > 1,
    )  # fmt: skip
    try:
        return _book(order, members)
    except claims.Taken as taken:
        ignoring = () if order.kept is None else (order.kept.pk,)
        raise refusal(page, service, members, starts_at, now, ignoring=ignoring, freely=freely) from taken


def _book(order: Order, members: Sequence[StaffMember]) -> Booking:
    if len(members) == 1 or order.together:
        return _commit(order, members)
    favourite = order.choose(order.free(members))
    try:
        return _commit(order, [favourite.member], favourite)
    except claims.Taken:
        return _commit(order, members)


def _commit(order: Order, members: Sequence[StaffMember], favourite: Choice | None = None) -> Booking:
    """The transaction of a booking with one of `members`, or all; `favourite`: chosen before. Raises Taken."""
    service, now = order.service, order.now
    with claims.ledger():
        counted = [service.pk] if service.is_limited else []
        claims.lock(tenant=order.page.tenant, keys=[*counted, *(member.claim_key for member in members)])
        trashed.check(order.page)
        if service.booker_limit and not order.freely:
            _check_booker(order)
        free = order.free(members)
        choice = favourite or order.choose(free)
        if order.kept is not None:
            holds.consume(order.kept)
        booking = create(order, choice.member, free if order.together else [choice.member])
        if order.link is not None:
            private_links.use(link=order.link, now=now)
        _record(order, booking, choice)
        if order.waits:
            approvals.ask(booking=booking, now=now, actor=order.actor)
            follow_up.requested(booking, now=now)
        else:
            follow_up.booked(booking, now=now)
    return booking


def _check_booker(order: Order) -> None:
    to_come = Booking.objects.filter(
        service=order.service, customer_email__iexact=order.given.customer.email, starts_at__gt=order.now
    ).exclude(status__in=Booking.GONE)
    if to_come.count() >= (order.service.booker_limit or 0):
        raise TooManyBookings


def _record(order: Order, booking: Booking, choice: Choice) -> None:
    audit.record(
        tenant=booking.tenant, actor=order.actor, action="booking.created", target=booking, now=order.now,
        after={
            "startsAt": booking.starts_at.isoformat(), "staffMember": str(booking.staff_member_id),
            "status": str(booking.status),
        },
        reason=choice.reason,
    )  # fmt: skip
    if order.has_others and not booking.is_collective:
        fairness.record(booking, choice, now=order.now)


def refusal(
    page: BookingPage, service: Service, members: Sequence[StaffMember], starts_at: datetime, now: datetime,
    ignoring: Collection[uuid.UUID] = (), freely: bool = False,
) -> DomainError:  # fmt: skip
    """SlotTaken where only somebody else's booking or event is in the way, else NotOffered."""
    nearest = offers.nearest(page=page, service=service, staff=members, starts_at=starts_at, now=now, ignoring=ignoring)
    if freely:
        would_do = presence.is_bookable(starts_at, starts_at + service.duration, now)
    else:
        would_do = bool(
            offers.free_staff(page=page, service=service, staff=members, starts_at=starts_at, now=now, if_free=True)
        )
    return SlotTaken(alternatives=nearest) if would_do else NotOffered(alternatives=nearest)
