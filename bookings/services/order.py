"""What is to be booked, checked as far as it can be without a lock; and the booking that comes of it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import prefetch_related_objects

from bookings.models import Assignment, Booking, BookingPage, PrivateLink, Service, StaffMember
from bookings.services import fairness, occupancy, offers, outage, presence, sessions
from bookings.services.fairness import Choice
from bookings.services.holds import Kept
from bookings.services.intake import Intake
from tenants.acting import Actor
from tenants.links import hash_token, new_token
from tenants.models import Tenant
from tenants.services import claims


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One booking to be made. `kept`: what was kept for the customer; `freely`: see `booking.book`."""

    page: BookingPage
    service: Service
    starts_at: datetime
    given: Intake
    now: datetime
    actor: Actor
    link: PrivateLink | None
    kept: Kept | None
    freely: bool
    #: The customer or the staff said who.
    is_chosen: bool
    #: Whether there were others to choose.
    has_others: bool

    @property
    def waits(self) -> bool:
        """Whether somebody has to agree first. Staff who book for a customer have agreed."""
        return self.service.approval != Service.Approval.NONE and self.actor.kind in ("visitor", "apiClient")

    @property
    def together(self) -> bool:
        """Whether all of the staff take part."""
        return self.service.staffing == Service.Staffing.ALL

    @property
    def kept_for(self) -> uuid.UUID | None:
        """Whose time was kept for the customer."""
        return None if self.kept is None or self.is_chosen else self.kept.staff_member_id

    def free(self, members: Sequence[StaffMember]) -> list[StaffMember]:
        """Who of `members` can be booked; where all are needed, all or nobody. Raises Taken for nobody."""
        ignoring = () if self.kept is None else (self.kept.pk,)
        ask = presence.free if self.freely else offers.free_staff
        found = ask(
            page=self.page, service=self.service, staff=members, starts_at=self.starts_at, now=self.now,
            ignoring=ignoring,
        )  # fmt: skip
        if not found:
            raise claims.Taken
        return found

    def choose(self, free: Sequence[StaffMember]) -> Choice:
        """Who of `free` gets the booking."""
        if self.is_chosen or self.together or not self.has_others:
            return Choice(free[0], how=Assignment.How.CHOSEN)
        if self.service.seats > 1:
            begun = sessions.with_seats(service=self.service, staff=free, starts_at=self.starts_at)
            free = [member for member in free if member.pk in begun] or free
        return fairness.choose(free, now=self.now, kept_for=self.kept_for)


def create(order: Order, member: StaffMember, hosts: Sequence[StaffMember]) -> Booking:
    service, page, given, now, token = order.service, order.page, order.given, order.now, new_token()
    booking = Booking(
        tenant=page.tenant, page=page, service=service, staff_member=member, link=order.link, title=service.title,
        status=Booking.Status.PENDING if order.waits else Booking.Status.CONFIRMED, is_collective=len(hosts) > 1,
        starts_at=order.starts_at, ends_at=order.starts_at + service.duration, buffer_before=service.buffer_before,
        buffer_after=service.buffer_after, location=service.location, is_online=service.is_online,
        customer_name=given.customer.name, customer_email=given.customer.email, customer_phone=given.customer.phone,
        customer_notes=given.customer.notes, customer_time_zone=given.customer.time_zone,
        customer_language=given.customer.language, answers=given.answers, guests=given.guests,
        consent_text=given.consent_text, consented_at=now if given.consent_text else None, campaign=given.campaign,
        price_text=service.price_text, customer_may_move=service.customers_may_move,
        customer_may_cancel=service.customers_may_cancel, change_cutoff=service.change_cutoff,
        invitation_sender=sender(service, member), manage_token_hash=hash_token(token), manage_token=token,
        source=order.actor.source, created_at=now,
    )  # fmt: skip
    outage.mark(booking, hosts, now)
    if service.seats > 1:
        if service.pending_holds or not order.waits:
            occupancy.occupy(booking, now=now)
        booking.save(force_insert=True)
        return booking
    booking.save(force_insert=True)
    if booking.is_collective:
        booking.colleagues.add(*(host for host in hosts if host.pk != member.pk))
        prefetch_related_objects([booking], "colleagues__mailbox")
    if service.pending_holds or not order.waits:
        claims.take(tenant=page.tenant, owner_id=booking.pk, wanted=occupancy.wanted(booking), now=now)
    return booking


def sender(service: Service, member: StaffMember) -> str:
    """Who sends the one invitation: Outlook only from a mailbox that it keeps, and never to customers who share."""
    in_outlook = member.mailbox is not None and member.mailbox.syncs_calendar and service.seats == 1
    return service.tenant.invitation_sender if in_outlook else Tenant.InvitationSender.DAYBOOK
