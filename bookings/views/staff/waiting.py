"""Who waits for a time on a page, and taking somebody off the list."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings import staff_access
from bookings.models import TimeOffer, WaitingEntry
from bookings.services import waiting
from bookings.views.staff.desk import own_action, staff_page
from bookings.views.staff.pages import show_page
from tenants.access import STAFF, MemberRequest, actor_of
from tenants.errors import NotFound

#: How many are listed; the first of each list matter.
_MOST = 200


@staff_page(*STAFF)
def index(request: MemberRequest, page_id: uuid.UUID) -> HttpResponse:
    """Who waits for what, in the order in which they are asked."""
    page = staff_access.page(request, page_id)
    rows = WaitingEntry.objects.filter(service__page=page, state__in=waiting.OPEN)
    entries = list(
        rows.select_related("service", "staff_member").order_by("service__title", "created_at", "pk")[:_MOST]
    )
    open_offers = TimeOffer.objects.filter(entry__in=entries, used_at=None, expires_at__gt=timezone.now())
    offered = {offer.entry_id: offer for offer in open_offers}
    context = {
        "entries": [(entry, offered.get(entry.pk)) for entry in entries],
        "lists": page.services.filter(archived_at=None, waiting_list=True).exists(),
        "tab": "waiting",
    }
    return show_page(request, page, "staff/waiting.html", context)


@own_action
def remove(request: MemberRequest, page_id: uuid.UUID, entry_id: uuid.UUID) -> HttpResponse:
    """Takes somebody off the list; what is held for them goes to the next one."""
    page = staff_access.page(request, page_id)
    entry = WaitingEntry.objects.select_related("tenant").filter(service__page=page, pk=entry_id).first()
    if entry is None:
        raise NotFound
    if waiting.leave(entry=entry, now=timezone.now(), actor=actor_of(request)):
        messages.success(request, _("%(name)s is off the list.") % {"name": entry.customer_name})
    return redirect("staff:waiting", page.pk)
