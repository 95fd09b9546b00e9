"""The doors of the staff area: what a member may see or change, or NotFound.

| what                          | owner, administrator, scheduler | team member | viewer      |
|-------------------------------|---------------------------------|-------------|-------------|
| own personal page             | change                          | change      | –           |
| somebody else's personal page | –                               | –           | –           |
| business pages                | change                          | –           | –           |
| own bookings                  | change                          | change      | see         |
| bookings of business pages    | change                          | –           | see         |
| anything in the trash         | –                               | –           | –           |
"""

from __future__ import annotations

import uuid
from typing import TypeVar

from django.db.models import Q, QuerySet

from bookings.models import Approval, Booking, BookingPage, PrivateLink, Service, StaffMember
from bookings.services import entitled
from tenants.access import SCHEDULERS, STAFF, MemberRequest, own_mailbox
from tenants.errors import NotFound
from tenants.models import Role

Row = TypeVar("Row")


def manages_pages(request: MemberRequest) -> bool:
    """Whether this member looks after the organisation's business pages."""
    return request.membership.role in SCHEDULERS


def own_page(request: MemberRequest) -> BookingPage | None:
    """The member's personal page; None before its first click."""
    pages = BookingPage.objects.select_related("mailbox", "tenant")
    return pages.filter(kind=BookingPage.Kind.PERSONAL, mailbox__user=request.user).order_by("created_at").first()


def page(request: MemberRequest, page_id: uuid.UUID) -> BookingPage:
    """A page that this member may change. Raises NotEntitled for business pages where those are switched off."""
    pages = BookingPage.objects.select_related("mailbox", "tenant").filter(pk=page_id)
    own = Q(kind=BookingPage.Kind.PERSONAL, mailbox__user=request.user)
    allowed = Q(pk=None)
    if request.membership.role in STAFF:
        allowed = own
    if manages_pages(request):
        allowed = own | Q(kind=BookingPage.Kind.BUSINESS)
    found = _known(pages.filter(allowed).first())
    if not found.is_personal:
        check_shared(request)
    return found


def check_shared(request: MemberRequest) -> None:
    """Raises NotEntitled, with the reason, for a member who may not create and manage business pages (S0.2, S4.19)."""
    entitled.check_shared(request.tenant, own_mailbox(request))


def service(page: BookingPage, service_id: uuid.UUID) -> Service:
    """A service of a page, unless it was deleted."""
    found = Service.objects.filter(page=page, pk=service_id, archived_at=None).select_related("page__tenant", "tenant")
    return _known(found.first())


def member(page: BookingPage, member_id: uuid.UUID) -> StaffMember:
    """A staff member of a page, unless taken off it."""
    found = StaffMember.objects.filter(page=page, pk=member_id, removed_at=None)
    return _known(found.select_related("page", "tenant", "mailbox").first())


def link(service: Service, link_id: uuid.UUID) -> PrivateLink:
    """A private link of a service."""
    return _known(PrivateLink.objects.filter(service=service, pk=link_id).select_related("tenant").first())


def links(request: MemberRequest) -> QuerySet[PrivateLink]:
    """The private links of every page that this member may change, except those to deleted types."""
    allowed = Q(service__page__kind=BookingPage.Kind.PERSONAL, service__page__mailbox__user=request.user)
    if manages_pages(request):
        allowed |= Q(service__page__kind=BookingPage.Kind.BUSINESS)
    rows = PrivateLink.objects.select_related("service__page__mailbox", "tenant")
    return rows.filter(allowed, service__archived_at=None, service__page__deleted_at=None)


def bookings(request: MemberRequest) -> QuerySet[Booking]:
    """The bookings that this member may see, with what a list shows."""
    allowed = _takes(request)
    if manages_pages(request) or request.membership.role == Role.VIEWER:
        allowed |= Q(page__kind=BookingPage.Kind.BUSINESS)
    rows = Booking.objects.select_related("page", "service", "staff_member__mailbox", "tenant", "session")
    return rows.filter(allowed, page__deleted_at=None)


def own_bookings(request: MemberRequest) -> QuerySet[Booking]:
    """The bookings this member takes, alone or with colleagues."""
    return bookings(request).filter(_takes(request))


def _takes(request: MemberRequest) -> Q:
    """Leads it, or takes part where a service needs all of its staff. Each booking once: no join over colleagues."""
    beside = Booking.colleagues.through.objects.filter(staffmember__mailbox__user=request.user)
    return Q(staff_member__mailbox__user=request.user) | Q(pk__in=beside.values("booking"))


def booking(request: MemberRequest, booking_id: uuid.UUID) -> Booking:
    """A booking that this member may see."""
    return _known(bookings(request).filter(pk=booking_id).first())


def may_change(request: MemberRequest, booking: Booking) -> bool:
    """Whether this member may move, cancel or hand over a booking that they see."""
    if any(host.mailbox and host.mailbox.user_id == request.user.pk for host in booking.hosts):
        return request.membership.role in STAFF
    return manages_pages(request)


def approvals(request: MemberRequest) -> QuerySet[Approval]:
    """The questions that this member may answer, settled ones too, with what they are about.

    | the question                              | whoever is asked | who looks after business pages |
    |-------------------------------------------|------------------|--------------------------------|
    | confirm a booking, or decide instead      | answers          | answers                        |
    | take a booking over, take bookings at all | answers          | –                              |
    """
    allowed = _asked(request)
    if manages_pages(request):
        decides = Q(kind=Approval.Kind.BOOKING) | Q(kind=Approval.Kind.ASSIGNMENT, is_owner=True)
        allowed |= decides & Q(staff_member__page__kind=BookingPage.Kind.BUSINESS)
    return Approval.objects.filter(allowed, staff_member__page__deleted_at=None).select_related(
        "tenant", "staff_member__mailbox", "staff_member__page__mailbox", "staff_member__page__tenant",
        "booking__tenant", "booking__page__mailbox", "booking__page__tenant", "booking__service",
        "booking__staff_member__mailbox",
    )  # fmt: skip


def approval(request: MemberRequest, approval_id: uuid.UUID) -> Approval:
    """A question that this member may answer, or could have."""
    return _known(approvals(request).filter(pk=approval_id).first())


def is_asked(request: MemberRequest, approval: Approval) -> bool:
    """Whether the question went to this very member."""
    mailbox = approval.staff_member.mailbox
    theirs = mailbox is not None and mailbox.user_id == request.user.pk and not approval.is_owner
    return theirs or approval.asked_email.lower() == request.user.email.lower()


def _asked(request: MemberRequest) -> Q:
    own = Q(staff_member__mailbox__user=request.user, is_owner=False)
    return own | Q(asked_email__iexact=request.user.email)


def _known(row: Row | None) -> Row:
    if row is None:
        raise NotFound
    return row
