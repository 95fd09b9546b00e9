"""Meeting types and services, and the private links that lead to one of them."""

from __future__ import annotations

import uuid
import zoneinfo
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings import staff_access
from bookings.models import BookingPage, PrivateLink, Service
from bookings.services import private_links, services
from bookings.views.staff.desk import own_action, staff_page, tried
from bookings.views.staff.forms import LinkForm, ServiceForm
from bookings.views.staff.pages import show_page
from tenants.access import STAFF, MemberRequest, actor_of


@staff_page(*STAFF)
def new(request: MemberRequest, page_id: uuid.UUID) -> HttpResponse:
    """A new meeting type."""
    page = staff_access.page(request, page_id)
    form = ServiceForm(request.POST or None, page=page)
    if request.method == "POST" and form.is_valid():
        fields, now = dict(form.cleaned_data), timezone.now()
        if tried(form, lambda: services.create(page=page, now=now, actor=actor_of(request), **fields)):
            messages.success(request, _("%(title)s can be booked now.") % {"title": fields["title"]})
            return redirect("staff:page", page.pk)
    return show_page(request, page, "staff/type.html", {"form": form, "tab": "types"})


@staff_page(*STAFF)
def edit(request: MemberRequest, page_id: uuid.UUID, service_id: uuid.UUID) -> HttpResponse:
    """What a meeting type is like; a private one with its links."""
    page = staff_access.page(request, page_id)
    service = staff_access.service(page, service_id)
    form = ServiceForm(request.POST or None, instance=service, page=page)
    if request.method == "POST" and form.is_valid():
        fields, now = dict(form.cleaned_data), timezone.now()
        if tried(form, lambda: services.change(service=service, now=now, actor=actor_of(request), **fields)):
            messages.success(request, _("Saved."))
            return redirect("staff:service", page.pk, service.pk)
    context: dict[str, Any] = {"form": form, "service": service, "tab": "types"}
    return show_page(request, page, "staff/type.html", context | links_of(service))


def links_of(service: Service, form: LinkForm | None = None) -> dict[str, Any]:
    """The links of a private type, each with whether it still works."""
    if service.is_public:
        return {}
    now = timezone.now()
    rows = [(link, why_not(link)) for link in service.links.all()]
    return {"links": rows, "link_form": form or LinkForm(auto_id="link_%s"), "now": now}


def why_not(link: PrivateLink) -> str:
    """Why a link opens nothing any more; empty while it works."""
    try:
        private_links.check(link=link, now=timezone.now())
    except private_links.LinkRevoked:
        return _("Withdrawn")
    except private_links.LinkExpired:
        return _("Expired")
    except private_links.LinkUsed:
        return _("Used")
    return ""


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
    """A copy to change; hidden until its owner shows it."""
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
    ahead = service.bookings.filter(status="confirmed", starts_at__gt=now).count()
    context = {"service": service, "ahead": ahead, "link_count": service.links.count(), "tab": "types"}
    return show_page(request, page, "staff/type_delete.html", context)


@own_action
def link_new(request: MemberRequest, page_id: uuid.UUID, service_id: uuid.UUID) -> HttpResponse:
    """Another way to a private type (S4.12-S4.14)."""
    page, service = found(request, page_id, service_id)
    form = LinkForm(request.POST, auto_id="link_%s")
    if form.is_valid():
        private_links.create(
            service=service, now=timezone.now(), actor=actor_of(request), label=form.cleaned_data["label"],
            expires_at=form.expires_at(zoneinfo.ZoneInfo(page.time_zone)),
            max_uses=1 if form.cleaned_data["single_use"] else None,
        )  # fmt: skip
        messages.success(request, _("The link is ready to be copied."))
        return redirect("staff:service", page.pk, service.pk)
    context = {"form": ServiceForm(instance=service, page=page), "service": service, "tab": "types"}
    return show_page(request, page, "staff/type.html", context | links_of(service, form))


@own_action
def link_revoke(request: MemberRequest, page_id: uuid.UUID, service_id: uuid.UUID, link_id: uuid.UUID) -> HttpResponse:
    """The link opens nothing from now on."""
    page, service = found(request, page_id, service_id)
    link = staff_access.link(service, link_id)
    private_links.revoke(link=link, now=timezone.now(), actor=actor_of(request))
    messages.success(request, _("The link is withdrawn. Bookings made through it stay."))
    return redirect("staff:service", page.pk, service.pk)


def found(request: MemberRequest, page_id: uuid.UUID, service_id: uuid.UUID) -> tuple[BookingPage, Service]:
    """A page this member may change, and one of its services."""
    page = staff_access.page(request, page_id)
    return page, staff_access.service(page, service_id)
