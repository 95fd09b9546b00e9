"""One person of the organisation: licence, capability, policy, page, roles and sign-in on one page."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.utils import timezone

from bookings.models import BookingPage, StaffMember
from bookings.services import personal_addresses
from bookings.views.organisation.desk import organisation_page, show
from bookings.views.organisation.people import BADGES, products_of, signature
from bookings.views.staff import share
from tenants import products
from tenants.access import MemberRequest
from tenants.errors import NotFound
from tenants.models import BOOKINGS_CAPABILITY, Mailbox, Membership
from tenants.services import policies


@organisation_page
def detail(request: MemberRequest, person_id: uuid.UUID) -> HttpResponse:
    """Everything that decides whether this person has a page, and what they have."""
    people = Mailbox.objects.filter(kind=Mailbox.Kind.USER).select_related("user", "tenant")
    mailbox = people.filter(pk=person_id).first()
    if mailbox is None:
        raise NotFound
    [told] = personal_addresses.of([mailbox], tenant=request.tenant, now=timezone.now())
    shared = share.Shared(page=told.page) if told.page is not None and told.url else None
    on_pages = StaffMember.objects.filter(mailbox=mailbox, removed_at=None, page__deleted_at=None)
    context = {
        "person": mailbox,
        "told": told,
        "badge": BADGES.get(told.state, ""),
        "products": products_of(mailbox),
        "includes_bookings": products.include_bookings(mailbox.licences),
        "capability": BOOKINGS_CAPABILITY,
        "shared_decision": policies.decide(mailbox, kind="shared"),
        "shared": shared,
        "signature": signature(told),
        "plain_signature": f"{shared.call}: {shared.url}" if shared else "",
        "in_trash": BookingPage.with_deleted.filter(mailbox=mailbox).exclude(deleted_at=None).exists(),
        "membership": Membership.objects.filter(user=mailbox.user).first() if mailbox.user else None,
        "on_pages": on_pages.select_related("page").order_by("page__display_name"),
    }
    return show(request, "organisation/person.html", context, tab="people")
