"""Booking pages: what they offer, and each meeting type by its own address (S1.1-S1.3, S4.9-S4.15).

| the page is    | a visitor finds                                                |
|----------------|----------------------------------------------------------------|
| unknown        | 404                                                            |
| not set up     | 404, the same page: nobody learns who has a mailbox (S1.31)    |
| being set up   | 503 with a wait: others reach it in a few minutes (S1.33)      |
| not published  | 404                                                            |
| active         | its public meeting types, or that there are none (S1.27)       |
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from bookings import access
from bookings.models import BookingPage, PageState, Service
from bookings.services import private_links
from bookings.views import booking, clock, desk, picker
from bookings.views.visitor import inside, secret, show, visitor
from tenants import branding, error_pages
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
    page = _open_page(address, timezone.now(), personal=True)
    with inside(page.tenant):
        return _listing(request, page, f"{page.path}/meetingtype/")


@require_safe
@visitor
def business(request: HttpRequest, address: str) -> HttpResponse:
    """A business page: its services."""
    page = _open_page(address, timezone.now(), personal=False)
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
    link = access.link(token)
    service, page = link.service, link.service.page
    with inside(page.tenant):
        _reachable(page, now)
        try:
            place = desk.open_desk(
                request, page=page, service=service, path=f"/bookwithme/link/{quote(token)}", now=now, link=link
            )
            return booking.visit(request, place)
        except private_links.LinkUnusable as gone:
            brand = branding.of(page.tenant, home=request.path)
            return error_pages.answer(request, gone, brand=brand, asks=page.display_name)


def _public_service(request: HttpRequest, address: str, service_id: str, *, personal: bool) -> HttpResponse:
    now = timezone.now()
    page = _open_page(address, now, personal=personal)
    with inside(page.tenant):
        service = access.service(page, uuid.UUID(service_id))
        if not service.is_public:
            raise NotFound
        path = f"{page.path}{'/meetingtype/' if personal else 'service/'}{service.pk}"
        place = desk.open_desk(request, page=page, service=service, path=path, now=now, back=page.path)
        return booking.visit(request, place)


def _open_page(address: str, now: datetime, *, personal: bool) -> BookingPage:
    """The page at `address`, where visitors may open it. Raises PageNotFound, BeingSetUp."""
    try:
        page = access.page(address)
    except NotFound as missing:
        raise PageNotFound from missing
    if page.is_personal != personal:
        raise PageNotFound
    _reachable(page, now)
    return page


def _reachable(page: BookingPage, now: datetime) -> None:
    state = page.state(now)
    if state == PageState.ACTIVATING and page.reachable_at and page.tenant.bookings_enabled:
        raise BeingSetUp(retryAfter=max(ceil((page.reachable_at - now) / timedelta(seconds=1)), 1))
    if state != PageState.ACTIVE or not page.tenant.bookings_enabled:
        raise PageNotFound


def _listing(request: HttpRequest, page: BookingPage, base: str) -> HttpResponse:
    services = Service.objects.filter(page=page, is_public=True, archived_at=None)
    zone = request.GET.get("tz", "")
    rows = [_row(service, f"{base}{service.pk}{f'?tz={quote(zone)}' if zone else ''}") for service in services]
    return show(request, page, "bookings/page.html", {"services": rows, "initials": picker.initials(page.display_name)})


def _row(service: Service, url: str) -> dict[str, Any]:
    return {
        "title": service.title, "description": service.description, "duration": clock.duration(service.duration),
        "is_online": service.is_online, "location": service.location, "price": service.price_text, "url": url,
    }  # fmt: skip
