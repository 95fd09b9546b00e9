"""What every page for visitors has in common: it is not for search engines, and a refusal becomes a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_scopes import scope

from bookings.models import BookingPage
from tenants import acting, branding, error_pages, ratelimit
from tenants.errors import DomainError
from tenants.models import Tenant

View = Callable[..., HttpResponse]


def visitor(view: View) -> View:
    """A page that anybody may open and no search engine should keep (S1.38, S4.33)."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except DomainError as error:
            response = error_pages.answer(request, error)
        response["X-Robots-Tag"] = "noindex, nofollow"
        response.headers.setdefault("Cache-Control", "private, no-cache")
        # A part of a page and the whole page share an address.
        patch_vary_headers(response, ["HX-Request", "HX-Target"])
        return response

    return wrapped


def secret(view: View) -> View:
    """A visitor's page whose address acts for whoever holds it: never stored, never told to another site."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = visitor(view)(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        # Not `no-referrer`: browsers then send forms with `Origin: null`, which the check against forgery refuses.
        response["Referrer-Policy"] = "same-origin"
        return response

    return wrapped


@contextmanager
def inside(tenant: Tenant) -> Iterator[None]:
    """Enters the organisation whose page is shown."""
    acting.bind(organisation=str(tenant.pk))
    with scope(tenant=tenant):
        yield


def show(
    request: HttpRequest, page: BookingPage, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Renders a page in its organisation's looks."""
    # The way home leads to where a visitor may be: a private link's page shows nothing else.
    home = request.path if context.get("link_only") else page.path
    brand = branding.of(page.tenant, home=home)
    response = render(request, template, {"brand": brand, "page": page, **context}, status=status)
    branding.allow_logo(response, page.tenant)
    return response


def count_try(request: HttpRequest) -> None:
    """Counts one attempt to change something. Raises TooManyTries."""
    who = acting.client_ip.get() or request.META.get("REMOTE_ADDR", "")
    ratelimit.hit(what="visitor", who=who, limit=settings.VISITOR_TRIES, period=settings.VISITOR_TRIES_PERIOD)
