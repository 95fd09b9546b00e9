"""Booking pages: what they offer, and each meeting type by its own address (S1.1-S1.3, S4.9-S4.15).

| the page is    | a visitor finds                                                |
|----------------|----------------------------------------------------------------|
| unknown        | 404                                                            |
| not set up     | 404, the same page: nobody learns who has a mailbox (S1.31)    |
| being set up   | 503 with a wait: others reach it in a few minutes (S1.33)      |
| not published  | 404                                                            |
| closed (`services.entitled`) | the same 404: its owner reads why                |
| active         | its public meeting types, or that there are none (S1.27)       |

A page for the organisation's own people asks for the sign-in first, and tells nobody else that it exists.

| a private link is | a visitor finds                                                    |
|-------------------|--------------------------------------------------------------------|
| usable            | its meeting type and nothing else, also where that became public   |
| unknown           | 404: that it is not known, and whom to ask                         |
| expired, used up, | 410: which of them it is, and whose link it was; neither what it   |
| withdrawn, or its | led to nor whom it was for                                         |
| type is deleted   |                                                                    |
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from urllib.parse import quote, urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings import access
from bookings.models import BookingPage, PageState, PrivateLink, Service
from bookings.services import entitled, private_links
from bookings.views import booking, choice, clock, desk, picker
from bookings.views.visitor import admit, inside, secret, show, speak, visitor
from tenants.errors import DomainError, NotFound


class PageNotFound(NotFound):
    """There is no page that visitors could open."""

    detail = _("There is no booking page at this address. Please check it, or ask the person who sent it to you.")


class BeingSetUp(DomainError):
    """Its owner has just activated the page; `extra["retryAfter"]` is the wait in seconds."""

    code = "beingSetUp"
    status = 503
    detail = _("This booking page is being set up. It opens in a few minutes.")


@require_safe
@visitor
def personal(request: HttpRequest, address: str) -> HttpResponse:
    """A personal page: its public meeting types."""
    page = _open_page(request, address, timezone.now(), personal=True)
    with inside(page.tenant):
        return _listing(request, page, f"{page.path}/meetingtype/")


@require_safe
@visitor
def business(request: HttpRequest, address: str) -> HttpResponse:
    """A business page: its services."""
    page = _open_page(request, address, timezone.now(), personal=False)
    with inside(page.tenant):
        return _listing(request, page, f"{page.path}service/")


@require_http_methods(["GET", "HEAD", "POST"])
@visitor
def meeting_type(request: HttpRequest, address: str, service_id: str) -> HttpResponse:
    """One public meeting type of a personal page: pick a time, fill in, book."""
    return _public_service(request, address, service_id, personal=True)


@require_http_methods(["GET", "HEAD", "POST"])
@visitor
def business_service(request: HttpRequest, address: str, service_id: str) -> HttpResponse:
    """One service of a business page: with whom, when, who."""
    return _public_service(request, address, service_id, personal=False)


@require_http_methods(["GET", "HEAD", "POST"])
@secret
def private_link(request: HttpRequest, token: str) -> HttpResponse:
    """A private meeting type through its link, and only that (S4.15). A link of the past says why it is one."""
    now = timezone.now()
    try:
        link, page = _linked(request, token, now)
    except private_links.LinkUnknown as unknown:
        return _dead_link(request, unknown)
    with inside(page.tenant):
        try:
            private_links.check_type(link=link)
            path = f"/bookwithme/link/{quote(token)}"
            place = desk.open_desk(request, page=page, service=link.service, path=path, now=now, link=link)
            return booking.visit(request, place)
        except private_links.LinkUnusable as gone:
            return _dead_link(request, gone, page)


@require_POST
@secret
def private_link_opened(request: Any, token: str) -> HttpResponse:
    """The page of a link says that a browser shows it; the owner's own look at it does not count."""
    now = timezone.now()
    link, page = _linked(request, token, now)
    if request.membership is None or request.membership.tenant_id != page.tenant_id:
        with inside(page.tenant):
            private_links.opened(link=link, now=now)
    return HttpResponse(status=204)


def _linked(request: HttpRequest, token: str, now: datetime) -> tuple[PrivateLink, BookingPage]:
    """The link and the page it leads into. Raises LinkUnknown, and what keeps this visitor off the page."""
    try:
        link = access.link(token)
    except NotFound as missing:
        raise private_links.LinkUnknown from missing
    page = link.service.page
    with inside(page.tenant):
        _reachable(request, page, now)
    return link, page


def _dead_link(request: HttpRequest, why: Any, page: BookingPage | None = None) -> HttpResponse:
    """Why a link opens nothing, and whom to ask. Nothing of what it led to, nor of whom it was for."""
    context = {"heading": why.title, "text": why.detail, "code": why.code}
    if page is None:
        return render(request, "bookings/link_gone.html", context, status=why.status)
    asks = {"asks": page.display_name, "link_only": True}
    return show(request, page, "bookings/link_gone.html", context | asks, status=why.status)


def _public_service(request: HttpRequest, address: str, service_id: str, *, personal: bool) -> HttpResponse:
    now = timezone.now()
    page = _open_page(request, address, now, personal=personal)
    with inside(page.tenant):
        service = access.service(page, uuid.UUID(service_id))
        if not service.is_public:
            raise NotFound
        _may_be_indexed(request, page)
        path = f"{page.path}{'/meetingtype/' if personal else 'service/'}{service.pk}"
        place = desk.open_desk(request, page=page, service=service, path=path, now=now, back=page.path)
        return booking.visit(request, place)


def _open_page(request: HttpRequest, address: str, now: datetime, *, personal: bool) -> BookingPage:
    """The page at `address`, where this visitor may open it. Raises PageNotFound, BeingSetUp, SignInNeeded."""
    try:
        page = access.page(address)
    except NotFound as missing:
        raise PageNotFound from missing
    if page.is_personal != personal:
        raise PageNotFound
    with inside(page.tenant):
        _reachable(request, page, now)
    return page


def _reachable(request: HttpRequest, page: BookingPage, now: datetime) -> None:
    state = page.state(now)
    if state not in (PageState.ACTIVE, PageState.ACTIVATING) or entitled.why_closed(page) is not None:
        raise PageNotFound
    if state == PageState.ACTIVATING and page.reachable_at:
        raise BeingSetUp(retryAfter=max(ceil((page.reachable_at - now) / timedelta(seconds=1)), 1))
    try:
        admit(request, page)
    except NotFound as foreign:
        raise PageNotFound from foreign
    speak(request, page)


def _may_be_indexed(request: Any, page: BookingPage) -> None:
    """Search engines may keep the plain address of what everyone may open, where its owner wants that (S4.33)."""
    request.may_be_indexed = page.is_indexed and not page.is_internal and not request.GET


def _listing(request: HttpRequest, page: BookingPage, base: str) -> HttpResponse:
    services = Service.objects.filter(page=page, is_public=True, archived_at=None)
    _may_be_indexed(request, page)
    zone = request.GET.get("tz", "")
    kept = urlencode([*choice.carried(request.GET), *([("tz", zone)] if zone else [])], safe="/")
    rows = [_row(service, f"{base}{service.pk}{f'?{kept}' if kept else ''}") for service in services]
    return show(request, page, "bookings/page.html", {"services": rows, "initials": picker.initials(page.display_name)})


def _row(service: Service, url: str) -> dict[str, Any]:
    return {
        "title": service.title, "description": service.description, "duration": clock.duration(service.duration),
        "is_online": service.is_online, "location": service.location, "price": service.price_text, "url": url,
        "seats": service.seats if service.seats > 1 else 0,
    }  # fmt: skip
