"""Pages: a member's own, from the first click on, and the organisation's business pages."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings import staff_access
from bookings.models import BookingPage, PageState
from bookings.services import entitled, pages, services, staff
from bookings.views import clock
from bookings.views.staff import deleting
from bookings.views.staff.desk import own_action, show, staff_page, tried
from bookings.views.staff.forms import HoursForm, NewPageForm
from bookings.views.staff.page_form import PageSettingsForm
from tenants.access import SCHEDULERS, STAFF, MemberRequest, actor_of, own_mailbox
from tenants.errors import NotFound
from tenants.services import policies


@staff_page(*STAFF)
def own(request: MemberRequest) -> HttpResponse:
    """My page; before the first click the button that makes it, for those with a licence (S1.34, S4.28)."""
    page = staff_access.own_page(request)
    if page is not None:
        return overview(request, page)
    if deleted := deleting.own_in_trash(request):
        return show(request, "staff/page_in_trash.html", {"page": deleted}, section="own")
    mailbox = own_mailbox(request)
    context = {"mailbox": mailbox, "decision": policies.decide(mailbox) if mailbox else None}
    return show(request, "staff/first_click.html", context, section="own")


@own_action
def activate(request: MemberRequest) -> HttpResponse:
    """The first click on “Go to my booking page” (S1.32)."""
    mailbox = own_mailbox(request)
    if mailbox is None:
        raise NotFound
    pages.activate_personal(mailbox=mailbox, now=timezone.now(), actor=actor_of(request))
    return redirect("staff:own_page")


@staff_page(*STAFF)
def page(request: MemberRequest, page_id: uuid.UUID) -> HttpResponse:
    """A page's addresses and what can be booked on it."""
    found = staff_access.page(request, page_id)
    return redirect("staff:own_page") if found.is_personal else overview(request, found)


def overview(request: MemberRequest, found: BookingPage) -> HttpResponse:
    """The page of a page: state, addresses, meeting types."""
    usable = Count("links", filter=Q(links__revoked_at=None))
    rows = found.services.filter(archived_at=None).annotate(link_count=usable).prefetch_related("staff")
    rows = rows.order_by("position", "title")  # a count of related rows drops the model's own order
    context = {"types": [(row, clock.duration(row.duration)) for row in rows], "tab": "types"}
    return show_page(request, found, "staff/page.html", context)


def show_page(request: MemberRequest, found: BookingPage, template: str, context: dict[str, Any]) -> HttpResponse:
    """Renders one of the tabs of a page."""
    now = timezone.now()
    own_section = "own" if found.is_personal else "pages"
    closed = entitled.why_closed(found)
    frame = {"page": found, "state": found.state(now), "states": PageState, "now": now, "closed": closed}
    return show(request, template, frame | context, section=own_section)


@own_action
def publish(request: MemberRequest, page_id: uuid.UUID) -> HttpResponse:
    """Shows the page to visitors, or hides it (S4.8)."""
    found = staff_access.page(request, page_id)
    published = request.POST.get("published") == "yes"
    pages.set_published(page=found, published=published, now=timezone.now(), actor=actor_of(request))
    messages.success(request, _("The page is published.") if published else _("The page is hidden from visitors."))
    return redirect("staff:page", found.pk)


@staff_page(*STAFF)
def details(request: MemberRequest, page_id: uuid.UUID) -> HttpResponse:
    """Words, looks, who may open the page, what visitors are asked, which holidays close it."""
    found = staff_access.page(request, page_id)
    form = PageSettingsForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        act: dict[str, Any] = {"page": found, "now": timezone.now(), "actor": actor_of(request)}
        if tried(form, lambda: pages.change(**act, **form.cleaned_data)):
            messages.success(request, _("Saved."))
            return redirect("staff:page_details", found.pk)
    return show_page(request, found, "staff/details.html", {"form": form, "tab": "details"})


@staff_page(*SCHEDULERS)
def index(request: MemberRequest) -> HttpResponse:
    """The organisation's business pages."""
    rows = BookingPage.objects.filter(kind=BookingPage.Kind.BUSINESS).select_related("mailbox")
    now = timezone.now()
    listed = [(row, row.state(now)) for row in rows]
    return show(request, "staff/pages.html", {"pages": listed, "closed": why_not(request)}, section="pages")


def why_not(request: MemberRequest) -> str:
    """Why this member may not create and manage business pages; empty where they may."""
    try:
        staff_access.check_shared(request)
    except entitled.NotEntitled as refused:
        return str(refused.detail)
    return ""


@staff_page(*SCHEDULERS)
def new(request: MemberRequest) -> HttpResponse:
    """A business page with hours, first people and a first service: its scheduling mailbox comes with it (S0.3)."""
    staff_access.check_shared(request)
    tenant = request.tenant
    form = NewPageForm(request.POST or None, initial={"language": tenant.language})
    blank = BookingPage().weekly_hours
    hours = HoursForm.showing(tenant.time_zone, blank, request.POST or None)
    if request.method == "POST" and form.is_valid() and hours.is_valid():
        made: list[BookingPage] = []
        if tried(form, lambda: made.append(create(request, form.cleaned_data, hours))):
            messages.success(request, _("The page is open. Its scheduling mailbox is %(address)s.") % {
                "address": made[0].mailbox.address
            })  # fmt: skip
            return redirect("staff:page", made[0].pk)
    return show(request, "staff/page_new.html", {"form": form, "hours": hours}, section="pages")


def create(request: MemberRequest, fields: dict[str, Any], hours: HoursForm) -> BookingPage:
    """All of it, or nothing."""
    now, actor = timezone.now(), actor_of(request)
    fields = dict(fields)
    people, title = fields.pop("people"), fields.pop("service_title")
    duration = fields.pop("service_duration")
    with transaction.atomic():
        made = pages.create_business(
            tenant=request.tenant, creator=request.user, now=now, actor=actor, weekly_hours=hours.hours,
            time_zone=hours.cleaned_data["time_zone"], **fields,
        )  # fmt: skip
        for mailbox in people:
            staff.add(page=made, mailbox=mailbox, now=now, actor=actor)
        if title:
            details = {"duration": duration} if duration else {}
            services.create(page=made, now=now, actor=actor, title=title, **details)
    return made
