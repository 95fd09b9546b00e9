"""Meeting types and services."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings import staff_access
from bookings.models import Booking, BookingPage, Service
from bookings.services import managed_types, services
from bookings.views.staff.desk import explain_in, own_action, staff_page, tried
from bookings.views.staff.pages import show_page
from bookings.views.staff.service_form import ServiceForm
from tenants.access import STAFF, MemberRequest, actor_of
from tenants.errors import InvalidInput, NotFound


@staff_page(*STAFF)
def new(request: MemberRequest, page_id: uuid.UUID) -> HttpResponse:
    """A new meeting type."""
    page = staff_access.page(request, page_id)
    form = ServiceForm(request.POST or None, page=page)
    if request.method == "POST" and form.is_valid():
        made = _create(request, page, form)
        if made is not None:
            return _made(request, made)
    context = {"form": form, "tab": "types", "questions_url": reverse("staff:questions", args=[page.pk])}
    return show_page(request, page, "staff/type.html", context)


@staff_page(*STAFF)
def edit(request: MemberRequest, page_id: uuid.UUID, service_id: uuid.UUID) -> HttpResponse:
    """What a meeting type is like."""
    page = staff_access.page(request, page_id)
    service = staff_access.service(page, service_id)
    form = ServiceForm(request.POST or None, instance=service, page=page)
    if request.method == "POST" and form.is_valid():
        fields, now = form.changes, timezone.now()
        if tried(form, lambda: services.change(service=service, now=now, actor=actor_of(request), **fields)):
            messages.success(request, _("Saved."))
            return redirect("staff:service", page.pk, service.pk)
    return show_type(request, service, form)


def _create(request: MemberRequest, page: BookingPage, form: ServiceForm) -> Service | None:
    """The type of a valid form; None, with the reasons in the form, where it is refused."""
    try:
        return services.create(page=page, now=timezone.now(), actor=actor_of(request), **form.changes)
    except InvalidInput as refused:
        explain_in(form, refused)
        return None


def _made(request: MemberRequest, service: Service) -> HttpResponse:
    """Says what comes next: a private type can be booked by nobody before it has a link."""
    if service.is_public:
        messages.success(request, _("%(title)s can be booked now.") % {"title": service.title})
        return redirect("staff:page", service.page_id)
    messages.success(request, _("%(title)s is saved. Only its links open it: make the first one here.") % {
        "title": service.title
    })  # fmt: skip
    return redirect("staff:service_links", service.page_id, service.pk)


def show_type(request: MemberRequest, service: Service, form: ServiceForm) -> HttpResponse:
    """The page of one meeting type."""
    page = service.page
    context: dict[str, Any] = {
        "form": form,
        "service": service,
        "managed_by": service.managed_by,
        "reminder_count": service.reminders.count(),
        "link_count": service.links.filter(revoked_at=None).count(),
        "copy_count": len(managed_types.copies_of(service)),
        "questions_url": reverse("staff:questions", args=[page.pk]),
        "tab": "types",
    }
    return show_page(request, page, "staff/type.html", context)


@own_action
def visibility(request: MemberRequest, page_id: uuid.UUID, service_id: uuid.UUID) -> HttpResponse:
    """Public to private and back, in one click (S4.6)."""
    page, service = found(request, page_id, service_id)
    public = request.POST.get("public") == "yes"
    services.change(service=service, now=timezone.now(), actor=actor_of(request), is_public=public)
    said = _("%(title)s stands on the page now.") if public else _("%(title)s is private now: only its links open it.")
    messages.success(request, said % {"title": service.title})
    return redirect("staff:page", page.pk)


@own_action
def duplicate(request: MemberRequest, page_id: uuid.UUID, service_id: uuid.UUID) -> HttpResponse:
    """A copy to change; hidden until its owner shows it. Nobody manages it."""
    page, service = found(request, page_id, service_id)
    title = _("%(title)s (copy)") % {"title": service.title}
    copy = services.duplicate(service=service, title=title, now=timezone.now(), actor=actor_of(request))
    messages.success(request, _("This is the copy. It is private until you show it."))
    return redirect("staff:service", page.pk, copy.pk)


@staff_page(*STAFF)
def delete(request: MemberRequest, page_id: uuid.UUID, service_id: uuid.UUID) -> HttpResponse:
    """Asks, says what is lost, and deletes (S1.28)."""
    page, service = found(request, page_id, service_id)
    now = timezone.now()
    if request.method == "POST":
        services.archive(service=service, now=now, actor=actor_of(request))
        messages.success(request, _("%(title)s is deleted.") % {"title": service.title})
        return redirect("staff:page", page.pk)
    ahead = service.bookings.exclude(status__in=Booking.GONE).filter(starts_at__gt=now).count()
    context = {
        "service": service,
        "ahead": ahead,
        "copies": len(managed_types.copies_of(service)),
        "link_count": service.links.count(),
        "tab": "types",
    }
    return show_page(request, page, "staff/type_delete.html", context)


@staff_page(*STAFF)
def team(request: MemberRequest, page_id: uuid.UUID, service_id: uuid.UUID) -> HttpResponse:
    """Hands a business page's service out to colleagues' own pages, where it is kept equal."""
    page, service = found(request, page_id, service_id)
    if page.is_personal:
        raise NotFound
    people = managed_types.pages_for(page)
    if request.method == "POST":
        chosen = set(request.POST.getlist("pages"))
        wanted = [theirs for _member, theirs in people if str(theirs.pk) in chosen]
        managed_types.hand_out(service=service, pages=wanted, now=timezone.now(), actor=actor_of(request))
        messages.success(request, _("Saved. The copies follow every change of this service."))
        return redirect("staff:service_team", page.pk, service.pk)
    copies = {copy.page_id: copy for copy in managed_types.copies_of(service)}
    rows = [(member, theirs, copies.get(theirs.pk)) for member, theirs in people]
    context = {"service": service, "people": rows, "fits": managed_types.fits(service), "tab": "types"}
    return show_page(request, page, "staff/type_team.html", context)


def found(request: MemberRequest, page_id: uuid.UUID, service_id: uuid.UUID) -> tuple[BookingPage, Service]:
    """A page this member may change, and one of its services."""
    page = staff_access.page(request, page_id)
    return page, staff_access.service(page, service_id)
