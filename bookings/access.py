"""The doors: fetch what somebody may see, or raise NotFound. What is missing and what belongs to others look alike.

A visitor's request starts outside any organisation. `page` and `link` find whose page it is; the caller then enters
that organisation's scope and stays in it. Every other function works inside a scope. Of a calendar in the trash nothing
is found by its address, and by a link whom to ask (`trashed`).
"""

from __future__ import annotations

import re
import uuid
from datetime import datetime
from typing import Any

from django.db.models import CharField, Exists, OuterRef, QuerySet, UUIDField
from django.db.models.functions import Lower
from django_scopes import scopes_disabled

from bookings.models import Approval, Booking, BookingPage, PrivateLink, Service, TimeOffer, WaitingEntry
from bookings.services import entitled, trashed
from tenants.errors import NotFound
from tenants.links import hash_token
from tenants.models import Domain, Mailbox, Tenant
from tenants.prepared import Prepared, of
from tenants.services import policies

#: A personal page: the mailbox's Exchange GUID without hyphens, in any case, and its domain (S1.1, S1.3).
_PERSONAL = re.compile(r"([0-9a-fA-F]{32})@([^@\s/]+)")
_LONGEST_ADDRESS = 254


def _at_verified_domain() -> QuerySet[BookingPage]:
    """Pages under a verified domain, with what a visit needs."""
    verified = Domain.objects.alias(lowered=Lower("name")).filter(
        tenant=OuterRef("tenant"), lowered=of("domain", CharField()), verified_at__isnull=False
    )
    return BookingPage.objects.filter(Exists(verified)).select_related("mailbox", "tenant")


_PERSONAL_PAGE = Prepared(
    lambda: (
        _at_verified_domain()
        .filter(kind=BookingPage.Kind.PERSONAL, mailbox__exchange_guid=of("exchange_guid", UUIDField()))
        .annotate(**policies.beside(tenant="tenant", mailbox="mailbox"))
    ),
    unscoped=True,
)
_BUSINESS_PAGE = Prepared(
    lambda: (
        _at_verified_domain()
        .alias(lowered=Lower("mailbox__address"))
        .filter(
            kind=BookingPage.Kind.BUSINESS, mailbox__kind=Mailbox.Kind.SCHEDULING, lowered=of("address", CharField())
        )
    ),
    unscoped=True,
)
_SERVICE = Prepared(
    lambda: Service.objects.filter(
        tenant=of("tenant", UUIDField()), page=of("page", UUIDField()), pk=of("service", UUIDField()), archived_at=None
    )
)


def page(address: str) -> BookingPage:
    """The page of any organisation at `<32 hex>@<domain>` or a scheduling mailbox's address; one query, no scope.

    Only addresses under a verified domain count. Its mailbox and organisation are loaded. Raises NotFound.
    """
    if len(address) > _LONGEST_ADDRESS or "\x00" in address:
        raise NotFound
    address = address.lower()
    domain = address.rpartition("@")[2]
    if personal := _PERSONAL.fullmatch(address):
        pages = _PERSONAL_PAGE.objects(domain=domain, exchange_guid=uuid.UUID(personal[1]))
        return _known(next((found for found in pages if found.address.lower() == address), None))
    return _known(next(iter(_BUSINESS_PAGE.objects(domain=domain, address=address)), None))


def page_of_mailbox(exchange_guid: uuid.UUID, directory_id: uuid.UUID) -> BookingPage:
    """The personal page of `mbx:<Exchange GUID>@<directory (tenant) id>` (S1.13); one query, no scope."""
    with scopes_disabled():
        pages = BookingPage.objects.select_related("mailbox", "tenant")
        pages = pages.annotate(**policies.beside(tenant="tenant", mailbox="mailbox"))
        return _known(
            pages.filter(
                kind=BookingPage.Kind.PERSONAL, mailbox__exchange_guid=exchange_guid, tenant__directory_id=directory_id
            ).first()
        )


def reachable_page(address: str, now: datetime, *, caller: Tenant | None = None) -> BookingPage:
    """The same as `page`, where a program reaches it at `now`. Raises NotFound for every other state (S1.31, S0.2).

    A page for the organisation's own people is reached by a `caller` of that organisation only.
    """
    found = page(address)
    if not entitled.is_open(found, now):
        raise NotFound
    if found.is_internal and (caller is None or caller.pk != found.tenant_id):
        raise NotFound
    return found


def page_of(tenant: Tenant, address: str) -> BookingPage:
    """The page at `address` in any state, where it is this organisation's."""
    found = page(address)
    if found.tenant_id != tenant.pk:
        raise NotFound
    return found


def service(page: BookingPage, service_id: uuid.UUID) -> Service:
    """A service or meeting type of `page` that was not deleted, public or not."""
    found = _SERVICE.objects(tenant=page.tenant_id, page=page.pk, service=service_id)
    return _known(next(iter(found), None))


def link(token: str) -> PrivateLink:
    """The private link of any organisation with this token, whether it or its service still works or not; no scope.

    Its service, page, mailbox and organisation are loaded. Raises NotFound and CalendarDeleted.
    """
    with scopes_disabled():
        links = PrivateLink.objects.select_related("service", "service__page__mailbox", "service__page__tenant")
        found: PrivateLink = _known(links.filter(token_hash=hash_token(token)).first())
    trashed.check_read(found.service.page)
    return found


def booking(booking_id: uuid.UUID) -> Booking:
    """A booking of the scope's organisation, with everything that is said about it."""
    bookings = Booking.objects.select_related(
        "tenant", "page__mailbox", "page__tenant", "service", "staff_member__mailbox"
    )
    return _known(bookings.filter(pk=booking_id, page__deleted_at=None).first())


def managed_booking(token: str) -> Booking:
    """The booking of any organisation whose customer holds this token; one query, no scope.

    Raises NotFound and CalendarDeleted.
    """
    with scopes_disabled():
        bookings = Booking.objects.select_related(
            "tenant", "page__mailbox", "page__tenant", "service", "staff_member__mailbox", "staff_member__page"
        )
        found: Booking = _known(bookings.filter(manage_token_hash=hash_token(token)).first())
    trashed.check_read(found.page, found)
    return found


def time_offer(token: str) -> TimeOffer:
    """The offered time of any organisation with this token, open or over; one query, no scope.

    Raises NotFound and CalendarDeleted.
    """
    with scopes_disabled():
        related = ("tenant", "service__tenant", "service__page__mailbox", "service__page__tenant", "staff_member",
                   "origin", "entry", "booking")  # fmt: skip
        offers = TimeOffer.objects.select_related(*related)
        found: TimeOffer = _known(offers.filter(token_hash=hash_token(token)).first())
    trashed.check_read(found.service.page)
    return found


def waiting_entry(token: str) -> WaitingEntry:
    """The place in a waiting list of any organisation with this token; one query, no scope.

    Raises NotFound and CalendarDeleted.
    """
    with scopes_disabled():
        related = ("tenant", "service__tenant", "service__page__mailbox", "service__page__tenant", "staff_member")
        entries = WaitingEntry.objects.select_related(*related)
        found: WaitingEntry = _known(entries.filter(token_hash=hash_token(token)).first())
    trashed.check_read(found.service.page)
    return found


def approval(token: str) -> Approval:
    """The question of any organisation with this token, answered or not, with all it is about; one query, no scope.

    Raises NotFound and CalendarDeleted.
    """
    with scopes_disabled():
        questions = Approval.objects.select_related(
            "tenant", "staff_member__mailbox", "staff_member__page__tenant", "staff_member__page__mailbox",
            "booking__tenant", "booking__page__mailbox", "booking__page__tenant", "booking__service",
            "booking__staff_member__mailbox",
        )  # fmt: skip
        found: Approval = _known(questions.filter(token_hash=hash_token(token)).first())
    trashed.check_read(found.staff_member.page)
    return found


def _known(row: Any) -> Any:
    if row is None:
        raise NotFound
    return row
